"""One programme per posture, where settings for all day give away relief that settings for one posture would not.

Settings used all day stop where the most sensitive posture stops them. A stimulator that holds several programmes need not
pay that price: here is what each posture alone could have, and the first step towards it that may be programmed today.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from optimizer.acquisition import search
from optimizer.acquisition.candidates import JUDGES, SCAN, SHORTLIST, about_tolerable, may_keep
from optimizer.acquisition.improvement import utility
from optimizer.decision import Programme
from optimizer.explain.contrast import gain_over
from optimizer.models import postures
from optimizer.models.dataset import points_of
from optimizer.models.surrogate import Surrogate
from optimizer.problem import PostureUse, Problem
from optimizer.safety.limits import Gate
from optimizer.safety.safe_set import safe
from optimizer.space.search_space import Indices
from optimizer.space.settings import Settings
from optimizer.trial import Posture

APART = (PostureUse.UPRIGHT, PostureUse.LYING)
"""Uses that make up a day."""
WORTH_NRS = 1.0
"""Relief that all day must cost before programmes are offered: decision 7 of the design."""


def programmes(
    surrogate: Surrogate, gate: Gate, keep: Settings, known: Indices, rng: np.random.Generator
) -> tuple[Programme, ...]:
    """Return a programme per posture, empty where all day costs less than a point or lying down was never rated.

    Args:
        surrogate: Conditioned on the history.
        gate: Of the ask.
        keep: What is recommended for all day.
        known: ``(k, d)`` settings in force or tried.
        rng: Of the settings looked at.

    Returns:
        One per use, those of the day upright first; each inside every limit, closure and the titration rule.
    """
    if PostureUse.ALL_DAY not in gate.problem.postures or not _lying_rated(surrogate):
        return ()
    found = [offer for use in APART for offer in _offer(surrogate, gate, use, keep, known, rng)]
    worth = WORTH_NRS * gate.problem.outcome.point
    return tuple(found) if any(offer.relief_nrs.mean > worth for offer in found) else ()


def _lying_rated(surrogate: Surrogate) -> bool:
    lying = postures.code(Posture.LYING, surrogate.dataset.postures)
    return lying != postures.REFERENCE and bool((surrogate.dataset.graded.posture == lying).any())


def _offer(
    surrogate: Surrogate,
    gate: Gate,
    use: PostureUse,
    keep: Settings,
    known: Indices,
    rng: np.random.Generator,
) -> Iterator[Programme]:
    """Yield what one posture alone could have, if anything is open to it."""
    rows = search.near(gate.problem, known, rng)
    stronger = about_tolerable(gate.problem, surrogate, rows, (use,), rng)
    rows = np.concatenate([rows, stronger])
    rows = rows[may_keep(surrogate, gate, rows, (use,))]
    if not len(rows):
        return
    alone = replace(surrogate, felt_in=postures.felt_in((use,), surrogate.dataset.postures))
    aim = _most_useful(gate.problem, alone, rows)
    reached, steps = search.towards(gate, aim[None])
    now = points_of(gate.problem, reached)
    if steps[0] < 0 or not bool(safe(gate.problem, surrogate, now, (use,))[0]):
        return
    yield Programme(
        use=use.value,
        settings=gate.problem.space.at(reached[0]),
        steps=int(steps[0]),
        relief_nrs=gain_over(gate.problem, alone, keep, aim),
        p_intolerable=float(surrogate.p_intolerable(now, (use,))[0]),
    )


def _most_useful(problem: Problem, surrogate: Surrogate, rows: Indices) -> Indices:
    """Return the row of the highest expected utility: looked for with a few draws, judged by many, as candidates are."""
    likely = utility(problem, surrogate.draws(SCAN), points_of(problem, rows)).mean(0)
    rows = rows[likely.argsort(descending=True, stable=True)[:SHORTLIST].numpy()]
    judged = utility(problem, surrogate.draws(JUDGES), points_of(problem, rows)).mean(0)
    return np.asarray(rows[int(judged.argmax())])
