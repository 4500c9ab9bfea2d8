"""The load that `make load` puts on the service, small."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SMALL = ("--courses", "6", "--clients", "3", "--pause", "0.1", "--paced", "3", "--flat-out", "6")


@pytest.mark.acceptance
@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_clients_at_once_meet_no_error(database: str) -> None:
    command = [sys.executable, str(ROOT / "benchmarks" / "load.py"), "--database", database, *SMALL]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    if "no PostgreSQL server programs" in done.stderr:
        pytest.skip("no PostgreSQL server programs (initdb) on this machine")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "**0 errors**" in done.stdout
    for kind in ("read a stored proposal", "ask", "decide", "record a trial", "report"):
        row = next(line for line in done.stdout.splitlines() if line.startswith(f"| {kind} |"))
        assert int(row.split("|")[2]) > 0
