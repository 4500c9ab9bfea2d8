"""From a course's MLflow artifact back to the history it was made from, exactly."""

from optimizer import canonical
from service.tracking.record import CourseRecord

ARTIFACT = "record.json"
"""Path of the document among a course's artifacts."""


def write(record: CourseRecord) -> bytes:
    """Return the artifact of a course: the canonical JSON of everything its projection shows."""
    return canonical.encode(record)


def read(artifact: bytes) -> CourseRecord:
    """Return the record an artifact was written from.

    MLflow's metrics keep milliseconds and know no posture, so a history is read from the artifact and never from them.

    Args:
        artifact: The bytes of ``record.json``.

    Returns:
        The record; its problem, history and decisions are equal to the ledger's, byte for byte in canonical JSON.

    Raises:
        MalformedDocumentError: If the bytes are not such a document, or this version would lose part of it.
    """
    return canonical.decode(CourseRecord, artifact)
