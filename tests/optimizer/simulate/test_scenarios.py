from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from optimizer.errors import DataError
from optimizer.simulate.encounter import Context, Spell
from optimizer.simulate.scenario import Scenario
from optimizer.simulate.scenarios import load_scenario, scenario_names
from optimizer.space.parameter import CONFIGURATION


@pytest.fixture(scope="module")
def scenario() -> object:
    return load_scenario("scs-tonic")


def test_the_headline_scenario_is_the_one_the_arena_declares(scenario) -> None:
    problem = scenario.problem
    assert scenario.envelope == {
        "amplitude_ma": (0.0, 12.0),
        "pulse_width_us": (60.0, 600.0),
        "frequency_hz": (10.0, 120.0),
    }
    assert len(problem.space.parameter(CONFIGURATION).levels) == 8
    assert [effect.name for effect in problem.side_effects] == ["discomfort"]
    assert len(scenario.patient(0).respond(scenario.start(0), scenario.context(), scenario.started_at)) == 2


def test_legal_settings_are_exactly_those_the_problem_allows(scenario) -> None:
    legal = scenario.legal
    drawn = scenario.problem.space.draw(np.random.default_rng(0), 5_000)
    keys = legal @ np.array([1, 10**4, 10**8, 10**12])
    assert len(np.unique(keys)) == len(legal)
    inside = np.isin(drawn @ np.array([1, 10**4, 10**8, 10**12]), keys)
    assert inside.sum() > 5
    assert np.array_equal(inside, scenario.problem.allowed(drawn))


@pytest.mark.parametrize("seed", range(3))
def test_the_start_is_just_felt_beside_the_best_configuration(scenario, seed: int) -> None:
    start, best, truth = scenario.start(seed), scenario.best(seed), scenario.truth(seed)
    assert scenario.problem.check(start)
    assert start["amplitude_ma"] == pytest.approx(1.05 * truth.perception_of(start), abs=0.051)
    axis = scenario.problem.space.names.index(CONFIGURATION)
    assert abs(start.indices[axis] - best.indices[axis]) == 1
    assert truth.relief_of(start) < truth.relief_of(best)


@pytest.mark.parametrize("name", ["drg", "scs-tonic-narrow", "scs-tonic-all-day"])
def test_a_scenario_of_each_kind_starts_legally_and_its_best_is_tolerable(name: str) -> None:
    scenario = load_scenario(name)
    start, best, truth = scenario.start(5), scenario.best(5), scenario.truth(5)
    assert scenario.problem.check(start)
    assert scenario.problem.check(best)
    assert truth.grade_of(best) <= scenario.problem.tolerability.limit_grade
    assert truth.relief_of(best) >= truth.relief_of(start)


def test_a_ganglion_needs_a_tenth_of_the_current_and_no_high_rate() -> None:
    drg = load_scenario("drg")
    for seed in range(4):
        assert drg.start(seed)["amplitude_ma"] < 3.0
        assert drg.best(seed)["frequency_hz"] == 4.0  # the first of a plateau from 4 to 40 Hz


