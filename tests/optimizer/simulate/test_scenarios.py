from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from optimizer.errors import DataError
from optimizer.simulate.encounter import Context, Spell
from optimizer.simulate.scenario import Scenario
from optimizer.simulate.scenarios import load_scenario, scenario_names
from optimizer.space.parameter import CONFIGURATION
from optimizer.space.settings import Settings
from optimizer.trial import Posture, Recall


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


def test_a_start_on_one_of_two_places_may_be_the_right_one() -> None:
    ear = load_scenario("tavns")
    axis = ear.problem.space.names.index(CONFIGURATION)
    right = [ear.start(seed).indices[axis] == ear.best(seed).indices[axis] for seed in range(40)]
    assert 10 < sum(right) < 30


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
    assert scenario.best(3) == replace(scenario).best(3)
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


THERAPIES = ("scs-10khz", "scs-sub", "pns", "tens", "tavns", "vns")


@pytest.mark.parametrize("name", THERAPIES)
def test_a_rating_is_asked_before_the_next_trial_begins_and_answered_on_every_kind(name: str) -> None:
    scenario = load_scenario(name)
    (context, at), *_ = scenario.questions(3)
    assert at < scenario.started_at + 4 * scenario.interval
    off = scenario.problem.space.at([0] * len(scenario.problem.space.names))
    told = scenario.patient(1).respond(off, context, at)
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


def usual(scenario: Scenario) -> Settings:
    """The middle of the lead at the usual width and rate, without current."""
    values = {"amplitude_ma": 0.0, "pulse_width_us": 300.0, "frequency_hz": 40.0, "configuration": "level-4"}
    return scenario.problem.space.settings(values)


def test_trials_of_one_day_share_its_pain_and_evenings_hurt_more() -> None:
    daily = load_scenario("scs-tonic-daily")
    rows = []
    for seed in range(30):
        patient, start = daily.patient(seed), usual(daily)
        said = [patient.respond(start, *daily.questions(number)[0])[0].value for number in range(40)]
        rows.append(np.array(said).reshape(10, 4))
    ratings = np.array(rows)
    assert [daily.begins_at(n).hour for n in range(5)] == [10, 13, 16, 19, 10]
    assert daily.begins_at(4) - daily.begins_at(0) == timedelta(days=1)
    rhythm = ratings.mean(axis=1, keepdims=True)
    assert (rhythm[..., 3] - rhythm[..., 0]).mean() == pytest.approx(1.5 * 9 / 6, abs=0.5)
    rest = ratings - rhythm
    within = (rest - rest.mean(axis=2, keepdims=True)).var()
    assert rest.mean(axis=2).var() > 2 * within / 4  # far more than four independent ratings would leave


def test_a_week_is_asked_about_at_its_end_and_reported_as_such() -> None:
    weekly = load_scenario("scs-tonic-weekly")
    [(context, at)] = weekly.questions(3)
    assert weekly.begins_at(4) - weekly.begins_at(3) == timedelta(days=7)
    answers = weekly.patient(1).respond(usual(weekly), context, at)
    assert [answer.report("t").recall for answer in answers] == [Recall.LAST_7_DAYS, Recall.NOW]
    assert at - weekly.begins_at(3) == timedelta(days=6.9)


def test_where_thresholds_move_one_setting_is_felt_differently_from_day_to_day() -> None:
    def spread(name: str) -> float:
        scenario, sds = load_scenario(name), []
        for seed in range(8):
            felt_ma = scenario.truth(seed).perception_of(usual(scenario))
            strong = usual(scenario).as_dict() | {"amplitude_ma": 1.15 * felt_ma}
            patient = scenario.patient(seed)
            sds.append(
                np.std([patient.respond(strong, *scenario.questions(n)[0])[1].value for n in range(25)])
            )
        return float(np.mean(sds))

    assert spread("scs-tonic-jitter") > 1.5 * spread("scs-tonic")


def test_steady_patients_scatter_less_than_half_as_much() -> None:
    def scatter(name: str) -> float:
        rows = np.array([told(load_scenario(name), seed, range(20)) for seed in range(8)])
        return float((rows - rows.mean(axis=1, keepdims=True)).std())

    assert scatter("scs-tonic-steady") < 0.75 * scatter("scs-tonic") < 0.75 * scatter("scs-tonic-noisy")


