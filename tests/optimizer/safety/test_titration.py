"""How far a proposal may go beyond what was tolerated."""

from dataclasses import replace

import numpy as np
import pytest

from optimizer.history import History, applied
from optimizer.problem import Problem
from optimizer.safety import titration
from optimizer.space.device import Excitability
from optimizer.space.parameter import Value, categorical, listed
from optimizer.space.search_space import SearchSpace
from optimizer.trial import Posture, RungOutcome, TrialKind
from tests.strategies.scs import HERE, PROBLEM, ask, history, row, trial

NOTHING = History()


def reaches(
    record: History = NOTHING, asked: object = None, problem: Problem = PROBLEM, **changes: Value
) -> bool:
    question = asked or ask()
    anchors = titration.anchors(problem, record, question)  # type: ignore[arg-type]
    return bool(titration.within_reach(problem, anchors, question, row(problem, **changes))[0])  # type: ignore[arg-type]


def test_ten_percent_above_the_settings_in_force_and_no_further() -> None:
    assert reaches(amplitude_ma=5.5)
    assert not reaches(amplitude_ma=5.6)
    assert reaches(amplitude_ma=0.0)


def test_one_device_step_where_that_is_more_than_ten_percent() -> None:
    small = ask(amplitude_ma=0.3)
    assert reaches(asked=small, amplitude_ma=0.4)
    assert not reaches(asked=small, amplitude_ma=0.5)


def test_from_no_current_one_device_step_at_that_width_or_less() -> None:
    off = ask(amplitude_ma=0.0)
    assert reaches(asked=off, amplitude_ma=0.1)
    assert not reaches(asked=off, amplitude_ma=0.2)
    assert not reaches(asked=off, amplitude_ma=0.1, pulse_width_us=310.0)
    assert reaches(asked=off, amplitude_ma=0.1, pulse_width_us=290.0)


def test_the_strongest_tolerated_trial_counts_wherever_one_is_now() -> None:
    record = history(trial(1, 1, amplitude_ma=6.0), trial(2, 1, amplitude_ma=4.0))
    now = ask(amplitude_ma=4.0)
    assert reaches(record, now, amplitude_ma=6.6)
    assert not reaches(record, now, amplitude_ma=6.7)


@pytest.mark.parametrize(
    "unshown",
    [
        trial(1, pain=None, amplitude_ma=8.0),
        trial(1, stimulation_on=False, amplitude_ma=8.0),
        trial(1, trial_kind=TrialKind.BASELINE, amplitude_ma=8.0),
        trial(1, trial_kind=TrialKind.STIMULATION_OFF, amplitude_ma=8.0),
    ],
)
def test_a_trial_that_shows_nothing_is_nothing_to_climb_from(unshown: tuple[object, ...]) -> None:
    record = history(unshown)  # type: ignore[arg-type]
    assert reaches(record, amplitude_ma=5.5)
    assert not reaches(record, amplitude_ma=5.6)


def test_rungs_of_a_ramp_are_no_tolerated_trials() -> None:
    ramp = tuple((float(k), RungOutcome.TOLERATED) for k in range(1, 8))
    assert not reaches(history(trial(1, 1, amplitude_ma=5.0, ramp=ramp)), amplitude_ma=6.0)


def test_a_wider_pulse_is_reached_at_the_current_that_is_no_stronger_at_any_chronaxie() -> None:
    # at 450 us chronaxie the threshold falls most: (1 + 450/400) / (1 + 450/300) = 0.85
    limit_ma = 5.5 * (1 + 450 / 400) / (1 + 450 / 300)
    assert reaches(amplitude_ma=float(np.floor(limit_ma * 10) / 10), pulse_width_us=400.0)
    assert not reaches(amplitude_ma=float(np.ceil(limit_ma * 10) / 10), pulse_width_us=400.0)


def test_a_narrower_pulse_earns_only_the_credit_of_the_least_favourable_chronaxie() -> None:
    limit_ma = 5.5 * (1 + 150 / 200) / (1 + 150 / 300)
    assert reaches(amplitude_ma=float(np.floor(limit_ma * 10) / 10), pulse_width_us=200.0)
    assert not reaches(amplitude_ma=float(np.ceil(limit_ma * 10) / 10), pulse_width_us=200.0)


