from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from optimizer.history import applied
from optimizer.problem import stimulation_problem
from optimizer.space.device import load_device
from optimizer.trial import Measure, Posture, Recall, Report, Trial
from service.outcomes import report_flags

NOW = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
PROBLEM = stimulation_problem(load_device("scs-tonic"))
START = {"amplitude_ma": 4.5, "pulse_width_us": 300.0, "frequency_hz": 40.0, "configuration": "level-4"}
TRIAL = Trial(
    id="t", applied=applied(PROBLEM, START), occurred_at=NOW - 20 * HOUR, recorded_at=NOW, ended_at=NOW
)
PAIN = Report(id="r", trial_id="t", measure=Measure.PAIN, value=4.0, occurred_at=NOW, recorded_at=NOW)


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        (0, []),
        (-20, []),
        (-21, ["before_trial"]),
        (1, ["after_trial", "in_the_future"]),
    ],
)
def test_a_rating_outside_its_trial_or_of_a_time_to_come_is_flagged(hours: int, expected: list[str]) -> None:
    assert report_flags.of_report(replace(PAIN, occurred_at=NOW + hours * HOUR), TRIAL, NOW) == expected
    assert report_flags.of_report(PAIN, None, NOW) == ["trial_taken_back"]


@pytest.mark.parametrize(
    ("recall", "began_hours_ago", "flagged"),
    [
        (Recall.NOW, 0, False),
        (Recall.TODAY, 17, True),  # midnight in Berlin was 19 hours ago
        (Recall.TODAY, 19, False),
        (Recall.LAST_24_H, 23, True),
        (Recall.LAST_24_H, 24, False),
        (Recall.LAST_7_DAYS, 7 * 24 - 1, True),
        (Recall.LAST_7_DAYS, 7 * 24, False),
    ],
)
def test_a_rating_that_looks_back_on_what_was_before_its_trial_is_flagged(
    recall: Recall, began_hours_ago: int, flagged: bool
) -> None:
    trial = replace(TRIAL, occurred_at=NOW - began_hours_ago * HOUR)
    report = replace(PAIN, recall=recall, zone="Europe/Berlin")
    assert report_flags.of_report(report, trial, NOW) == ["recall_before_trial"] * flagged


def test_the_day_of_a_rating_begins_at_midnight_where_the_patient_is() -> None:
    today = replace(PAIN, recall=Recall.TODAY)
    for zone, hour in (("UTC", 0), ("Europe/Berlin", -1), ("Asia/Tokyo", 15), ("America/New_York", 5)):
        began = report_flags.recalled_from(replace(today, zone=zone))
        assert began == datetime(2026, 11, 21, tzinfo=UTC) + hour * HOUR, zone


@pytest.mark.parametrize(
    ("zone", "offset_hours", "flagged"),
    [
        ("Europe/Berlin", 1, False),
        ("Europe/Berlin", 2, True),  # winter
        ("America/New_York", 1, True),
        ("UTC", 1, True),
        ("Europe/Berlin", 0, False),  # sent in UTC
        ("no/where", 1, False),
    ],
)
def test_a_time_with_another_offset_than_its_zone_had_then_is_flagged(
    zone: str, offset_hours: int, flagged: bool
) -> None:
    at = NOW.astimezone(timezone(offset_hours * HOUR))
    assert report_flags.of_zone(zone, [None, NOW, at]) == ["zone_mismatch"] * flagged


def test_summer_time_is_held_against_the_day_itself() -> None:
    summer = datetime(2026, 7, 1, 12, tzinfo=timezone(2 * HOUR))
    assert report_flags.of_zone("Europe/Berlin", [summer]) == []


def test_the_same_said_again_is_a_repeat_and_anything_else_is_not() -> None:
    known = {report_flags.said(PAIN)}
    assert report_flags.of_repeat(replace(PAIN, id="other", recorded_at=NOW + HOUR), known) == ["repeats"]
    others = [
        replace(PAIN, value=5.0),
        replace(PAIN, trial_id="u"),
        replace(PAIN, kind="leg"),
        replace(PAIN, posture=Posture.LYING),
        replace(PAIN, occurred_at=NOW - HOUR),
        replace(PAIN, amends="r"),
    ]
    assert [report_flags.of_repeat(other, known) for other in others] == [[]] * len(others)


def test_only_harm_that_was_told_has_a_kind_nobody_declared() -> None:
    harm = replace(PAIN, measure=Measure.SIDE_EFFECT, kind="paralysis")
    assert report_flags.of_kind(PROBLEM, harm) == ["undeclared_kind"]
    for other in (PAIN, replace(harm, kind="discomfort"), replace(harm, value=None, amends="r")):
        assert report_flags.of_kind(PROBLEM, other) == []
