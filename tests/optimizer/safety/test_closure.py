"""What a severe report closes, by hand."""

from dataclasses import replace

import numpy as np
import pytest

from optimizer.history import History, applied
from optimizer.problem import Problem
from optimizer.safety import closure
from optimizer.safety.closure import Closure
from optimizer.space.configuration import CASE, Configuration, Contact
from optimizer.space.parameter import CONFIGURATION, Value, categorical, uniform
from optimizer.space.search_space import SearchSpace
from optimizer.trial import Amended, Measure, Report, ReviewSubject, RungOutcome
from tests.strategies.scs import HERE, PROBLEM, day, history, review, row, trial

SEVERE = history(trial(1, 8))


def is_open(record: History = SEVERE, problem: Problem = PROBLEM, **changes: Value) -> bool:
    closed = closure.closures(problem, record)
    return bool(closure.open_to(problem, closed, row(problem, **changes))[0])


def test_a_severe_report_closes_all_that_is_not_strictly_weaker() -> None:
    assert is_open(amplitude_ma=4.9)
    assert not is_open(amplitude_ma=5.0)
    assert not is_open(amplitude_ma=5.1)


def test_weaker_means_weaker_at_every_chronaxie_from_150_to_450_us() -> None:
    at_400 = 5.0 * (1 + 450 / 400) / (1 + 450 / 300)
    at_200 = 5.0 * (1 + 150 / 200) / (1 + 150 / 300)
    for width_us, limit_ma in ((400.0, at_400), (200.0, at_200)):
        below, above = np.floor(limit_ma * 10 - 1e-9) / 10, np.ceil(limit_ma * 10) / 10
        assert is_open(amplitude_ma=float(below), pulse_width_us=width_us)
        assert not is_open(amplitude_ma=float(above), pulse_width_us=width_us)


def test_a_lower_rate_earns_no_credit() -> None:
    assert not is_open(amplitude_ma=5.0, frequency_hz=10.0)
    assert is_open(amplitude_ma=4.9, frequency_hz=10.0)


def test_a_higher_rate_is_closed_at_any_current() -> None:
    assert not is_open(amplitude_ma=0.1, frequency_hz=45.0)


def test_a_higher_rate_is_closed_also_where_the_device_file_knows_of_no_dependence() -> None:
    flat = replace(PROBLEM, excitability=replace(PROBLEM.excitability, rate_corner_hz=None))
    assert not is_open(problem=flat, amplitude_ma=0.1, frequency_hz=45.0)


def test_thresholds_measured_at_both_rates_open_a_higher_one_in_their_ratio() -> None:
    slow = trial(2, ramp=((4.0, RungOutcome.PERCEPTION),))
    fast = trial(3, ramp=((2.0, RungOutcome.PERCEPTION),), frequency_hz=400.0)
    both = history(trial(1, 8), slow, fast)
    assert is_open(both, amplitude_ma=2.4, frequency_hz=400.0)
    assert not is_open(both, amplitude_ma=2.5, frequency_hz=400.0)
    assert not is_open(both, amplitude_ma=0.1, frequency_hz=300.0)
    assert not is_open(history(trial(1, 8), fast), amplitude_ma=0.1, frequency_hz=400.0)
    elsewhere = trial(3, ramp=((2.0, RungOutcome.PERCEPTION),), frequency_hz=400.0, configuration="level-1")
    assert not is_open(history(trial(1, 8), slow, elsewhere), amplitude_ma=0.1, frequency_hz=400.0)
    wider = trial(3, ramp=((2.0, RungOutcome.PERCEPTION),), frequency_hz=400.0, pulse_width_us=400.0)
    assert not is_open(history(trial(1, 8), slow, wider), amplitude_ma=0.1, frequency_hz=400.0)


def test_a_measured_threshold_that_is_higher_at_the_higher_rate_earns_no_credit() -> None:
    odd = history(
        trial(1, 8),
        trial(2, ramp=((2.0, RungOutcome.PERCEPTION),)),
        trial(3, ramp=((4.0, RungOutcome.PERCEPTION),), frequency_hz=400.0),
    )
    assert is_open(odd, amplitude_ma=4.9, frequency_hz=400.0)
    assert not is_open(odd, amplitude_ma=5.0, frequency_hz=400.0)


def test_neighbouring_configurations_restart_at_half_and_others_are_open() -> None:
    for neighbour in ("level-3", "level-5"):
        assert is_open(configuration=neighbour, amplitude_ma=2.5)
        assert not is_open(configuration=neighbour, amplitude_ma=2.6)
    assert is_open(configuration="level-6", amplitude_ma=12.0)


