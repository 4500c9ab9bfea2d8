"""Run the acceptance tests at full counts and write down what came out.

The tests that measure something write their tables into ``docs/acceptance/`` themselves; this adds one page that says
with which command, on which date, for how long and with what end. Run by ``make acceptance``.
"""

import os
import platform
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "acceptance"
PAGE = """\
# Acceptance, {date}

- Command: `make acceptance{arguments}`
- Code: {commit}
- Python {python}, {machine}, {cores} cores
- Duration: {minutes:.1f} minutes
- Exit status of pytest: {status}

```text
{output}
```
"""


def run_tests(arguments: list[str]) -> tuple[int, str]:
    """Run pytest at full counts, show its output and return its status and output."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-rA",
        "--no-header",
        "--durations=0",
        "--durations-min=1",
    ]
    command += ["-o", "console_output_style=classic", "-m", "acceptance or sampled", *arguments]
    environment = {**os.environ, "TITRATE_ACCEPTANCE": "1", "NO_COLOR": "1"}
    lines = []
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        for line in process.stdout or ():
            print(line, end="", flush=True)
            lines.append(line)
    return process.returncode, "".join(lines).replace(str(ROOT), ".").strip()


def commit() -> str:
    """Name the commit, and say when the tree differs from it."""
    described = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return described.stdout.strip() or "not under version control"


def main() -> int:
    """Run, write the page, hand on pytest's exit status."""
    arguments = sys.argv[1:]
    started_at, started = datetime.now(UTC), time.monotonic()
    code = commit()
    status, output = run_tests(arguments)
    FOLDER.mkdir(parents=True, exist_ok=True)
    page = PAGE.format(
        date=f"{started_at:%Y-%m-%d %H:%M} UTC",
        arguments=f" ARGS='{' '.join(arguments)}'" if arguments else "",
        commit=code,
        python=platform.python_version(),
        machine=f"{platform.system()} {platform.machine()}",
        cores=os.cpu_count(),
        minutes=(time.monotonic() - started) / 60,
        status=status,
        output=output,
    )
    target = FOLDER / f"{started_at:%Y-%m-%d-%H%M}.md"
    target.write_text(page, encoding="utf-8")
    print(f"written: {target.relative_to(ROOT)}")
    return status


if __name__ == "__main__":
    sys.exit(main())
