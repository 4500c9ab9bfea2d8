"""One policy on one synthetic patient: ask, apply, listen, and note what was true of it.

Every policy meets the same patient under the same protocol: the first trial is the start, then one ask a trial, when and
how often it is rated as the scenario says. The patient's luck is keyed by day, not by what was asked before, so differences
between policies are paired. A policy gets problem, history and ask; the truth stays here. It jumps to what it asks unless it
declares a ramp (an attribute ``ramps``) or the scenario has one.
"""

import time
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from traceback import extract_tb

import numpy as np
from numpy.typing import NDArray

from optimizer.ask import Ask
from optimizer.decision import Decision, Hold, HoldReason, Interval, Proposal, Stop
from optimizer.errors import PolicyError
from optimizer.evaluate.attainable import attainable
from optimizer.evaluate.lived import Lived, live_trial
from optimizer.evaluate.provenance import provenance_of
from optimizer.evaluate.trace import Rated, Trace
from optimizer.history import History
from optimizer.policies.policy import Policy
from optimizer.problem import Problem
from optimizer.propose import propose
from optimizer.simulate.encounter import SyntheticPatient
from optimizer.simulate.scenario import PatientTruth, Scenario
from optimizer.simulate.scenarios import load_scenario
from optimizer.space.constraint import Quantity, measure
from optimizer.space.search_space import Indices
from optimizer.space.settings import Settings
from optimizer.trial import Applied, Measure, Review, ReviewSubject

ASKED_BEFORE = timedelta(hours=1)
"""How long before a trial its ask is put; answers about the trial before have come in by then."""
REVIEWED_AFTER = timedelta(hours=1)
"""How long into the trial of a hold a simulated clinician has looked at it."""
MOST_LETTERS = 200
"""Of what a failed policy said."""


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
    for place in range(n_trials):
        course.live(place)
    return course.trace()


def at_edge(problem: Problem, rows: Indices) -> NDArray[np.bool_]:
    """Return which grid points have an ordered parameter at the first or last level the envelope allows, ``(c,)``."""
    found = np.zeros(len(rows), dtype=np.bool_)
    for axis, (parameter, mask) in enumerate(zip(problem.space.parameters, problem.index_masks, strict=True)):
        levels = np.flatnonzero(mask)
        if not parameter.is_categorical and len(levels) > 1:
            found |= np.isin(rows[:, axis], levels[[0, -1]])
    return found


