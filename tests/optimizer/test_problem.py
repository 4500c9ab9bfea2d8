"""A problem: frozen, fingerprinted, and no looser than its device."""

from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer import canonical
from optimizer.errors import (
    EnvelopeError,
    HardLimitError,
    ParameterDefinitionError,
    ProblemDefinitionError,
    UnknownParameterError,
)
from optimizer.outcomes.objective import Objective
from optimizer.outcomes.scale import PAIN_REAL
from optimizer.outcomes.side_effect import DISCOMFORT, Tolerability
from optimizer.problem import Envelope, PostureUse, Problem, TitrationRule, stimulation_problem, tightened
from optimizer.space.constraint import Quantity
from optimizer.space.device import Excitability, load_device
from optimizer.space.parameter import listed
from optimizer.space.response import TONIC
from optimizer.space.search_space import SearchSpace
from tests.strategies.problems import problems

SCS = load_device("scs-tonic")
PROBLEM = stimulation_problem(
    SCS, envelope={"amplitude_ma": (0.0, 12.0), "configuration": ("level-3", "level-4")}
)
HERE = {"amplitude_ma": 5.0, "pulse_width_us": 300.0, "frequency_hz": 40.0, "configuration": "level-4"}
MAP = Problem(
    space=SearchSpace(parameters=(listed("site", "1", [0.0, 1.0, 2.0]),)), tolerability=None, titration=None
)

OTHERS: dict[str, Any] = {
    "space": replace(SCS.space, impedance_ohm=500.0),
    "tolerability": Tolerability(ceiling=0.04),
    "titration": TitrationRule(step_fraction=0.05),
    "envelope": Envelope(bounds={"amplitude_ma": (0.0, 11.0)}),
    "excitability": Excitability(window=1.4),
    "outcome": PAIN_REAL,
    "side_effects": (DISCOMFORT,),
    "objective": Objective(bother_weight=0.2),
    "postures": (PostureUse.UPRIGHT,),
    "min_gain_nrs": 0.0,
    "device": "other/1",
    "device_digest": "0" * 64,
    "response": TONIC,
    "start_borne_in_use": True,
    "drift_expected": True,
}


def test_every_field_has_another_value_below() -> None:
    assert set(OTHERS) == {field.name for field in fields(Problem)}


@pytest.mark.parametrize("name", sorted(OTHERS))
def test_the_fingerprint_changes_with_every_field(name: str) -> None:
    assert replace(PROBLEM, **{name: OTHERS[name]}).fingerprint != PROBLEM.fingerprint


def test_the_fingerprint_is_that_of_an_equal_problem_built_anew() -> None:
    again = stimulation_problem(
        SCS, envelope={"configuration": ("level-3", "level-4"), "amplitude_ma": (0, 12)}
    )
    assert again == PROBLEM
    assert again.fingerprint == PROBLEM.fingerprint


@given(problem=problems(), data=st.data())
def test_tightening_a_limit_admits_nothing_new(problem: Problem, data: st.DataObject) -> None:
    limits = problem.space.limits
    if not limits:
        return
    limit = data.draw(st.sampled_from(limits))
    bound = limit.bound - data.draw(st.sampled_from((0.0, 0.1, 1.0, 10.0)))
    tighter = replace(problem.space, limits=tightened(limits, {limit.quantity: bound}))
    points = problem.space.draw(np.random.default_rng(0), 200)
    assert not (tighter.allowed(points) & ~problem.space.allowed(points)).any()


def test_a_course_never_loosens_a_limit_of_its_device() -> None:
    with pytest.raises(ParameterDefinitionError, match="loosened"):
        stimulation_problem(SCS, limits={Quantity.SHANNON_K: 1.8})
    tight = stimulation_problem(SCS, limits={Quantity.SHANNON_K: 0.5})
    assert {entry.quantity: entry.bound for entry in tight.space.limits}[Quantity.SHANNON_K] == 0.5
    added = stimulation_problem(SCS, limits={Quantity.CHARGE_PER_SECOND: 50.0})
    assert added.space.limits[-1].quantity is Quantity.CHARGE_PER_SECOND


