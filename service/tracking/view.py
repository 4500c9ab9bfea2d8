"""What MLflow is to show, as plain values: runs, their parameters, tags, points and files."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime

import rfc8785

from optimizer import canonical

IDENTIFIER = "titrate.id"
"""Tag that names the ledger entry a run stands for; there is one run per value."""
COURSE = "titrate.course"
"""Tag on every run of a course, to find them all at once."""
SHOWN = "titrate.shown"
"""Tag with the digest of what a run shows, written last: a run without it was interrupted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One value of one metric. The step is the ledger sequence, so a point never moves and never comes twice."""

    key: str
    value: float
    at: datetime
    step: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RunView:
    """One MLflow run. Points and parameters only ever grow from one ledger sequence to the next; the rest may change."""

    identifier: str
    name: str
    started_at: datetime
    ended_at: datetime | None
    """None while it goes on."""
    parameters: dict[str, str]
    tags: dict[str, str]
    points: tuple[Point, ...]
    files: dict[str, bytes] = field(default_factory=dict)
    """Path below the run -> content."""

    @property
    def digest(self) -> str:
        """SHA-256 of everything shown; files by what they hold."""
        content = canonical.to_builtins(
            {
                "name": self.name,
                "started_at": self.started_at,
                "ended_at": self.ended_at,
                "parameters": self.parameters,
                "tags": self.tags,
                "points": self.points,
                "files": {path: hashlib.sha256(data).hexdigest() for path, data in self.files.items()},
            }
        )
        return hashlib.sha256(rfc8785.dumps(content)).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseView:
    """An experiment, a parent run in it and runs nested below: of a patient, a course and its trials.

    A comparison of policies is shown by the same means, with the runs of its policies in the place of trials.
    """

    experiment: str
    experiment_tags: dict[str, str]
    parent: RunView
    trials: tuple[RunView, ...]
    found_by: str = COURSE
    """Tag that the parent and every nested run carry, with one value."""
