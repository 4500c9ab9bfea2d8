"""A writer that keeps a course in a real ledger as the service would."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from optimizer import canonical
from optimizer.decision import Basis, Change, Explanation, Interval, Proposal, Purpose, Step
from optimizer.outcomes.side_effect import DISCOMFORT
from optimizer.problem import Envelope, Problem, stimulation_problem
from optimizer.space.device import load_device
from optimizer.space.settings import Settings
from optimizer.trial import Applied, Measure, Recall, Report, Rung, RungOutcome, Trial
from service.db.engine import Database
from service.ledger.amendments import Amendment, standing_trial
from service.ledger.course_tables import CourseEndRow, ProblemRow
from service.ledger.history import TIGHTER
from service.ledger.ledger import Ledger
from service.ledger.life_cycle import Action, decide, take_back
from service.ledger.tables import (
    AmendmentRow,
    AskRow,
    CourseRow,
    PatientRow,
    ProposalRow,
    ReportRow,
    TrialRow,
)

BEGAN = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


@dataclass
class Writer:
    """Keeps one course in the ledger as the service would, one transaction a fact."""

    database: Database
    problem: Problem
    patient: str = "P-001"
    course_id: str = ""
    trials: int = 0
    ids: list[str] = field(default_factory=list)

    @property
    def now(self) -> datetime:
        return BEGAN + timedelta(days=self.trials, microseconds=len(self.ids) + 1)

    def open(self) -> None:
        settings = self.settings()
        applied = Applied(values=settings.as_dict(), settings=settings)
        with self._ledger() as ledger:
            patient = PatientRow(id=ledger.new_id(), site="site-a", pseudonym=self.patient)
            ledger.append("patient", patient, {"pseudonym": self.patient})
            course = CourseRow(
                id=ledger.new_id(),
                site="site-a",
                patient_id=patient.id,
                device=self.problem.device,
                problem=canonical.encode(self.problem).decode(),
                problem_fingerprint=self.problem.fingerprint,
                start=canonical.encode(applied).decode(),
            )
            ledger.append("course", course, self.problem, course_id=course.id)
            self.course_id = course.id

    def settings(self, amplitude_ma: float = 4.0) -> Settings:
        values = {
            "amplitude_ma": amplitude_ma,
            "pulse_width_us": 210.0,
            "frequency_hz": 50.0,
            "configuration": "level-4",
        }
        return self.problem.space.settings(values)

    def tighten(self, highest_ma: float) -> None:
        """Put a lower amplitude in force at once, as ``service.courses.changes`` does."""
        tighter = replace(self.problem, envelope=Envelope(bounds={"amplitude_ma": (0.0, highest_ma)}))
        with self._ledger() as ledger:
            row = ProblemRow(
                id=ledger.new_id(),
                course_id=self.course_id,
                problem=canonical.encode(tighter).decode(),
                problem_fingerprint=tighter.fingerprint,
                replaces=self.problem.fingerprint,
                change=TIGHTER,
                reason="clinical_judgement",
            )
            ledger.append("problem", row, {"change": TIGHTER}, course_id=self.course_id)
        self.ids.append(row.id)

    def take_back(self, proposal_id: str, reason: str) -> None:
        """Write that an approval is taken back, or ran out."""
        with self._ledger() as ledger:
            take_back(ledger, ledger.proposal(proposal_id), cause_id=proposal_id, reason=reason)

    def propose(self, amplitude_ma: float, action: str | None = "approve") -> str:
        """Write ask, proposal and what was decided about it; return the proposal's id."""
        settings = self.settings(amplitude_ma)
        with self._ledger() as ledger:
            ask = AskRow(
                id=ledger.new_id(),
                course_id=self.course_id,
                ask="{}",
                seed=7,
                context_digest="0" * 64,
                problem_fingerprint=self.problem.fingerprint,
                history_digest="0" * 64,
            )
            ledger.append("ask", ask, {"seed": 7}, course_id=self.course_id)
            decision = proposal(self.problem, settings, self.now)
            row = ProposalRow(
                id=ledger.new_id(),
                course_id=self.course_id,
                ask_id=ask.id,
                kind="proposal",
                decision=canonical.encode(decision).decode(),
                decision_digest=canonical.digest(decision),
                valid_until=decision.valid_until,
                fallback=None,
            )
            ledger.append("proposal", row, decision, course_id=self.course_id)
            if action is not None:
                allowed = settings if action in ("approve", "edit") else None
                decide(ledger, row, Action(action), settings=allowed)
        self.ids.append(row.id)
        return row.id

    def apply_absurd(self, amplitude_ma: float) -> str:
        """Record an amplitude no device can give: a fact is kept whatever it means."""
        self.trials += 1
        values = {**self.settings().as_dict(), "amplitude_ma": amplitude_ma}
        with self._ledger() as ledger:
            trial = Trial(
                id=ledger.new_id(),
                applied=Applied(values=values, settings=None),
                occurred_at=self.now,
                recorded_at=self.now,
            )
            row = TrialRow(id=trial.id, course_id=self.course_id, proposal_id=None, flags="[]")
            ledger.append("trial", row, trial, course_id=self.course_id, occurred_at=trial.occurred_at)
        self.ids.append(trial.id)
        return trial.id

    def apply(self, amplitude_ma: float, proposal_id: str | None = None) -> str:
        self.trials += 1
        settings = self.settings(amplitude_ma)
        with self._ledger() as ledger:
            trial = Trial(
                id=ledger.new_id(),
                applied=Applied(values=settings.as_dict(), settings=settings),
                occurred_at=self.now,
                recorded_at=self.now,
                ramp=(
                    Rung(amplitude_ma=2.0, outcome=RungOutcome.PERCEPTION),
                    Rung(amplitude_ma=amplitude_ma, outcome=RungOutcome.TOLERATED),
                ),
            )
            row = TrialRow(id=trial.id, course_id=self.course_id, proposal_id=proposal_id, flags="[]")
            ledger.append("trial", row, trial, course_id=self.course_id, occurred_at=trial.occurred_at)
        self.ids.append(trial.id)
        return trial.id

    def report(
        self,
        trial_id: str,
        value: float | None,
        *,
        kind: str = "",
        amends: str | None = None,
        stimulation_on: bool = True,
        recall: Recall = Recall.NOW,
    ) -> str:
        with self._ledger() as ledger:
            report = Report(
                id=ledger.new_id(),
                trial_id=trial_id,
                measure=Measure.SIDE_EFFECT if kind else Measure.PAIN,
                kind=kind,
                value=value,
                occurred_at=self.now + timedelta(hours=2),
                recorded_at=self.now + timedelta(hours=2, microseconds=3),
                amends=amends,
                stimulation_on=stimulation_on,
                recall=recall,
            )
            row = ReportRow(
                id=report.id, course_id=self.course_id, trial_id=trial_id, amends=amends, severe=False
            )
            ledger.append("report", row, report, course_id=self.course_id, occurred_at=report.occurred_at)
        self.ids.append(report.id)
        return report.id

    def correct(self, trial_id: str, amplitude_ma: float | None) -> str:
        """Say anew what was applied; None takes it back."""
        with self._ledger() as ledger:
            before = standing_trial(ledger.session, trial_id)
            trial = None
            if amplitude_ma is not None and before is not None:
                settings = self.settings(amplitude_ma)
                applied = Applied(values=settings.as_dict(), settings=settings)
                trial = replace(before, applied=applied, recorded_at=self.now)
            fact = Amendment(
                id=ledger.new_id(),
                trial_id=trial_id,
                trial=trial,
                reason="entered_wrongly",
                recorded_at=self.now,
            )
            row = AmendmentRow(
                id=fact.id, course_id=self.course_id, trial_id=trial_id, reason=fact.reason, flags="[]"
            )
            ledger.append("amendment", row, fact, course_id=self.course_id)
        self.ids.append(fact.id)
        return fact.id

    def end(self, reason: str) -> str:
        """End the course an hour ago, as ``service.courses.ending`` does."""
        with self._ledger() as ledger:
            row = CourseEndRow(id=ledger.new_id(), course_id=self.course_id, reason=reason)
            occurred_at = self.now - timedelta(hours=1)
            body = {"reason": reason, "signed_by": "Dr. A. Example"}
            ledger.append("end", row, body, course_id=self.course_id, occurred_at=occurred_at)
        self.ids.append(row.id)
        return row.id

    def write_trial(self, amplitude_ma: float, pain: float, discomfort: float = 1.0) -> str:
        trial_id = self.apply(amplitude_ma, self.propose(amplitude_ma))
        self.report(trial_id, pain)
        self.report(trial_id, discomfort, kind=DISCOMFORT.name)
        return trial_id

    def _ledger(self) -> "_Open":
        return _Open(self)


