"""The two ladders climb as issue and clinic fixed them."""

from collections.abc import Callable, Mapping
from datetime import timedelta

import pytest

from optimizer.ask import Ask
from optimizer.decision import Proposal
from optimizer.errors import PolicyError
from optimizer.evaluate.recorded_maps import RecordedMaps
from optimizer.history import EPOCH, History, applied, history_from_rows
from optimizer.policies.ladder import BRISK, GENTLE, Ladder
from optimizer.problem import Problem, stimulation_problem
from optimizer.space.device import load_device
from optimizer.space.parameter import Value
from optimizer.trial import Measure, Report, Rung, RungOutcome, Trial

START = {"amplitude_ma": 4.0, "pulse_width_us": 300.0, "frequency_hz": 40.0, "configuration": "level-3"}
VNS_START = {"amplitude_ma": 0.5, "pulse_width_us": 250.0, "frequency_hz": 20.0, "on_s": 30.0, "off_s": 300.0}

Answer = Callable[[Mapping[str, Value]], dict[str, float]]


def comfortable(values: Mapping[str, Value]) -> dict[str, float]:
    """Pain falls with every milliampere, whatever else; nothing is ever felt as uncomfortable."""
    return {"pain": 9.0 - round(float(values["amplitude_ma"]) / 2.0), "discomfort": 0.0}


def climbed(
    ladder: Ladder, problem: Problem, start: dict[str, Value], answer: Answer, n_asks: int
) -> list[dict[str, Value]]:
    """Return what a ladder proposes, one ask after the other, each rung rated."""
    session = ladder.start(problem)
    rows: list[dict[str, object]] = []
    proposed: list[dict[str, Value]] = []
    for day in range(n_asks):
        history = history_from_rows(problem, rows) if rows else History()
        decision = session.decide(
            history, Ask(at=EPOCH + timedelta(days=day), in_force=applied(problem, start))
        )
        assert isinstance(decision, Proposal)
        values = decision.settings.as_dict()
        proposed.append(values)
        rows.append({**values, **answer(values)})
    return proposed


@pytest.fixture(scope="module")
def problem() -> Problem:
    return stimulation_problem(load_device("scs-tonic"))


def test_brisk_climbs_the_five_nearest_configurations_then_rates_then_widths(problem: Problem) -> None:
    proposed = climbed(BRISK, problem, START, comfortable, 30)
    amplitudes, rates, widths = proposed[:20], proposed[20:24], proposed[24:28]
    assert [p["amplitude_ma"] for p in amplitudes] == [4.0, 5.2, 6.8, 8.8] * 5
    order = [p["configuration"] for p in amplitudes[::4]]
    assert order == ["level-3", "level-2", "level-4", "level-1", "level-5"]
    assert [p["frequency_hz"] for p in rates] == [20.0, 80.0, 100.0, 120.0]
    assert {(p["configuration"], p["amplitude_ma"]) for p in rates} == {("level-3", 8.8)}
    assert [p["pulse_width_us"] for p in widths] == [150.0, 210.0, 400.0, 500.0]
    assert [p["amplitude_ma"] for p in widths] == [14.1, 11.1, 7.5, 6.7]  # 8.8 x (.4 + .6 x 300 / width)
    assert proposed[28] == proposed[29] == widths[0], "stays at the best tolerated report"


def test_brisk_keeps_the_best_rate_for_the_widths(problem: Problem) -> None:
    def answer(values: Mapping[str, Value]) -> dict[str, float]:
        pain = 3.0 if values["frequency_hz"] == 80.0 else 6.0
        return {"pain": pain, "discomfort": 0.0}

    proposed = climbed(BRISK, problem, START, answer, 28)
    assert {p["frequency_hz"] for p in proposed[24:28]} == {80.0}


def test_brisk_leaves_a_configuration_above_the_limit_minus_one(problem: Problem) -> None:
    def answer(values: Mapping[str, Value]) -> dict[str, float]:
        return {"pain": 5.0, "discomfort": 4.0 if float(values["amplitude_ma"]) > 5.0 else 3.0}

    proposed = climbed(BRISK, problem, START, answer, 10)
    assert [p["amplitude_ma"] for p in proposed] == [4.0, 5.2] * 5


