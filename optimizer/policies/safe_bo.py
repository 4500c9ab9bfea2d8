"""The default policy: constrained, noise-aware improvement over the settings this patient is known to tolerate.

Each decision follows from problem and history; what is remembered of earlier ones spares time only. The order is the order of
authority: doubt in the record, model-free limits, the learned safe set, and only then what is expected to help.
"""

from dataclasses import dataclass, field, replace

import numpy as np
import torch
from msgspec import UNSET

import optimizer
from optimizer.acquisition import search
from optimizer.acquisition.candidates import Candidates, Search, may_keep
from optimizer.acquisition.improvement import best_of, remaining_gain, utility
from optimizer.ask import Ask
from optimizer.decision import VALID_FOR, Basis, Decision, Interval, Proposal, Purpose, Step, Stop
from optimizer.errors import FitError
from optimizer.explain.contrast import gain_over
from optimizer.explain.programmes import programmes
from optimizer.history import History, started_at
from optimizer.models.dataset import Points, dataset_of, points_of
from optimizer.models.hyperposterior import Memory
from optimizer.models.joint import Joint, joint_of
from optimizer.models.surrogate import Surrogate
from optimizer.policies.plan import describe, imagined, recommendation
from optimizer.prior import NO_PRIOR, Prior
from optimizer.problem import Problem
from optimizer.safety import doubt, limits, strength, titration, tolerance
from optimizer.safety.limits import Gate
from optimizer.space.search_space import Indices
from optimizer.space.settings import Settings
from optimizer.stopping.gain import NOTICEABLE_NRS, is_due, reason_to_stop
from optimizer.trial import Applied

