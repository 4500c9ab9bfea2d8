"""Wire types of the worklist."""

from datetime import datetime
from enum import StrEnum

from pydantic import ConfigDict

from service.dependencies.wire import View


class Waiting(StrEnum):
    """What waits."""

    PROPOSAL = "proposal"
    """An open proposal: to be decided about."""
    HOLD = "hold"
    """The latest answer of a course holds, and nothing came since."""
    ADVERSE_EVENT = "adverse_event"
    """A severe report nobody reviewed."""
    EXPIRING_APPROVAL = "expiring_approval"
    """Approved, not applied, and soon past its time."""
    LOOSER_PROBLEM = "looser_problem"
    """A looser envelope that waits for a second person."""
    STOP = "stop"
    """A stop of a patient or of the site that nobody released."""


class WorkItem(View):
    """One thing that waits for a person."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "kind": "adverse_event",
                    "id": "01938b3e-5f0c-7d2a-9c41-7f1f5f0a8a44",
                    "sequence": 1234,
                    "course_id": "01938b3e-5f0c-7d2a-9c41-7f1f5f0a8a22",
                    "patient_id": "01938b3e-5f0c-7d2a-9c41-7f1f5f0a8a11",
                    "reason": None,
                    "since": "2026-11-21T09:00:00Z",
                    "due_at": None,
                }
            ]
        }
    )

    kind: Waiting
    """``proposal``: to be decided about; ``hold``: the latest answer of a course, and nothing came since; ``adverse_event``: a
    severe report nobody reviewed; ``expiring_approval``: not applied, and soon past its time; ``looser_problem``: waits for a
    second person; ``stop``: nobody released it."""
    id: str
    """Of the proposal, answer, report, problem or stop."""
    sequence: int
    """Place in the ledger; the next page begins after it."""
    course_id: str | None
    """Null for a stop."""
    patient_id: str | None
    """Null for a stop of the whole site."""
    reason: str | None
    """Code of why it holds, stops or is to change; null of the other kinds."""
    since: datetime
    """When it came on record."""
    due_at: datetime | None
    """When it runs out; null where it does not."""
