"""Hard limits: met, broken, or not to be checked; the last is never the first."""

from dataclasses import replace

import numpy as np
import pytest

from optimizer.errors import ParameterDefinitionError
from optimizer.space.configuration import CASE, Configuration, Contact
from optimizer.space.constraint import Evidence, Limit, Quantity
from optimizer.space.parameter import CONFIGURATION, Parameter, Value, categorical, listed
from optimizer.space.search_space import SearchSpace

AREA_CM2 = 0.1225
CONTACTS = (
    Contact(name="E1", position_mm=0.0, area_cm2=AREA_CM2),
    Contact(name="E2", position_mm=8.0, area_cm2=AREA_CM2),
    Contact(name="E3", position_mm=16.0, area_cm2=0.01),
    Contact(name="E4", position_mm=24.0),
)
CONFIGURATIONS = (
    Configuration(name="alone", shares={"E1": -1.0, CASE: 1.0}),
    Configuration(name="shared", shares={"E1": -0.5, "E2": -0.5, CASE: 1.0}),
    Configuration(name="small-anode", shares={"E1": -1.0, "E3": 1.0}),
    Configuration(name="unknown-area", shares={"E4": -1.0, CASE: 1.0}),
    Configuration(name="half-known", shares={"E1": -0.5, "E4": -0.5, CASE: 1.0}),
)
GRID = (
    listed("amplitude_ma", "mA", [0.0, 1.0, 4.34, 8.0, 8.17, 12.0]),
    listed("pulse_width_us", "us", [100.0, 300.0, 400.0, 450.0]),
    listed("frequency_hz", "Hz", [40.0, 100.0]),
    categorical(CONFIGURATION, [configuration.name for configuration in CONFIGURATIONS]),
)


def limit(quantity: Quantity, bound: float, **fields: object) -> Limit:
    return Limit(quantity=quantity, bound=bound, source="test", evidence=Evidence.ASSUMED, **fields)  # type: ignore[arg-type]


def space(*limits: Limit, parameters: tuple[Parameter, ...] = GRID, **fields: object) -> SearchSpace:
    return SearchSpace(
        parameters=parameters,
        limits=limits,
        contacts=CONTACTS,
        configurations=CONFIGURATIONS,
        **fields,  # type: ignore[arg-type]
    )


def at(
    amplitude_ma: float, width_us: float, configuration: str = "alone", rate_hz: float = 40.0
) -> dict[str, Value]:
    return {
        "amplitude_ma": amplitude_ma,
        "pulse_width_us": width_us,
        "frequency_hz": rate_hz,
        "configuration": configuration,
    }


def reading(found: SearchSpace, values: dict[str, Value]) -> tuple[bool, float | None, bool]:
    only = found.readings(values)[0]
    return only.met, only.value, only.warning


@pytest.mark.parametrize(("configuration", "density", "k"), [("alone", 20.0, 1.69), ("shared", 10.0, 1.09)])
def test_the_charge_of_each_contact_counts_with_its_share(
    configuration: str, density: float, k: float
) -> None:
    values = at(8.17, 300.0, configuration)
    assert reading(space(limit(Quantity.CHARGE_DENSITY, 30.0)), values)[1] == pytest.approx(density, abs=0.05)
    assert reading(space(limit(Quantity.SHANNON_K, 1.85)), values)[1] == pytest.approx(k, abs=0.01)


def test_an_anode_smaller_than_the_cathode_is_the_contact_that_binds() -> None:
    met, value, _ = reading(space(limit(Quantity.CHARGE_DENSITY, 30.0)), at(1.0, 400.0, "small-anode"))
    assert not met
    assert value == pytest.approx(0.4 / 0.01)
    assert reading(space(limit(Quantity.CHARGE_DENSITY, 30.0)), at(1.0, 400.0, "alone"))[0]


def test_the_housing_is_too_large_to_bind() -> None:
    assert reading(space(limit(Quantity.CONTACT_CURRENT, 5.0)), at(8.0, 100.0, "shared"))[0]
    assert not reading(space(limit(Quantity.CONTACT_CURRENT, 5.0)), at(8.0, 100.0, "alone"))[0]


@pytest.mark.parametrize("quantity", [Quantity.CHARGE_DENSITY, Quantity.SHANNON_K])
def test_an_unknown_area_is_never_taken_for_met(quantity: Quantity) -> None:
    values = at(1.0, 100.0, "unknown-area")
    assert reading(space(limit(quantity, 30.0)), values) == (False, None, False)
    found = space(limit(quantity, 30.0))
    assert not found.contains(found.settings(values))
    assert reading(found, at(1.0, 100.0, "half-known")) == (False, None, False)


@pytest.mark.parametrize("quantity", [Quantity.CONTACT_CURRENT, Quantity.CHARGE_DENSITY, Quantity.SHANNON_K])
def test_a_configuration_the_device_has_not_is_never_taken_for_met(quantity: Quantity) -> None:
    assert reading(space(limit(quantity, 30.0)), at(1.0, 100.0, "elsewhere")) == (False, None, False)


def test_only_a_limit_the_hardware_keeps_itself_may_go_unchecked() -> None:
    values = at(8.0, 100.0)
    required = limit(Quantity.COMPLIANCE, 20.0)
    assert reading(space(required), values) == (False, None, False)
    assert reading(space(replace(required, required=False)), values) == (True, None, False)
    assert not reading(space(replace(required, required=False), impedance_ohm=3000.0), values)[0]
    assert reading(space(required, impedance_ohm=500.0), values) == (True, pytest.approx(4.0), False)
    for impedance_ohm, fits in ((None, True), (500.0, True), (3000.0, False)):
        found = space(replace(required, required=False), impedance_ohm=impedance_ohm)
        assert found.contains(found.settings(values)) is fits


