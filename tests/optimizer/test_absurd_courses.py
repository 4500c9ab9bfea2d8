"""Whatever a caller hands over: an answer inside every rule and finite in every field, or a refusal that names the field."""

import time
from collections import Counter
from datetime import timedelta
from math import isfinite
from pathlib import Path

import pytest

from optimizer import canonical
from optimizer.ask import Ask
from optimizer.decision import Decision, Hold, Proposal, Stop, decode_decision
from optimizer.errors import OptimizerError
from optimizer.history import History
from optimizer.problem import Problem
from optimizer.propose import propose
from optimizer.space.settings import Settings
from optimizer.trial import Applied, Measure, Report, Trial
from tests.optimizer.safety.design_rules import breaches, in_envelope, is_barred, is_closed, on_grid
from tests.strategies.absurd import Course, course


def verdict(asked: Course) -> str:
    """Ask and hold the answer against the design; returns what kind of answer it was."""
    if asked.malformed:
        with pytest.raises(OptimizerError) as refused:
            propose(asked.problem, asked.history, asked.ask, seed=asked.seed)
        assert refused.value.field == asked.malformed
        return "refused"
    decision = propose(asked.problem, asked.history, asked.ask, seed=asked.seed)
    assert decode_decision(canonical.encode(decision)) == decision
    assert all(isfinite(number) for number in numbers(canonical.to_builtins(decision)))
    history = asked.history.as_of(asked.ask.at)
    for kept in kept_in(decision):
        assert unsafe_to_keep(asked.problem, history, kept) == []
    if isinstance(decision, Proposal):
        check_plan(asked.problem, history, asked.ask, decision)
    if isinstance(decision, Hold):
        return f"hold: {decision.reason}"
    return f"proposal of {len(decision.steps)}" if isinstance(decision, Proposal) else "stop"


def numbers(value: object) -> list[float]:
    """Every number in a document, however deep."""
    if isinstance(value, dict):
        return [number for entry in value.values() for number in numbers(entry)]
    if isinstance(value, list | tuple):
        return [number for entry in value for number in numbers(entry)]
    return [float(value)] if isinstance(value, int | float) else []


def kept_in(decision: Decision) -> list[Settings]:
    """What a decision advises to be on, beside what it advises to try."""
    match decision:
        case Proposal():
            found = [decision.recommendation]
        case Stop():
            found = [decision.keep]
        case Hold():
            found = [decision.meanwhile]
    return [settings for settings in found if settings is not None]


def unsafe_to_keep(problem: Problem, history: History, settings: Settings) -> list[str]:
    values = settings.as_dict()
    broken = ["grid"] * (not on_grid(problem, values)) + ["envelope"] * (not in_envelope(problem, values))
    if problem.has_stimulation:
        broken += ["limit"] * (not problem.space.contains(settings))
        broken += ["closure"] * is_closed(problem, history, values)
        broken += ["bar"] * is_barred(problem, history, values)
    return broken


def check_plan(problem: Problem, history: History, ask: Ask, plan: Proposal) -> None:
    """Every step obeys the rules once those before it were tolerated."""
    assert 1 <= len(plan.steps) <= ask.q
    in_force = ask.in_force
    for number, step in enumerate(plan.steps):
        values = step.settings.as_dict()
        now = Ask(
            at=ask.at,
            in_force=in_force,
            in_clinic=ask.in_clinic,
            patient_range_ma=ask.patient_range_ma,
            locked=ask.locked,
            exclude=ask.exclude,
        )
        assert step.settings.indices not in ask.exclude
        assert all(0.0 <= p <= 1.0 for p in step.explanation.p_intolerable.values())
        if problem.has_stimulation:
            assert breaches(problem, history, now, values) == [], number
            for offered in step.explanation.programmes or ():
                assert breaches(problem, history, now, offered.settings.as_dict()) == [], offered.use
                assert 0.0 <= offered.p_intolerable <= problem.tolerability.ceiling  # type: ignore[union-attr]
        else:
            assert unsafe_to_keep(problem, history, step.settings) == []
            assert all(values[name] == ask.in_force.values[name] for name in ask.locked)
        in_force = Applied(values=values, settings=step.settings)
        history = tolerated(history, in_force, number, now)


def tolerated(history: History, applied: Applied, number: int, ask: Ask) -> History:
    """The history after a step was applied and tolerated."""
    name, at = f"step-{number}", ask.at - timedelta(microseconds=1)
    trial = Trial(id=name, applied=applied, occurred_at=at, recorded_at=ask.at)
    report = Report(
        id=name, trial_id=name, measure=Measure.PAIN, value=5.0, occurred_at=at, recorded_at=ask.at
    )
    return history.add(trial, report)


SAMPLE = range(12)
COUNTS = ((0, 10_000, None), (100_000, 40, 60), (200_000, 6, 340))
"""First number, courses, and trials of each: few as they come, a long course, a thousand reports."""


@pytest.mark.parametrize("number", SAMPLE)
def test_a_sample_of_absurd_courses_is_answered_inside_the_rules(number: int) -> None:
    verdict(course(number))


def test_the_sample_reaches_proposals_plans_holds_and_refusals() -> None:
    courses = [course(number) for number in SAMPLE]
    assert any(entry.malformed for entry in map(course, range(100)))
    assert len({entry.problem.device for entry in courses}) >= 5
    assert any(entry.ask.q > 1 for entry in courses)
    assert any(entry.problem.objective.site_weights for entry in courses)


@pytest.mark.acceptance
def test_ten_thousand_absurd_courses_are_answered_inside_the_rules(acceptance_folder: Path) -> None:
    kinds: Counter[tuple[str, str]] = Counter()
    slowest_s: dict[str, float] = {}
    began = time.perf_counter()
    for first, count, n_trials in COUNTS:
        size = "few trials" if n_trials is None else f"{n_trials} trials"
        for number in range(first, first + count):
            asked = course(number, n_trials=n_trials)
            started = time.perf_counter()
            kinds[size, verdict(asked)] += 1
            slowest_s[size] = max(slowest_s.get(size, 0.0), time.perf_counter() - started)
    minutes = (time.perf_counter() - began) / 60
    (acceptance_folder / "absurd-courses.md").write_text(page(kinds, slowest_s, minutes), encoding="utf-8")
    assert sum(kinds.values()) == sum(count for _, count, _ in COUNTS)


def page(kinds: Counter[tuple[str, str]], slowest_s: dict[str, float], minutes: float) -> str:
    """The table of answers, as Markdown."""
    rows = [f"| {size} | {kind} | {count} |" for (size, kind), count in sorted(kinds.items())]
    slowest = ", ".join(f"{size} {seconds:.1f} s" for size, seconds in slowest_s.items())
    return "\n".join(
        [
            "# Absurd courses",
            "",
            f"{sum(kinds.values())} generated courses over every device file and maps without stimulation, malformed ones",
            "included: no exception but the refusal that names the field, no step and nothing to keep that breaks a rule",
            "of the design (`tests/optimizer/safety/design_rules.py`), no NaN or infinity in any field.",
            f"`make acceptance ARGS='-k absurd'`; {minutes:.0f} minutes. Slowest, checks included: {slowest}.",
            "",
            "| size | answer | courses |",
            "|---|---|---|",
            *rows,
            "",
        ]
    )