def test_a_lower_rate_earns_no_credit_and_a_higher_one_costs() -> None:
    assert not reaches(amplitude_ma=5.6, frequency_hz=10.0)
    assert reaches(amplitude_ma=5.5, frequency_hz=10.0)
    at_650 = (1 + (40 / 450) ** 1.5) / (1 + (650 / 450) ** 1.5)
    assert not reaches(amplitude_ma=float(np.ceil(5.5 * at_650 * 10) / 10), frequency_hz=650.0)
    assert reaches(amplitude_ma=float(np.floor(5.5 * at_650 * 10) / 10), frequency_hz=650.0)


def test_raw_caps_hold_whatever_the_intensity() -> None:
    assert not reaches(amplitude_ma=1.0, pulse_width_us=610.0)
    assert not reaches(amplitude_ma=1.0, pulse_width_us=140.0)
    rule = replace(PROBLEM.titration, step_fraction=0.5, charge_ratio=1.2)  # type: ignore[type-var]
    tight = replace(PROBLEM, titration=rule)
    assert reaches(problem=tight, amplitude_ma=6.0)
    assert not reaches(problem=tight, amplitude_ma=6.1)
    current = replace(PROBLEM, titration=replace(rule, charge_ratio=1.5, current_ratio=1.1))
    assert not reaches(problem=current, amplitude_ma=5.6)


def test_a_new_configuration_starts_at_nine_tenths_of_the_nearest_at_the_upper_95_percent() -> None:
    spread = 0.12 * np.sqrt(2 * (1 - np.exp(-0.5 * (8 / 16) ** 2)))
    limit_ma = 0.9 * 5.0 / np.exp(1.6448536 * spread)
    assert reaches(configuration="level-5", amplitude_ma=float(np.floor(limit_ma * 10) / 10))
    assert not reaches(configuration="level-5", amplitude_ma=float(np.ceil(limit_ma * 10) / 10))


def test_a_configuration_further_away_starts_lower() -> None:
    def highest(configuration: str) -> float:
        levels = [k / 10 for k in range(51)]
        return max(level for level in levels if reaches(configuration=configuration, amplitude_ma=level))

    assert highest("level-5") > highest("level-7") > 3.0


def test_the_nearest_tried_configuration_counts_not_the_strongest() -> None:
    record = history(trial(1, 1, configuration="level-6", amplitude_ma=2.0), trial(2, 1, amplitude_ma=5.0))
    assert not reaches(record, configuration="level-7", amplitude_ma=2.0)
    assert reaches(record, configuration="level-7", amplitude_ma=1.6)


def test_nothing_starts_beside_a_configuration_that_tolerated_nothing() -> None:
    failed = history(trial(1, 5, configuration="level-6", amplitude_ma=2.0), trial(2, 1, amplitude_ma=5.0))
    assert not reaches(failed, configuration="level-7", amplitude_ma=0.5)
    assert reaches(failed, configuration="level-3", amplitude_ma=4.0)
    assert reaches(failed, configuration="level-6", amplitude_ma=1.9)
    assert not reaches(failed, configuration="level-6", amplitude_ma=2.0)


def test_at_home_no_new_configuration_and_only_the_patient_s_own_range() -> None:
    home = ask(in_clinic=False, patient_range_ma=(4.0, 5.2))
    assert reaches(asked=home, amplitude_ma=5.2)
    assert reaches(asked=home, amplitude_ma=4.0)
    assert not reaches(asked=home, amplitude_ma=5.3)
    assert not reaches(asked=home, amplitude_ma=3.9)
    assert not reaches(asked=home, amplitude_ma=4.0, configuration="level-5")
    assert not reaches(asked=ask(in_clinic=False), amplitude_ma=5.0)


def test_a_patient_may_be_told_to_use_anything_in_the_clinic_and_at_home_what_is_open_there() -> None:
    rows = np.concatenate([row(amplitude_ma=5.0), row(amplitude_ma=5.3), row(configuration="level-5")])
    home = ask(in_clinic=False, patient_range_ma=(4.0, 5.2))
    assert titration.usable(PROBLEM, ask(), rows).tolist() == [True, True, True]
    assert titration.usable(PROBLEM, home, rows).tolist() == [True, False, False]
    axes = (listed("site", "1", [1.0, 2.0]),)
    recorded = Problem(space=SearchSpace(parameters=axes), tolerability=None, titration=None)
    assert titration.usable(recorded, home, np.array([[0], [1]])).tolist() == [True, True]


