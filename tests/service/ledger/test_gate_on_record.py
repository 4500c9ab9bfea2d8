"""Every barrier straight on the ledger: whom it concerns, what comes first, what a replay of an earlier day sees."""

from datetime import timedelta

import pytest

from optimizer.ask import Ask
from optimizer.decision import HoldReason
from optimizer.history import applied
from service.errors import (
    AdverseEventElsewhereError,
    ContraindicatedError,
    PatientPausedError,
    PreflightDueError,
    ServiceError,
    SiteStoppedError,
)
from service.ledger import gate, optimizer_version
from service.ledger.course_tables import PreflightRow, StopReleaseRow, StopRow
from service.ledger.ledger import Ledger
from service.ledger.tables import CourseRow, ReportRow, ReviewRow, TrialRow
from tests.service.ledger.bare import NOW, course_of
from tests.strategies.scs import HERE, PROBLEM, history, trial

VAGUS = ("impedance", "lead", "battery", "untreated_sleep_apnoea", "bradycardia")


@pytest.fixture
def course(ledger: Ledger) -> CourseRow:
    """Give a course whose device asks for nothing."""
    return course_of(ledger, "x", optimizer="now")


def stop(ledger: Ledger, patient_id: str | None = None, site: str = "a") -> StopRow:
    row = StopRow(id=ledger.new_id(), site=site, patient_id=patient_id, reason="software_fault")
    return ledger.append("stop", row, {})


def release(ledger: Ledger, stopped: StopRow) -> StopReleaseRow:
    row = StopReleaseRow(id=ledger.new_id(), stop_id=stopped.id, reason="cause_resolved")
    return ledger.append("stop_release", row, {})


def check(ledger: Ledger, course: CourseRow, name: str, *, passed: bool = True) -> PreflightRow:
    row = PreflightRow(
        id=ledger.new_id(), course_id=course.id, name=name, passed=passed, checked_at=ledger.now
    )
    return ledger.append("preflight", row, {}, course_id=course.id)


def report(ledger: Ledger, course: CourseRow, *, severe: bool = True) -> ReportRow:
    trial_row = TrialRow(id=ledger.new_id(), course_id=course.id, flags="[]")
    ledger.append("trial", trial_row, {}, course_id=course.id)
    row = ReportRow(id=ledger.new_id(), course_id=course.id, trial_id=trial_row.id, severe=severe)
    return ledger.append("report", row, {}, course_id=course.id)


def reviewed(ledger: Ledger, seen: ReportRow) -> ReviewRow:
    row = ReviewRow(id=ledger.new_id(), course_id=seen.course_id, subject_id=seen.id)
    return ledger.append("review", row, {}, course_id=seen.course_id)


def found(ledger: Ledger, course: CourseRow, up_to: int | None = None) -> object:
    barrier = gate.to_program(ledger.session, course, ledger.now, up_to=up_to)
    return None if barrier is None else (barrier.reason, barrier.subjects)


def test_a_stop_concerns_its_patient_or_its_site_until_it_is_released(
    ledger: Ledger, course: CourseRow
) -> None:
    other = course_of(ledger, "y")
    stop(ledger, site="b")
    assert found(ledger, course) is None
    one, two = stop(ledger, course.patient_id), stop(ledger, course.patient_id)
    assert found(ledger, course) == (HoldReason.PATIENT_PAUSED, (one.id, two.id))
    assert found(ledger, other) is None
    whole = stop(ledger)
    for each in (course, other):
        assert found(ledger, each) == (HoldReason.SITE_STOPPED, (whole.id,))
    release(ledger, whole)
    release(ledger, one)
    assert found(ledger, course) == (HoldReason.PATIENT_PAUSED, (two.id,))
    assert found(ledger, other) is None
    release(ledger, two)
    assert found(ledger, course) is None


def test_a_replay_sees_the_stops_of_its_own_day(ledger: Ledger, course: CourseRow) -> None:
    stopped = stop(ledger)
    released = release(ledger, stopped)
    barred = (HoldReason.SITE_STOPPED, (stopped.id,))
    for up_to, expected in (
        (stopped.sequence - 1, None),
        (stopped.sequence, barred),
        (released.sequence - 1, barred),
        (released.sequence, None),
        (None, None),
    ):
        assert found(ledger, course, up_to) == expected


def test_harm_concerns_every_other_course_of_its_patient_until_it_is_reviewed(
    ledger: Ledger, course: CourseRow
) -> None:
    harmed = course_of(ledger, "", patient_id=course.patient_id)
    stranger = course_of(ledger, "y")
    mild = report(ledger, harmed, severe=False)
    one, two = report(ledger, harmed), report(ledger, harmed)
    both = (HoldReason.ADVERSE_EVENT_ELSEWHERE, (one.id, two.id))
    assert found(ledger, course) == both
    assert found(ledger, harmed) is None, "its own history holds it"
    assert found(ledger, stranger) is None
    seen = reviewed(ledger, one)
    rest = (HoldReason.ADVERSE_EVENT_ELSEWHERE, (two.id,))
    last = reviewed(ledger, two)
    for up_to, expected in (
        (mild.sequence, None),
        (one.sequence, (HoldReason.ADVERSE_EVENT_ELSEWHERE, (one.id,))),
        (seen.sequence - 1, both),
        (seen.sequence, rest),
        (last.sequence, None),
        (None, None),
    ):
        assert found(ledger, course, up_to) == expected