class _Open:
    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._transaction = writer.database.write()

    def __enter__(self) -> Ledger:
        session: Session = self._transaction.__enter__()
        return Ledger(session, site="site-a", principal="test", now=self._writer.now)

    def __exit__(self, *error: object) -> None:
        self._transaction.__exit__(*error)


def scs_problem() -> Problem:
    return stimulation_problem(load_device("scs-tonic"), envelope={"amplitude_ma": (0.0, 9.0)})


def proposal(problem: Problem, settings: Settings, at: datetime) -> Proposal:
    """Return a proposal with round numbers, as the optimiser would store it."""
    none = Interval(mean=0.0, low=0.0, high=0.0)
    step = Step(
        settings=settings,
        amplitude_range_ma=(3.0, 4.5),
        relief_nrs=Interval(mean=1.0, low=-0.5, high=2.5),
        outcome=Interval(mean=4.5, low=2.5, high=6.5),
        side_effect_grade=Interval(mean=1.0, low=0.0, high=3.0),
        explanation=Explanation(
            purpose=Purpose.IMPROVE,
            gain_nrs=Interval(mean=0.8, low=-0.2, high=1.8),
            p_intolerable={"all_day": 0.02},
            changes=(Change(parameter="amplitude_ma", unit="mA", before=4.0, after=4.2),),
        ),
        limits=problem.space.readings(settings.as_dict()),
    )
    basis = Basis(
        titrate_version="0.1.0",
        torch_version="none",
        processor="test",
        policy="safe_bo",
        problem_fingerprint=problem.fingerprint,
        history_digest="0" * 64,
        prior_version="none",
        seed=7,
    )
    return Proposal(
        steps=(step,),
        recommendation=settings,
        recommendation_relief_nrs=none,
        valid_until=at + timedelta(days=7),
        basis=basis,
    )
