"""A comparison killed with SIGKILL when it has kept so many runs."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import psutil

from optimizer.evaluate.provenance import Provenance
from optimizer.evaluate.trace import Trace

WITHIN_S = 300.0
NOWHERE = Provenance(code="", lock="", scenario="")
PROGRAM = """
import sys
from pathlib import Path
from optimizer.evaluate.arena import Comparison, compare
from optimizer.evaluate.backend import Backend
from optimizer.evaluate.trace import Trace
for trace in compare({comparison!r}, Path({results!r}), backend={backend!r}):
    pass
"""


def kill_after(n_runs: int, program: str, results: Path) -> int:
    """Run a program and kill it once the results have so many lines; return how many they had then."""
    with subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.DEVNULL) as process:
        end = time.monotonic() + WITHIN_S
        while process.poll() is None and time.monotonic() < end:
            if results.is_file() and results.read_bytes().count(b"\n") >= n_runs:
                break
            time.sleep(0.002)
        working = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL, "it ended before it could be killed"
    assert not psutil.wait_procs(working, timeout=10)[1], "it left processes behind that work on"
    return results.read_bytes().count(b"\n")


def apart_from_clock(traces: Iterable[Trace]) -> list[Trace]:
    """Return traces in one order and without what the clock said; nor the sources, edited perhaps while tests run."""
    plain = (replace(trace, ask_s=(), provenance=NOWHERE) for trace in traces)
    return sorted(plain, key=lambda trace: (trace.policy, trace.patient))
