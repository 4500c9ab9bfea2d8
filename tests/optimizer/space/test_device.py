"""Device files: what ships is sourced throughout, and a laboratory may bring its own."""

import tomllib
from pathlib import Path

import numpy as np
import pytest

from optimizer.errors import DeviceFileError
from optimizer.space.constraint import Evidence, Quantity
from optimizer.space.device import SHIPPED, UNITS, Excitability, device_names, load_device
from optimizer.space.parameter import CONFIGURATION

NAMES = ("scs-tonic", "vns-implanted")
TAGS = {entry.value for entry in Evidence}

OWN = """
name = "own"
title = "A laboratory's own"
therapy = "test"
revision = 3

[parameters.amplitude_ma]
unit = "mA"
uniform = [0.0, 1.0, 0.5]
source = "here"
evidence = "A"

[[limits]]
quantity = "total_current_ma"
bound = 1.0
source = "here"
evidence = "A"
"""


def test_the_shipped_devices_are_listed() -> None:
    assert set(NAMES) <= set(device_names())


@pytest.mark.parametrize("name", device_names())
def test_every_range_and_limit_has_a_source_and_an_evidence_tag(name: str) -> None:
    content = tomllib.loads((SHIPPED / f"{name}.toml").read_text(encoding="utf-8"))
    if "based_on" in content:
        content = (
            tomllib.loads((SHIPPED / f"{content['based_on']}.toml").read_text(encoding="utf-8")) | content
        )
    tables = [*content["parameters"].values(), *content["limits"], content["excitability"]]
    tables += content["preflight"]
    tables += [fact for fact in content.get("response", {}).values() if isinstance(fact, dict)]
    assert len(tables) > 5
    for table in tables:
        assert len(table["source"]) > 15
        assert table["evidence"] in TAGS
    device = load_device(name)
    assert all(limit.source and limit.evidence in Evidence for limit in device.space.limits)
    assert all(p.source for p in device.space.parameters if p.name != CONFIGURATION)


@pytest.mark.parametrize("name", device_names())
def test_every_device_has_the_limits_of_the_design(name: str) -> None:
    limits = {limit.quantity: limit for limit in load_device(name).space.limits}
    assert limits[Quantity.CHARGE_DENSITY].bound == 30.0
    shannon = limits[Quantity.SHANNON_K]
    assert (shannon.bound, shannon.exclusive, shannon.warn_from) == (1.75, True, 1.5)
    assert Quantity.CHARGE_IMBALANCE in limits
    # the output stage saturates by itself; nothing else may go unchecked
    assert {limit.quantity for limit in limits.values() if not limit.required} <= {Quantity.COMPLIANCE}


@pytest.mark.parametrize("name", device_names())
def test_the_areas_of_all_contacts_are_known(name: str) -> None:
    assert all(contact.area_cm2 for contact in load_device(name).space.contacts)


def test_the_spinal_cord_stimulator_has_the_same_level_of_both_leads_as_cathodes() -> None:
    space = load_device("scs-tonic").space
    assert len(space.configurations) == 8
    for level, configuration in enumerate(space.configurations, start=1):
        assert configuration.cathodes == {f"L{level}": 0.5, f"R{level}": 0.5}
    assert [place.lateral_mm for place in space.places] == [0.0] * 8
    assert np.allclose(np.diff([place.position_mm for place in space.places]), 8.0)


def test_the_vagus_stimulator_has_irregular_lists_and_both_cycle_rules() -> None:
    device = load_device("vns-implanted")
    steps = {p.name: len(set(np.round(np.diff(p.numbers), 9))) for p in device.space.parameters}
    assert all(count > 1 for count in steps.values())
    assert {Quantity.DUTY_CYCLE, Quantity.ON_OFF_RATIO} <= {limit.quantity for limit in device.space.limits}
    start = {"amplitude_ma": 1.5, "pulse_width_us": 250.0, "frequency_hz": 20.0, "on_s": 30.0, "off_s": 300.0}
    assert device.space.contains(device.space.settings(start))
    assert not device.space.contains(device.space.settings({**start, "off_s": 30.0}))
    assert not device.space.contains(device.space.settings({**start, "on_s": 7.0, "off_s": 12.0}))


def test_device_range_is_not_a_safety_limit() -> None:
    space = load_device("scs-tonic").space
    wild = {"amplitude_ma": 25.4, "pulse_width_us": 500.0, "frequency_hz": 40.0, "configuration": "level-1"}
    broken = {reading.quantity for reading in space.readings(wild) if not reading.met}
    assert broken >= {Quantity.SHANNON_K, Quantity.CHARGE_DENSITY}


def test_a_stimulator_used_for_another_therapy_keeps_its_ranges_and_limits() -> None:
    felt, unfelt = load_device("scs-tonic"), load_device("scs-sub-perception")
    assert unfelt.space == felt.space
    assert unfelt.excitability == felt.excitability
    assert unfelt.preflight == felt.preflight
    assert unfelt.response != felt.response
    assert unfelt.digest != felt.digest