@pytest.mark.parametrize(
    ("kind", "grade", "closes"),
    [("discomfort", 6, False), ("discomfort", 7, True), ("weakness", 1, True), ("weakness", 0, False)],
)
def test_seven_and_more_or_any_hard_stop_closes(kind: str, grade: float, closes: bool) -> None:
    assert is_open(history(trial(1, grade, kind=kind)), amplitude_ma=5.0) is not closes


def test_a_severe_report_at_no_current_closes_its_configuration_and_its_neighbours() -> None:
    off = history(trial(1, 8, amplitude_ma=0.0))
    for configuration in ("level-3", "level-4", "level-5"):
        assert not is_open(off, configuration=configuration, amplitude_ma=0.1)
    assert is_open(off, configuration="level-6", amplitude_ma=5.0)


@pytest.mark.parametrize(
    "unknown",
    [
        {"amplitude_ma": float("nan")},
        {"amplitude_ma": None},
        {"amplitude_ma": -1.0},
        {"amplitude_ma": float("inf")},
        {"pulse_width_us": 0.0},
        {"pulse_width_us": None},
        {"frequency_hz": None},
    ],
)
def test_severe_settings_of_unknown_strength_close_all_that_is_near(unknown: dict[str, Value]) -> None:
    record = history(trial(1, 8, **unknown))
    assert not is_open(record, amplitude_ma=0.1)
    assert not is_open(record, amplitude_ma=0.1, configuration="level-5")
    assert is_open(record, amplitude_ma=0.1, configuration="level-7")


def test_a_severe_report_in_an_unknown_configuration_closes_that_strength_everywhere() -> None:
    record = history(trial(1, 8, configuration="elsewhere"))
    for configuration in ("level-1", "level-4", "level-8"):
        assert not is_open(record, amplitude_ma=5.0, configuration=configuration)
        assert is_open(record, amplitude_ma=4.9, configuration=configuration)


def test_severe_settings_off_the_grid_close_as_they_were() -> None:
    record = history(trial(1, 8, amplitude_ma=5.03))
    assert is_open(record, amplitude_ma=5.0)
    assert not is_open(record, amplitude_ma=5.1)


def test_a_closure_grows_only() -> None:
    points = PROBLEM.space.draw(np.random.default_rng(0), 3000)
    one = closure.open_to(PROBLEM, closure.closures(PROBLEM, SEVERE), points)
    more = SEVERE.add(*trial(2, 9, configuration="level-7"), *trial(3, 0), *trial(4, 0, amplitude_ma=6.0))
    both = closure.open_to(PROBLEM, closure.closures(PROBLEM, more), points)
    assert not (both & ~one).any()
    assert (one & ~both).any()


@pytest.mark.parametrize("value", [None, 2.0])
def test_an_amendment_or_a_retraction_opens_nothing(value: float | None) -> None:
    amendment = Report(
        id="later",
        trial_id="t1",
        measure=Measure.SIDE_EFFECT,
        kind="discomfort",
        value=value,
        occurred_at=day(1),
        recorded_at=day(2),
        amends="g1-0",
    )
    assert not is_open(SEVERE.add(amendment), amplitude_ma=5.0)


def test_only_a_review_of_that_closure_releases_it() -> None:
    assert is_open(SEVERE.add(review("g1-0")), amplitude_ma=5.0)
    for other in (
        review("g1-0", ReviewSubject.ADVERSE_EVENT),
        review("g1-0", ReviewSubject.HOLD),
        review("t1"),
    ):
        assert not is_open(SEVERE.add(other), amplitude_ma=5.0)


def test_a_problem_without_physics_closes_the_whole_configuration() -> None:
    plain = replace(PROBLEM, titration=None)
    assert not is_open(problem=plain, amplitude_ma=0.1)
    assert is_open(problem=plain, amplitude_ma=0.1, configuration="level-8")


def test_a_problem_without_tolerability_closes_nothing() -> None:
    assert closure.closures(replace(PROBLEM, tolerability=None), SEVERE) == ()
    assert closure.open_to(PROBLEM, (), row(**HERE)).all()


