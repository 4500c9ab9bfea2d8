"""Break the safety code and the ledger on purpose, one small change at a time, and see a test fail.

``python tools/mutation.py [part of a path ...]``, or ``make mutation``. Works in a scratch copy; the tree is never
touched. Each mutant runs, in a forked process, the tests named for its file in ``tools/mutation.toml``, then, where it
survives those, the wider ones. Of every survivor that file says why it changes nothing; one without a reason fails the run.
The results go to ``docs/acceptance/mutations.json`` and the page beside it.
"""

import contextlib
import gc
import importlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

import pytest
from acceptance import commit
from hypothesis import HealthCheck, Phase, settings
from mutants import Mutant, mutants_of

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "docs" / "acceptance" / "mutations.json"
PLAN = ROOT / "tools" / "mutation.toml"
WARM = ("alembic", "fastapi", "httpx2", "joserfc.jwk", "numpy", "rfc8785", "sqlalchemy.orm", "uvicorn")
"""Imported once, before the forks; nothing of ours is."""
OPTIONS = (
    *("-x", "-q", "--tb=short", "--no-header", "--hypothesis-profile=mutation"),
    *("-p", "no:cacheprovider", "-p", "no:schemathesis", "-p", "no:xdist", "-p", "no:anyio"),
    *("-W", "ignore::pytest.PytestAssertRewriteWarning"),
)
"""Of pytest: no plugin that is slow to start; what the parent imported is not rewritten, the tests themselves are."""
PROFILE = settings(
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=50,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow],
)
"""That of ``make test``, without making counterexamples small."""
SLACK_S = 20.0
"""A mutant may take this much longer than three times what the tests take without one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A file to break, and the tests that are to notice."""

    file: str
    tests: list[str]
    wider: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How the tests ended."""

    word: str
    """``passed``, ``failed`` or ``timeout``."""
    seconds: float


def main(arguments: Sequence[str]) -> int:
    """Break what is named, or everything; returns 1 where a survivor has no reason."""
    plan = tomllib.loads(PLAN.read_text(encoding="utf-8"))
    targets = [Target(wider=entry.pop("wider", []), **entry) for entry in plan["target"]]
    wanted = [t for t in targets if not arguments or any(part in t.file for part in arguments)]
    for name in WARM:
        importlib.import_module(name)
    results = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    gc.freeze()
    with scratch() as folder:
        for target in wanted:
            results[target.file] = break_file(target, folder)
            RESULTS.write_text(json.dumps(results, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    unexplained = 0
    for file in results:
        left = [one for one in results[file]["survivors"] if reason_of(one, plan, file) is None]
        unexplained += len(left)
        for one in left:
            print(f"{file}:{one['line']}\n  - {one['was']}\n  + {one['becomes']}")
    (RESULTS.with_suffix(".md")).write_text(page(results, plan), encoding="utf-8")
    return 1 if unexplained else 0


@contextlib.contextmanager
def scratch() -> Iterator[Path]:
    """Give a copy of what git knows or would add."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    with tempfile.TemporaryDirectory(prefix="titrate-mutation-") as name:
        folder = Path(name)
        for entry in filter(None, listed.split("\0")):
            if (ROOT / entry).is_file():
                (folder / entry).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / entry, folder / entry)
        yield folder


def break_file(target: Target, folder: Path) -> dict[str, Any]:
    """Run every mutant of one file.

    Args:
        target: The file and its tests.
        folder: The scratch copy.

    Returns:
        What JSON keeps of it.
    """
    path = folder / target.file
    source = path.read_text(encoding="utf-8")
    started = time.monotonic()
    usual = {name: run(folder, tests, 600.0) for name, tests in _stages(target)}
    if any(ending.word != "passed" for ending in usual.values()):
        raise SystemExit(f"{_output(folder)}\nThe tests of {target.file} fail already.")
    endings: Counter[str] = Counter()
    survivors = []
    try:
        for mutant in mutants_of(source):
            _write(path, mutant.source)
            ending = fate(target, folder, usual)
            endings[ending] += 1
            if ending == "passed":
                survivors.append({"line": mutant.line, "was": mutant.was, "becomes": mutant.becomes})
            _say(target, mutant, ending)
    finally:
        _write(path, source)
    return {
        "commit": commit(),
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "failed": endings["failed"],
        "minutes": round((time.monotonic() - started) / 60, 1),
        "survivors": survivors,
        "tests": [*target.tests, *target.wider],
        "timeout": endings["timeout"],
    }