def _said(error: Exception) -> str:
    """Return what went wrong and in which line of what is not an installed library, for whoever wrote the policy."""
    message = next(iter(str(error).splitlines()), "")[:MOST_LETTERS]
    frames = [f for f in extract_tb(error.__traceback__) if "site-packages" not in f.filename]
    where = f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {message}{where}"


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
    whom: SyntheticPatient = field(init=False)
    ramps: bool = field(init=False)
    decision: Decision | None = None
    failure: str = ""
    history: History = field(default_factory=History)
    kinds: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    kept: list[Settings] = field(default_factory=list)
    claims: list[Interval | None] = field(default_factory=list)
    ask_s: list[float] = field(default_factory=list)
    rated: list[Rated] = field(default_factory=list)
    lived: list[Lived] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.start = self.scenario.start(self.patient)
        self.recommended = self.in_force = self.start
        self.whom = self.scenario.patient(self.patient)
        self.ramps = self.scenario.ramps or bool(getattr(self.policy, "ramps", False))

    def live(self, place: int) -> None:
        """One trial: apply what was decided, hear the patient, ask for the next."""
        settings, kind = self._decided()
        self._apply(place, settings)
        self.kinds.append(kind)
        self.reasons.append(self._reason(kind))
        if not self.failure and not isinstance(self.decision, Stop):
            self._ask(place + 1)
        self.kept.append(self.recommended)
        self.claims.append(self._claim())

    def _decided(self) -> tuple[Settings | None, str]:
        """Return the settings of the trial, None for stimulation off, and what they rest on."""
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

    def _apply(self, place: int, settings: Settings | None) -> None:
        lived = live_trial(
            self.scenario,
            self.whom,
            place,
            settings,
            self.in_force,
            ramps=self.ramps,
            earlier=tuple(trial.spell for trial in self.lived),
        )
        self.rated += self._rated(place, lived)
        self.history = self.history.add(lived.trial, *lived.reports, *self._reviews(place))
        self.in_force = lived.settings or self.in_force
        self.lived.append(lived)

    def _rated(self, trial: int, lived: Lived) -> list[Rated]:
        """Put what was predicted of the settings applied beside their ratings; a baseline predicts nothing."""
        predicted: tuple[float, ...] = ()
        # where sites are rated apart, what is predicted is their weighted mean, which nobody rates
        one_pain = not self.scenario.problem.objective.site_weights
        if isinstance(self.decision, Proposal) and not self.failure and one_pain:
            step = self.decision.steps[0]
            # a ramp may have ended below what was proposed
            predicted = (step.rating_probabilities or ()) if step.settings == lived.settings else ()
        return [
            Rated(trial=trial, rating=report.value, probabilities=predicted)
            for report in lived.reports
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
                return self.decision.recommendation_over_start_nrs or None
            case Stop() if not self.failure:
                return self.decision.over_start_nrs or None
            case _:
                return None

    def _reviews(self, place: int) -> list[Review]:
        """A hold costs its trial; then a simulated clinician has looked at what it names, and keeps every closure."""
        if not isinstance(self.decision, Hold):
            return []
        adverse = self.decision.reason is HoldReason.UNREVIEWED_ADVERSE_EVENT
        at = self.scenario.begins_at(place) + REVIEWED_AFTER
        return [
            Review(
                id=f"review-{place:03d}-{number}",
                subject=ReviewSubject.ADVERSE_EVENT if adverse else ReviewSubject.HOLD,
                subject_id=subject,
                reason="simulated_review",
                occurred_at=at,
                recorded_at=at,
            )
            for number, subject in enumerate(self.decision.subject_ids)
        ]

    def _ask(self, place: int) -> None:
        ask = Ask(
            at=self.scenario.begins_at(place) - ASKED_BEFORE,
            in_force=Applied(values=self.in_force.as_dict(), settings=self.in_force),
            posture=self.scenario.context(place).posture,
        )
        began = time.perf_counter()
        try:
            decision = propose(self.scenario.problem, self.history, ask, seed=self.seed, policy=self.policy)
            self._check(decision)
        except Exception as error:  # noqa: BLE001 - a peer may raise anything; it is that policy's failure, not ours
            self.failure = _said(error)
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
                return decision.recommendation or self.start
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
        tried = [lived.settings for lived in self.lived]
        on = np.array([entry is not None for entry in tried])
        rows = np.array([(entry or self.start).indices for entry in tried], dtype=np.int64)
        kept = np.array([entry.indices for entry in self.kept], dtype=np.int64)
        relief = truth.relief_nrs(kept)
        dose = measure(Quantity.CHARGE_PER_SECOND, problem.space.columns(kept))
        had = attainable(self.scenario.name, self.patient)
        tried_grade, rung_grade = self._grades(truth)
        return Trace(
            scenario=self.scenario.name,
            policy=self.policy.name,
            patient=self.patient,
            seed=self.seed,
            provenance=provenance_of(self.scenario),
            limit_grade=tolerability.limit_grade,
            severe_grade=tolerability.severe_grade,
            rating_ends=(problem.outcome.low, problem.outcome.high),
            achievable_nrs=had.most_nrs,
            decisions=tuple(self.kinds),
            reasons=tuple(self.reasons),
            tried_nrs=tuple((truth.relief_nrs(rows) * on).tolist()),
            tried_grade=tried_grade,
            at_edge=tuple((at_edge(problem, rows) & on).tolist()),
            recommended_nrs=tuple(relief.tolist()),
            recommended_grade=tuple(truth.grade(kept).tolist()),
            recommended_uc_per_s=tuple(dose.tolist()),
            cheapest_uc_per_s=tuple(had.cheapest_uc_per_s(relief).tolist()),
            claims=tuple(self.claims),
            n_breaches=int((~problem.allowed(rows) & on).sum()),
            n_rung_exposures=sum(grade > tolerability.limit_grade for grade in rung_grade),
            n_rung_severe=sum(grade >= tolerability.severe_grade for grade in rung_grade),
            ask_s=tuple(self.ask_s),
            rated=tuple(self.rated),
            failure=self.failure,
        )

    def _grades(self, truth: PatientTruth) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Return the true expected grade of every trial and of every rung passed, each on the day it was felt."""
        tried, passed = [], []
        for place, lived in enumerate(self.lived):
            day = (self.scenario.begins_at(place) - self.scenario.started_at) / timedelta(days=1)
            tried.append(0.0 if lived.settings is None else truth.grade_of(lived.settings, day))
            passed += [truth.grade_of(values, day) for values in lived.passed]
        return tuple(tried), tuple(passed)
