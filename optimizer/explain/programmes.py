"""One programme per posture, where settings for all day give away relief that settings for one posture would not.

Settings used all day stop where the most sensitive posture stops them. A stimulator that holds several programmes need not
pay that price: here is what each posture alone could have, and the first step towards it that may be programmed today.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import torch

from optimizer.acquisition import search
from optimizer.acquisition.improvement import bother
from optimizer.decision import Programme
from optimizer.explain.contrast import interval
from optimizer.models import postures
from optimizer.models.dataset import Points, points_of
from optimizer.models.surrogate import Surrogate
from optimizer.problem import PostureUse
from optimizer.safety.limits import Gate
from optimizer.safety.safe_set import tolerable
from optimizer.space.search_space import Indices
from optimizer.space.settings import Settings
from optimizer.trial import Posture

APART = (PostureUse.UPRIGHT, PostureUse.LYING)
"""Uses that make up a day."""
WORTH_NRS = 1.0
"""Relief that all day must cost before programmes are offered: decision 7 of the design."""
BELOW_LIMIT = 0.35
"""How far below a posture's limit current settings are looked for, in log current."""


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
    return tuple(found) if any(offer.relief_nrs.mean > WORTH_NRS for offer in found) else ()


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
    rows = _open_to(surrogate, gate, use, known, rng)
    if not len(rows):
        return
    alone = replace(surrogate, felt_in=postures.felt_in((use,), surrogate.dataset.postures))
    points = points_of(gate.problem, rows)
    worth = alone.predict(points).mean - bother(gate.problem, surrogate, points)
    aim = rows[int(worth.mean(0).argmax())]
    reached, steps = search.towards(gate, aim[None])
    now, there = (points_of(gate.problem, settings) for settings in (reached, aim[None]))
    if steps[0] < 0 or not bool(tolerable(gate.problem, surrogate, now, (use,))[0]):
        return
    here = points_of(gate.problem, np.array([keep.indices], dtype=np.int64))
    mean, variance = alone.predict(there).gain_over(alone.predict(here))
    yield Programme(
        use=use.value,
        settings=gate.problem.space.at(reached[0]),
        steps=int(steps[0]),
        relief_nrs=interval(mean[:, 0], variance[:, 0].sqrt()),
        p_intolerable=float(surrogate.p_intolerable(now, (use,))[0]),
    )


def _open_to(
    surrogate: Surrogate, gate: Gate, use: PostureUse, known: Indices, rng: np.random.Generator
) -> Indices:
    """Return settings near what is known that one posture alone bears, at its own currents too, ``(c, d)``."""
    rows = search.near(gate.problem, known, rng)
    current_ma = np.exp(
        _limit_ma(surrogate, use, points_of(gate.problem, rows)) - rng.uniform(0.0, BELOW_LIMIT, len(rows))
    )
    rows = np.concatenate([rows, search.at_current(gate.problem, rows, current_ma)])
    rows = rows[gate.opens(rows)]
    return np.asarray(rows[tolerable(gate.problem, surrogate, points_of(gate.problem, rows), (use,)).numpy()])


def _limit_ma(surrogate: Surrogate, use: PostureUse, points: Points) -> np.ndarray:
    """Return the median log limit current in the most sensitive posture of a use, ``(c,)``."""
    grades = surrogate.grades
    if grades is None:
        raise AssertionError("postures are learned from grades")
    limits = [
        grades.intensity.log_limit_current(surrogate.values, there)
        for there in surrogate.used(points, (use,))
    ]
    return np.asarray(torch.stack(limits).amin(0).median(dim=0).values.numpy())
