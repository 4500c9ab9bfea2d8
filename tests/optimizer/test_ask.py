"""A question is whole before it is asked."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from optimizer import canonical
from optimizer.ask import Ask
from optimizer.errors import ProblemDefinitionError, TrialOrderError
from optimizer.trial import Applied

AT = datetime(2025, 3, 1, 9, 0, tzinfo=UTC)
HERE = Applied(values={"amplitude_ma": 5.0})


def test_the_time_is_kept_in_utc_and_needs_a_zone() -> None:
    there = datetime(2025, 3, 1, 11, 0, tzinfo=timezone(timedelta(hours=2)))
    assert Ask(at=there, in_force=HERE).at == AT
    assert canonical.digest(Ask(at=there, in_force=HERE)) == canonical.digest(Ask(at=AT, in_force=HERE))
    with pytest.raises(TrialOrderError, match=r"ask\.at"):
        Ask(at=datetime(2025, 3, 1), in_force=HERE)  # noqa: DTZ001 - what is refused


@pytest.mark.parametrize("q", [0, -1])
def test_at_least_one_setting_is_asked_for(q: int) -> None:
    with pytest.raises(ProblemDefinitionError, match=r"ask\.q"):
        Ask(at=AT, in_force=HERE, q=q)


@pytest.mark.parametrize("span", [(2.0, 1.0), (float("nan"), 1.0), (0.0, float("nan"))])
def test_the_patient_s_range_ascends(span: tuple[float, float]) -> None:
    with pytest.raises(ProblemDefinitionError, match=r"ask\.patient_range_ma"):
        Ask(at=AT, in_force=HERE, patient_range_ma=span)
    assert Ask(at=AT, in_force=HERE, patient_range_ma=(1.0, 1.0)).patient_range_ma == (1.0, 1.0)
