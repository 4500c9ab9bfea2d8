"""From a chosen grid point to a step of a proposal, and what to keep meanwhile."""

from datetime import timedelta

import numpy as np
from torch import Tensor

from optimizer.acquisition import search
from optimizer.ask import Ask
from optimizer.decision import Explanation, Interval, Purpose, Step
from optimizer.explain import contrast
from optimizer.explain.changes import changes
from optimizer.history import History
from optimizer.models.calibration import is_trustworthy
from optimizer.models.dataset import points_of
from optimizer.models.surrogate import Surrogate
from optimizer.problem import Problem
from optimizer.safety.limits import Gate
from optimizer.safety.safe_set import safe
from optimizer.space.parameter import GRID_TOLERANCE
from optimizer.space.search_space import Indices
from optimizer.space.settings import Settings
from optimizer.trial import Applied, Measure, Posture, Report, Trial

FEW_REPORTS = 5
LOW_SAMPLE = 0.25
"""Share of the draws below which the effective sample is called low."""
TIE_CONFIDENCE = 0.9
"""Probability that settings are within the near-tie of the best, from which less charge decides [A]."""
LOWEST_SHARE = 0.8
"""The patient may turn down to this share of the proposed amplitude [A]."""


def describe(surrogate: Surrogate, gate: Gate, point: np.ndarray, purpose: Purpose) -> Step:
    """Return a grid point as a step with predictions, range, explanation and limits.

    Raises:
        HardLimitError: If the point breaks a limit after all: the last gate before anything leaves.
        EnvelopeError: If it lies outside the envelope.
    """
    problem, ask = gate.problem, gate.ask
    settings = problem.space.at(point)
    readings = problem.check(settings)
    prediction = surrogate.predict(points_of(problem, point[None, :]))
    felt = surrogate.rated_in(ask.posture)
    report = felt.report(prediction if felt is surrogate else felt.predict(prediction.points))
    relief, gain = contrast.gains_over(problem, surrogate, _in_force(ask), point)
    trustworthy = is_trustworthy(surrogate)
    return Step(
        settings=settings,
        amplitude_range_ma=_range(surrogate, gate, point),
        relief_nrs=relief,
        outcome=contrast.report_interval(problem, *report),
        rating_probabilities=contrast.rating_probabilities(problem, *report),
        side_effect_grade=contrast.grade_interval(surrogate, prediction),
        explanation=Explanation(
            # nothing expected to be worse is called an improvement
            purpose=Purpose.LEARN if purpose is Purpose.IMPROVE and gain.mean <= 0 else purpose,
            gain_nrs=gain,
            p_intolerable={}
            if problem.tolerability is None
            else {
                use.value: float(surrogate.p_intolerable(prediction.points, (use,))[0])
                for use in problem.postures
            },
            changes=changes(problem, ask, settings),
            influences=contrast.influences(surrogate, prediction),
            trustworthy=trustworthy,
            doubts=_doubts(surrogate, trustworthy),
            would_change=("a-severe-report", "a-rating-of-these-settings"),
        ),
        limits=readings,
    )


def recommendation(
    problem: Problem, surrogate: Surrogate, ask: Ask, keepable: Indices, worth: Tensor
) -> tuple[Settings | None, Interval | None]:
    """Return what to keep as things stand, with its relief against the settings in force.

    Among tried settings whose expected utility is within the near-tie of the best, the least charge wins; without stimulation
    the best.

    Args:
        problem: Declares the tie.
        surrogate: Conditioned on the history.
        ask: The question.
        keepable: ``(c, d)`` tried settings one could live with.
        worth: ``(s, c)`` their utility.
    """
    if not len(keepable):
        return None, None
    chosen = int(worth.mean(0).argmax())
    if problem.has_stimulation:
        # a tie the data do not support yet would give away relief for energy
        near = problem.objective.near_tie_nrs * problem.outcome.point
        within = (worth >= worth[:, chosen, None] - near).double().mean(0)
        chosen = search.least_charge(problem, keepable, np.flatnonzero((within >= TIE_CONFIDENCE).numpy()))
    best = keepable[chosen]
    return problem.space.at(best), _gain(problem, surrogate, ask, best)