def test_checks_bar_in_the_order_of_their_gravity(ledger: Ledger) -> None:
    vagus = course_of(ledger, "v", device="vns-implanted/1")
    assert found(ledger, vagus) == (HoldReason.PREFLIGHT_DUE, VAGUS)
    for name in VAGUS[1:]:
        check(ledger, vagus, name)
    assert found(ledger, vagus) == (HoldReason.PREFLIGHT_DUE, ("impedance",))
    last = check(ledger, vagus, "impedance")
    assert found(ledger, vagus) is None
    ledger.now = NOW + timedelta(days=91)
    _, stale = found(ledger, vagus)  # type: ignore[misc]
    assert {"impedance", "battery"} <= set(stale)
    assert "lead" not in stale
    check(ledger, vagus, "lead", passed=False)
    assert found(ledger, vagus) == (HoldReason.PREFLIGHT_FAILED, ("lead",))
    check(ledger, vagus, "bradycardia", passed=False)
    assert found(ledger, vagus) == (HoldReason.CONTRAINDICATED, ("bradycardia",))
    assert found(ledger, vagus, last.sequence) == (HoldReason.PREFLIGHT_DUE, stale)


def test_another_optimiser_bars_asking_and_not_programming_and_comes_last(
    ledger: Ledger, course: CourseRow
) -> None:
    def ask(present: str | None, of: CourseRow = course) -> object:
        barrier = gate.to_ask(ledger.session, of, ledger.now, present=present)
        return None if barrier is None else (barrier.reason, barrier.subjects)

    assert ask("now") is None
    assert ask("later") == ask(None) == (HoldReason.OPTIMIZER_CHANGED, ())
    assert ask(None, course_of(ledger, "y", optimizer=optimizer_version.installed())) is None
    assert found(ledger, course) is None
    paused = stop(ledger, course.patient_id)
    assert ask("later") == (HoldReason.PATIENT_PAUSED, (paused.id,))


@pytest.mark.parametrize(
    ("reason", "release", "error"),
    [
        (HoldReason.SITE_STOPPED, "release_stop", SiteStoppedError),
        (HoldReason.PATIENT_PAUSED, "release_stop", PatientPausedError),
        (HoldReason.ADVERSE_EVENT_ELSEWHERE, "review", AdverseEventElsewhereError),
        (HoldReason.CONTRAINDICATED, "record_preflight", ContraindicatedError),
        (HoldReason.PREFLIGHT_FAILED, "record_preflight", PreflightDueError),
        (HoldReason.PREFLIGHT_DUE, "record_preflight", PreflightDueError),
        (HoldReason.OPTIMIZER_CHANGED, "migrate", None),
    ],
)
def test_a_barrier_is_a_hold_that_says_what_releases_it_and_a_refusal_of_its_own(
    reason: HoldReason, release: str, error: type[ServiceError] | None
) -> None:
    assert reason in gate.REASONS
    barrier = gate.Barrier(reason=reason, subjects=("s",))
    ask = Ask(at=NOW, in_force=applied(PROBLEM, HERE))
    hold = barrier.hold(PROBLEM, history(trial(1, 1)), ask)
    assert (hold.reason, hold.subject_ids, hold.release) == (reason, ("s",), release)
    off = reason in (HoldReason.CONTRAINDICATED, HoldReason.ADVERSE_EVENT_ELSEWHERE)
    assert (hold.meanwhile is None) is off
    if error is not None:
        assert type(barrier.error()) is error


def test_harm_elsewhere_counts_from_a_sequence_on_and_reviewed_or_not(
    ledger: Ledger, course: CourseRow
) -> None:
    def harmed(since: int) -> bool:
        return gate.harmed_elsewhere_since(ledger.session, course, since)

    other = course_of(ledger, "x", patient_id=course.patient_id)
    stranger = course_of(ledger, "y")
    for of, severe in ((course, True), (stranger, True), (other, False)):
        report(ledger, of, severe=severe)
    assert not harmed(0), "the course's own, another patient's, and what was not severe"
    first = report(ledger, other)
    reviewed(ledger, first)
    assert harmed(first.sequence - 1)
    assert not harmed(first.sequence)
    second = report(ledger, other)
    assert harmed(first.sequence)
    assert not harmed(second.sequence)


def test_there_are_no_other_barriers() -> None:
    assert len(gate.REASONS) == 7
