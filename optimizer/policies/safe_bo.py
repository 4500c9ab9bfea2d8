"""The default policy: constrained, noise-aware improvement over the settings this patient is known to tolerate.

Each decision follows from problem and history; what is remembered of earlier ones spares time only. The order is the order of
authority: doubt in the record, model-free limits, the learned safe set, and only then what is expected to help.
"""

from dataclasses import dataclass, field, replace
from datetime import timedelta

import numpy as np
import torch

import optimizer
from optimizer.acquisition import search
from optimizer.acquisition.candidates import Candidates, Search, may_keep
from optimizer.acquisition.improvement import best_of, remaining_gain, utility
from optimizer.ask import Ask
from optimizer.decision import Basis, Decision, Proposal, Purpose, Step, Stop, StopReason
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
from optimizer.safety import doubt, limits
from optimizer.safety.limits import Gate
from optimizer.space.search_space import Indices
from optimizer.space.settings import Settings
from optimizer.stopping.gain import NOTICEABLE_NRS, is_due, reason_to_stop
from optimizer.trial import Applied

VALID_FOR = timedelta(days=7)
"""How long a proposal may wait for its decision [A]."""
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
        keepable = known[may_keep(surrogate, gate, known)]
        tried = points_of(self.problem, keepable if len(keepable) else known)
        worth = utility(self.problem, surrogate, tried)
        best = best_of(tried, worth)
        hunt = Search(
            surrogate=surrogate,
            history=history,
            best=best,
            rng=np.random.default_rng([self.seed, len(history)]),
            gate=gate,
        )
        aims = hunt.aims()
        candidates = hunt.shortlist(aims)
        if not len(candidates):
            held = doubt.no_safe_candidate(self.problem, history, ask)
            return replace(held, basis=self._basis(history, surrogate))
        keep, keep_relief = recommendation(self.problem, surrogate, ask, keepable, worth)
        over_start = (
            None
            if keep is None
            else gain_over(self.problem, surrogate, self._start(history, ask), np.array(keep.indices))
        )
        due = is_due(n_trials=surrogate.dataset.n_rated_trials, min_gain_nrs=self.problem.min_gain_nrs)
        if keep is not None and keep_relief is not None and due:
            ahead = points_of(self.problem, np.concatenate([candidates.points, aims.points[:PROMISING]]))
            remaining, reason = self._reason_to_stop(surrogate, best, ahead)
            if reason is not None:
                return Stop(
                    reason=reason,
                    keep=keep,
                    relief_nrs=keep_relief,
                    over_start_nrs=over_start,
                    remaining_gain_nrs=remaining,
                    basis=self._basis(history, surrogate),
                )
        chosen = self._choose(candidates)
        point = candidates.points[chosen]
        purpose = self._purpose(point, bool(candidates.steps[chosen] > 0), known)
        first = describe(surrogate, gate, point, purpose)
        if keep is not None:
            first = self._with_programmes(first, surrogate, gate, keep, known)
        return Proposal(
            steps=(first, *self._further(first, history, ask)),
            recommendation=keep,
            recommendation_relief_nrs=keep_relief,
            recommendation_over_start_nrs=over_start,
            valid_until=ask.at + VALID_FOR,
            basis=self._basis(history, surrogate),
        )

    def _with_programmes(
        self, step: Step, surrogate: Surrogate, gate: Gate, keep: Settings, known: Indices
    ) -> Step:
        """Add what each posture alone could have, where all day costs much; with luck of its own, so nothing else moves."""
        rng = np.random.default_rng([self.seed, len(known), 1])
        found = programmes(surrogate, gate, keep, known, rng)
        if not found:
            return step
        return replace(step, explanation=replace(step.explanation, programmes=found))

    def _reason_to_stop(
        self, surrogate: Surrogate, best: Points, ahead: Points
    ) -> tuple[float, StopReason | None]:
        """Return what a perfect further search would bring, and why to stop if it is too little."""
        generator = torch.Generator().manual_seed(self.seed)
        remaining = remaining_gain(self.problem, surrogate, best, ahead, generator)
        reason = reason_to_stop(
            n_trials=surrogate.dataset.n_rated_trials,
            remaining_gain_nrs=remaining,
            min_gain_nrs=self.problem.min_gain_nrs,
            p_noticeable=self._p_noticeable(surrogate, best),
        )
        return remaining, reason

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
        return float(torch.special.ndtr((mean - NOTICEABLE_NRS) / variance.sqrt()).mean())

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
