"""Check docstrings against signatures with pydoclint, by the rule of this house.

A docstring may leave out its Args and Returns sections as a whole, where the first line and the names with their
units say it all. What it does name must be there, in order, and an Args section names every argument (the latter is
ruff's D417). pydoclint has no switch for that, so the findings about sections left out are dropped here.
"""

import subprocess
import sys
from pathlib import Path

FOLDERS = ("optimizer", "service", "tools")
NAMES_TOO_MUCH = "Arguments in the docstring but not in the function signature"


def is_finding(line: str) -> bool:
    """Tell whether a line of pydoclint's report breaks the rule of this house."""
    if " DOC" not in line or any(f" {code}:" in line for code in ("DOC101", "DOC201")):
        return False
    return " DOC103:" not in line or NAMES_TOO_MUCH in line


def main() -> int:
    """Print the findings; fail when there are any, or when pydoclint itself failed."""
    program = Path(sys.executable).with_name("pydoclint")
    command = [str(program), "--show-filenames-in-every-violation-message", "true", *FOLDERS]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    report = (done.stdout + done.stderr).splitlines()
    findings = [line for line in report if is_finding(line)]
    if done.returncode and not any(" DOC" in line for line in report):
        findings = ["pydoclint did not run:", *report]
    print("\n".join(findings) or "docstrings: nothing found")
    return bool(findings)


if __name__ == "__main__":
    sys.exit(main())
