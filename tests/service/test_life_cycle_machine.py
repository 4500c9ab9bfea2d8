"""The life cycle against a plain model of it: any order of asks, decisions, trials, reports, corrections, stops and hours."""

import dataclasses
import tempfile
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import func, select

from optimizer import canonical
from optimizer.ask import Ask
from optimizer.decision import Proposal
from optimizer.propose import propose
from optimizer.safety.closure import closures
from service.courses import ending, reviewing, standing
from service.courses import usecases as courses
from service.courses.ending_schemas import NewEnd
from service.courses.schemas import NewCourse, NewReview
from service.courses.standing_schemas import NewPreflight
from service.errors import ServiceError
from service.ledger import life_cycle
from service.ledger.history import history_of, problem_of, start_of
from service.ledger.ledger import Ledger
from service.ledger.tables import DecisionRow, WithdrawalRow
from service.outcomes import amending
from service.outcomes import usecases as outcomes
from service.outcomes.schemas import NewAmendment, NewReport, NewTrial
from service.patients import stops
from service.patients import usecases as patients
from service.patients.schemas import NewPatient
from service.patients.stop_schemas import NewRelease, NewStop
from service.proposals import answering, deciding, programming, sweeping, usecases
from service.proposals.schemas import NewAsk, NewDecision
from tests.conftest import FULL_COUNTS
from tests.service.live import CHECKS, ENVELOPE, SIGNED_BY, START
from tests.service.new_ledger import new_ledger
from tests.service.plain_life_cycle import APPROVED, VALID_FOR, PlainLifeCycle, Severe, Told

pytestmark = pytest.mark.sampled

BEGAN = datetime(2026, 11, 21, 9, tzinfo=UTC)
DECISIONS: dict[str, dict[str, Any]] = {
    "approve": {"action": "approve"},
    "edit": {"action": "edit", "reason": "clinical_judgement", "settings": START},
    "reject": {"action": "reject", "reason": "patient_preference"},
}
DONE = {"approve": "approved", "edit": "edited", "reject": "rejected"}


class EveryRule:
    """Stands for the flags that hypothesis draws."""

    def is_enabled(self, _name: str) -> bool:
        return True