def test_home_does_not_widen_what_was_tolerated() -> None:
    assert not reaches(asked=ask(in_clinic=False, patient_range_ma=(0.0, 12.0)), amplitude_ma=5.6)


def test_an_intolerable_report_stops_everything_as_strong_in_its_configuration() -> None:
    record = history(trial(1, 1, amplitude_ma=5.0), trial(2, 5, amplitude_ma=5.3))
    assert reaches(record, amplitude_ma=5.2)
    assert not reaches(record, amplitude_ma=5.3)
    assert not reaches(record, amplitude_ma=5.4)
    assert not reaches(record, amplitude_ma=4.9, pulse_width_us=400.0)


def test_from_settings_that_were_not_tolerated_one_may_only_go_down() -> None:
    record = history(trial(1, 5, amplitude_ma=5.0))
    assert reaches(record, amplitude_ma=4.5)
    assert not reaches(record, amplitude_ma=4.6)
    assert not reaches(record, configuration="level-5", amplitude_ma=1.0)


def test_from_severe_settings_one_may_only_go_down_to_half_in_their_configuration() -> None:
    record = history(trial(1, 8, amplitude_ma=5.0))
    assert reaches(record, amplitude_ma=2.5)
    assert not reaches(record, amplitude_ma=2.6)
    assert not reaches(record, configuration="level-5", amplitude_ma=0.5)
    assert titration.anchors(PROBLEM, record, ask()).points == ()


@pytest.mark.parametrize(
    "absurd",
    [
        {"amplitude_ma": -3.0},
        {"amplitude_ma": float("nan")},
        {"amplitude_ma": float("inf")},
        {"amplitude_ma": 99.0},
        {"pulse_width_us": 0.0},
        {"pulse_width_us": -5.0},
        {"pulse_width_us": None},
        {"frequency_hz": 1e9},
        {"amplitude_ma": 8.0, "frequency_hz": None},
        {"configuration": "elsewhere"},
        {"configuration": 3.0},
        {"amplitude_ma": 12.0, "pulse_width_us": 1000.0},
    ],
)
def test_what_cannot_have_been_applied_is_nothing_to_climb_from(absurd: dict[str, Value]) -> None:
    record = history(trial(1, 0, **absurd))
    legal = PROBLEM.space.draw(np.random.default_rng(1), 500)
    without = titration.within_reach(PROBLEM, titration.anchors(PROBLEM, History(), ask()), ask(), legal)
    with_it = titration.within_reach(PROBLEM, titration.anchors(PROBLEM, record, ask()), ask(), legal)
    assert np.array_equal(with_it, without)


def test_an_unknown_configuration_is_nothing_to_start_beside() -> None:
    unlimited = replace(PROBLEM, space=replace(PROBLEM.space, limits=()))
    record = history(trial(1, 1, configuration="elsewhere", amplitude_ma=8.0))
    for configuration in ("level-1", "level-8"):
        assert not reaches(record, problem=unlimited, configuration=configuration, amplitude_ma=5.0)


def test_settings_off_the_grid_are_built_on_as_they_were() -> None:
    record = history(trial(1, 1, amplitude_ma=5.97))
    assert reaches(record, amplitude_ma=6.5)
    assert not reaches(record, amplitude_ma=6.6)


def test_at_most_one_structural_change_from_the_settings_in_force() -> None:
    record = history(trial(1, 1, configuration="level-2"), trial(2, 1, configuration="level-3"))
    assert reaches(record, ask(configuration="level-2"), configuration="level-3")
    unknown = ask(configuration="elsewhere")
    assert not reaches(
        record, replace(unknown, in_clinic=False, patient_range_ma=(0.0, 12.0)), configuration="level-3"
    )


