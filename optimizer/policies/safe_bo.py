"""The default policy: constrained, noise-aware improvement over the settings this patient is known to tolerate.

Each decision is made anew from problem and history; a session keeps nothing. The order is the order of authority: doubt
in the record, model-free limits, the learned safe set, and only then what is expected to help.
"""

from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
import torch
from torch import Tensor

import optimizer
from optimizer.acquisition import search
from optimizer.acquisition.improvement import Incumbents, expected_improvement, incumbents, remaining_gain
from optimizer.ask import Ask
from optimizer.decision import Basis, Decision, Hold, HoldReason, Proposal, Purpose, Step, Stop
from optimizer.errors import FitError
from optimizer.history import History
from optimizer.models.dataset import Points, dataset_of, points_of
from optimizer.models.surrogate import Surrogate, fit
from optimizer.policies.plan import describe, gain_over, imagined, recommendation
from optimizer.prior import NO_PRIOR, Prior
from optimizer.problem import Problem
from optimizer.safety import closure, doubt, limits
from optimizer.safety.safe_set import safe
from optimizer.space.search_space import Indices
from optimizer.space.settings import Settings
from optimizer.stopping.gain import NOTICEABLE_NRS, reason_to_stop
from optimizer.trial import TrialKind

VALID_FOR = timedelta(days=7)
"""How long a proposal may wait for its decision [A]."""
PROMISING = 60
"""Candidates in reach, and as many further on, among which the remaining gain is looked for."""
UNSTARTED = 0.02
"""Share of the draws that may put the limit below a far target where the course starts with stimulation off [A]."""
PATIENCE = 0.8
"""Value of a target per titration step it is still away."""
TIE = 0.95
"""Candidates whose score reaches this share of the best are a tie; the one with the least charge wins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SafeBO:
    """The default way of choosing."""

    name: str = "safe_bo/1"

    def start(self, problem: Problem, *, prior: Prior = NO_PRIOR, seed: int = 0) -> "SafeBOSession":
        """Begin on one course."""
        return SafeBOSession(problem=problem, prior=prior, seed=seed, name=self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class SafeBOSession:
    """Safe Bayesian optimisation of one course."""

    problem: Problem
    prior: Prior
    seed: int
    name: str

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
            return self._hold(HoldReason.MODEL_FAILED, history, ask, None)

    def _decide(self, history: History, ask: Ask) -> Decision:
        surrogate = self._fit(history, ask)
        known = search.known(self.problem, history, ask)
        keepable = known[self._may_keep(surrogate, history, ask, known)]
        best = incumbents(
            self.problem, surrogate, points_of(self.problem, keepable if len(keepable) else known)
        )
        rng = np.random.default_rng([self.seed, len(history)])
        candidates, scores, far, horizon = self._scored(surrogate, best, history, ask, rng)
        if not len(candidates):
            candidates, scores, far = self._retreat(surrogate, best, history, ask)
        if not len(candidates):
            return self._hold(HoldReason.NO_SAFE_CANDIDATE, history, ask, surrogate)
        keep, keep_relief = recommendation(self.problem, surrogate, ask, keepable)
        over_start = (
            None
            if keep is None
            else gain_over(self.problem, surrogate, self._start(history, ask), np.array(keep.indices))
        )
        if keep is not None and keep_relief is not None:
            top = candidates[scores.argsort(descending=True, stable=True)[:PROMISING].numpy()]
            ahead = points_of(self.problem, np.concatenate([top, horizon[:PROMISING]]))
            generator = torch.Generator().manual_seed(self.seed)
            remaining = remaining_gain(self.problem, surrogate, best, ahead, generator)
            reason = reason_to_stop(
                n_trials=len(surrogate.dataset.relief),
                remaining_gain_nrs=remaining,
                min_gain_nrs=self.problem.min_gain_nrs,
                p_noticeable=self._p_noticeable(surrogate, best),
            )
            if reason is not None:
                return Stop(
                    reason=reason,
                    keep=keep,
                    relief_nrs=keep_relief,
                    over_start_nrs=over_start,
                    remaining_gain_nrs=remaining,
                    basis=self._basis(history, surrogate),
                )
        chosen = self._choose(candidates, scores)
        purpose = self._purpose(candidates[chosen], bool(far[chosen]), known)
        first = describe(self.problem, surrogate, history, ask, candidates[chosen], purpose)
        return Proposal(
            steps=(first, *self._further(first, history, ask)),
            recommendation=keep,
            recommendation_relief_nrs=keep_relief,
            recommendation_over_start_nrs=over_start,
            valid_until=ask.at + VALID_FOR,
            basis=self._basis(history, surrogate),
        )

    def _start(self, history: History, ask: Ask) -> Settings:
        """Where the course stood when it began: the first stimulated trial on the grid, or what is in force."""
        stimulated = [
            facts.trial.applied.values
            for facts in history.facts
            if facts.trial.kind not in (TrialKind.STIMULATION_OFF, TrialKind.BASELINE)
        ]
        settings = [self.problem.space.find(values) for values in (*stimulated[:1], ask.in_force.values)]
        return next(entry for entry in settings if entry is not None)

    def _fit(self, history: History, ask: Ask) -> Surrogate:
        start = self._start(history, ask)
        return fit(
            self.problem,
            dataset_of(self.problem, history),
            points_of(self.problem, np.array([start.indices], dtype=np.int64)),
            prior=self.prior,
            seed=self.seed,
        )

    def _may_keep(self, surrogate: Surrogate, history: History, ask: Ask, points: Indices) -> np.ndarray:
        """Settings one could live with: inside every limit and closure, held tolerable, in reach or not."""
        mask = self.problem.allowed(points) & limits.unlocked(self.problem, ask, points)
        mask &= closure.open_to(self.problem, closure.closures(self.problem, history), points)
        return np.asarray(mask & self._tolerable(surrogate, points))

    def _scored(
        self, surrogate: Surrogate, best: Incumbents, history: History, ask: Ask, rng: np.random.Generator
    ) -> tuple[Indices, Tensor, Tensor, Indices]:
        """Return admissible, tolerable candidates, their scores, whether a score is a target's, and those targets."""
        everything = search.listed(self.problem)
        if everything is not None:
            found = self._screened(surrogate, history, ask, everything)
            scores = self._improvement(surrogate, best, found)
            return found, scores, torch.zeros(len(found), dtype=torch.bool), found[:0]
        around = search.known(self.problem, history, ask)
        nearby = self._screened(surrogate, history, ask, search.near(self.problem, around, rng))
        scores = self._improvement(surrogate, best, nearby)
        if len(nearby):
            top = nearby[scores.argsort(descending=True, stable=True)[:8].numpy()]
            better = self._screened(surrogate, history, ask, search.refined(self.problem, top, rng))
            nearby, scores = (
                np.concatenate([nearby, better]),
                torch.cat([scores, self._improvement(surrogate, best, better)]),
            )
        ways, worth, targets = self._ways(surrogate, best, history, ask, rng)
        candidates = np.concatenate([nearby, ways])
        is_far = torch.cat(
            [torch.zeros(len(nearby), dtype=torch.bool), torch.ones(len(ways), dtype=torch.bool)]
        )
        return candidates, torch.cat([scores, worth]), is_far, targets

    def _retreat(
        self, surrogate: Surrogate, best: Incumbents, history: History, ask: Ask
    ) -> tuple[Indices, Tensor, Tensor]:
        """Return the strongest weaker current that is held tolerable, where nothing nearby is; a hold would leave more on."""
        weaker = search.weaker(self.problem, ask)
        weaker = weaker[limits.admissible(self.problem, history, ask, weaker)]
        strongest = weaker[self._tolerable(surrogate, weaker)][:1]
        return (
            strongest,
            self._improvement(surrogate, best, strongest),
            torch.ones(len(strongest), dtype=torch.bool),
        )

    def _ways(
        self, surrogate: Surrogate, best: Incumbents, history: History, ask: Ask, rng: np.random.Generator
    ) -> tuple[Indices, Tensor, Indices]:
        """Return first steps towards settings that are out of reach today, worth what waits there, and those settings."""
        targets = self._tolerable_current(surrogate, search.far(self.problem, rng), rng)
        targets = targets[self._may_keep(surrogate, history, ask, targets)]
        if not len(targets):
            return targets, torch.zeros(0, dtype=torch.float64), targets
        worth = self._improvement(surrogate, best, targets)
        top = worth.argsort(descending=True, stable=True)[:120]
        targets = targets[top.numpy()]
        reached, steps = search.towards(self.problem, history, ask, targets)
        possible = torch.tensor((steps >= 0) & search.close(self.problem, history, ask, reached))
        possible &= safe(self.problem, surrogate, points_of(self.problem, reached))
        discounted = worth[top] * PATIENCE ** torch.tensor(np.maximum(steps, 0), dtype=torch.float64)
        return reached[possible.numpy()], discounted[possible], targets

    def _tolerable_current(self, surrogate: Surrogate, points: Indices, rng: np.random.Generator) -> Indices:
        """Set far points to currents the model holds tolerable: a fifth of the draws put the limit lower, or fewer."""
        if surrogate.grades is None:
            return points
        level = surrogate.grades.intensity.log_limit_current(
            surrogate.values, points_of(self.problem, points)
        )
        # a start that is off says nothing of the limit: what four fifths of the draws allow would never count as safe
        share = UNSTARTED if surrogate.grades.intensity.starts_off else 0.2
        cautious = torch.quantile(level, share, dim=0).numpy() - rng.uniform(0.05, 0.35, size=len(points))
        return search.at_current(self.problem, points, np.exp(cautious))

    def _screened(self, surrogate: Surrogate, history: History, ask: Ask, points: Indices) -> Indices:
        points = points[limits.admissible(self.problem, history, ask, points)]
        points = points[search.close(self.problem, history, ask, points)]
        return np.asarray(points[self._tolerable(surrogate, points)])

    def _tolerable(self, surrogate: Surrogate, points: Indices) -> np.ndarray:
        return safe(self.problem, surrogate, points_of(self.problem, points)).numpy()

    def _improvement(self, surrogate: Surrogate, best: Incumbents, points: Indices) -> Tensor:
        return expected_improvement(self.problem, surrogate, best, points_of(self.problem, points))

    def _choose(self, candidates: Indices, scores: Tensor) -> int:
        """Return the best candidate; among near-ties the one with the least charge, then the lowest grid index."""
        if not self.problem.has_stimulation:
            # equal up to the last bits, where nothing nearby was tried: the lowest index, on every machine
            return int((scores >= scores.max() - 1e-9).nonzero()[0, 0])
        tied = np.flatnonzero((scores >= TIE * scores.max()).numpy())
        return search.least_charge(self.problem, candidates, tied)

    def _purpose(self, point: np.ndarray, far: bool, known: Indices) -> Purpose:
        if (known == point).all(axis=1).any():
            return Purpose.REPLICATE
        return Purpose.LEARN if far else Purpose.IMPROVE

    def _further(self, first: Step, history: History, ask: Ask) -> tuple[Step, ...]:
        """Return the rest of a plan: each step decided as if the one before had come out as predicted."""
        if ask.q == 1:
            return ()
        then = imagined(self.problem, history, ask, first)
        decision = self.decide(then, replace(ask, q=ask.q - 1, in_force=then.trials[-1].applied))
        return decision.steps if isinstance(decision, Proposal) else ()

    def _p_noticeable(self, surrogate: Surrogate, best: Incumbents) -> float | None:
        """Probability of noticeable relief at the best tried settings, where a report without stimulation exists."""
        off = surrogate.dataset.points.amplitude_ma <= 0.0
        if not self.problem.has_stimulation or not bool(off.any()):
            return None
        without: Points = surrogate.dataset.points.take(off.nonzero()[:1, 0])
        reference = surrogate.predict(without)
        mean, variance = best.prediction.gain_over(
            reference, torch.zeros(surrogate.n_draws, dtype=torch.int64)
        )
        draws = torch.arange(surrogate.n_draws)
        z = (mean[draws, best.chosen] - NOTICEABLE_NRS) / variance[draws, best.chosen].sqrt()
        return float(torch.special.ndtr(z).mean())

    def _hold(self, reason: HoldReason, history: History, ask: Ask, surrogate: Surrogate | None) -> Hold:
        return Hold(
            reason=reason,
            release="review",
            meanwhile=doubt.meanwhile(self.problem, history, ask),
            basis=self._basis(history, surrogate),
        )

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