def test_shannon_k_warns_from_1_5_and_is_refused_at_1_75() -> None:
    shannon = limit(Quantity.SHANNON_K, 1.75, exclusive=True, warn_from=1.5)
    charges = {
        1.49: (True, False),
        1.51: (True, True),
        1.7499: (True, True),
        1.75: (False, True),
        1.8: (False, True),
    }
    for k, expected in charges.items():
        width_us = 1000 * np.sqrt(AREA_CM2 * 10**k)
        met, value, warning = reading(space(shannon), at(1.0, float(width_us)))
        assert value == pytest.approx(k)
        assert (met, warning) == expected, k


def test_no_current_meets_shannon_s_limit() -> None:
    met, value, _ = reading(space(limit(Quantity.SHANNON_K, 1.75)), at(0.0, 300.0))
    assert met
    assert value is None  # minus infinity, which JSON cannot carry


def test_an_inclusive_bound_is_met_at_the_bound_and_an_exclusive_one_is_not() -> None:
    inclusive = limit(Quantity.TOTAL_CURRENT, 8.0)
    assert reading(space(inclusive), at(8.0, 100.0))[0]
    assert not reading(space(replace(inclusive, exclusive=True)), at(8.0, 100.0))[0]


def test_a_warning_begins_at_its_own_bound() -> None:
    warns = limit(Quantity.TOTAL_CURRENT, 9.0, warn_from=8.0)
    assert reading(space(warns), at(8.0, 100.0)) == (True, 8.0, True)
    assert reading(space(warns), at(4.34, 100.0)) == (True, 4.34, False)


@pytest.mark.parametrize("bound", [0.003, 3e6])
def test_a_bound_reached_by_another_order_of_sums_is_met(bound: float) -> None:
    near = np.array([bound * (1 + 1e-15), bound * (1 - 1e-15)])
    assert limit(Quantity.TOTAL_CURRENT, bound).met(near).all()
    assert not limit(Quantity.TOTAL_CURRENT, bound, exclusive=True).met(near).any()


def test_an_unbalanced_waveform_is_refused_whatever_its_current() -> None:
    balance = limit(Quantity.CHARGE_IMBALANCE, 0.0)
    assert reading(space(balance), at(1.0, 100.0))[0]
    assert reading(space(balance, balanced=False), at(0.0, 100.0))[:2] == (False, 1.0)


CYCLE = (*GRID, listed("on_s", "s", [7.0, 30.0]), listed("off_s", "s", [12.0, 30.0, 300.0]))


@pytest.mark.parametrize(
    ("on_s", "off_s", "duty_met", "ratio_met"),
    [
        (7.0, 12.0, False, True),  # ON shorter than OFF, and yet 58 %
        (30.0, 30.0, False, False),
        (30.0, 300.0, True, True),
        (7.0, 30.0, True, True),
    ],
)
def test_duty_cycle_and_on_off_are_two_rules(
    on_s: float, off_s: float, duty_met: bool, ratio_met: bool
) -> None:
    values = {**at(1.0, 100.0), "on_s": on_s, "off_s": off_s}
    duty = limit(Quantity.DUTY_CYCLE, 0.5, exclusive=True)
    ratio = limit(Quantity.ON_OFF_RATIO, 1.0, exclusive=True)
    assert reading(space(duty, parameters=CYCLE), values)[0] is duty_met
    assert reading(space(ratio, parameters=CYCLE), values)[0] is ratio_met


def test_continuous_stimulation_has_a_duty_cycle_of_one() -> None:
    assert reading(space(limit(Quantity.DUTY_CYCLE, 0.5)), at(1.0, 100.0))[:2] == (False, 1.0)
    assert reading(space(limit(Quantity.ON_OFF_RATIO, 1.0)), at(1.0, 100.0))[:2] == (True, 0.0)


@pytest.mark.parametrize("quantity", list(Quantity))
def test_many_settings_and_one_are_judged_alike(quantity: Quantity) -> None:
    bound = {Quantity.SHANNON_K: 1.0, Quantity.CHARGE_IMBALANCE: 0.0}.get(quantity, 1.5)
    found = space(limit(quantity, bound), impedance_ohm=1000.0, parameters=CYCLE)
    indices = found.draw(np.random.default_rng(5), 200)
    mask = found.allowed(indices)
    assert mask.tolist() == [found.readings(found.at(row).as_dict())[0].met for row in indices]


def test_a_course_may_tighten_a_limit_and_never_loosen_it() -> None:
    device = limit(Quantity.SHANNON_K, 1.75, warn_from=1.5)
    assert device.tightened(1.2).bound == 1.2
    assert device.tightened(1.2).warn_from == 1.2
    assert device.tightened(1.75).bound == 1.75
    assert replace(device, warn_from=None).tightened(1.2).warn_from is None
    for looser in (1.76, float("inf"), float("nan")):
        with pytest.raises(ParameterDefinitionError, match="loosened"):
            device.tightened(looser)


def test_a_limit_that_cannot_be_is_refused() -> None:
    with pytest.raises(ParameterDefinitionError, match="not finite"):
        limit(Quantity.SHANNON_K, float("nan"))
    with pytest.raises(ParameterDefinitionError, match="warns above"):
        limit(Quantity.SHANNON_K, 1.0, warn_from=1.5)