def test_of_configuration_and_waveform_only_one_changes_at_a_time() -> None:
    waveform = categorical("waveform", ["tonic", "burst"])
    space = replace(PROBLEM.space, parameters=(*PROBLEM.space.parameters, waveform))
    both = replace(PROBLEM, space=space)
    now = replace(ask(), in_force=applied(both, {**HERE, "waveform": "tonic"}))
    calm = {"amplitude_ma": 3.0}
    assert reaches(asked=now, problem=both, **calm, waveform="burst")
    assert reaches(asked=now, problem=both, **calm, waveform="tonic", configuration="level-5")
    assert not reaches(asked=now, problem=both, **calm, waveform="burst", configuration="level-5")


def test_a_threshold_that_does_not_vary_between_places_needs_no_margin() -> None:
    alike = replace(PROBLEM, excitability=replace(PROBLEM.excitability, configuration_log_sd=0.0))
    assert reaches(problem=alike, configuration="level-8", amplitude_ma=4.5)
    assert not reaches(problem=alike, configuration="level-8", amplitude_ma=4.6)
    assert isinstance(alike.excitability, Excitability)


def test_without_a_titration_rule_everything_is_within_reach() -> None:
    free = replace(PROBLEM, titration=None)
    points = free.space.draw(np.random.default_rng(0), 50)
    anchors = titration.anchors(free, History(), ask())
    assert titration.within_reach(free, anchors, ask(), points).all()


def test_no_candidates_are_no_trouble() -> None:
    none = np.empty((0, len(HERE)), dtype=np.int64)
    assert titration.within_reach(PROBLEM, titration.anchors(PROBLEM, NOTHING, ask()), ask(), none).shape == (
        0,
    )


def test_a_bar_elsewhere_takes_nothing_from_the_settings_in_force() -> None:
    assert reaches(history(trial(1, 5, configuration="level-6")), amplitude_ma=5.5)


def test_of_several_bars_one_severe_is_enough_to_go_down_to_half() -> None:
    record = history(trial(1, 5, amplitude_ma=5.0), trial(2, 8, amplitude_ma=5.0))
    assert reaches(record, amplitude_ma=2.5)
    assert not reaches(record, amplitude_ma=2.6)


def test_from_settings_past_a_limit_there_is_no_way_down_to_settings_as_wide() -> None:
    past = {"amplitude_ma": 12.0, "pulse_width_us": 1000.0}
    assert not reaches(history(trial(1, 5, **past)), ask(**past), amplitude_ma=4.0, pulse_width_us=1000.0)


@pytest.mark.parametrize(
    "end",
    [
        {"configuration": "level-1"},
        {"frequency_hz": 1200.0},
        {"amplitude_ma": 25.5, "pulse_width_us": 1000.0},
        {"amplitude_ma": 0.0, "frequency_hz": 2.0},
    ],
)
def test_the_ends_of_the_device_are_settings_like_any_other(end: dict[str, Value]) -> None:
    unlimited = replace(PROBLEM, space=replace(PROBLEM.space, limits=()))
    assert reaches(asked=ask(**end), problem=unlimited, **end)


def test_in_force_in_an_unknown_configuration_every_known_one_is_a_change() -> None:
    every = [f"level-{k}" for k in range(1, 9)]
    record = history(*(trial(k, 1, configuration=name) for k, name in enumerate(every, 1)))
    home = replace(ask(configuration="elsewhere"), in_clinic=False, patient_range_ma=(0.0, 12.0))
    for name in every:
        assert reaches(record, ask(configuration=name), configuration=name)
        assert not reaches(record, home, configuration=name)


def test_at_home_no_configuration_starts_again_from_another() -> None:
    record = history(trial(1, 1, configuration="level-5", amplitude_ma=8.0), trial(2, 5, amplitude_ma=5.0))
    assert reaches(record, amplitude_ma=4.9)
    home = ask(in_clinic=False, patient_range_ma=(0.0, 12.0))
    assert reaches(record, home, amplitude_ma=4.5)
    assert not reaches(record, home, amplitude_ma=4.6)


def test_the_cap_on_charge_holds_in_a_new_configuration_and_on_the_way_down() -> None:
    rule = replace(PROBLEM.titration, charge_ratio=1.05)  # type: ignore[type-var]
    tight = replace(PROBLEM, titration=rule)
    down = history(trial(1, 5, amplitude_ma=5.0))
    for record, configuration in ((NOTHING, "level-5"), (down, "level-4")):
        wide: dict[str, Value] = {"pulse_width_us": 600.0, "configuration": configuration}
        assert reaches(record, problem=tight, amplitude_ma=2.6, **wide)
        assert not reaches(record, problem=tight, amplitude_ma=2.7, **wide)
        assert reaches(record, amplitude_ma=2.7, **wide)


