"""What nobody may override, held against settings whenever they are about to be used."""

import numpy as np

from optimizer.decision import Decision, Proposal
from optimizer.errors import OptimizerError, SettingsError
from optimizer.history import History
from optimizer.problem import Problem
from optimizer.safety import closure, strength, tolerance
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


def may_be_kept(problem: Problem, history: History, settings: Settings) -> bool:
    """Return whether settings may still be advised: applicable, and weaker than what was not tolerated by now."""
    try:
        check_applicable(problem, history, settings)
    except (SettingsError, SettingsClosedError):
        return False
    point = strength.of_grid_points(problem, np.array([settings.indices], dtype=np.int64))
    return bool(tolerance.below(tolerance.bars(problem, history), point)[0])


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
