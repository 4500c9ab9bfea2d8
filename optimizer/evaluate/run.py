"""One policy on one synthetic patient: ask, apply, listen, and note what was true of it.

Every policy meets the same patient under the same protocol: the first trial is the start, then one ask and one trial a day,
one rating and one grade per kind of side effect each. The patient's luck is keyed by day, not by what was asked before, so
differences between policies are paired. A policy gets problem, history and ask; the truth stays here.
"""

import time
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache

import numpy as np

from optimizer.ask import Ask
from optimizer.decision import Decision, Hold, HoldReason, Interval, Proposal, Stop
from optimizer.errors import PolicyError
from optimizer.history import History
from optimizer.outcomes.scale import OutcomeScale
from optimizer.policies.policy import Policy
from optimizer.propose import propose
from optimizer.simulate.encounter import Context
from optimizer.simulate.scenarios import Scenario, load_scenario
from optimizer.space.settings import Settings
from optimizer.trial import Applied, Measure, Report, Review, ReviewSubject, Trial, TrialKind

ASKED_BEFORE = timedelta(hours=1)
"""How long before a trial its ask is put; answers of the day before have come in by then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """What one policy did with one patient; lists have one entry a trial, the first is the start."""

    scenario: str
    policy: str
    patient: int
    seed: int
    limit_grade: float
    severe_grade: float
    achievable_nrs: float
    """Relief at the best settings inside limits and tolerance, against no stimulation."""
    decisions: tuple[str, ...]
    """``start``, ``proposal``, ``hold``, ``stop`` or ``failed``: what the trial rests on."""
    tried_nrs: tuple[float, ...]
    """True relief at the settings applied."""
    tried_grade: tuple[float, ...]
    """True expected side-effect grade there."""
    recommended_nrs: tuple[float, ...]
    """True relief at the settings recommended once the trial was reported."""
    recommended_grade: tuple[float, ...]
    n_breaches: int
    """Trials past a hard limit or the envelope; anything but 0 is a defect."""
    ask_s: tuple[float, ...]
    covered: tuple[float, ...] = ()
    """Per rating that a model predicted: the share of its point that the central 90 % interval covers, 0 to 1."""
    failure: str = ""
    """Why the policy failed; empty where it did not. From then on the start settings stay on."""


def run_policy(scenario_name: str, policy: Policy, patient: int, *, n_trials: int, seed: int = 0) -> Trace:
    """Let one policy treat one synthetic patient.

    Args:
        scenario_name: See ``optimizer.simulate.scenarios``.
        policy: Asked before every trial but the first.
        patient: Seed of the patient, equal for every policy compared.
        n_trials: Trials, the start included.
        seed: Of the policy.

    Returns:
        The trace. A policy that raises or breaks the protocol is recorded as failed, and the run goes on without it.
    """
    scenario = load_scenario(scenario_name)
    course = _Course(scenario=scenario, policy=policy, patient=patient, seed=seed)
    for day in range(n_trials):
        course.live(day)
    return course.trace()


def covered_share(interval: Interval, rating: float, scale: OutcomeScale) -> float:
    """Return how much of a whole-number rating an interval covers, 0 to 1.

    A rating stands for half a point either side; an interval that reaches an end of the scale covers what lies past it.
    """
    low = interval.low if interval.low > scale.low else scale.low - 0.5
    high = interval.high if interval.high < scale.high else scale.high + 0.5
    return min(max(min(high, rating + 0.5) - max(low, rating - 0.5), 0.0), 1.0)


@lru_cache(maxsize=4)
def _best(scenario_name: str, patient: int) -> Settings:
    """The exhaustive search is the same for every policy on a patient."""
    return load_scenario(scenario_name).best(patient)


@dataclass(kw_only=True)
class _Course:
    """The state of one run."""

    scenario: Scenario
    policy: Policy
    patient: int
    seed: int
    start: Settings = field(init=False)
    recommended: Settings = field(init=False)
    in_force: Settings = field(init=False)
    decision: Decision | None = None
    failure: str = ""
    history: History = field(default_factory=History)
    kinds: list[str] = field(default_factory=list)
    tried: list[Settings | None] = field(default_factory=list)
    kept: list[Settings] = field(default_factory=list)
    ask_s: list[float] = field(default_factory=list)
    covered: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.start = self.scenario.start(self.patient)
        self.recommended = self.in_force = self.start

    def live(self, day: int) -> None:
        """One day: apply what was decided, hear the patient, ask for tomorrow."""
        settings, kind = self._today()
        self._apply(day, settings)
        self.kinds.append(kind)
        self.tried.append(settings)
        if not self.failure and not isinstance(self.decision, Stop):
            self._ask(day + 1)
        self.kept.append(self.recommended)

    def _today(self) -> tuple[Settings | None, str]:
        """Return the settings of the day, None for stimulation off, and what they rest on."""
        if self.failure:
            return self.start, "failed"
        match self.decision:
            case None:
                return self.start, "start"
            case Proposal():
                return self.decision.settings, "proposal"
            case Stop():
                return self.decision.keep, "stop"
            case Hold():
                return self.decision.meanwhile, "hold"

    def _apply(self, day: int, settings: Settings | None) -> None:
        at = self.scenario.started_at + timedelta(days=day)
        on = settings or self.in_force
        trial = Trial(
            id=f"trial-{day:03d}",
            applied=Applied(values=on.as_dict(), settings=on),
            occurred_at=at - timedelta(minutes=30),
            recorded_at=at - timedelta(minutes=30),
            kind=TrialKind.NORMAL if settings is not None else TrialKind.STIMULATION_OFF,
        )
        context = self.scenario.context()
        if settings is None:
            context = Context(posture=context.posture, stimulation_on=False)
        answers = self.scenario.patient(self.patient).respond(on, context, at)
        reports = [answer.report(trial.id) for answer in answers]
        self.covered += self._covered(reports)
        self.history = self.history.add(trial, *reports, *self._reviews(day))
        self.in_force = on

    def _covered(self, reports: list[Report]) -> list[float]:
        """Hold the day's ratings against their prediction; a baseline predicts nothing."""
        if not isinstance(self.decision, Proposal) or self.failure:
            return []
        step = self.decision.steps[0]
        if "no-model" in step.explanation.doubts:
            return []
        values = [report.value for report in reports if report.measure is Measure.PAIN]
        return [
            covered_share(step.outcome, value, self.scenario.problem.outcome)
            for value in values
            if value is not None
        ]

    def _reviews(self, day: int) -> list[Review]:
        """A hold costs its day; then a simulated clinician has looked at what it names, and keeps every closure."""
        if not isinstance(self.decision, Hold):
            return []
        adverse = self.decision.reason is HoldReason.UNREVIEWED_ADVERSE_EVENT
        at = self.scenario.started_at + timedelta(days=day, hours=1)
        return [
            Review(
                id=f"review-{day:03d}-{number}",
                subject=ReviewSubject.ADVERSE_EVENT if adverse else ReviewSubject.HOLD,
                subject_id=subject,
                reason="simulated_review",
                occurred_at=at,
                recorded_at=at,
            )
            for number, subject in enumerate(self.decision.subject_ids)
        ]

    def _ask(self, day: int) -> None:
        ask = Ask(
            at=self.scenario.started_at + timedelta(days=day) - ASKED_BEFORE,
            in_force=Applied(values=self.in_force.as_dict(), settings=self.in_force),
            posture=self.scenario.postures[0],
        )
        began = time.perf_counter()
        try:
            decision = propose(self.scenario.problem, self.history, ask, seed=self.seed, policy=self.policy)
            self._check(decision)
        except Exception as error:  # noqa: BLE001 - a peer may raise anything; it is that policy's failure, not ours
            self.failure = type(error).__name__
            return
        self.ask_s.append(time.perf_counter() - began)
        self.decision = decision
        self.recommended = self._recommended(decision)

    def _check(self, decision: Decision) -> None:
        """Refuse what is not a grid point; past a limit is counted as a breach."""
        if not isinstance(decision, Proposal):
            return
        space = self.scenario.problem.space
        for step in decision.steps:
            if space.find(step.settings.as_dict()) != step.settings:
                raise PolicyError("policy", "proposes settings that are not on the device grid")

    def _recommended(self, decision: Decision) -> Settings:
        match decision:
            case Proposal():
                return decision.recommendation or self.recommended
            case Stop():
                return decision.keep
            case Hold():
                return decision.meanwhile or self.recommended

    def trace(self) -> Trace:
        """Return the run beside the truth of its patient."""
        truth, problem = self.scenario.truth(self.patient), self.scenario.problem
        tolerability = problem.tolerability
        if tolerability is None:
            raise PolicyError("scenario", "has no tolerability, which the metrics are about")
        on = np.array([entry is not None for entry in self.tried])
        rows = np.array([(entry or self.start).indices for entry in self.tried], dtype=np.int64)
        kept = np.array([entry.indices for entry in self.kept], dtype=np.int64)
        return Trace(
            scenario=self.scenario.name,
            policy=self.policy.name,
            patient=self.patient,
            seed=self.seed,
            limit_grade=tolerability.limit_grade,
            severe_grade=tolerability.severe_grade,
            achievable_nrs=truth.relief_of(_best(self.scenario.name, self.patient)),
            decisions=tuple(self.kinds),
            tried_nrs=tuple((truth.relief_nrs(rows) * on).tolist()),
            tried_grade=tuple((truth.grade(rows) * on).tolist()),
            recommended_nrs=tuple(truth.relief_nrs(kept).tolist()),
            recommended_grade=tuple(truth.grade(kept).tolist()),
            n_breaches=int((~problem.allowed(rows) & on).sum()),
            ask_s=tuple(self.ask_s),
            covered=tuple(self.covered),
            failure=self.failure,
        )