def test_gentle_climbs_three_configurations_by_tenths_then_rates(problem: Problem) -> None:
    proposed = climbed(GENTLE, problem, START, comfortable, 24)
    assert [p["amplitude_ma"] for p in proposed[:6]] == [4.0, 4.4, 4.8, 5.3, 5.9, 6.4]
    assert [p["amplitude_ma"] for p in proposed[6:12]] == [3.6, 4.0, 4.4, 4.8, 5.3, 5.8]
    assert [p["configuration"] for p in proposed[:18:6]] == ["level-3", "level-2", "level-4"]
    assert [p["frequency_hz"] for p in proposed[18:22]] == [30.0, 50.0, 60.0, 80.0]
    assert proposed[22] == proposed[23]


def test_gentle_leaves_at_the_first_report_above_one(problem: Problem) -> None:
    def answer(values: Mapping[str, Value]) -> dict[str, float]:
        return {"pain": 5.0, "discomfort": 2.0 if float(values["amplitude_ma"]) > 4.2 else 1.0}

    proposed = climbed(GENTLE, problem, START, answer, 5)
    assert [(p["configuration"], p["amplitude_ma"]) for p in proposed] == [
        ("level-3", 4.0), ("level-3", 4.4), ("level-2", 3.6), ("level-2", 4.0), ("level-2", 4.4),
    ]  # fmt: skip


def test_a_rung_past_the_envelope_is_skipped() -> None:
    problem = stimulation_problem(load_device("scs-tonic"), envelope={"amplitude_ma": (0.0, 6.0)})
    proposed = climbed(BRISK, problem, START, comfortable, 4)
    assert [p["amplitude_ma"] for p in proposed] == [4.0, 5.2, 4.0, 5.2]


def test_after_intolerable_reports_the_ladder_stays_at_what_was_tolerated(problem: Problem) -> None:
    def answer(values: Mapping[str, Value]) -> dict[str, float]:
        return {"pain": 2.0, "discomfort": 6.0} if float(values["amplitude_ma"]) > 4.0 else {"pain": 8.0}

    proposed = climbed(BRISK, problem, START, answer, 20)
    assert proposed[-1]["amplitude_ma"] == 4.0


def test_an_unrated_rung_is_tried_again(problem: Problem) -> None:
    history = history_from_rows(problem, [{**START, "pain": 6}, {**START, "amplitude_ma": 5.2}])
    ask = Ask(at=EPOCH + timedelta(days=3), in_force=applied(problem, START))
    decision = BRISK.start(problem).decide(history, ask)
    assert isinstance(decision, Proposal)
    assert decision.settings["amplitude_ma"] == 5.2


def test_without_contacts_only_the_amplitude_is_climbed() -> None:
    problem = stimulation_problem(load_device("vns-implanted"))
    proposed = climbed(GENTLE, problem, VNS_START, comfortable, 9)
    assert {(p["frequency_hz"], p["pulse_width_us"]) for p in proposed} == {(20.0, 250.0)}
    assert proposed[-1] == proposed[-2]


def test_a_map_has_nothing_to_climb() -> None:
    import numpy as np

    maps = RecordedMaps(
        animals=("1",), values=np.array([[1.0, 2.0]]), sites=np.array([[1, 1], [2, 1]], dtype=np.int64)
    )
    with pytest.raises(PolicyError):
        BRISK.start(maps.problem())


def test_a_rung_out_of_a_ramps_reach_is_passed_over_and_not_asked_for_ever(problem: Problem) -> None:
    """Where 5 mA is uncomfortable the ramp to 5.2 ends at 4.8, and 5.2 never gets a rating."""
    history = History()
    start = applied(problem, START)
    proposed = []
    for day in range(4):
        at = EPOCH + timedelta(days=day)
        decision = BRISK.start(problem).decide(history, Ask(at=at, in_force=start))
        assert isinstance(decision, Proposal)
        wanted = decision.settings.as_dict()
        proposed.append((wanted["configuration"], wanted["amplitude_ma"]))
        ramp = (Rung(amplitude_ma=4.0, outcome=RungOutcome.TOLERATED),)
        if float(wanted["amplitude_ma"]) >= 5.0 and wanted["configuration"] == "level-3":
            ramp = (*ramp, Rung(amplitude_ma=5.0, outcome=RungOutcome.DISCOMFORT))
            wanted |= {"amplitude_ma": 4.8}
        trial = Trial(
            id=f"t{day}", applied=applied(problem, wanted), occurred_at=at, recorded_at=at, ramp=ramp
        )
        rating = Report(
            id=f"r{day}", trial_id=trial.id, measure=Measure.PAIN, value=5.0, occurred_at=at, recorded_at=at
        )
        history = history.add(trial, rating)
    assert proposed == [("level-3", 4.0), ("level-3", 5.2), ("level-2", 4.0), ("level-2", 5.2)]