def test_what_a_file_is_based_on_is_a_shipped_file(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text('based_on = "elsewhere"\n' + OWN, encoding="utf-8")
    with pytest.raises(DeviceFileError, match="elsewhere"):
        load_device(str(path))


def test_a_laboratory_names_its_own_file_by_path(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(OWN, encoding="utf-8")
    device = load_device(str(path))
    assert (device.name, device.revision, device.space.raw_size) == ("own", 3, 3)
    other = tmp_path / "other.toml"
    other.write_text(OWN + "\n# a comment changes nothing\n", encoding="utf-8")
    assert load_device(str(other)).digest == device.digest
    changed = tmp_path / "changed.toml"
    changed.write_text(OWN.replace("bound = 1.0", "bound = 0.9"), encoding="utf-8")
    assert load_device(str(changed)).digest != device.digest


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (("uniform = [0.0, 1.0, 0.5]", ""), "exactly one"),
        (("uniform = [0.0, 1.0, 0.5]", "uniform = [0.0, 1.0, 0.5]\nvalues = [1.0]"), "exactly one"),
        (("uniform = [0.0, 1.0, 0.5]", "uniform = [0.0, 1.0, 0.3]"), "does not divide"),
        (
            ("amplitude_ma]", "amplitude]"),
            r"parameters\.amplitude: is not known .*amplitude_ma, pulse_width_us",
        ),
        (("amplitude_ma]", "pulsewidth_us]"), r"parameters\.pulsewidth_us: is not known"),
        (('unit = "mA"', 'unit = "A"'), r"parameters\.amplitude_ma\.unit: .* \(limit: mA\)"),
        (('quantity = "total_current_ma"', 'quantity = "charm"'), r"limits.*\(limit: .*shannon_k"),
        (("bound = 1.0", ""), "limits"),
        (('source = "here"', ""), "source"),
        (
            ('evidence = "A"', 'evidence = "X"'),
            r"parameters\.amplitude_ma\.evidence: .*\(limit: S, D, U, A\)",
        ),
        (("revision = 3", 'revision = "three"'), "revision"),
        (('name = "own"', "name = "), "TOML"),
    ],
)
def test_a_file_that_is_not_a_device_is_refused_with_its_place(
    tmp_path: Path, change: tuple[str, str], match: str
) -> None:
    path = tmp_path / "own.toml"
    path.write_text(OWN.replace(*change), encoding="utf-8")
    with pytest.raises(DeviceFileError, match=match) as refused:
        load_device(str(path))
    assert "own.toml" in str(refused.value)


@pytest.mark.parametrize("name", device_names())
def test_limits_and_models_read_every_parameter_in_its_unit(name: str) -> None:
    for parameter in load_device(name).space.parameters:
        assert parameter.name == CONFIGURATION or parameter.unit == UNITS[parameter.name]


@pytest.mark.parametrize("name", ["no-such-device", "no/such/file.toml"])
def test_a_device_that_is_not_there_is_refused(name: str) -> None:
    with pytest.raises(DeviceFileError, match="is not a"):
        load_device(name)


def test_thresholds_are_less_alike_the_further_apart() -> None:
    nerve = Excitability(configuration_log_sd=0.12, configuration_length_mm=16.0)
    spread = nerve.threshold_log_sd(np.array([0.0, 8.0, 16.0, 1000.0]))
    assert spread[0] == 0.0
    assert (np.diff(spread) > 0).all()
    assert spread[-1] == pytest.approx(0.12 * 2**0.5)


def test_an_unknown_rate_counts_as_the_reference_rate() -> None:
    nerve = Excitability(rate_corner_hz=450.0)
    assert nerve.rate_factor(np.array([np.nan, 40.0])).tolist() == [1.0, 1.0]
    assert Excitability(rate_corner_hz=None).rate_factor(np.array([1200.0])).tolist() == [1.0]


CONTRAINDICATIONS = {
    "vns-implanted": {"untreated_sleep_apnoea", "bradycardia"},
    "tavns": {"bradycardia", "cardiac_implant"},
    "tens": {"cardiac_implant"},
}


@pytest.mark.parametrize("name", device_names())
def test_every_device_asks_for_its_checks_and_its_contraindications(name: str) -> None:
    checks = {entry.check: entry for entry in load_device(name).preflight}
    assert {"impedance", "lead", "battery"} <= checks.keys()
    assert all(entry.valid_days > 0 for entry in checks.values())
    contraindications = {check for check, entry in checks.items() if entry.contraindication}
    assert contraindications == CONTRAINDICATIONS.get(name, set())


def test_a_kilohertz_pulse_must_fit_into_its_period() -> None:
    space = load_device("scs-ten-khz").space
    settings = {"amplitude_ma": 2.0, "configuration": "bipole-4"}
    at_rate = {"pulse_width_us": 40.0, "frequency_hz": 10_000.0}
    assert space.contains(space.settings(settings | at_rate))
    assert not space.contains(space.settings(settings | at_rate | {"pulse_width_us": 60.0}))
    assert space.contains(space.settings(settings | {"pulse_width_us": 100.0, "frequency_hz": 1_000.0}))
