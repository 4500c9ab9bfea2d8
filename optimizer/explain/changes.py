"""Settings against those in force: which parameters differ."""

from optimizer.ask import Ask
from optimizer.decision import Change
from optimizer.problem import Problem
from optimizer.space.settings import Settings


def changes(problem: Problem, ask: Ask, settings: Settings) -> tuple[Change, ...]:
    """Return the parameters that differ from the settings in force, by more than the last bits of a number."""
    before = ask.in_force.values
    return tuple(
        Change(parameter=p.name, unit=p.unit, before=before.get(p.name), after=settings[p.name])
        for p, index in zip(problem.space.parameters, settings.indices, strict=True)
        if p.find(before.get(p.name)) != index
    )