def test_a_bar_in_an_unknown_configuration_stands_beside_none_and_one_in_the_first_beside_its_neighbours() -> (
    None
):
    tolerated = trial(2, 1)
    unknown = history(trial(1, 5, configuration="elsewhere", amplitude_ma=6.0), tolerated)
    assert reaches(unknown, configuration="level-7", amplitude_ma=3.0)
    first = history(trial(1, 5, configuration="level-1", amplitude_ma=2.0), tolerated)
    assert not reaches(first, configuration="level-2", amplitude_ma=0.5)


def test_coming_down_from_a_high_rate_earns_no_credit() -> None:
    fast = ask(frequency_hz=650.0)
    assert reaches(asked=fast, amplitude_ma=5.5)
    assert not reaches(asked=fast, amplitude_ma=5.6)


def test_widths_up_to_twice_and_down_to_half_are_within_reach() -> None:
    for width_us in (150.0, 600.0):
        assert reaches(amplitude_ma=1.0, pulse_width_us=width_us)


def test_a_tolerated_trial_of_another_width_or_rate_reaches_on_its_own() -> None:
    assert not reaches(amplitude_ma=1.0, pulse_width_us=700.0)
    wider = history(trial(1, 1, amplitude_ma=3.0, pulse_width_us=400.0))
    assert reaches(wider, amplitude_ma=1.0, pulse_width_us=700.0)
    assert not reaches(amplitude_ma=4.0, frequency_hz=650.0)
    faster = history(trial(1, 1, amplitude_ma=4.0, frequency_hz=650.0))
    assert reaches(faster, amplitude_ma=4.0, frequency_hz=650.0)


def test_a_step_of_the_device_is_a_step_also_below_its_top() -> None:
    steady = replace(PROBLEM, titration=replace(PROBLEM.titration, step_fraction=1e-6))  # type: ignore[type-var]
    levels = PROBLEM.space.parameter("amplitude_ma").numbers
    narrow: dict[str, Value] = {"pulse_width_us": 20.0}
    below, top = ask(amplitude_ma=levels[-2], **narrow), {"amplitude_ma": levels[-1], **narrow}
    assert reaches(asked=below, problem=steady, **top)
    assert not reaches(asked=ask(amplitude_ma=levels[-3], **narrow), problem=steady, **top)


def test_what_was_refuted_since_is_built_on_no_more_there_and_in_other_configurations() -> None:
    once = trial(1, 1, amplitude_ma=8.0)
    now = ask(amplitude_ma=3.0)
    assert reaches(history(once), now, amplitude_ma=6.0, configuration="level-5")
    refuted = history(once, trial(2, 6, amplitude_ma=5.0))
    assert reaches(refuted, now, amplitude_ma=3.3)
    assert not reaches(refuted, now, amplitude_ma=3.4)
    assert not reaches(refuted, now, amplitude_ma=2.8, configuration="level-5")
    weaker_stands = history(once, trial(2, 1, amplitude_ma=4.5), trial(3, 6, amplitude_ma=5.0))
    assert reaches(weaker_stands, now, amplitude_ma=4.9)
    borne_again = history(once, trial(2, 6, amplitude_ma=5.0), trial(3, 1, amplitude_ma=8.0))
    assert reaches(borne_again, now, amplitude_ma=8.8)


def test_what_was_tolerated_in_one_posture_after_harm_in_another_is_built_on() -> None:
    def built_on(*order: str) -> list[Value]:
        record = history(
            *(
                trial(number, 6, amplitude_ma=5.0, posture=Posture.LYING)
                if which == "lying"
                else trial(number, 1, amplitude_ma=8.0, posture=Posture.STANDING)
                for number, which in enumerate(order, 1)
            )
        )
        found = titration.anchors(PROBLEM, record, ask(amplitude_ma=3.0)).points
        return [point["amplitude_ma"] for point in found]

    assert built_on("lying", "standing") == [8.0, 3.0]
    assert built_on("standing", "lying") == [3.0]
