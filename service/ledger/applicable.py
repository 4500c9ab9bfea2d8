"""What nobody may override, held against settings whenever they are about to be used."""

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from optimizer.ask import Ask
from optimizer.decision import Decision, Proposal, Step
from optimizer.errors import OptimizerError, SettingsError
from optimizer.history import History
from optimizer.problem import Problem
from optimizer.safety import closure, strength, titration, tolerance
from optimizer.safety.tolerance import Bar
from optimizer.space.settings import Settings
from service.errors import SettingsClosedError

AMPLITUDE = "amplitude_ma"
BEYOND_TITRATION = "beyond_titration"
"""Flag of a decision: further above what was tolerated than a proposal may go."""


def check_applicable(problem: Problem, history: History, settings: Settings) -> None:
    """Hold settings against envelope, hard limits, and what a severe report closed.

    Args:
        problem: The course's problem.
        history: Everything recorded by now.
        settings: A grid point.

    Raises:
        SettingsError: If a limit or the envelope is broken.
        SettingsClosedError: If a severe report closed them.
    """
    if settings.names != problem.space.names:
        raise SettingsError("settings", "are not of this course's device")
    problem.check(settings)
    point = np.array([settings.indices], dtype=np.int64)
    if not closure.open_to(problem, closure.closures(problem, history), point)[0]:
        raise SettingsClosedError(
            "settings",
            "are closed by a severe report",
            remedy="A clinician's review alone releases a closure.",
        )


def check_tolerated(
    problem: Problem, history: History, at_approval: History, plan: Sequence[Settings]
) -> None:
    """Hold approved settings against what was not tolerated since; what was on record before, the approval took on itself.

    Args:
        problem: The course's problem.
        history: Everything recorded by now.
        at_approval: What was on record at the approval.
        plan: Grid points.

    Raises:
        SettingsClosedError: If any may be as strong as what was not tolerated since.
    """
    known = {bar.subject_id for bar in tolerance.bars(problem, at_approval)}
    since = tuple(bar for bar in tolerance.bars(problem, history) if bar.subject_id not in known)
    if not below_bars(problem, since, plan):
        raise SettingsClosedError(
            "settings",
            "were not tolerated since they were approved",
            remedy="Program nothing; ask again, or let a clinician review the report.",
        )


def check_reach(
    problem: Problem, history: History, ask: Ask, steps: Sequence[Settings], flags: Collection[str]
) -> None:
    """Hold approved settings against what was tolerated, as of now: an approval rests on it as it stood then.

    Args:
        problem: The course's problem.
        history: Everything recorded by now.
        ask: What was asked.
        steps: What was approved, in order.
        flags: Of the approval; what it took on itself stands.

    Raises:
        SettingsClosedError: If they are out of reach by now, as what they were reached from was refuted or taken back.
    """
    if BEYOND_TITRATION not in flags and beyond_titration(problem, history, ask, steps):
        raise SettingsClosedError(
            "settings",
            "are further above what was tolerated, as is known by now, than a proposal may go",
            remedy="Program nothing; ask again.",
        )


def beyond_titration(problem: Problem, history: History, ask: Ask, steps: Sequence[Settings]) -> bool:
    """Return whether settings are further above what was tolerated than a proposal may go.

    Args:
        problem: The course's problem.
        history: Everything recorded by now.
        ask: What was asked.
        steps: Grid points, in order.
    """
    anchors = titration.anchors(problem, history, ask)
    point = np.array([steps[0].indices], dtype=np.int64)
    # later steps are within reach of the one before; they may be past what was not tolerated since they were planned
    reached = bool(titration.within_reach(problem, anchors, ask, point)[0])
    return not (reached and below_bars(problem, anchors.bars, steps[1:]))


def below_bars(problem: Problem, barred: tuple[Bar, ...], plan: Sequence[Settings]) -> bool:
    """Return whether all of some settings are surely weaker than every bar of their configuration."""
    if not barred or not plan:
        return True
    points = np.array([settings.indices for settings in plan], dtype=np.int64)
    return bool(tolerance.below(barred, strength.of_grid_points(problem, points)).all())


def may_be_kept(problem: Problem, history: History, settings: Settings) -> bool:
    """Return whether settings may still be advised: applicable, and weaker than what was not tolerated by now."""
    try:
        check_applicable(problem, history, settings)
    except (SettingsError, SettingsClosedError):
        return False
    return below_bars(problem, tolerance.bars(problem, history), (settings,))


def within_limits(problem: Problem, answer: Decision, approved: Settings | None = None) -> bool:
    """Return whether all that an answer says may be programmed, or turned to by the patient, passes envelope and hard limits.

    Args:
        problem: The course's problem, as it is now.
        answer: A hold and a stop say nothing of the kind.
        approved: What a clinician made of the first settings, which then count in their place.
    """
    steps = answer.steps if isinstance(answer, Proposal) else ()
    named = [settings for step in steps for settings in step.named]
    if approved is not None:
        named[:1] = [approved]
    try:
        if approved in (None, *[step.settings for step in steps[:1]]):
            # edited settings stand alone, without the patient's range
            named += [end for step in steps for end in _range_ends(problem, step)]
        for settings in named:
            problem.check(settings)
    except OptimizerError:
        return False
    return True


def _range_ends(problem: Problem, step: Step) -> tuple[Settings, ...]:
    """Return the weakest and the strongest settings that a patient may turn a step to."""
    values = step.settings.as_dict()
    return tuple(problem.space.settings({**values, AMPLITUDE: end}) for end in step.amplitude_range_ma or ())


def range_left(
    problem: Problem, history: History, settings: Settings, proposed_ma: tuple[float, float] | None
) -> tuple[float, float] | None:
    """Return what is left of the amplitudes that a patient may use around settings.

    Args:
        problem: The course's problem.
        history: Everything recorded by now.
        settings: What is programmed.
        proposed_ma: The range that was proposed with them; None where there was none.

    Returns:
        The part of it that envelope, limits and closures still allow, upwards only weaker than all that was not tolerated.
    """
    if proposed_ma is None:
        return None
    axis = problem.space.names.index(AMPLITUDE)
    numbers, here = problem.space.parameter(AMPLITUDE).numbers, settings.indices[axis]
    rows = np.tile(np.array(settings.indices, dtype=np.int64), (len(numbers), 1))
    rows[:, axis] = np.arange(len(numbers))
    fine = problem.allowed(rows) & closure.open_to(problem, closure.closures(problem, history), rows)
    fine &= np.array([proposed_ma[0] <= number <= proposed_ma[1] for number in numbers])
    weaker = tolerance.below(
        tolerance.bars(problem, history), strength.of_grid_points(problem, rows[here + 1 :])
    )
    # without a gap: what lies past something closed is not reached by turning
    up = here + _run(fine[here + 1 :] & weaker)
    return numbers[here - _run(fine[:here][::-1])], numbers[up]


def _run(fine: NDArray[np.bool_]) -> int:
    """Return how many are fine before the first that is not."""
    return int(np.append(~fine, True).argmax())
