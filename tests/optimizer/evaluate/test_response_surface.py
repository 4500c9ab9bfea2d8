from dataclasses import replace

import numpy as np
import pytest

from optimizer.errors import EnvelopeError, UnknownParameterError
from optimizer.evaluate.response_surface import response_surface, slice_indices
from optimizer.history import History, history_from_rows
from optimizer.simulate.scenarios import load_scenario
from optimizer.space.settings import Settings
from optimizer.trial import TrialKind

PROBLEM = load_scenario("scs-tonic").problem
START = {"amplitude_ma": 6.0, "pulse_width_us": 300, "frequency_hz": 40, "configuration": "level-4"}
BOUNDS = {"amplitude_ma": (4.0, 9.0)}


def start() -> Settings:
    return PROBLEM.space.settings(START)


def history() -> History:
    rows = [
        {**START, "pain": 7, "discomfort": 0},
        {**START, "amplitude_ma": 6.4, "pain": 3, "discomfort": 1},
        {**START, "amplitude_ma": 6.8, "pain": 3, "discomfort": 6},
        {**START, "configuration": "level-3", "pain": 6, "discomfort": 0},
    ]
    return history_from_rows(PROBLEM, rows)


@pytest.fixture(scope="module")
def surface():
    return response_surface(PROBLEM, history(), start(), bounds=BOUNDS)


def test_a_slice_keeps_what_is_not_shown_and_stays_in_envelope_and_bounds() -> None:
    indices = slice_indices(PROBLEM, start(), bounds=BOUNDS, most=20)
    columns = PROBLEM.space.columns(indices)
    assert len(np.unique(indices, axis=0)) == len(indices) == 400
    assert set(columns.frequency_hz) == {40.0}
    assert set(columns.configuration) == {3}
    assert (columns.amplitude_ma.min(), columns.amplitude_ma.max()) == (4.0, 9.0)
    assert (columns.pulse_width_us.min(), columns.pulse_width_us.max()) == (60.0, 600.0)


def test_bounds_that_are_of_no_axis_or_leave_nothing_are_refused() -> None:
    with pytest.raises(UnknownParameterError, match=r"bounds\.amplitude: .*amplitude_ma, pulse_width_us"):
        slice_indices(PROBLEM, start(), bounds={"amplitude": (4.0, 9.0)})
    with pytest.raises(EnvelopeError, match=r"bounds\.amplitude_ma: leave nothing"):
        slice_indices(PROBLEM, start(), bounds={"amplitude_ma": (13.0, 14.0)})


def test_relief_is_counted_from_the_start_where_it_is_known_exactly(surface) -> None:
    here = surface.y.values.index(300.0), surface.x.values.index(6.0)
    assert surface.relief_nrs[here] == pytest.approx(0.0, abs=1e-3)
    assert surface.half_width_nrs[here] < 0.01
    assert surface.half_width_nrs.max() > 0.5


def test_the_start_is_the_first_stimulated_trial_and_what_is_drawn_through_where_there_is_none() -> None:
    rows = [{**START, "amplitude_ma": 9.0, "pain": 7}, {**START, "pain": 7, "discomfort": 0}]
    read = history_from_rows(PROBLEM, rows)
    baseline = replace(read.trials[0], kind=TrialKind.BASELINE)
    known = History(trials=(baseline, read.trials[1]), reports=read.reports)
    recorded = response_surface(PROBLEM, known, start(), bounds=BOUNDS)
    here = recorded.y.values.index(300.0), recorded.x.values.index(6.0)
    assert recorded.relief_nrs[here] == pytest.approx(0.0, abs=1e-3)
    nothing = response_surface(PROBLEM, History(), start(), bounds=BOUNDS)
    assert nothing.relief_nrs[here] == pytest.approx(0.0, abs=1e-3)


def test_the_surface_learned_from_the_reports(surface) -> None:
    row = surface.y.values.index(300.0)
    assert surface.relief_nrs[row, surface.x.values.index(6.4)] > 0.2


def test_what_the_patient_could_not_bear_is_outside_the_safe_set(surface) -> None:
    row = surface.y.values.index(300.0)
    safe = surface.safe[row]
    assert safe[surface.x.values.index(5.0)]
    assert not safe[[index for index, x in enumerate(surface.x.values) if x >= 6.8]].any()


def test_trials_are_numbered_and_told_apart_by_whether_they_lie_on_the_slice(surface) -> None:
    assert [(tried.number, tried.on_slice) for tried in surface.tried] == [
        (1, True),
        (2, True),
        (3, True),
        (4, False),
    ]
    assert surface.slice_label == "rate 40 Hz, level-4"


def test_what_a_report_bars_is_drawn_as_not_proposed() -> None:
    rows = [
        {**START, "amplitude_ma": 8.0, "pain": 3, "discomfort": 0},
        {**START, "amplitude_ma": 8.0, "pain": 3, "discomfort": 0},
        {**START, "pain": 3, "discomfort": 5},
    ]
    found = response_surface(PROBLEM, history_from_rows(PROBLEM, rows), start(), bounds=BOUNDS)
    at_width = found.safe[found.y.values.index(300.0)]
    assert not any(safe for safe, ma in zip(at_width, found.x.values, strict=True) if ma >= 6.0)