def test_the_envelope_holds_on_the_grid_points_it_names_and_no_others() -> None:
    for amplitude_ma, configuration, inside in [
        (12.0, "level-4", True),
        (12.1, "level-4", False),
        (0.0, "level-3", True),
        (5.0, "level-5", False),
    ]:
        values = {**HERE, "amplitude_ma": amplitude_ma, "configuration": configuration}
        row = np.array([PROBLEM.space.settings(values).indices])
        assert PROBLEM.inside_envelope(row)[0] == inside


def test_the_gate_names_what_is_outside_the_envelope() -> None:
    with pytest.raises(EnvelopeError, match=r"amplitude_ma.*0 to 12 mA"):
        PROBLEM.check(PROBLEM.space.settings({**HERE, "amplitude_ma": 12.1}))
    with pytest.raises(EnvelopeError, match=r"configuration.*level-3, level-4"):
        PROBLEM.check(PROBLEM.space.settings({**HERE, "configuration": "level-5"}))


def test_the_gate_gives_every_reading_with_its_source_and_has_no_override() -> None:
    readings = PROBLEM.check(PROBLEM.space.settings(HERE))
    assert {reading.quantity for reading in readings} == {limit.quantity for limit in SCS.space.limits}
    assert all(reading.met and reading.source for reading in readings)
    with pytest.raises(HardLimitError, match=r"no override") as refused:
        PROBLEM.check(PROBLEM.space.settings({**HERE, "amplitude_ma": 12.0, "pulse_width_us": 1000.0}))
    assert refused.value.problem == "exceeds a hard limit"
    unmeasured = stimulation_problem(SCS, limits={})
    strict = replace(
        unmeasured.space, limits=tuple(replace(limit, required=True) for limit in unmeasured.space.limits)
    )
    with pytest.raises(HardLimitError, match="could not be checked"):
        replace(unmeasured, space=strict).check(strict.settings(HERE))


@given(problem=problems())
def test_the_gate_and_the_mask_agree(problem: Problem) -> None:
    points = problem.space.draw(np.random.default_rng(4), 20)
    for row, allowed in zip(points, problem.allowed(points), strict=True):
        try:
            problem.check(problem.space.at(row))
        except (EnvelopeError, HardLimitError):
            assert not allowed
        else:
            assert allowed


@pytest.mark.parametrize(
    ("grade", "kind", "intolerable", "severe"),
    [
        (4.0, "discomfort", False, False),
        (5.0, "discomfort", True, False),
        (7.0, "discomfort", True, True),
        (1.0, "weakness", True, True),
        (0.0, "weakness", False, False),
        (5.0, "hoarseness", True, False),
        (1.0, "never-declared", True, True),
    ],
)
def test_grades_above_4_are_intolerable_and_7_or_any_hard_stop_is_severe(
    grade: float, kind: str, intolerable: bool, severe: bool
) -> None:
    assert PROBLEM.is_intolerable(kind, grade) is intolerable
    assert PROBLEM.is_severe(kind, grade) is severe


def test_a_recorded_map_declares_that_harm_does_not_apply() -> None:
    assert not MAP.has_stimulation
    assert not MAP.is_severe("discomfort", 10.0)
    assert not MAP.is_intolerable("discomfort", 10.0)
    assert MAP.allowed(np.array([[0], [2]])).all()