def imagined(problem: Problem, history: History, ask: Ask, step: Step) -> History:
    """Return the history as it would be had a step come out as predicted."""
    at = ask.at
    trial = Trial(
        id=f"imagined-{len(history):06}",
        applied=Applied(values=step.settings.as_dict(), settings=step.settings),
        occurred_at=at - timedelta(microseconds=1),
        recorded_at=at,
    )
    sites = problem.objective.site_weights or ("",)
    # relief was predicted in the posture of the ask, the grade in the reference posture
    reports = [(Measure.PAIN, site, step.outcome.mean, ask.posture) for site in sites]
    intensity_kinds = [effect.name for effect in problem.side_effects if effect.nature == "intensity"]
    if step.side_effect_grade is not None and intensity_kinds:
        grade = float(round(step.side_effect_grade.mean))
        reports.append((Measure.SIDE_EFFECT, intensity_kinds[0], grade, Posture.UNKNOWN))
    facts = [
        Report(
            id=f"{trial.id}-{measure}-{kind}",
            trial_id=trial.id,
            measure=measure,
            kind=kind,
            value=value,
            posture=posture,
            occurred_at=trial.occurred_at,
            recorded_at=at,
        )
        for measure, kind, value, posture in reports
    ]
    return history.add(trial, *facts)


def _gain(problem: Problem, surrogate: Surrogate, ask: Ask, point: np.ndarray) -> Interval:
    """Expected change of relief against the settings in force."""
    return contrast.gain_over(problem, surrogate, _in_force(ask), point)


def _in_force(ask: Ask) -> Settings:
    if ask.in_force.settings is None:
        raise AssertionError("settings in force were checked to be on the grid")
    return ask.in_force.settings


def _range(surrogate: Surrogate, gate: Gate, point: np.ndarray) -> tuple[float, float] | None:
    """The amplitudes the patient may use around a step: down to a share of it, up while safe and within one step."""
    problem, ask = gate.problem, gate.ask
    if not problem.has_stimulation or "amplitude_ma" not in problem.space.names:
        return None
    axis = problem.space.names.index("amplitude_ma")
    numbers = problem.space.parameter("amplitude_ma").numbers
    here = numbers[int(point[axis])]
    if "amplitude_ma" in ask.locked:
        return here, here
    up = [index for index, level in enumerate(numbers) if here < level <= here * 1.1 + 1e-9]
    rows = np.repeat(point[None, :], len(up), axis=0)
    rows[:, axis] = up
    highest = here
    if up:
        fine = gate.admits(rows) & safe(problem, surrogate, points_of(problem, rows)).numpy()
        for index, good in zip(up, fine, strict=True):
            if not good:
                break
            highest = numbers[index]
    lowest = _lowest(problem, ask, here)
    return lowest, highest


def _lowest(problem: Problem, ask: Ask, here: float) -> float:
    """How far the patient may turn down: to a share of a step, inside the envelope and at home the patient's own range."""
    axis = problem.space.names.index("amplitude_ma")
    numbers = np.array(problem.space.parameter("amplitude_ma").numbers)
    floor = LOWEST_SHARE * here
    if not ask.in_clinic and ask.patient_range_ma is not None:
        floor = max(floor, ask.patient_range_ma[0])
    levels = numbers[problem.index_masks[axis] & (numbers >= floor - GRID_TOLERANCE)]
    return float(levels.min())


def _doubts(surrogate: Surrogate, trustworthy: bool) -> tuple[str, ...]:
    found = []
    if len(surrogate.dataset.relief) < FEW_REPORTS:
        found.append("few-reports")
    if not trustworthy:
        found.append("poor-fit")
    if surrogate.dataset.n_left_out:
        found.append("older-ratings-left-out")
    if surrogate.effective_sample_size < LOW_SAMPLE * surrogate.n_draws:
        found.append("low-effective-sample-size")
    return tuple(found)