PROMISING = 60
"""Settings further on among which the remaining gain is looked for, beside the candidates."""
TIE = 0.95
"""Candidates whose score reaches this share of the best are a tie; the one with the least charge wins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SafeBO:
    """The default way of choosing."""

    name: str = "safe_bo/1"
    memory: Memory = field(default_factory=Memory, compare=False)
    """Of the latest asks of whatever patients: spares time, decides nothing."""

    def start(self, problem: Problem, *, prior: Prior = NO_PRIOR, seed: int = 0) -> "SafeBOSession":
        """Begin on one course."""
        return SafeBOSession(problem=problem, prior=prior, seed=seed, name=self.name, memory=self.memory)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """What one would keep if the search ended here."""

    best: Points
    """One point, which improvement is measured against: the best that may be kept; where nothing may be, the best known."""
    settings: Settings | None
    """What to keep; None where nothing may be."""
    relief_nrs: Interval | None
    """Its relief against the settings in force."""
    over_start_nrs: Interval | None
    """Its relief against where the course began."""
    barred_by: tuple[str, ...]
    """Reports and trials that bar what is believed better."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SafeBOSession:
    """Safe Bayesian optimisation of one course."""

    problem: Problem
    prior: Prior
    seed: int
    name: str
    memory: Memory

    def decide(self, history: History, ask: Ask) -> Decision:
        """Answer an ask.

        Args:
            history: Everything on record; what was recorded after the ask is left out here.
            ask: The question.

        Returns:
            A proposal, or a hold or stop with its reason.
        """
        history = history.as_of(ask.at)
        held = doubt.hold(self.problem, history, ask)
        if held is not None:
            return replace(held, basis=self._basis(history, None))
        try:
            return self._decide(history, ask)
        except FitError:
            held = doubt.model_failed(self.problem, history, ask)
            return replace(held, basis=self._basis(history, None))

    def _decide(self, history: History, ask: Ask) -> Decision:
        surrogate = self._fit(history, ask)
        gate = limits.gate_of(self.problem, history, ask)
        known = search.known(self.problem, history, ask)
        kept = self._kept(surrogate, gate, known, history)
        aims, candidates = self._candidates(surrogate, gate, kept, history)
        basis = self._basis(history, surrogate)
        if not len(candidates):
            return replace(doubt.no_safe_candidate(self.problem, history, ask), basis=basis)
        ahead = np.concatenate([candidates.points, aims.points[:PROMISING]])
        stop = self._stop(surrogate, kept, ahead, basis)
        if stop is not None:
            return stop
        first = self._first(surrogate, gate, kept, candidates, known)
        return Proposal(
            steps=(first, *self._further(first, history, ask)),
            recommendation=kept.settings,
            recommendation_relief_nrs=kept.relief_nrs,
            recommendation_over_start_nrs=kept.over_start_nrs,
            barred_by=kept.barred_by or UNSET,
            valid_until=ask.at + VALID_FOR,
            basis=basis,
        )

    def _kept(self, surrogate: Surrogate, gate: Gate, known: Indices, history: History) -> _Kept:
        """Return what one would keep of what is known, if the search ended here."""
        may = may_keep(surrogate, gate, known)
        keepable = known[may]
        tried = points_of(self.problem, keepable if len(keepable) else known)
        worth = utility(self.problem, surrogate, tried)
        # at home nobody may be told to keep what only a clinic may set; what improvement is measured against is the same
        here = np.flatnonzero(titration.usable(self.problem, gate.ask, keepable))
        settings, relief = recommendation(
            self.problem, surrogate, gate.ask, keepable[here], worth[:, torch.from_numpy(here)]
        )
        over_start = (
            None
            if settings is None
            else gain_over(
                self.problem, surrogate, self._start(history, gate.ask), np.array(settings.indices)
            )
        )
        return _Kept(
            best=best_of(tried, worth),
            settings=settings,
            relief_nrs=relief,
            over_start_nrs=over_start,
            barred_by=self._barred_by(surrogate, gate, known[~may], float(worth.mean(0).max())),
        )

    def _barred_by(self, surrogate: Surrogate, gate: Gate, left: Indices, best: float) -> tuple[str, ...]:
        """Return what bars settings that are left although they are believed better than the best, by its utility."""
        if not gate.anchors.bars or not len(left):
            return ()
        worth = utility(self.problem, surrogate, points_of(self.problem, left)).mean(0)
        near = self.problem.objective.near_tie_nrs * self.problem.outcome.point
        better = left[(worth > best + near).numpy()]
        return tolerance.subjects(gate.anchors.bars, strength.of_grid_points(self.problem, better))

    def _candidates(
        self, surrogate: Surrogate, gate: Gate, kept: _Kept, history: History
    ) -> tuple[Candidates, Candidates]:
        """Return settings further on that promise most, and what may be proposed now."""
        rng = np.random.default_rng([self.seed, len(history)])
        hunt = Search(surrogate=surrogate, history=history, best=kept.best, rng=rng, gate=gate)
        aims = hunt.aims()
        return aims, hunt.shortlist(aims)

    def _stop(self, surrogate: Surrogate, kept: _Kept, ahead: Indices, basis: Basis) -> Stop | None:
        """Return the advice to stop, where what a perfect further search would bring is too little."""
        due = is_due(n_trials=surrogate.dataset.n_rated_trials, min_gain_nrs=self.problem.min_gain_nrs)
        if kept.settings is None or kept.relief_nrs is None or not due:
            return None
        generator = torch.Generator().manual_seed(self.seed)
        points = points_of(self.problem, ahead)
        remaining = remaining_gain(self.problem, surrogate, kept.best, points, generator)
        reason = reason_to_stop(
            n_trials=surrogate.dataset.n_rated_trials,
            remaining_gain_nrs=remaining,
            min_gain_nrs=self.problem.min_gain_nrs * self.problem.outcome.point,
            p_noticeable=self._p_noticeable(surrogate, kept.best),
        )
        if reason is None:
            return None
        return Stop(
            reason=reason,
            keep=kept.settings,
            relief_nrs=kept.relief_nrs,
            over_start_nrs=kept.over_start_nrs,
            remaining_gain_nrs=remaining,
            barred_by=kept.barred_by or UNSET,
            basis=basis,
        )

    def _first(
        self, surrogate: Surrogate, gate: Gate, kept: _Kept, candidates: Candidates, known: Indices
    ) -> Step:
        """Return the best candidate as a step."""
        chosen = self._choose(candidates)
        point = candidates.points[chosen]
        purpose = self._purpose(point, bool(candidates.steps[chosen] > 0), known)
        first = describe(surrogate, gate, point, purpose)
        if kept.settings is None:
            return first
        return self._with_programmes(first, surrogate, gate, kept.settings, known)

    def _with_programmes(
        self, step: Step, surrogate: Surrogate, gate: Gate, keep: Settings, known: Indices
    ) -> Step:
        """Add what each posture alone could have, where all day costs much; with luck of its own, so nothing else moves."""
        rng = np.random.default_rng([self.seed, len(known), 1])
        found = programmes(surrogate, gate, keep, known, rng)
        if not found:
            return step
        return replace(step, explanation=replace(step.explanation, programmes=found))

    def _start(self, history: History, ask: Ask) -> Settings:
        """Return where the course began, or what is in force where it is yet to begin."""
        began = started_at(self.problem, history) or ask.in_force.settings
        assert began is not None  # noqa: S101 - off the grid there is a hold before
        return began

    def _joint(self, history: History, ask: Ask) -> Joint:
        start = points_of(self.problem, np.array([self._start(history, ask).indices], dtype=np.int64))
        return joint_of(self.problem, dataset_of(self.problem, history, ask.at), start, prior=self.prior)

    def _fit(self, history: History, ask: Ask) -> Surrogate:
        return self._joint(history, ask).sampled(self.seed, self.memory)

    def _choose(self, candidates: Candidates) -> int:
        """Return the best candidate; among near-ties the one with the least charge, then the lowest grid index."""
        scores = candidates.scores
        if not self.problem.has_stimulation:
            # equal up to the last bits, where nothing nearby was tried: the lowest index, on every machine
            return int((scores >= scores.max() - 1e-9).nonzero()[0, 0])
        best = scores.max()
        # rounding can leave what is worth nothing just below zero, where a share of the best is more than the best
        tied = np.flatnonzero((scores >= torch.minimum(TIE * best, best)).numpy())
        return search.least_charge(self.problem, candidates.points, tied)

    def _purpose(self, point: np.ndarray, far: bool, known: Indices) -> Purpose:
        if (known == point).all(axis=1).any():
            return Purpose.REPLICATE
        return Purpose.LEARN if far else Purpose.IMPROVE

    def _further(self, first: Step, history: History, ask: Ask) -> tuple[Step, ...]:
        """Return the rest of a plan: each step decided as if the one before had come out as predicted."""
        if ask.q == 1:
            return ()
        then = imagined(self.problem, history, ask, first)
        # not the last trial of that history: one may be on record that lies ahead of the ask
        in_force = Applied(values=first.settings.as_dict(), settings=first.settings)
        decision = self.decide(then, replace(ask, q=ask.q - 1, in_force=in_force))
        return decision.steps if isinstance(decision, Proposal) else ()

    def _p_noticeable(self, surrogate: Surrogate, best: Points) -> float | None:
        """Probability of noticeable relief at the best tried settings, where a report without stimulation exists."""
        off = surrogate.dataset.points.amplitude_ma <= 0.0
        if not self.problem.has_stimulation or not bool(off.any()):
            return None
        without: Points = surrogate.dataset.points.take(off.nonzero()[:1, 0])
        mean, variance = surrogate.predict(best).gain_over(surrogate.predict(without))
        noticeable = NOTICEABLE_NRS * self.problem.outcome.point
        return float(torch.special.ndtr((mean - noticeable) / variance.sqrt()).mean())

    def _basis(self, history: History, surrogate: Surrogate | None) -> Basis:
        return Basis(
            titrate_version=optimizer.__version__,
            torch_version=str(torch.__version__),
            processor=torch.backends.cpu.get_cpu_capability(),
            policy=self.name,
            problem_fingerprint=self.problem.fingerprint,
            history_digest=history.digest,
            prior_version=self.prior.version,
            seed=self.seed,
            effective_sample_size=None if surrogate is None else surrogate.effective_sample_size,
        )


SAFE_BO = SafeBO()
"""The policy the service serves."""
