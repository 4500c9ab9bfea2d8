"""Candidates on the legal grid. Small spaces are listed; large ones are searched around what is known and drawn from afar."""

import numpy as np
from numpy.typing import NDArray

from optimizer.ask import Ask
from optimizer.history import History
from optimizer.problem import Problem
from optimizer.safety.limits import Gate
from optimizer.space.constraint import Quantity, measure
from optimizer.space.search_space import Indices
from optimizer.trial import UNSTIMULATED

LISTED = 2_000
"""Spaces up to this size are listed."""
NEAR = 1_200
"""Candidates drawn around known settings."""
FAR = 600
"""Candidates drawn over the whole envelope."""
KNOWN = 12
"""Known settings to search around, latest first."""
FIRST = 3
"""Distinct known settings below which proposals stay next to the settings in force."""
FIRST_CHANGES = 2
"""Parameters a first proposal may change."""
RUNGS = tuple(1.0 - 0.04 * rung for rung in range(19))
"""Shares of a far target's amplitude at which a way towards it is looked for."""


def listed(problem: Problem) -> Indices | None:
    """Return every grid point of a small space, ``(c, d)``, or None for a large one."""
    if problem.space.raw_size > LISTED:
        return None
    axes = [np.arange(size) for size in problem.space.sizes]
    return np.stack([axis.ravel() for axis in np.meshgrid(*axes, indexing="ij")], axis=1).astype(np.int64)


def known(problem: Problem, history: History, ask: Ask) -> Indices:
    """Return the distinct grid points in force or tried, latest first, ``(k, d)``; at least the one in force."""
    tried = [facts.trial for facts in reversed(history.facts) if facts.trial.kind not in UNSTIMULATED]
    settings = [ask.in_force.settings] + [trial.applied.settings for trial in tried]
    found = list(dict.fromkeys(entry.indices for entry in settings if entry is not None))
    return np.array(found, dtype=np.int64).reshape(len(found), len(problem.space.parameters))


