"""The runs that have ended, one JSON line each, kept the moment they end: what a killed comparison goes on from."""

import fcntl
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import msgspec

from optimizer.errors import DataError
from optimizer.evaluate.trace import Trace


def stem(scenario: str, n_trials: int, first_patient: int) -> str:
    """Return what the files of a comparison are called; only the first cohort goes without saying."""
    return f"{scenario.rpartition('/')[2].removesuffix('.toml')}-{n_trials}" + (
        f"-from-{first_patient}" if first_patient else ""
    )


class ResultsFile:
    """A file of runs, open for one comparison at a time. Use it as a context manager."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: BinaryIO | None = None

    def __enter__(self) -> Self:
        """Open and lock the file, made where it is not there.

        Raises:
            DataError: If another comparison is writing to it: both would run and keep the same.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        file = self.path.open("ab", buffering=0)
        try:
            fcntl.flock(
                file, fcntl.LOCK_EX | fcntl.LOCK_NB
            )  # given back by the kernel when the process is killed
        except BlockingIOError as error:
            file.close()
            raise DataError(
                self.path.name,
                "is being written by another run",
                remedy="Wait for it, or name another folder.",
            ) from error
        self._file = file
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file, which unlocks it."""
        if self._file is not None:
            self._file.close()

    def append(self, trace: Trace) -> None:
        """Keep a run: one line in one write."""
        if self._file is None:
            raise ValueError("the file is open inside its context only")
        self._file.write(msgspec.json.encode(trace) + b"\n")

    def mend(self) -> None:
        """Remove a last line that was cut short; its run is run again."""
        if self._file is not None:
            whole, newline, _ = self.path.read_bytes().rpartition(b"\n")
            self._file.truncate(len(whole) + len(newline))


def read_results(path: Path) -> Sequence[Trace]:
    """Return the runs of a results file in the order in which they ended; a last line cut short is left out.

    Raises:
        DataError: If a line is not a run.
    """
    if not path.is_file():
        return []
    whole, _, _ = path.read_bytes().rpartition(b"\n")
    try:
        return [msgspec.json.decode(line, type=Trace) for line in whole.splitlines() if line]
    except msgspec.MsgspecError as error:
        raise DataError(path.name, "holds a line that is not a run", remedy="Name another folder.") from error
