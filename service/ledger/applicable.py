"""What nobody may override, held against settings whenever they are about to be used."""

from collections.abc import Sequence

import numpy as np

from optimizer.decision import Decision, Proposal
from optimizer.errors import OptimizerError, SettingsError
from optimizer.history import History
from optimizer.problem import Problem
from optimizer.safety import closure, strength, tolerance
from optimizer.safety.tolerance import Bar
from optimizer.space.settings import Settings
from service.errors import SettingsClosedError


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
    """Return whether all that an answer says may be programmed passes envelope and hard limits.

    Args:
        problem: The course's problem, as it is now.
        answer: A hold and a stop say nothing of the kind.
        approved: What a clinician made of the first settings, which then count in their place.
    """
    named = (
        [settings for step in answer.steps for settings in step.named] if isinstance(answer, Proposal) else []
    )
    if approved is not None:
        named[:1] = [approved]
    try:
        for settings in named:
            problem.check(settings)
    except OptimizerError:
        return False
    return True