def _write(path: Path, source: str) -> None:
    path.write_text(source, encoding="utf-8")
    for cached in (path.parent / "__pycache__").glob(f"{path.stem}.*"):
        cached.unlink()  # a mutant may have the size and the second of the one before


def _stages(target: Target) -> list[tuple[str, list[str]]]:
    return [(name, tests) for name, tests in (("tests", target.tests), ("wider", target.wider)) if tests]


def fate(target: Target, folder: Path, usual: dict[str, Ending]) -> str:
    """Return how the first stage of tests ended that noticed, or ``passed``."""
    for name, tests in _stages(target):
        ending = run(folder, tests, 3 * usual[name].seconds + SLACK_S)
        if ending.word != "passed":
            return ending.word
    return "passed"


def run(folder: Path, tests: list[str], limit_s: float) -> Ending:
    """Run tests in a fork of this process, which has imported what is slow to import.

    Args:
        folder: The scratch copy; the output goes to ``output`` there.
        tests: What pytest is given.
        limit_s: Then it is interrupted, and killed where that does not help.

    Returns:
        The ending.
    """
    started = time.monotonic()
    child = os.fork()
    if child == 0:
        _be_pytest(folder, tests)
    ended = _wait(child, limit_s)
    if ended is None:
        os.kill(child, signal.SIGINT)  # what the tests started is theirs to stop
        if _wait(child, 15.0) is None:
            os.killpg(child, signal.SIGKILL)
            os.waitpid(child, 0)
        return Ending(word="timeout", seconds=limit_s)
    if ended not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.INTERRUPTED):
        raise SystemExit(f"{_output(folder)}\npytest could not run.")
    return Ending(word="passed" if ended == 0 else "failed", seconds=time.monotonic() - started)


def _be_pytest(folder: Path, tests: list[str]) -> NoReturn:
    """Run pytest and end; nothing of the parent's own is unwound here."""
    status = int(pytest.ExitCode.INTERNAL_ERROR)
    try:
        os.setsid()
        output = os.open(folder / "output", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.chdir(folder)
        os.environ["PYTHONPATH"] = str(folder)
        sys.path[:] = [str(folder), *(entry for entry in sys.path if Path(entry or ".").resolve() != ROOT)]
        # the first counterexample is enough: to make it small takes minutes
        settings.register_profile("mutation", PROFILE)
        status = int(pytest.main([*OPTIONS, *tests]))
    except BaseException:  # noqa: BLE001 - whatever it is, it ends here
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _output(folder: Path) -> str:
    return (folder / "output").read_text(encoding="utf-8")


def _wait(child: int, limit_s: float) -> int | None:
    """Return the exit status of a child, or None where it has none in time."""
    until = time.monotonic() + limit_s
    while time.monotonic() < until:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    return None


def _say(target: Target, mutant: Mutant, ending: str) -> None:
    word = "SURVIVED" if ending == "passed" else ending
    print(f"{word:8} {target.file}:{mutant.line}  {mutant.was}  =>  {mutant.becomes}", flush=True)


def reason_of(survivor: dict[str, Any], plan: dict[str, Any], file: str) -> str | None:
    """Return why a survivor changes nothing, or None where nobody said so."""
    for entry in plan.get("survivor", []):
        if entry["file"] == file and [survivor["was"], survivor["becomes"]] in entry["changes"]:
            return str(entry["reason"])
    return None


def page(results: dict[str, Any], plan: dict[str, Any]) -> str:
    """Return the page: a table of all files, then every survivor with its reason."""
    rows, lists = [], []
    for file, found in sorted(results.items()):
        survivors = found["survivors"]
        n = found["failed"] + found["timeout"] + len(survivors)
        rows.append(
            f"| `{file}` | {n} | {n - len(survivors)} | {len(survivors)} | {found['minutes']} | {found['commit']} |"
        )
        if survivors:
            lists.append(f"\n## {file}\n")
        reasons: dict[str, list[str]] = {}
        for one in survivors:
            change = f"line {one['line']}: `{one['was']}` became `{one['becomes']}`"
            reasons.setdefault(reason_of(one, plan, file) or "No reason known.", []).append(change)
        for reason, changes in reasons.items():
            lists.append(f"- {reason.strip()}\n" + "\n".join(f"  - {change}" for change in changes))
    introduction = plan["introduction"].strip()
    head = "| file | mutants | killed | survived | minutes | commit |\n|---|---|---|---|---|---|"
    return "\n".join([f"# Mutations\n\n{introduction}\n\n{head}", *rows, *lists]) + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
