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
from numpy.typing import NDArray

from optimizer.ask import Ask
from optimizer.decision import Decision, Hold, HoldReason, Interval, Proposal, Stop
from optimizer.errors import PolicyError
from optimizer.evaluate.provenance import provenance_of
from optimizer.evaluate.trace import Rated, Trace
from optimizer.history import History
from optimizer.policies.policy import Policy
from optimizer.problem import Problem
from optimizer.propose import propose
from optimizer.simulate.encounter import Context
from optimizer.simulate.scenario import Scenario
from optimizer.simulate.scenarios import load_scenario
from optimizer.space.constraint import Quantity, measure
from optimizer.space.search_space import Indices
from optimizer.space.settings import Settings
from optimizer.trial import Applied, Measure, Report, Review, ReviewSubject, Trial, TrialKind

ASKED_BEFORE = timedelta(hours=1)
"""How long before a trial its ask is put; answers of the day before have come in by then."""


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


def at_edge(problem: Problem, rows: Indices) -> NDArray[np.bool_]:
    """Return which grid points have an ordered parameter at the first or last level the envelope allows, ``(c,)``."""
    found = np.zeros(len(rows), dtype=np.bool_)
    for axis, (parameter, mask) in enumerate(zip(problem.space.parameters, problem.index_masks, strict=True)):
        levels = np.flatnonzero(mask)
        if not parameter.is_categorical and len(levels) > 1:
            found |= np.isin(rows[:, axis], levels[[0, -1]])
    return found


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
    reasons: list[str] = field(default_factory=list)
    tried: list[Settings | None] = field(default_factory=list)
    kept: list[Settings] = field(default_factory=list)
    claims: list[Interval | None] = field(default_factory=list)
    ask_s: list[float] = field(default_factory=list)
    rated: list[Rated] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.start = self.scenario.start(self.patient)
        self.recommended = self.in_force = self.start

    def live(self, day: int) -> None:
        """One day: apply what was decided, hear the patient, ask for tomorrow."""
        settings, kind = self._today()
        self._apply(day, settings)
        self.kinds.append(kind)
        self.reasons.append(self._reason(kind))
        self.tried.append(settings)
        if not self.failure and not isinstance(self.decision, Stop):
            self._ask(day + 1)
        self.kept.append(self.recommended)
        self.claims.append(self._claim())

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
        self.rated += self._rated(day, reports)
        self.history = self.history.add(trial, *reports, *self._reviews(day))
        self.in_force = on

    def _rated(self, trial: int, reports: list[Report]) -> list[Rated]:
        """Put what was predicted of the trial's settings beside its ratings; a baseline predicts nothing."""
        predicted: tuple[float, ...] = ()
        if isinstance(self.decision, Proposal) and not self.failure:
            predicted = self.decision.steps[0].rating_probabilities
        return [
            Rated(trial=trial, rating=report.value, probabilities=predicted)
            for report in reports
            if report.measure is Measure.PAIN and report.value is not None
        ]

    def _reason(self, kind: str) -> str:
        """Say why there is no proposal, where there is none."""
        decided = self.decision
        return str(decided.reason) if isinstance(decided, Hold | Stop) and kind in ("hold", "stop") else ""

    def _claim(self) -> Interval | None:
        """Return what the policy says its recommendation relieves against the start."""
        match self.decision:
            case Proposal() if not self.failure:
                return self.decision.recommendation_over_start_nrs
            case Stop() if not self.failure:
                return self.decision.over_start_nrs
            case _:
                return None

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
        dose = measure(Quantity.CHARGE_PER_SECOND, problem.space.columns(kept))
        return Trace(
            scenario=self.scenario.name,
            policy=self.policy.name,
            patient=self.patient,
            seed=self.seed,
            provenance=provenance_of(self.scenario),
            limit_grade=tolerability.limit_grade,
            severe_grade=tolerability.severe_grade,
            rating_ends=(problem.outcome.low, problem.outcome.high),
            achievable_nrs=truth.relief_of(_best(self.scenario.name, self.patient)),
            decisions=tuple(self.kinds),
            reasons=tuple(self.reasons),
            tried_nrs=tuple((truth.relief_nrs(rows) * on).tolist()),
            tried_grade=tuple((truth.grade(rows) * on).tolist()),
            at_edge=tuple((at_edge(problem, rows) & on).tolist()),
            recommended_nrs=tuple(truth.relief_nrs(kept).tolist()),
            recommended_grade=tuple(truth.grade(kept).tolist()),
            recommended_uc_per_s=tuple(dose.tolist()),
            claims=tuple(self.claims),
            n_breaches=int((~problem.allowed(rows) & on).sum()),
            ask_s=tuple(self.ask_s),
            rated=tuple(self.rated),
            failure=self.failure,
        )