def near(problem: Problem, around: Indices, rng: np.random.Generator) -> Indices:
    """Draw grid points a few steps from known ones, ``(c, d)``: mostly one or two parameters at a time."""
    around = around[:KNOWN]
    base = around[rng.integers(0, len(around), size=NEAR)]
    moved = base.copy()
    changes = rng.random((NEAR, len(problem.space.parameters))) < rng.choice([0.3, 0.5, 0.9], size=(NEAR, 1))
    for axis, parameter in enumerate(problem.space.parameters):
        legal = np.flatnonzero(problem.index_masks[axis])
        if parameter.is_categorical:
            drawn = rng.choice(legal, size=NEAR)
        else:
            reach = np.maximum(1, parameter.size // np.array([200, 50, 20, 8]))
            steps = np.ceil(np.abs(rng.standard_normal(NEAR)) * rng.choice(reach, size=NEAR)) * rng.choice(
                [-1, 1], size=NEAR
            )
            drawn = np.clip(base[:, axis] + steps.astype(np.int64), legal[0], legal[-1])
        moved[:, axis] = np.where(changes[:, axis], drawn, base[:, axis])
    return np.unique(np.concatenate([around, moved]), axis=0)


def far(problem: Problem, rng: np.random.Generator) -> Indices:
    """Draw grid points over the envelope, ``(c, d)``, without regard to how far they are from anything tolerated."""
    columns = []
    for mask, parameter in zip(problem.index_masks, problem.space.parameters, strict=True):
        legal = np.flatnonzero(mask)
        if parameter.is_categorical:
            columns.append(rng.choice(legal, size=FAR))
            continue
        numbers = np.array(parameter.numbers)[legal]
        if parameter.scale == "log":  # evenly over octaves
            drawn = np.exp(rng.uniform(np.log(numbers[0]), np.log(numbers[-1]), size=FAR))
        else:
            drawn = rng.uniform(numbers[0], numbers[-1], size=FAR)
        columns.append(legal[np.abs(numbers[None, :] - drawn[:, None]).argmin(axis=1)])
    return np.unique(np.stack(columns, axis=1).astype(np.int64), axis=0)


def close(problem: Problem, history: History, ask: Ask, points: Indices) -> NDArray[np.bool_]:
    """Return which points are close enough to what was tried to be proposed next, ``(c,)``.

    The first proposals stay next to the settings in force: same categories, one or two numbers within a few steps, so
    that a clinician can follow what a first step is for. Later ones may change the place on the lead, at most two places
    from a tried one.
    """
    if not problem.has_stimulation:
        return np.ones(len(points), dtype=np.bool_)
    around = known(problem, history, ask)
    # off is a reference trial, which a clinician declares
    mask = problem.space.columns(points).amplitude_ma > 0
    if len(around) < FIRST:
        moved = np.abs(points - around[0])
        for axis, parameter in enumerate(problem.space.parameters):
            mask &= moved[:, axis] <= (0 if parameter.is_categorical else max(1, parameter.size // 25))
        return np.asarray(mask & ((moved > 0).sum(axis=1) <= FIRST_CHANGES))
    places = problem.space.places
    if len(places) > 1:
        tried = set(problem.space.columns(around).configuration.tolist())
        distance = np.array([min(here.distance_mm(places[there]) for there in tried) for here in places])
        # configurations of one centroid do not set how far apart places are
        spacing = min((away for other in places if (away := places[0].distance_mm(other)) > 0), default=0.0)
        mask &= (distance <= 2.0 * spacing + 1e-6)[problem.space.columns(points).configuration]
    return mask


def weaker(problem: Problem, ask: Ask) -> Indices:
    """Return the settings in force at every lower current that is not off, strongest first, ``(c, d)``."""
    settings = ask.in_force.settings
    if settings is None or "amplitude_ma" not in problem.space.names:
        return np.empty((0, len(problem.space.parameters)), dtype=np.int64)
    axis = problem.space.names.index("amplitude_ma")
    numbers = problem.space.parameter("amplitude_ma").numbers
    lower = [index for index in range(settings.indices[axis] - 1, -1, -1) if numbers[index] > 0]
    rows = np.tile(np.array(settings.indices, dtype=np.int64), (len(lower), 1))
    rows[:, axis] = lower
    return rows


def least_charge(problem: Problem, points: Indices, tied: NDArray[np.int64]) -> int:
    """Return which of the tied points delivers the least charge per second, then has the lowest grid index.

    Args:
        problem: Declares the space.
        points: ``(c, d)`` grid indices.
        tied: ``(t,)`` positions in ``points``, at least one.

    Returns:
        A position in ``points``.
    """
    charge = np.nan_to_num(measure(Quantity.CHARGE_PER_SECOND, problem.space.columns(points[tied])))
    keys = [(float(uc), *map(int, points[position])) for uc, position in zip(charge, tied, strict=True)]
    return int(tied[min(range(len(tied)), key=keys.__getitem__)])


def at_current(problem: Problem, indices: Indices, current_ma: NDArray[np.float64]) -> Indices:
    """Return the points with their amplitude set to the grid point at or below a current, ``(c, d)``."""
    axis = problem.space.names.index("amplitude_ma")
    numbers = np.array(problem.space.parameter("amplitude_ma").numbers)
    legal = np.flatnonzero(problem.index_masks[axis])
    changed = indices.copy()
    changed[:, axis] = np.clip(
        np.searchsorted(numbers, current_ma + 1e-6, side="right") - 1, legal[0], legal[-1]
    )
    return changed


def towards(gate: Gate, targets: Indices) -> tuple[Indices, NDArray[np.int64]]:
    """Return the strongest admissible point on the way to each target, and how many titration steps then remain.

    Args:
        gate: Of the ask.
        targets: ``(t, d)`` points that may lie out of reach.

    Returns:
        ``(t, d)`` points and ``(t,)`` remaining steps; -1 where no rung is admissible.
    """
    problem = gate.problem
    steps = np.full(len(targets), -1, dtype=np.int64)
    reached = targets.copy()
    if problem.titration is None or "amplitude_ma" not in problem.space.names:
        steps[gate.admits(targets)] = 0
        return reached, steps
    current = problem.space.columns(targets).amplitude_ma
    rungs = np.stack([at_current(problem, targets, current * share) for share in RUNGS])
    admissible = gate.admits(rungs.reshape(-1, targets.shape[1])).reshape(len(RUNGS), -1)
    found = admissible.any(axis=0)
    first = admissible.argmax(axis=0)
    reached[found] = rungs[first[found], np.flatnonzero(found)]
    left = np.log(1.0 / np.array(RUNGS)[first]) / np.log(1.0 + problem.titration.step_fraction)
    steps[found] = np.ceil(left[found] - 1e-9).astype(np.int64)
    return reached, steps


def refined(problem: Problem, best: Indices, rng: np.random.Generator) -> Indices:
    """Return the grid neighbours of good candidates, one and a few steps along each numeric axis, ``(c, d)``."""
    found = [best]
    for axis, parameter in enumerate(problem.space.parameters):
        if parameter.is_categorical:
            continue
        for step in (1, 2, max(3, parameter.size // 30)):
            for sign in (-1, 1):
                moved = best.copy()
                moved[:, axis] = np.clip(moved[:, axis] + sign * step, 0, parameter.size - 1)
                found.append(moved)
    mixed = np.concatenate(found)
    pairs = mixed[rng.integers(0, len(mixed), size=len(mixed))]
    axis = int(rng.integers(0, mixed.shape[1]))
    mixed[len(best) :, axis] = np.where(
        rng.random(len(mixed) - len(best)) < 0.2, pairs[len(best) :, axis], mixed[len(best) :, axis]
    )
    return np.unique(mixed, axis=0)
