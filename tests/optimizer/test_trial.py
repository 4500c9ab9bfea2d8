"""Facts: times with a zone, kept in UTC; nothing ends before it starts."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from optimizer.errors import OffGridError, OutcomeScaleError, TrialOrderError
from optimizer.trial import (
    Applied,
    Measure,
    Report,
    Review,
    ReviewSubject,
    Rung,
    RungOutcome,
    Trial,
    amendment_chain,
    utc,
)

AT = datetime(2025, 3, 1, 9, 0, tzinfo=UTC)
NAIVE = datetime(2025, 3, 1, 9, 0)  # noqa: DTZ001 - a time without a zone is what is refused
BERLIN = timezone(timedelta(hours=1))


def trial(**fields: object) -> Trial:
    given = {"id": "t", "applied": Applied(values={}), "occurred_at": AT, "recorded_at": AT, **fields}
    return Trial(**given)  # type: ignore[arg-type]


def report(**fields: object) -> Report:
    given = {
        "id": "r",
        "trial_id": "t",
        "measure": Measure.PAIN,
        "value": 5.0,
        "occurred_at": AT,
        "recorded_at": AT,
        **fields,
    }
    return Report(**given)  # type: ignore[arg-type]


def test_times_are_kept_in_utc() -> None:
    local = datetime(2025, 3, 1, 10, 0, tzinfo=BERLIN)
    assert utc(local, "x") == AT
    assert trial(occurred_at=local).occurred_at.tzinfo is UTC
    assert trial(occurred_at=local) == trial()
    assert trial(ended_at=local).ended_at == AT


@pytest.mark.parametrize("field", ["occurred_at", "recorded_at"])
def test_a_time_without_a_zone_is_refused_wherever_it_stands(field: str) -> None:
    for build in (trial, report):
        with pytest.raises(TrialOrderError, match=f"{field}: has no time zone"):
            build(**{field: NAIVE})
    given = {"occurred_at": AT, "recorded_at": AT, field: NAIVE}
    with pytest.raises(TrialOrderError, match=f"review.{field}"):
        Review(id="v", subject=ReviewSubject.HOLD, subject_id="r", reason="seen", **given)


def test_a_trial_does_not_end_before_it_begins() -> None:
    assert trial(ended_at=AT).ended_at == AT
    with pytest.raises(TrialOrderError, match="before the trial began"):
        trial(ended_at=AT - timedelta(seconds=1))
    with pytest.raises(TrialOrderError, match="time zone"):
        trial(ended_at=NAIVE)


def test_only_an_amendment_may_be_empty() -> None:
    with pytest.raises(TrialOrderError, match="amends nothing"):
        report(value=None)
    assert report(value=None, amends="other").value is None


@pytest.mark.parametrize(("year", "hours"), [(1, 14), (9999, -12)])
def test_a_time_that_is_no_date_in_utc_is_refused(year: int, hours: int) -> None:
    zone = timezone(timedelta(hours=hours))
    edge = datetime(1, 1, 1, 1, tzinfo=zone) if year == 1 else datetime(9999, 12, 31, 23, tzinfo=zone)
    with pytest.raises(TrialOrderError, match="x: lies outside the calendar"):
        utc(edge, "x")
    assert utc(edge.replace(tzinfo=UTC), "x") == edge.replace(tzinfo=UTC)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_a_number_that_is_none_is_refused_in_a_report_and_in_a_ramp(value: float) -> None:
    with pytest.raises(OutcomeScaleError, match=r"report\.value"):
        report(value=value)
    with pytest.raises(OffGridError, match=r"rung\.amplitude_ma"):
        Rung(amplitude_ma=value, outcome=RungOutcome.TOLERATED)


def test_a_ramp_does_not_go_below_zero() -> None:
    assert Rung(amplitude_ma=0.0, outcome=RungOutcome.TOLERATED).amplitude_ma == 0.0
    with pytest.raises(OffGridError, match=r"rung\.amplitude_ma"):
        Rung(amplitude_ma=-0.1, outcome=RungOutcome.TOLERATED)


def test_a_chain_of_amendments_goes_back_to_the_first_report_and_ends_where_it_closes() -> None:
    amends = {"a": None, "b": "a", "c": "b", "x": "y", "y": "x"}
    assert amendment_chain("c", amends) == ("c", "b", "a")
    assert amendment_chain("a", amends) == ("a",)
    assert amendment_chain("x", amends) == ("x", "y")


def test_an_end_is_known_from_when_it_came() -> None:
    ended = trial(ended_at=AT + timedelta(hours=1))
    assert ended.as_of(AT).ended_at is None
    assert ended.as_of(AT + timedelta(hours=1)) is ended