class LifeCycle(RuleBasedStateMachine):
    """One course on a real SQLite file, beside the plain model."""

    def __init__(self) -> None:
        super().__init__()
        # hypothesis forbids some of the rules for the whole of an example, which suits thousands of them: of a few dozen
        # hardly one asks, decides and corrects
        self._rules_strategy.enabled_rules_strategy = st.just(EveryRule())

    @initialize()
    def open(self) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="titrate-life-cycle-")
        self.database = new_ledger(Path(self.folder.name))
        self.plain = PlainLifeCycle(now=BEGAN, checked_at=BEGAN)
        self.trials: list[str] = []
        self.reports: list[tuple[str, str, str]] = []  # id, its trial, what it is a measure of

        def begin(ledger: Ledger) -> None:
            patient = patients.register(ledger, NewPatient(pseudonym="P-1")).body
            body = {"patient_id": patient.id, "device": "scs-tonic", "envelope": ENVELOPE, "start": START}
            self.course_id = courses.open_course(ledger, NewCourse.model_validate(body)).body.id
            standing.record_preflight(ledger, self.course_id, NewPreflight.model_validate({"checks": CHECKS}))
            self.apply_in(ledger, None)
            self.report_in(ledger, "pain", 6)
            self.report_in(ledger, "side_effect", 1)

        self.write(begin)

    def write(self, act: Any) -> Any:
        with self.database.write() as session:
            return act(Ledger(session, site="here", principal="dr", now=self.plain.now))

    def applied(self, **fields: Any) -> dict[str, Any]:
        return {"settings": START, "occurred_at": self.plain.now.isoformat(), **fields}

    def apply_in(self, ledger: Ledger, proposal_id: str | None) -> None:
        body = NewTrial.model_validate(self.applied(proposal_id=proposal_id))
        self.trials.append(outcomes.record_trial(ledger, self.course_id, body).body.id)

    def report_in(
        self, ledger: Ledger, measure: str, value: float | None, amends: tuple[str, str, str] | None = None
    ) -> Any:
        trial_id = self.trials[-1] if amends is None else amends[1]
        body = {
            "measure": measure,
            "kind": "discomfort" if measure == "side_effect" else "",
            "value": value,
            "occurred_at": self.plain.now.isoformat(),
        }
        if amends is not None:
            body |= {"amends": amends[0], "reason": "patient_corrected"}
        made = outcomes.report_one(ledger, trial_id, NewReport.model_validate(body), patient_id=None).body
        self.reports.append((made.reports[0].id, trial_id, measure))
        return made

    # --- what happens ------------------------------------------------------------------------------

    # what bars everything is rare, so that most examples come far into the life of a proposal
    @rule(hours=st.sampled_from([1, 30, 24 * 8]))
    def time_passes(self, hours: int) -> None:
        self.plain.now += timedelta(hours=hours)

    @precondition(lambda self: len(self.plain.proposals) > 2)
    @rule()
    def a_quarter_passes(self) -> None:
        self.plain.now += timedelta(days=91)

    @precondition(lambda self: not self.plain.severe)
    @rule(posture=st.sampled_from(["sitting", "lying"]))
    def ask(self, posture: str) -> None:
        plain = self.plain
        known, barrier = plain.answered(posture), plain.barrier()

        def ask(ledger: Ledger) -> tuple[Any, Any]:
            body = usecases.ask(ledger, self.course_id, NewAsk.model_validate({"posture": posture})).body
            if not body["existing"] and barrier is None:
                document = canonical.encode(proposal_of(ledger, self.course_id)).decode()
                answering.store(ledger.session, body["ask_id"], document, ledger.now)
            return body, usecases.answer_to(ledger, self.course_id, body["ask_id"])

        body, seen = self.write(ask)
        assert body["existing"] == (known is not None)
        if known is not None:
            kind, what = known
            assert seen.kind == kind
            assert seen.id == what.id if kind == "proposal" else seen.reason == what[0]
            return
        plain.clear_the_way()
        if barrier is not None:
            assert (seen.kind, seen.reason, tuple(seen.decision["subject_ids"])) == ("hold", *barrier)
            plain.latest = (plain.key(posture), "hold", barrier)
            return
        assert (seen.kind, seen.status) == ("proposal", "proposed")
        told = Told(id=seen.id, valid_until=plain.now + VALID_FOR)
        plain.proposals.append(told)
        plain.latest = (plain.key(posture), "proposal", told)

    @precondition(lambda self: self.plain.proposals)
    @rule(
        data=st.data(),
        action=st.sampled_from(["approve", "approve", "edit", "reject"]),
        seen_before=st.sampled_from([False, False, True]),
    )
    def decide(self, data: st.DataObject, action: str, seen_before: bool) -> None:
        told = data.draw(st.sampled_from(self.plain.proposals[-3:]))
        status = told.status(self.plain.now)
        refused = {"proposed": None, "expired": "proposal-expired", "withdrawn": "proposal-withdrawn"}
        expected = refused.get(status, "proposal-decided")
        if expected is None and seen_before:
            expected = "precondition-failed"
        if expected is None and action != "reject":
            expected = self.plain.refusal()

        def decide(ledger: Ledger) -> None:
            row = ledger.proposal(told.id)
            etag = life_cycle.etag_of(row, life_cycle.status_of(ledger, row))
            body = NewDecision.model_validate(DECISIONS[action] | {"signed_by": SIGNED_BY})
            deciding.decide(ledger, told.id, body, if_match='"old"' if seen_before else etag)

        assert self.refused(decide) == expected
        if expected is None:
            if action != "reject":
                self.plain.take_back_approvals()
            told.decided = DONE[action]
            self.plain.rejected += action == "reject"

    def refused(self, act: Any) -> str | None:
        try:
            self.write(act)
        except ServiceError as error:
            return error.code
        return None

    @rule(data=st.data(), follows=st.booleans())
    def apply(self, data: st.DataObject, follows: bool) -> None:
        told = (
            data.draw(st.sampled_from(self.plain.proposals[-3:]))
            if follows and self.plain.proposals
            else None
        )
        self.write(lambda ledger: self.apply_in(ledger, told and told.id))
        if told is not None:
            told.applied = True
        self.plain.facts += 1
        self.plain.rejected = 0

    @rule(felt=st.sampled_from([("side_effect", 2), ("pain", 5), ("side_effect", 9)]))
    def report(self, felt: tuple[str, float]) -> None:
        self.reported(self.write(lambda ledger: self.report_in(ledger, *felt)), felt == ("side_effect", 9))

    @precondition(lambda self: self.plain.standing() or len(self.plain.proposals) > 2)
    @rule(data=st.data(), value=st.sampled_from([9, 1, None]))
    def correct_a_report(self, data: st.DataObject, value: float | None) -> None:
        amends = data.draw(st.sampled_from(self.reports[-3:]))
        made = self.write(lambda ledger: self.report_in(ledger, amends[2], value, amends))
        self.reported(made, severe=amends[2] == "side_effect" and value == 9)

    def reported(self, made: Any, severe: bool) -> None:
        self.plain.facts += 1
        assert made.reports[0].severe == severe
        assert sorted(made.withdrawn_proposals) == (self.plain.withdraw() if severe else [])
        if severe:
            self.plain.severe_reports.append(Severe(*self.reports[-1][:2]))

    @precondition(lambda self: self.plain.standing() or any(told.applied for told in self.plain.proposals))
    @rule(data=st.data(), takes_back=st.booleans())
    def correct_what_was_applied(self, data: st.DataObject, takes_back: bool) -> None:
        trial_id = data.draw(st.sampled_from(self.trials[-3:]))
        trial = None if takes_back else self.applied()
        body = NewAmendment.model_validate({"reason": "entered_wrongly", "trial": trial})
        made = self.write(lambda ledger: amending.amend_trial(ledger, trial_id, body)).body
        assert sorted(made.withdrawn_proposals) == self.plain.correct_trial(trial_id, takes_back=takes_back)

    @precondition(lambda self: self.plain.severe)
    @rule()
    def review(self) -> None:
        severe = self.plain.severe[-1]
        body = {"subject": "closure", "subject_id": severe.id, "reason": "cause_resolved"}
        self.write(lambda ledger: reviewing.review(ledger, self.course_id, NewReview.model_validate(body)))
        severe.reviewed_at = self.plain.now
        self.plain.facts += 1

    @precondition(lambda self: len(self.plain.proposals) > 1 and len(self.plain.stops) < 2)
    @rule()
    def stop(self) -> None:
        body = NewStop.model_validate({"reason": "software_fault", "signed_by": SIGNED_BY})
        self.plain.stops.append(self.write(lambda ledger: stops.stop(ledger, body)).body.id)

    @precondition(lambda self: self.plain.stops)
    @rule()
    def release(self) -> None:
        stop_id = self.plain.stops.pop(0)
        body = NewRelease.model_validate({"reason": "cause_resolved", "signed_by": SIGNED_BY})
        self.write(lambda ledger: stops.release(ledger, stop_id, body))
        assert self.refused(lambda ledger: stops.release(ledger, stop_id, body)) == "stop-released"

    @precondition(lambda self: self.plain.now > self.plain.checked_at + timedelta(days=3))
    @rule()
    def check_the_device(self) -> None:
        body = NewPreflight.model_validate({"checks": CHECKS})
        self.write(lambda ledger: standing.record_preflight(ledger, self.course_id, body))
        self.plain.checked_at = self.plain.now

    @precondition(lambda self: self.plain.proposals)
    @rule()
    def sweep(self) -> None:
        sweeping.sweep(self.database, lambda: self.plain.now)
        self.plain.sweep()

    # --- what is always so -------------------------------------------------------------------------

    @invariant()
    def every_proposal_stands_where_the_plain_model_says(self) -> None:
        if not hasattr(self, "plain"):
            return
        with self.database.read() as session:
            ledger = Ledger(session, site="here", principal="dr", now=self.plain.now)
            for told in self.plain.proposals:
                row = ledger.proposal(told.id)
                assert life_cycle.status_of(ledger, row) == told.status(self.plain.now)
                assert self.programmable(ledger, told) == self.may_be_programmed(told)
            history = history_of(session, self.course_id)
            assert {trial.id for trial in history.trials} == set(self.trials) - self.plain.taken_back
            closed = closures(problem_of(session, ledger.course(self.course_id)), history)
            assert {closure.report_id for closure in closed} == {report.id for report in self.plain.severe}
            for table in (DecisionRow, WithdrawalRow):
                count = func.count()
                many = session.scalars(
                    select(table.proposal_id).group_by(table.proposal_id).having(count > 1)
                )
                assert many.all() == []
        assert sum(told.status(self.plain.now) == "proposed" for told in self.plain.proposals) <= 1
        assert sum(told.status(self.plain.now) in APPROVED for told in self.plain.proposals) <= 1

    def programmable(self, ledger: Ledger, told: Told) -> bool:
        try:
            programming.program(ledger, told.id)
        except ServiceError:
            return False
        return True

    def may_be_programmed(self, told: Told) -> bool:
        stands = told.status(self.plain.now) in APPROVED and self.plain.barrier() is None
        return stands and not self.plain.ended

    # --- how every example ends --------------------------------------------------------------------

    def nothing_leaves_a_course_that_has_ended(self) -> None:
        """End it, whatever happened before; then tell a trial of it late."""
        body = NewEnd.model_validate({"reason": "device_replaced", "signed_by": SIGNED_BY})
        made = self.write(lambda ledger: ending.end(ledger, self.course_id, body)).body
        assert sorted(made.withdrawn_proposals) == self.plain.withdraw()
        self.plain.ended = True
        self.every_proposal_stands_where_the_plain_model_says()
        for act in (
            lambda ledger: ending.end(ledger, self.course_id, body),
            lambda ledger: usecases.ask(ledger, self.course_id, NewAsk()),
        ):
            assert self.refused(act) == "course-ended"
        for told in self.plain.proposals[-1:]:
            self.write(lambda ledger, told=told: self.apply_in(ledger, told.id))
            told.applied = True
        self.every_proposal_stands_where_the_plain_model_says()

    def teardown(self) -> None:
        if hasattr(self, "database"):
            try:
                self.nothing_leaves_a_course_that_has_ended()
            finally:
                self.database.close()
                self.folder.cleanup()


@cache
def template() -> Proposal:
    """A real proposal of the optimiser for this course; later ones differ in their dates alone."""
    machine = LifeCycle()
    machine.open()
    with machine.database.read() as session:
        ledger = Ledger(session, site="here", principal="dr", now=BEGAN)
        course = ledger.course(machine.course_id)
        problem, history = problem_of(session, course), history_of(session, course.id)
        found = propose(problem, history, Ask(at=BEGAN, in_force=start_of(course)))
    machine.teardown()
    assert isinstance(found, Proposal)
    return found


def proposal_of(ledger: Ledger, course_id: str) -> Proposal:
    assert course_id
    return dataclasses.replace(template(), valid_until=ledger.now + VALID_FOR)


TestLifeCycle = LifeCycle.TestCase
TestLifeCycle.settings = hypothesis_settings(
    max_examples=300 if FULL_COUNTS else 16, stateful_step_count=50 if FULL_COUNTS else 25
)
