"""What every baseline shares: what it may name, what was best so far, and a proposal that predicts nothing. Light."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

import optimizer
from optimizer.ask import Ask
from optimizer.decision import (
    VALID_FOR,
    Basis,
    Decision,
    Explanation,
    Hold,
    HoldReason,
    Interval,
    Proposal,
    Purpose,
    Step,
)
from optimizer.explain.changes import changes
from optimizer.history import History
from optimizer.problem import Problem
from optimizer.rating import ratings
from optimizer.safety import limits
from optimizer.space.search_space import Indices
from optimizer.space.settings import Settings
from optimizer.trial import UNSTIMULATED


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What was reported about one grid point, over all its trials."""

    settings: Settings
    relief: float
    """Mean of the ratings as relief, in points of the scale; larger is better."""
    worst_grade: float
    """Highest side-effect grade; 0 where none was reported."""
    is_tolerated: bool


def tried(problem: Problem, history: History) -> dict[tuple[int, ...], Tried]:
    """Return the rated grid points in the order they were first tried; an unrated trial shows nothing."""
    reliefs: dict[Settings, list[float]] = defaultdict(list)
    grades: dict[Settings, list[tuple[str, float]]] = defaultdict(list)
    for facts in history.facts:
        settings = facts.trial.applied.settings
        if settings is None or facts.trial.kind in UNSTIMULATED:
            continue
        # what hurt counts whether pain was rated or not
        grades[settings] += [(r.kind, r.value or 0.0) for r in facts.side_effects]
        rated = ratings(problem, facts)
        if rated:
            reliefs[settings] += [problem.objective.relief(rating.value, problem.outcome) for rating in rated]
    return {
        settings.indices: Tried(
            settings=settings,
            relief=float(np.mean(values)),
            worst_grade=max((grade for _, grade in grades[settings]), default=0.0),
            is_tolerated=not any(problem.is_intolerable(kind, grade) for kind, grade in grades[settings]),
        )
        for settings, values in reliefs.items()
    }


def best_tolerated(entries: Iterable[Tried]) -> Tried | None:
    """Return the tolerated entry with the most relief reported, the earlier on a tie, or None."""
    tolerated = [entry for entry in entries if entry.is_tolerated]
    return max(tolerated, key=lambda entry: entry.relief, default=None)


def permitted(problem: Problem, ask: Ask, indices: Indices) -> NDArray[np.bool_]:
    """Return which grid points a baseline may name, ``(c,)``: limits, envelope, locked and excluded; nothing learned."""
    mask = problem.allowed(indices) & limits.unlocked(problem, ask, indices)
    for point in ask.exclude:
        mask &= (indices != np.array(point, dtype=np.int64)).any(axis=1)
    return mask


def may_name(problem: Problem, ask: Ask, settings: Settings | None) -> bool:
    """Return whether a baseline may name one grid point."""
    return settings is not None and bool(permitted(problem, ask, np.array([settings.indices]))[0])


def basis_of(problem: Problem, history: History, *, policy: str, seed: int) -> Basis:
    """Return what a decision without a model of ours rests on."""
    return Basis(
        titrate_version=optimizer.__version__,
        torch_version="",
        processor="",
        policy=policy,
        problem_fingerprint=problem.fingerprint,
        history_digest=history.digest,
        prior_version="none",
        seed=seed,
    )


def answer(
    problem: Problem,
    history: History,
    ask: Ask,
    chosen: Settings | None,
    *,
    policy: str,
    seed: int,
    keep: Settings | None = None,
) -> Decision:
    """Return a choice as a decision: a proposal without predictions, or a hold where there is none.

    Args:
        problem: The course's problem.
        history: As of the ask.
        ask: The question.
        chosen: What to try; None, or a point past a limit: the settings in force, if those are legal.
        policy: Name of the baseline.
        seed: As the session was started with.
        keep: What to keep as things stand; None: the tolerated settings with the most relief reported.

    Returns:
        A proposal of one step. It says that it has no model: intervals are the whole scale.
    """
    basis = basis_of(problem, history, policy=policy, seed=seed)
    if not may_name(problem, ask, chosen):
        chosen = ask.in_force.settings
    if chosen is None or not may_name(problem, ask, chosen):
        return Hold(reason=HoldReason.NO_SAFE_CANDIDATE, release="program_in_clinic", basis=basis)
    if keep is None:
        best = best_tolerated(tried(problem, history).values())
        keep = None if best is None else best.settings
    if not may_name(problem, ask, keep):
        keep = None
    return Proposal(
        steps=(_step(problem, ask, chosen),),
        recommendation=keep,
        recommendation_relief_nrs=None if keep is None else _anything(problem),
        valid_until=ask.at + VALID_FOR,
        basis=basis,
    )


def _step(problem: Problem, ask: Ask, settings: Settings) -> Step:
    scale = problem.outcome
    return Step(
        settings=settings,
        amplitude_range_ma=None,
        relief_nrs=_anything(problem),
        outcome=Interval(mean=0.5 * (scale.low + scale.high), low=scale.low, high=scale.high),
        side_effect_grade=None,
        explanation=Explanation(
            purpose=Purpose.LEARN,
            gain_nrs=_anything(problem),
            p_intolerable={},
            changes=changes(problem, ask, settings),
            trustworthy=False,
            doubts=("no-model",),
        ),
        limits=problem.check(settings),
    )


def _anything(problem: Problem) -> Interval:
    return Interval(mean=0.0, low=-problem.outcome.width, high=problem.outcome.width)