def told(scenario: Scenario, seed: int, days: range) -> list[float | None]:
    """Ratings of one setting, one a day; None where the patient was silent."""
    patient, start = (
        scenario.patient(seed),
        scenario.problem.space.at(scenario.legal[len(scenario.legal) // 2]),
    )
    answers = [
        patient.respond(start, scenario.context(day), scenario.started_at + timedelta(days=day))
        for day in days
    ]
    return [answer[0].value if answer else None for answer in answers]


def test_two_in_five_reports_are_missing_where_the_scenario_says_so() -> None:
    ratings = [told(load_scenario("scs-tonic-missing"), seed, range(25)) for seed in range(8)]
    assert np.mean([rating is None for row in ratings for rating in row]) == pytest.approx(0.4, abs=0.1)


def test_noise_is_larger_and_drift_slower_where_the_scenario_says_so() -> None:
    def noise(name: str) -> tuple[float, float]:
        rows = np.array([told(load_scenario(name), seed, range(20)) for seed in range(10)])
        rows -= rows.mean(axis=1, keepdims=True)
        return rows.std(), float((rows[:, 1:] * rows[:, :-1]).mean() / rows.var())

    sd, neighbours = noise("scs-tonic")
    assert noise("scs-tonic-noisy")[0] > 1.2 * sd
    assert noise("scs-tonic-drift")[1] > neighbours + 0.2


def test_a_narrow_window_ends_at_its_declared_ratio() -> None:
    narrow = load_scenario("scs-tonic-narrow")
    start, truth = narrow.start(0), narrow.truth(0)
    ratio = truth.perception_of(start)
    at_end = start.as_dict() | {"amplitude_ma": 1.16 * ratio}
    assert truth.grade_of(at_end) > 4.0 > truth.grade_of(start)


def test_settings_for_all_day_are_weaker_than_for_standing_and_postures_take_turns() -> None:
    all_day, standing = load_scenario("scs-tonic-all-day"), load_scenario("scs-tonic")
    weaker = [all_day.truth(s).relief_of(all_day.best(s)) for s in range(2)]
    stronger = [standing.truth(s).relief_of(standing.best(s)) for s in range(2)]
    assert sum(weaker) < sum(stronger)
    assert {all_day.context(number).posture for number in range(3)} == set(all_day.postures)


def test_equal_seeds_are_equal_patients_and_others_are_others(scenario) -> None:
    assert scenario.best(3) == scenario.best(3)
    assert len({scenario.start(seed) for seed in range(2)}) == 2


def test_no_setting_helps_a_null_patient() -> None:
    null = load_scenario("scs-tonic-null")
    legal = null.legal[::997]
    assert (null.truth(1).relief_nrs(legal) == 0).all()


def test_an_unknown_scenario_is_answered_with_the_known_ones() -> None:
    with pytest.raises(DataError) as error:
        load_scenario("atlantis")
    for name in scenario_names():
        assert name in str(error.value)


def test_every_shipped_file_is_a_scenario_of_its_own_name() -> None:
    for name in scenario_names():
        scenario = load_scenario(name)
        assert scenario.name == name
        assert scenario.problem.device.startswith(scenario.device)


def test_a_trial_that_lasts_days_is_rated_in_its_last_ones_with_what_ran_before() -> None:
    slow = replace(load_scenario("scs-tonic"), interval_days=3.0, rated_after_days=(2.0, 2.5))
    before = Spell(settings=slow.start(0), lasted_days=3.0)
    (first, first_at), (_, last_at) = slow.questions(4, (before,))
    assert first_at == slow.started_at + timedelta(days=14)
    assert last_at < slow.started_at + 5 * slow.interval
    assert first.on_for_s == 2 * 86400.0
    assert first.before == before.settings
    assert first.earlier == (before,)


def test_the_headline_is_rated_once_in_the_visit_with_full_effect(scenario) -> None:
    earlier = (Spell(settings=scenario.start(0), lasted_days=1.0),)
    assert scenario.questions(2, earlier) == ((scenario.context(2), scenario.started_at + timedelta(days=2)),)


THERAPIES = ("scs-10khz", "pns", "tens", "tavns", "vns")


@pytest.mark.parametrize("name", THERAPIES)
def test_every_therapy_starts_legally_and_tolerably_below_its_best(name: str) -> None:
    scenario = load_scenario(name)
    for seed in range(2):
        start, best, truth = scenario.start(seed), scenario.best(seed), scenario.truth(seed)
        assert scenario.problem.check(start)
        assert truth.grade_of(start, day=0.0) <= scenario.problem.tolerability.limit_grade
        assert truth.grade_of(best) <= scenario.problem.tolerability.limit_grade
        assert truth.relief_of(start) < truth.relief_of(best)
        assert scenario.problem.check(best)


@pytest.mark.parametrize("name", THERAPIES)
def test_a_rating_is_asked_before_the_next_trial_begins_and_answered_on_every_kind(name: str) -> None:
    scenario = load_scenario(name)
    (context, at), *_ = scenario.questions(3)
    assert at < scenario.started_at + 4 * scenario.interval
    told = scenario.patient(1).respond(scenario.start(1), context, at)
    assert [answer.kind for answer in told] == ["", *scenario.kinds]
    assert {effect.name for effect in scenario.problem.side_effects} == set(scenario.kinds)


def test_at_ten_kilohertz_relief_comes_without_sensation_and_needs_days() -> None:
    scenario = load_scenario("scs-10khz")
    best, truth = scenario.best(0), scenario.truth(0)
    assert best["amplitude_ma"] < truth.perception_of(best)
    (settled, at), *_ = scenario.questions(0)
    patient = scenario.patient(0)
    told = [
        np.mean([patient.respond(best, context, at + timedelta(days=d))[0].value for d in range(25)])
        for context in (settled, replace(settled, on_for_s=3600.0))
    ]
    assert told[0] + 2.0 < told[1]


def test_vagus_stimulation_helps_after_months_and_not_at_its_start() -> None:
    scenario = load_scenario("vns")
    best, truth = scenario.best(4), scenario.truth(4)
    patient, earlier = scenario.patient(4), (Spell(settings=best, lasted_days=150.0),)
    at = [scenario.started_at + timedelta(days=150 + d) for d in range(20)]
    fresh, settled = (
        np.mean([patient.respond(best, Context(on_for_s=0.0, earlier=spells), t)[0].value for t in at])
        for spells in ((), earlier)
    )
    assert truth.relief_of(best) > 3.0
    assert settled + 2.0 < fresh
    assert truth.relief_of(scenario.start(4)) < 0.5 * truth.relief_of(best)