def test_along_the_ridge_pain_is_the_same_and_charge_is_not() -> None:
    ridge = load_scenario("scs-tonic-ridge")
    truth, felt, charges = ridge.truth(1), [], []
    for width_us in (150.0, 300.0, 600.0):
        for rate_hz in (10.0, 40.0):
            place = usual(ridge).as_dict() | {"pulse_width_us": width_us, "frequency_hz": rate_hz}
            felt_ma = truth.perception_of(ridge.problem.space.settings(place))
            values = place | {"amplitude_ma": 1.15 * felt_ma}
            share = truth._body.specific_share(truth._body.stimulus_of(values), Posture.STANDING, 0.0)
            felt.append((share.item(), truth.grade_of(values)))
            charges.append(values["amplitude_ma"] * width_us * rate_hz)
    assert np.ptp(np.array(felt), axis=0) == pytest.approx([0.0, 0.0], abs=1e-3)
    assert max(charges) > 5 * min(charges)


def test_what_expectation_relieves_fades_while_the_search_goes_on() -> None:
    def off(name: str, day: int) -> float:
        scenario = load_scenario(name)
        none = np.array([usual(scenario).indices])
        return float(np.mean([scenario.truth(seed).pain_nrs(none, day)[0] for seed in range(10)]))

    assert off("scs-tonic-placebo", 28) - off("scs-tonic-placebo", 0) > 1.0
    assert off("scs-tonic", 28) - off("scs-tonic", 0) < 0.5


@pytest.mark.parametrize("name", ["scs-tonic-improving", "scs-tonic-null-improving"])
def test_pain_that_gets_better_by_itself_does_so_without_any_setting(name: str) -> None:
    scenario = load_scenario(name)
    none = np.zeros((1, 1))
    untreated = [
        float(np.mean([scenario.truth(seed)._body.expected_pain_nrs(none, day)[0] for seed in range(10)]))
        for day in (0, 10, 20)
    ]
    assert untreated[0] - untreated[2] > 1.0
    assert untreated[0] > untreated[1] > untreated[2]
    assert scenario.problem.drift_expected is True


def test_nobody_is_sent_home_with_a_start_that_is_not_borne() -> None:
    scenario = load_scenario("vns")
    grades = [scenario.truth(seed).grade_of(scenario.start(seed), day=0.0) for seed in range(40)]
    assert max(grades) <= scenario.problem.tolerability.limit_grade


def test_what_is_best_for_a_vagus_is_judged_after_months_of_growing_tolerance() -> None:
    scenario = load_scenario("vns")
    for seed in range(3):
        best, truth = scenario.best(seed), scenario.truth(seed)
        assert truth.relief_of(best) == truth.relief_of(best, day=168.0)
        assert truth.grade_of(best, day=0.0) > truth.grade_of(best)


OWN = """
extends = "scs-tonic-ridge"
title = "Ours"
start_intensity = 1.1
"""


def test_a_scenario_of_ones_own_is_named_by_its_path_and_takes_the_rest_from_what_it_extends(
    tmp_path: Path,
) -> None:
    path = tmp_path / "ours.toml"
    path.write_text(OWN, encoding="utf-8")
    own, ridge = load_scenario(str(path)), load_scenario("scs-tonic-ridge")
    assert (own.name, own.title) == (str(path), "Ours")
    assert own.problem == ridge.problem
    assert own.start(0) != ridge.start(0), "a tenth above perception"
    path.with_stem("further").write_text(f'extends = "{path}"', encoding="utf-8")
    assert load_scenario(str(path.with_stem("further"))).start(0) == own.start(0)


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("scs-tonic.toml", OWN, "called like a shipped scenario"),
        ("ours.toml", "extends = ", "is not TOML"),
        ("ours.toml", OWN + "strat_intensity = 1.2", "strat_intensity: is not a field"),
        ("ours.toml", OWN + "interval_days = 'one'", "interval_days"),
        ("ours.toml", 'extends = "tonic"', "tonic: is not a scenario"),
    ],
)
def test_a_faulty_scenario_of_ones_own_is_refused_by_name(
    name: str, content: str, problem: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=problem):
        load_scenario(str(tmp_path / name))
    with pytest.raises(DataError, match="is not a file"):
        load_scenario(str(tmp_path / "missing.toml"))