def corrected(record: History, number: int = 1, on: float = 10, **changes: Value) -> History:
    """Correct a trial of a record: settings, or its ramp by the one of another trial."""
    before = next(entry for entry in record.trials if entry.id == f"t{number}")
    ramp = changes.pop("ramp", before.ramp)
    settings = applied(PROBLEM, {**before.applied.values, **changes})
    now = replace(before, applied=settings, ramp=ramp, recorded_at=day(on))  # type: ignore[arg-type]
    return replace(
        record,
        trials=tuple(now if entry is before else entry for entry in record.trials),
        amended=(*record.past, Amended(trial=before, until=day(on))),
    )


def test_a_correction_closes_what_the_trial_really_was_and_reopens_nothing() -> None:
    lower, higher = corrected(SEVERE, amplitude_ma=4.0), corrected(SEVERE, amplitude_ma=6.0)
    assert [is_open(lower, amplitude_ma=ma) for ma in (3.9, 4.0, 5.0)] == [True, False, False]
    assert [is_open(higher, amplitude_ma=ma) for ma in (4.9, 5.0, 6.0)] == [True, False, False]
    moved = corrected(SEVERE, configuration="level-7")
    assert not is_open(moved, amplitude_ma=5.0)
    assert not is_open(moved, amplitude_ma=5.0, configuration="level-7")


def test_a_severe_report_of_a_trial_that_was_taken_back_still_closes() -> None:
    gone = replace(SEVERE, trials=(), amended=(Amended(trial=SEVERE.trials[0], until=day(10)),))
    assert not is_open(gone, amplitude_ma=5.0)
    assert is_open(gone.add(review("g1-0")), amplitude_ma=5.0)


def test_a_release_given_before_a_correction_does_not_cover_what_it_brought_to_light() -> None:
    released = SEVERE.add(review("g1-0"))
    assert is_open(released, amplitude_ma=5.0)
    lower = corrected(released, on=30, amplitude_ma=4.0)
    assert [is_open(lower, amplitude_ma=ma) for ma in (3.9, 4.0, 5.0)] == [True, False, False]
    assert is_open(lower.add(replace(review("g1-0"), id="again", recorded_at=day(31))), amplitude_ma=5.0)


def test_a_corrected_ramp_opens_no_rate_that_was_closed() -> None:
    met = {ma: trial(9, ramp=((ma, RungOutcome.PERCEPTION),))[0].ramp for ma in (1.0, 2.0, 3.0)}  # type: ignore[union-attr]
    slow = trial(2, ramp=((4.0, RungOutcome.PERCEPTION),))
    forgotten = history(trial(1, 8), slow, trial(3, frequency_hz=400.0))
    assert not is_open(corrected(forgotten, 3, ramp=met[2.0]), amplitude_ma=0.1, frequency_hz=400.0)
    measured = history(trial(1, 8), slow, trial(3, ramp=((2.0, RungOutcome.PERCEPTION),), frequency_hz=400.0))
    assert is_open(measured, amplitude_ma=2.4, frequency_hz=400.0)
    higher, lower = (corrected(measured, 3, ramp=met[ma]) for ma in (3.0, 1.0))
    assert is_open(higher, amplitude_ma=2.4, frequency_hz=400.0)
    assert not is_open(higher, amplitude_ma=2.5, frequency_hz=400.0)
    assert not is_open(lower, amplitude_ma=1.3, frequency_hz=400.0)


def test_a_review_told_in_one_breath_with_trial_and_report_releases_them() -> None:
    at_once = replace(review("g1-0"), occurred_at=day(1), recorded_at=day(1))
    assert is_open(SEVERE.add(at_once), amplitude_ma=5.0)


def test_a_review_recorded_at_the_instant_of_a_correction_does_not_cover_it() -> None:
    told = SEVERE.add(replace(review("g1-0"), occurred_at=day(9), recorded_at=day(10)))
    lower = corrected(told, on=10, amplitude_ma=4.0)
    assert [is_open(lower, amplitude_ma=ma) for ma in (3.9, 4.0)] == [True, False]


def test_every_severe_report_closes_also_after_one_of_unknown_strength() -> None:
    both = history(trial(1, 8, configuration="level-1", pulse_width_us=0.0), trial(2, 8))
    assert not is_open(both, amplitude_ma=5.0)
    assert not is_open(both, amplitude_ma=0.1, configuration="level-1")


def test_several_thresholds_at_the_severe_rate_change_nothing_at_that_rate() -> None:
    met = ((2.0, RungOutcome.PERCEPTION), (4.0, RungOutcome.PERCEPTION))
    record = history(trial(1, 8), trial(2, ramp=met))
    assert [is_open(record, amplitude_ma=ma) for ma in (4.9, 5.0)] == [True, False]


