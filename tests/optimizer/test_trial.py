"""Facts: times with a zone, kept in UTC; nothing ends before it starts."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from optimizer.errors import TrialOrderError
from optimizer.trial import Applied, Measure, Report, Review, ReviewSubject, Trial, utc

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