@pytest.mark.parametrize(
    ("fields_", "match"),
    [
        ({"envelope": Envelope(bounds={"amplitude_ma": (5.01, 5.02)})}, "no level"),
        ({"envelope": Envelope(bounds={"amplitude_ma": (float("nan"), 5.0)})}, "no level"),
        ({"envelope": Envelope(bounds={"configuration": (0.0, 1.0)})}, "no level"),
        ({"envelope": Envelope(choices={"configuration": ()})}, "categories"),
        ({"envelope": Envelope(choices={"configuration": ("level-9",)})}, r"categories .*one of level-1"),
        ({"side_effects": (DISCOMFORT, DISCOMFORT)}, "twice"),
        ({"side_effects": ("tingling",)}, r"side_effects: hold a name alone\. State SideEffect"),
        ({"postures": ()}, "empty"),
        ({"postures": ("uprigt",)}, r"\(limit: of all_day, upright, lying\)"),
        ({"postures": "upright"}, "there is not"),
        ({"min_gain_nrs": -0.1}, "negative"),
    ],
)
def test_a_problem_that_contradicts_itself_is_refused(fields_: dict[str, Any], match: str) -> None:
    with pytest.raises(ProblemDefinitionError, match=match):
        replace(PROBLEM, **fields_)


@pytest.mark.parametrize(
    ("stated", "match"),
    [
        ((0.0, 90.0), r"envelope\.amplitude_ma: goes past .* \(limit: 0 to 25\.5 mA in steps of 0\.1\)"),
        ((-1.0, 9.0), "goes past"),
        ((float("nan"), 9.0), "goes past"),
        ((0.0, float("inf")), "goes past"),
        ((9.0, 0.0), "has its lowest value above its highest"),
    ],
)
def test_a_range_that_is_a_slip_is_refused_and_does_not_lift_a_bound(
    stated: tuple[float, float], match: str
) -> None:
    with pytest.raises(ProblemDefinitionError, match=match):
        stimulation_problem(SCS, envelope={"amplitude_ma": stated})
    assert stimulation_problem(SCS, envelope={"amplitude_ma": (0.0, 25.5)}).envelope.bounds


def test_a_wide_range_that_is_on_record_is_read_as_it_is() -> None:
    wide = replace(PROBLEM, envelope=Envelope(bounds={"amplitude_ma": (0.0, 90.0)}))
    assert canonical.decode(Problem, canonical.encode(wide)) == wide


def test_titration_without_a_current_is_refused() -> None:
    with pytest.raises(ProblemDefinitionError, match="amplitude_ma"):
        replace(MAP, titration=TitrationRule())


def test_an_envelope_on_an_unknown_parameter_is_refused() -> None:
    with pytest.raises(UnknownParameterError, match="waveform"):
        stimulation_problem(SCS, envelope={"waveform": (0.0, 1.0)})
    for wrong in ((0.0, 1.0, 2.0), "0-9", ("0", "9"), 9.0):
        with pytest.raises(ProblemDefinitionError, match=r"envelope\.amplitude_ma: is not a pair"):
            stimulation_problem(SCS, envelope={"amplitude_ma": wrong})  # type: ignore[dict-item]


def test_one_configuration_may_be_named_alone() -> None:
    one = stimulation_problem(SCS, envelope={"configuration": "level-3"})  # type: ignore[dict-item]
    assert one == stimulation_problem(SCS, envelope={"configuration": ("level-3",)})


def test_a_limit_on_what_is_no_quantity_is_refused_with_those_there_are() -> None:
    with pytest.raises(ProblemDefinitionError, match=r"limits: .*charge_density_uc_per_cm2"):
        stimulation_problem(SCS, limits={"charge_density": 1.0})  # type: ignore[dict-item]


@pytest.mark.parametrize("name", ["current_ratio", "charge_ratio", "width_ratio"])
@pytest.mark.parametrize("value", [0.9, float("nan")])
def test_a_ratio_that_forbids_staying_is_refused(name: str, value: float) -> None:
    with pytest.raises(ProblemDefinitionError, match="forbids staying"):
        TitrationRule(**{name: value})


@pytest.mark.parametrize(
    "rule", [{"step_fraction": 0.0}, {"step_fraction": 0.6}, {"new_configuration_fraction": 1.1}]
)
def test_a_rule_that_does_not_restrain_is_refused(rule: dict[str, float]) -> None:
    with pytest.raises(ProblemDefinitionError, match="restrain"):
        TitrationRule(**rule)