def test_after_harm_at_no_current_not_even_none_is_strictly_weaker() -> None:
    off = history(trial(1, 8, amplitude_ma=0.0))
    for configuration in ("level-3", "level-4", "level-5"):
        assert not is_open(off, configuration=configuration, amplitude_ma=0.0)


SLOW = trial(2, ramp=((4.0, RungOutcome.PERCEPTION),))
FAST = {"frequency_hz": 400.0}


def fast(*ramp: tuple[float, RungOutcome], **changes: Value) -> tuple[object, ...]:
    return trial(9, ramp=ramp, **{**FAST, **changes})


def opened(*facts: object) -> list[bool]:
    """Say which of two currents are open at a rate ten times the severe one, measured at half the threshold."""
    record = history(trial(1, 8), *facts)  # type: ignore[arg-type]
    return [is_open(record, amplitude_ma=ma, **FAST) for ma in (2.4, 2.5)]


def test_of_several_thresholds_the_ones_that_allow_least_count() -> None:
    lower = fast((2.0, RungOutcome.PERCEPTION))
    assert opened(SLOW, lower) == [True, False]
    higher_there = trial(3, ramp=((5.0, RungOutcome.PERCEPTION),))
    assert opened(SLOW, higher_there, lower) == [False, False]
    lower_here = trial(3, ramp=((1.0, RungOutcome.PERCEPTION),), **FAST)
    assert opened(SLOW, lower, lower_here) == [False, False]


def test_only_a_perception_at_some_current_is_a_threshold() -> None:
    for rung in ((1.0, RungOutcome.TOLERATED), (1.0, RungOutcome.DISCOMFORT), (0.0, RungOutcome.PERCEPTION)):
        assert opened(SLOW, fast(rung, (2.0, RungOutcome.PERCEPTION))) == [True, False]
        assert opened(SLOW, fast(rung)) == [False, False]


@pytest.mark.parametrize(
    "odd", [{"pulse_width_us": None}, {"frequency_hz": None}, {"configuration": "level-1"}]
)
def test_a_ramp_that_cannot_be_compared_hides_none_that_can(odd: dict[str, Value]) -> None:
    before = trial(2, ramp=((9.0, RungOutcome.PERCEPTION),), **odd)
    slow = trial(3, ramp=((4.0, RungOutcome.PERCEPTION),))
    assert opened(before, slow, fast((2.0, RungOutcome.PERCEPTION))) == [True, False]


def test_harm_in_the_first_configuration_of_the_device_is_harm_in_that_one() -> None:
    first = history(trial(1, 8, configuration="level-1"))
    assert not is_open(first, configuration="level-1", amplitude_ma=5.0)
    assert is_open(first, configuration="level-8", amplitude_ma=12.0)


def test_neighbours_are_all_within_one_and_a_half_times_the_nearest_however_near_that_is() -> None:
    places = (0.0, 0.5, 0.75, 1.25)
    lead = SearchSpace(
        parameters=(
            uniform("amplitude_ma", "mA", 0.0, 10.0, 0.5),
            categorical(CONFIGURATION, [f"at-{mm}" for mm in places]),
        ),
        contacts=tuple(Contact(name=f"E{mm}", position_mm=mm) for mm in places),
        configurations=tuple(
            Configuration(name=f"at-{mm}", shares={f"E{mm}": -1.0, CASE: 1.0}) for mm in places
        ),
    )
    problem = replace(PROBLEM, space=lead, envelope=type(PROBLEM.envelope)())
    harm = Closure(report_id="r", trial_id="t", values={"amplitude_ma": 4.0, CONFIGURATION: "at-0.0"})
    rows = [lead.settings({"amplitude_ma": 3.0, CONFIGURATION: f"at-{mm}"}).indices for mm in places]
    assert closure.open_to(problem, (harm,), np.array(rows)).tolist() == [True, False, False, True]


def test_a_device_without_configurations_has_one() -> None:
    only = SearchSpace(parameters=(uniform("amplitude_ma", "mA", 0.0, 10.0, 0.5),))
    plain = replace(PROBLEM, space=only, envelope=type(PROBLEM.envelope)())
    harm = Closure(report_id="r", trial_id="t", values={"amplitude_ma": 4.0})
    weak, strong = (only.settings({"amplitude_ma": ma}).indices for ma in (3.5, 4.0))
    assert closure.open_to(plain, (harm,), np.array([weak, strong])).tolist() == [True, False]
