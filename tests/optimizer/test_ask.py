"""A question is whole before it is asked."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pandas as pd
import pytest

from optimizer import canonical
from optimizer.ask import Ask, check_ask
from optimizer.errors import (
    OffGridError,
    OptimizerError,
    ProblemDefinitionError,
    TrialOrderError,
    UnknownParameterError,
)
from optimizer.history import applied
from optimizer.trial import Applied
from tests.strategies.scs import HERE as SETTINGS
from tests.strategies.scs import PROBLEM

AT = datetime(2025, 3, 1, 9, 0, tzinfo=UTC)
HERE = Applied(values={"amplitude_ma": 5.0})


def test_the_time_is_kept_in_utc_and_needs_a_zone() -> None:
    there = datetime(2025, 3, 1, 11, 0, tzinfo=timezone(timedelta(hours=2)))
    assert Ask(at=there, in_force=HERE).at == AT
    assert canonical.digest(Ask(at=there, in_force=HERE)) == canonical.digest(Ask(at=AT, in_force=HERE))
    with pytest.raises(TrialOrderError, match=r"ask\.at"):
        Ask(at=datetime(2025, 3, 1), in_force=HERE)  # noqa: DTZ001 - what is refused


def test_a_time_of_pandas_is_kept_as_a_plain_one() -> None:
    ask = Ask(at=pd.Timestamp("2025-03-01T10:00", tz="Europe/Paris"), in_force=HERE)
    assert (type(ask.at), ask.at) == (datetime, AT)
    assert canonical.digest(ask) == canonical.digest(Ask(at=AT, in_force=HERE))


def test_what_is_no_time_or_no_applied_settings_is_refused_by_field() -> None:
    with pytest.raises(TrialOrderError, match=r"ask\.at: is no time"):
        Ask(at="2025-03-01T09:00:00Z", in_force=HERE)  # type: ignore[arg-type]
    with pytest.raises(ProblemDefinitionError, match=r"ask\.in_force: .*applied\(problem, values\)"):
        Ask(at=AT, in_force=SETTINGS)  # type: ignore[arg-type]


@pytest.mark.parametrize("q", [0, -1, 21, 10**9])
def test_a_plan_has_one_step_at_least_and_no_more_than_a_session_holds(q: int) -> None:
    with pytest.raises(ProblemDefinitionError, match=r"ask\.q"):
        Ask(at=AT, in_force=HERE, q=q)


@pytest.mark.parametrize("year", [1, 9999])
def test_an_ask_at_the_edge_of_the_calendar_leaves_no_room_for_its_answer(year: int) -> None:
    with pytest.raises(TrialOrderError, match=r"ask\.at"):
        Ask(at=AT.replace(year=year), in_force=HERE)


@pytest.mark.parametrize("span", [(2.0, 1.0), (float("nan"), 1.0), (0.0, float("nan")), (0.0, float("inf"))])
def test_the_patient_s_range_ascends(span: tuple[float, float]) -> None:
    with pytest.raises(ProblemDefinitionError, match=r"ask\.patient_range_ma"):
        Ask(at=AT, in_force=HERE, patient_range_ma=span)
    assert Ask(at=AT, in_force=HERE, patient_range_ma=(1.0, 1.0)).patient_range_ma == (1.0, 1.0)


ON = applied(PROBLEM, SETTINGS)
assert ON.settings is not None


@pytest.mark.parametrize(
    ("malformed", "error", "field"),
    [
        ({"exclude": ((1, 2),)}, ProblemDefinitionError, "ask.exclude"),
        ({"exclude": ((1, 2, 3, 4, 5),)}, ProblemDefinitionError, "ask.exclude"),
        ({"exclude": ((1, 2, 3, 4), (-1, 2, 3, 4))}, ProblemDefinitionError, "ask.exclude"),
        ({"exclude": ((1, 2, 3, 10**6),)}, ProblemDefinitionError, "ask.exclude"),
        ({"locked": ("amplitude_ma", "color")}, UnknownParameterError, "ask.locked"),
        (
            {"in_force": replace(ON, values={**SETTINGS, "amplitude_ma": 5.1})},
            OffGridError,
            "ask.in_force.settings",
        ),
        ({"in_force": replace(ON, values={"amplitude_ma": 5.0})}, OffGridError, "ask.in_force.settings"),
        ({"in_force": replace(ON, values={**SETTINGS, "more": 1.0})}, OffGridError, "ask.in_force.settings"),
        (
            {"in_force": replace(ON, settings=replace(ON.settings, names=("a", "b", "c", "d")))},
            OffGridError,
            "ask.in_force.settings",
        ),
        (
            {"in_force": replace(ON, settings=replace(ON.settings, indices=(10**6, 28, 14, 3)))},
            OffGridError,
            "ask.in_force.settings",
        ),
        (
            {"in_force": replace(ON, settings=replace(ON.settings, values=(1.0, 300.0, 40.0, "level-4")))},
            OffGridError,
            "ask.in_force.settings",
        ),
        (
            {"in_force": Applied(values={**SETTINGS, "amplitude_ma": float("nan")})},
            OffGridError,
            "ask.in_force.amplitude_ma",
        ),
    ],
)
def test_what_is_malformed_in_the_space_it_speaks_of_is_refused_by_field(
    malformed: dict[str, Any], error: type[OptimizerError], field: str
) -> None:
    with pytest.raises(error) as refused:
        check_ask(PROBLEM, replace(Ask(at=AT, in_force=ON), **malformed))
    assert refused.value.field == field


def test_what_is_odd_but_whole_is_a_question() -> None:
    check_ask(
        PROBLEM, Ask(at=AT, in_force=ON, locked=PROBLEM.space.names, exclude=(ON.settings.indices,) * 2)
    )
    check_ask(PROBLEM, Ask(at=AT, in_force=Applied(values={})))
    check_ask(PROBLEM, Ask(at=AT, in_force=replace(ON, values={**SETTINGS, "amplitude_ma": 5.0 + 1e-9})))
