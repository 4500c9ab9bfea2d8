"""Write a lock file: the versions pip chooses for this project in an empty environment.

The file names versions only: no hashes, addresses or files, no local version suffix and nothing that belongs to
one kind of graphics card. So it can be installed anywhere pip finds these versions, and whichever build of torch
pip finds there (with or without graphics card) brings its own companions.

Run by ``make lock`` with the interpreter of a fresh virtual environment.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
CARD_SPECIFIC = re.compile(r"nvidia-|cuda-|triton$|pytorch-triton")
HEADER = """\
# Made by `make lock`; do not edit. Versions only: what pip chose for the project with the extras
# {extras} in an empty environment with Python {python}.
# Left out on purpose: hashes, addresses, local version suffixes, packages of one graphics card.
"""


def resolve(extras: str, constraint: Path | None) -> list[dict[str, Any]]:
    """Ask pip what it would install into an empty environment, within the versions of another lock file."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed"]
        if constraint:
            command += ["--constraint", str(constraint)]
        subprocess.run([*command, "--report", str(report), f"{ROOT}[{extras}]"], check=True)
        chosen: list[dict[str, Any]] = json.loads(report.read_text(encoding="utf-8"))["install"]
    return chosen


def pins(chosen: list[dict[str, Any]]) -> list[str]:
    """Turn pip's choice into sorted ``name==version`` lines, without this project itself."""
    lines = []
    for entry in chosen:
        name = re.sub(r"[-_.]+", "-", entry["metadata"]["name"]).lower()
        if name != "titrate" and not CARD_SPECIFIC.match(name):
            lines.append(f"{name}=={entry['metadata']['version'].partition('+')[0]}")
    return sorted(lines)


def main() -> None:
    """Resolve and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--extras", required=True)
    parser.add_argument("--constraint", type=Path)
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args()
    python = ".".join(str(part) for part in sys.version_info[:2])
    header = HEADER.format(extras=arguments.extras, python=python)
    lines = pins(resolve(arguments.extras, arguments.constraint))
    arguments.output.write_text(header + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
