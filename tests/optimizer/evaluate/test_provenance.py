"""Results say what made them, and what was made differently is found out."""

from dataclasses import replace
from pathlib import Path

from optimizer.evaluate.provenance import (
    PACKAGE,
    lock_fingerprint,
    mixed,
    provenance_of,
    scenario_fingerprint,
    source_digest,
)
from optimizer.simulate.preset import load_preset
from optimizer.simulate.ratings import Completeness
from optimizer.simulate.scenarios import TherapyScenario, load_scenario
from tests.optimizer.evaluate.traces import MADE


def test_two_codes_libraries_or_scenarios_are_named() -> None:
    other = replace(MADE, code="0.1.0+dddddddddddd", lock="eeeeeeeeeeee")
    assert mixed([MADE, MADE]) == {}
    assert mixed([MADE, other, MADE]) == {
        "code": ("0.1.0+aaaaaaaaaaaa", "0.1.0+dddddddddddd"),
        "lock": ("bbbbbbbbbbbb", "eeeeeeeeeeee"),
    }
    assert set(mixed([MADE, replace(MADE, scenario="f")])) == {"scenario"}


def test_the_name_of_a_commit_alone_makes_no_difference() -> None:
    assert mixed([MADE, replace(MADE, commit="fff0000")]) == {}


def test_a_changed_source_or_data_file_is_another_code_and_a_changed_figure_is_not(tmp_path: Path) -> None:
    names = ("policies/a.py", "simulate/preset.toml", "figures/b.py", "evaluate/report/c.py", "notes.txt")
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("before", encoding="utf-8")
    changes = []
    for name in names:
        source_digest.cache_clear()
        before = source_digest(tmp_path)
        (tmp_path / name).write_text("after", encoding="utf-8")
        source_digest.cache_clear()
        changes.append(source_digest(tmp_path) != before)
    source_digest.cache_clear()
    assert changes == [True, True, False, False, False]


def test_the_code_of_this_package_is_digested() -> None:
    assert (PACKAGE / "policies" / "safe_bo.py").is_file()
    assert provenance_of(load_scenario("scs-tonic")).code.endswith(source_digest(PACKAGE))


def test_scenarios_differ_and_one_is_itself() -> None:
    names = ("scs-tonic", "scs-tonic-null", "scs-tonic-missing")
    found = [scenario_fingerprint(load_scenario(name)) for name in names]
    assert len(set(found)) == 3
    assert found[0] == scenario_fingerprint(load_scenario(names[0]))


def test_a_scenario_changed_under_its_name_is_another_one() -> None:
    scenario = load_scenario("scs-tonic")
    for change in (
        {"start_intensity": 1.2},
        {"completeness": Completeness.REAL_WORLD},
        {"min_gain_nrs": 0.5},
    ):
        assert scenario_fingerprint(replace(scenario, **change)) != scenario_fingerprint(scenario)  # type: ignore[type-var]


def test_the_libraries_are_those_the_numbers_rest_on(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    from optimizer.evaluate import provenance

    installed = dict(provenance._installed())
    assert {"numpy", "torch", "botorch", "gpytorch"} <= set(installed)
    assert "ruff" not in installed
    before = lock_fingerprint()
    for version, same in (("999", False), (f"{installed['torch'].partition('+')[0]}+other.build", True)):
        changed = [(name, version if name == "torch" else old) for name, old in installed.items()]
        monkeypatch.setattr(provenance, "_installed", lambda changed=changed: changed)
        lock_fingerprint.cache_clear()
        assert (lock_fingerprint() == before) is same
    lock_fingerprint.cache_clear()


PRESET = """
name = "ours"
title = "Ours"
extends = "tonic"

[laws.discomfort_ratio]
lognormal = [{median}, 0.2]
plus = 1.0
source = "test"
evidence = "A"
"""


def test_patients_of_ones_own_are_part_of_the_fingerprint(tmp_path: Path) -> None:
    path, tonic = tmp_path / "ours.toml", load_scenario("scs-tonic")
    assert isinstance(tonic, TherapyScenario)
    digests = set()
    for median in (0.3, 0.4):
        path.write_text(PRESET.format(median=median), encoding="utf-8")
        load_preset.cache_clear()
        digests.add(scenario_fingerprint(replace(tonic, preset=str(path))))
    assert len(digests) == 2
