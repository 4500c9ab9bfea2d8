"""What keeps a course from being proposed for, or from being programmed, before the optimiser is asked at all."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from optimizer.ask import Ask
from optimizer.decision import Hold, HoldReason
from optimizer.history import History
from optimizer.problem import Problem
from optimizer.safety import doubt
from service.errors import (
    AdverseEventElsewhereError,
    ContraindicatedError,
    PatientPausedError,
    PreflightDueError,
    ServiceError,
    SiteStoppedError,
)
from service.ledger import course_version, optimizer_version, preflight
from service.ledger.course_tables import StopReleaseRow, StopRow
from service.ledger.preflight import Standing
from service.ledger.tables import CourseRow, ReportRow, ReviewRow

REASONS = frozenset(
    {
        HoldReason.SITE_STOPPED,
        HoldReason.PATIENT_PAUSED,
        HoldReason.ADVERSE_EVENT_ELSEWHERE,
        HoldReason.CONTRAINDICATED,
        HoldReason.PREFLIGHT_FAILED,
        HoldReason.PREFLIGHT_DUE,
        HoldReason.OPTIMIZER_CHANGED,
    }
)
"""Why the service holds by itself."""

_RELEASE = {
    HoldReason.SITE_STOPPED: "release_stop",
    HoldReason.PATIENT_PAUSED: "release_stop",
    HoldReason.ADVERSE_EVENT_ELSEWHERE: "review",
    HoldReason.CONTRAINDICATED: "record_preflight",
    HoldReason.PREFLIGHT_FAILED: "record_preflight",
    HoldReason.PREFLIGHT_DUE: "record_preflight",
    HoldReason.OPTIMIZER_CHANGED: "migrate",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Barrier:
    """Why nothing may be proposed now."""

    reason: HoldReason
    subjects: tuple[str, ...] = ()
    """Ids of stops or of reports, or names of checks."""

    @property
    def means_off(self) -> bool:
        """Whether nothing is to be on meanwhile: it may harm, whatever this course has on record."""
        return self.reason in (HoldReason.CONTRAINDICATED, HoldReason.ADVERSE_EVENT_ELSEWHERE)

    def hold(self, problem: Problem, history: History, ask: Ask) -> Hold:
        """Return it as an answer."""
        return Hold(
            reason=self.reason,
            subject_ids=self.subjects,
            release=_RELEASE[self.reason],
            meanwhile=None if self.means_off else doubt.meanwhile(problem, history, ask),
        )

    def error(self) -> ServiceError:
        """Return it as a refusal to approve or to program."""
        match self.reason:
            case HoldReason.SITE_STOPPED:
                return SiteStoppedError("site", "is stopped", remedy="Wait until a clinician releases it.")
            case HoldReason.PATIENT_PAUSED:
                return PatientPausedError(
                    "patient", "is paused", remedy="Wait until a clinician releases it."
                )
            case HoldReason.ADVERSE_EVENT_ELSEWHERE:
                return AdverseEventElsewhereError(
                    "patient", "has an unreviewed severe report in another course", remedy="Review it there."
                )
            case HoldReason.CONTRAINDICATED:
                return ContraindicatedError(
                    "preflight", "found a contraindication", limit=", ".join(self.subjects)
                )
        return PreflightDueError(
            "preflight",
            "lacks a fresh passed check",
            limit=", ".join(self.subjects),
            remedy="Record the check.",
        )


def to_ask(
    session: Session,
    course: CourseRow,
    now: datetime,
    *,
    up_to: int | None = None,
    present: str | None = None,
) -> Barrier | None:
    """Return why a question gets a hold at once, or None; what stops programming comes first.

    Args:
        session: Any session.
        course: The course.
        now: The instant of the question.
        up_to: The last ledger sequence to read, for a replay; None reads all.
        present: The versions that were installed, for a replay; None means those of now.
    """
    barrier = to_program(session, course, now, up_to=up_to)
    if barrier is not None:
        return barrier
    under = course_version.of_course(session, course, up_to=up_to)
    if under != (present or optimizer_version.installed()):
        return Barrier(reason=HoldReason.OPTIMIZER_CHANGED)
    return None


def to_program(
    session: Session, course: CourseRow, now: datetime, *, up_to: int | None = None
) -> Barrier | None:
    """Return why nothing may be approved or programmed now, or None; arguments as :func:`to_ask`."""
    stops = standing_stops(session, course.site, course.patient_id, up_to=up_to)
    for whole_site, reason in ((True, HoldReason.SITE_STOPPED), (False, HoldReason.PATIENT_PAUSED)):
        found = tuple(stop.id for stop in stops if (stop.patient_id is None) is whole_site)
        if found:
            return Barrier(reason=reason, subjects=found)
    severe = _severe_elsewhere(session, course, up_to)
    if severe:
        return Barrier(reason=HoldReason.ADVERSE_EVENT_ELSEWHERE, subjects=severe)
    checks = preflight.standings(session, course, now, up_to=up_to)
    present = tuple(
        c.asked.check for c in checks if c.standing is Standing.FAILED and c.asked.contraindication
    )
    failed = tuple(c.asked.check for c in checks if c.standing is Standing.FAILED)
    due = tuple(c.asked.check for c in checks if c.standing in (Standing.MISSING, Standing.STALE))
    for subjects, reason in (
        (present, HoldReason.CONTRAINDICATED),
        (failed, HoldReason.PREFLIGHT_FAILED),
        (due, HoldReason.PREFLIGHT_DUE),
    ):
        if subjects:
            return Barrier(reason=reason, subjects=subjects)
    return None


def _severe_elsewhere(session: Session, course: CourseRow, up_to: int | None) -> tuple[str, ...]:
    """Return the severe reports of the patient's other courses that nobody reviewed, oldest first.

    A new course is no way round a review: its own history begins without what harmed the patient.
    """
    reviewed = select(ReviewRow.subject_id)
    query = select(ReportRow.id).join(CourseRow, CourseRow.id == ReportRow.course_id)
    query = query.where(
        CourseRow.patient_id == course.patient_id, CourseRow.id != course.id, ReportRow.severe
    )
    if up_to is not None:
        reviewed = reviewed.where(ReviewRow.sequence <= up_to)
        query = query.where(ReportRow.sequence <= up_to)
    return tuple(session.scalars(query.where(ReportRow.id.not_in(reviewed)).order_by(ReportRow.sequence)))


def harmed_elsewhere_since(session: Session, course: CourseRow, sequence: int) -> bool:
    """Return whether a severe report came in another course of the patient after a ledger sequence, reviewed by now or not.

    What waited was taken back by it for good; so is what was not there yet to be taken back.
    """
    query = select(ReportRow.id).join(CourseRow, CourseRow.id == ReportRow.course_id)
    query = query.where(
        CourseRow.patient_id == course.patient_id,
        CourseRow.id != course.id,
        ReportRow.severe,
        ReportRow.sequence > sequence,
    )
    return session.scalar(query.limit(1)) is not None


def standing_stops(
    session: Session, site: str, patient_id: str | None, *, up_to: int | None = None
) -> tuple[StopRow, ...]:
    """Return the stops of a site, and those of one patient, that nobody released, oldest first."""
    released = select(StopReleaseRow.stop_id)
    query = select(StopRow).where(StopRow.site == site)
    query = query.where(or_(StopRow.patient_id.is_(None), StopRow.patient_id == patient_id))
    if up_to is not None:
        released = released.where(StopReleaseRow.sequence <= up_to)
        query = query.where(StopRow.sequence <= up_to)
    query = query.where(StopRow.id.not_in(released)).order_by(StopRow.sequence)
    return tuple(session.scalars(query))
