"""From a grid point to a step: the patient's range, the recommendation, the last gate."""

from dataclasses import replace

import pytest

from optimizer.acquisition.improvement import utility
from optimizer.decision import Purpose
from optimizer.errors import EnvelopeError
from optimizer.models.dataset import points_of
from optimizer.outcomes.objective import Objective
from optimizer.policies.plan import describe, imagined, recommendation
from optimizer.problem import Envelope
from optimizer.rating import ratings
from optimizer.safety.limits import gate_of
from optimizer.trial import Posture
from tests.optimizer.models.courses import ROWS, START, asked, conditioned, indices, tonic


def test_the_patients_range_holds_the_proposed_amplitude_and_ends_within_one_step() -> None:
    problem = tonic()
    history, ask = asked(problem, ROWS[:1])
    step = describe(
        conditioned(problem, ROWS[:1]),
        gate_of(problem, history, ask),
        indices(problem, START)[0],
        Purpose.IMPROVE,
    )
    assert step.amplitude_range_ma is not None
    low, high = step.amplitude_range_ma
    assert 4.0 <= low <= 5.0 <= high <= 5.5


def test_the_patient_may_not_turn_down_below_the_envelope_or_the_home_range() -> None:
    problem = tonic()
    history, ask = asked(problem, ROWS[:1])
    narrow = replace(problem, envelope=Envelope(bounds={"amplitude_ma": (4.8, 5.0)}))
    home = replace(ask, in_clinic=False, patient_range_ma=(4.7, 5.2))
    for course, question, floor in ((narrow, ask, 4.8), (problem, home, 4.7)):
        surrogate = conditioned(course, ROWS[:1])
        step = describe(
            surrogate, gate_of(course, history, question), indices(course, START)[0], Purpose.IMPROVE
        )
        assert step.amplitude_range_ma is not None
        assert step.amplitude_range_ma[0] == floor


def test_what_is_expected_to_be_worse_is_a_step_to_learn_and_not_an_improvement() -> None:
    problem = tonic()
    history, ask = asked(problem, ROWS)
    weak = indices(problem, {**START, "amplitude_ma": 0.5})[0]
    step = describe(conditioned(problem, ROWS), gate_of(problem, history, ask), weak, Purpose.IMPROVE)
    assert step.explanation.gain_nrs.mean < 0
    assert step.explanation.purpose is Purpose.LEARN


def test_every_limit_is_shown_with_its_source() -> None:
    problem = tonic()
    history, ask = asked(problem, ROWS[:1])
    step = describe(
        conditioned(problem, ROWS[:1]),
        gate_of(problem, history, ask),
        indices(problem, START)[0],
        Purpose.IMPROVE,
    )
    assert {reading.quantity for reading in step.limits} == {limit.quantity for limit in problem.space.limits}
    assert all(reading.source and reading.met for reading in step.limits)


def test_nothing_outside_the_envelope_passes_the_last_gate() -> None:
    problem = tonic()
    history, ask = asked(problem, ROWS[:1])
    outside = indices(problem, {**START, "frequency_hz": 200.0})[0]
    with pytest.raises(EnvelopeError):
        describe(conditioned(problem, ROWS[:1]), gate_of(problem, history, ask), outside, Purpose.IMPROVE)


def test_the_recommendation_is_a_tried_setting_with_better_ratings() -> None:
    problem = tonic()
    rows = [{**row} for row in ROWS for _ in range(4)]
    _, ask = asked(problem, rows)
    surrogate = conditioned(problem, rows)
    tried = indices(problem, *[{name: row[name] for name in problem.space.names} for row in ROWS])
    worth = utility(problem, surrogate, points_of(problem, tried))
    keep, relief = recommendation(problem, surrogate, ask, tried, worth)
    assert keep is not None
    assert keep["configuration"] == "level-4"
    assert relief is not None
    assert relief.low <= relief.mean <= relief.high


def test_nothing_to_keep_is_said_and_not_guessed() -> None:
    problem = tonic()
    _, ask = asked(problem, ROWS)
    surrogate, nothing = conditioned(problem, ROWS), indices(problem, START)[:0]
    worth = utility(problem, surrogate, points_of(problem, nothing))
    assert recommendation(problem, surrogate, ask, nothing, worth) == (None, None)


def test_an_imagined_trial_joins_the_history_as_predicted() -> None:
    problem = tonic()
    history, ask = asked(problem, ROWS[:2])
    step = describe(
        conditioned(problem, ROWS[:2]),
        gate_of(problem, history, ask),
        indices(problem, START)[0],
        Purpose.LEARN,
    )
    after = imagined(problem, history, ask, step)
    assert len(after) == 3
    assert after.facts[-1].pain[0].value == step.outcome.mean


def test_an_imagined_trial_is_rated_at_every_pain_site() -> None:
    problem = tonic(objective=Objective(sites={"back": 2.0, "leg": 1.0}))
    history, ask = asked(problem, [{**START, "back": 6, "leg": 4}])
    surrogate = conditioned(problem, [{**START, "back": 6, "leg": 4}])
    step = describe(surrogate, gate_of(problem, history, ask), indices(problem, START)[0], Purpose.LEARN)
    after = imagined(problem, history, ask, step)
    assert [rating.value for rating in ratings(problem, after.facts[-1])] == [
        pytest.approx(step.outcome.mean)
    ]


def test_a_step_of_a_plan_is_imagined_in_the_posture_of_the_ask() -> None:
    problem = tonic()
    history, ask = asked(problem, ROWS)
    step = describe(
        conditioned(problem, ROWS),
        gate_of(problem, history, ask),
        indices(problem, START)[0],
        Purpose.IMPROVE,
    )
    then = imagined(problem, history, replace(ask, posture=Posture.LYING), step)
    (rating,) = ratings(problem, then.facts[-1])
    assert rating.posture is Posture.LYING
    assert {report.posture for report in then.facts[-1].side_effects} == {Posture.UNKNOWN}


def test_a_locked_amplitude_leaves_the_patient_no_range() -> None:
    problem = tonic()
    history, ask = asked(problem, ROWS)
    gate = gate_of(problem, history, replace(ask, locked=("amplitude_ma",)))
    step = describe(conditioned(problem, ROWS), gate, indices(problem, START)[0], Purpose.IMPROVE)
    assert step.amplitude_range_ma == (START["amplitude_ma"],) * 2


def test_what_is_gained_is_relief_less_bother_and_a_step_that_spares_bother_improves() -> None:
    problem = tonic(objective=Objective(bother_weight=5.0))
    history, ask = asked(problem, ROWS)
    weak = indices(problem, {**START, "amplitude_ma": 2.0})[0]
    step = describe(conditioned(problem, ROWS), gate_of(problem, history, ask), weak, Purpose.IMPROVE)
    assert step.relief_nrs.mean < 0 < step.explanation.gain_nrs.mean
    assert step.explanation.purpose is Purpose.IMPROVE
