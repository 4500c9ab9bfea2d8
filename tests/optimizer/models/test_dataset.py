"""A history becomes tensors without inventing anything."""

import math
from dataclasses import replace
from datetime import timedelta

import pytest
import torch

from optimizer.history import EPOCH, History, applied, history_from_rows
from optimizer.models.dataset import DAY_LENGTHS, dataset_of, points_of
from optimizer.outcomes.objective import Objective
from optimizer.trial import Measure, Report, Rung, RungOutcome, Trial, TrialKind
from tests.optimizer.models.courses import ROWS, START, indices, tonic


def report(identifier: str, value: float, measure: Measure = Measure.PAIN, kind: str = "") -> Report:
    return Report(
        id=identifier,
        trial_id="t",
        measure=measure,
        kind=kind,
        value=value,
        occurred_at=EPOCH,
        recorded_at=EPOCH,
    )


def trial(**fields: object) -> Trial:
    problem = tonic()
    return Trial(id="t", applied=applied(problem, START), occurred_at=EPOCH, recorded_at=EPOCH, **fields)  # type: ignore[arg-type]


def test_several_ratings_of_a_trial_become_their_mean_and_count() -> None:
    dataset = dataset_of(tonic(), History().add(trial(), report("a", 4.0), report("b", 7.0)))
    assert dataset.relief.tolist() == [-5.5]
    assert dataset.n_reports.tolist() == [2.0]
    assert dataset.report_ids == (("a", "b"),)


def test_two_pain_sites_are_one_weighted_rating_and_not_two() -> None:
    problem = replace(tonic(), objective=Objective(sites={"back": 3.0, "leg": 1.0}))
    told = (report("a", 8.0, kind="back"), report("b", 4.0, kind="leg"))
    dataset = dataset_of(problem, History().add(trial(), *told))
    assert dataset.relief.tolist() == [-7.0]
    assert dataset.n_reports.tolist() == [1.0]
    assert len(dataset_of(problem, History().add(trial(), told[0])).relief) == 0


def test_a_trial_without_a_rating_is_missing_and_not_zero() -> None:
    dataset = dataset_of(tonic(), History().add(trial(), report("a", 2.0, Measure.SIDE_EFFECT, "discomfort")))
    assert len(dataset.relief) == 0
    assert dataset.grade.tolist() == [2.0]


def test_stimulation_off_counts_with_zero_current_and_grades_no_settings() -> None:
    history = History().add(
        trial(kind=TrialKind.STIMULATION_OFF),
        report("a", 8.0),
        report("b", 3.0, Measure.SIDE_EFFECT, "discomfort"),
    )
    dataset = dataset_of(tonic(), history)
    assert dataset.points.amplitude_ma.tolist() == [0.0]
    assert len(dataset.grade) == 0


def test_five_kinds_reported_at_once_are_one_grade_the_worst() -> None:
    history = History().add(
        trial(),
        report("a", 1.0, Measure.SIDE_EFFECT, "discomfort"),
        report("b", 3.0, Measure.SIDE_EFFECT, "rib_sensation"),
    )
    assert dataset_of(tonic(), history).grade.tolist() == [3.0]


def test_side_effects_that_do_not_grow_with_intensity_teach_nothing_about_it() -> None:
    history = History().add(trial(), report("a", 3.0, Measure.SIDE_EFFECT, "hoarseness"))
    assert len(dataset_of(tonic(), history).grade) == 0


def test_a_ramp_gives_the_thresholds_it_met_at_the_settings_it_led_to() -> None:
    ramp = (
        Rung(amplitude_ma=3.0, outcome=RungOutcome.TOLERATED),
        Rung(amplitude_ma=3.5, outcome=RungOutcome.PERCEPTION),
        Rung(amplitude_ma=4.5, outcome=RungOutcome.TOLERATED),
        Rung(amplitude_ma=5.0, outcome=RungOutcome.DISCOMFORT),
    )
    second = replace(trial(ramp=ramp), id="u", occurred_at=EPOCH + timedelta(hours=1))
    dataset = dataset_of(tonic(), History().add(trial(), second))
    assert dataset.rungs.amplitude_ma.tolist() == [3.5, 5.0]
    assert dataset.rungs.pulse_width_us.tolist() == [START["pulse_width_us"]] * 2
    assert dataset.thresholds.felt.tolist() == [1.0, 0.0]
    assert dataset.thresholds.trial.tolist() == [1, 1]
    assert len(dataset.until(1).thresholds) == len(dataset.until(1).rungs) == 0


def test_a_setting_a_remote_left_off_the_grid_counts_with_its_raw_values() -> None:
    problem = tonic()
    off_grid = Trial(
        id="t",
        applied=applied(problem, {**START, "amplitude_ma": 5.037}),
        occurred_at=EPOCH,
        recorded_at=EPOCH,
    )
    dataset = dataset_of(problem, History().add(off_grid, report("a", 4.0)))
    assert dataset.points.amplitude_ma.tolist() == [5.037]


def test_ratings_of_trials_far_apart_share_less_of_their_days() -> None:
    rows = [{**row, "at": EPOCH + timedelta(days=3 * number)} for number, row in enumerate(ROWS)]
    alike = dataset_of(tonic(), history_from_rows(tonic(), rows)).alike
    assert bool((alike[:, 0, 1:].diff(dim=1) < 0).all())
    assert float(alike[0, 0, 1]) == pytest.approx(math.exp(-3.0 / float(DAY_LENGTHS[0])))


def test_points_of_grid_points_carry_their_physical_values() -> None:
    problem = tonic()
    points = points_of(problem, indices(problem, START))
    assert torch.stack([points.amplitude_ma, points.pulse_width_us, points.frequency_hz])[:, 0].tolist() == [
        5.0,
        300.0,
        40.0,
    ]
    assert points.configuration.tolist() == [2]


def test_what_the_first_trials_say_is_read_without_what_the_later_say() -> None:
    problem = tonic()
    whole = dataset_of(problem, history_from_rows(problem, ROWS))
    for count in range(1, len(ROWS)):
        alone, part = dataset_of(problem, history_from_rows(problem, ROWS[:count])), whole.until(count)
        assert part.n_trials == count
        assert torch.equal(part.relief, alone.relief)
        assert torch.equal(part.alike, alone.alike)
        assert torch.equal(part.grade, alone.grade)
        assert torch.equal(part.points.amplitude_ma, alone.points.amplitude_ma)


def test_a_course_is_spelled_like_a_longer_one_that_begins_with_it() -> None:
    problem = tonic()
    short, long = (dataset_of(problem, history_from_rows(problem, rows)) for rows in (ROWS[:3], ROWS))
    ends = range(1, len(ROWS) + 1)
    assert list(short.spelled(ends[:3])) == list(long.spelled(ends))[:3]
    other = [{**ROWS[0], "discomfort": 3}, *ROWS[1:]]
    spelled = list(dataset_of(problem, history_from_rows(problem, other)).spelled(ends))
    assert [one == two for one, two in zip(spelled, long.spelled(ends), strict=True)] == [False] + [True] * (
        len(ROWS) - 1
    )
