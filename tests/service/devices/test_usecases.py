from pathlib import Path

import pytest

from optimizer.space.configuration import CASE
from optimizer.space.device import load_device
from optimizer.space.parameter import CONFIGURATION
from service.devices.usecases import find, listed
from service.errors import NotFoundError


def test_a_device_shows_its_grid_and_every_limit_with_source_and_evidence() -> None:
    for summary in listed():
        device, space = find(summary.name), load_device(summary.name).space
        assert [tuple(parameter.levels) for parameter in device.parameters] == [
            p.levels for p in space.parameters
        ]
        assert len(device.limits) == len(space.limits)
        assert all(limit["source"] and limit["evidence"] in "SDUA" for limit in device.limits)


def test_a_device_says_what_each_configuration_means_contact_by_contact() -> None:
    for summary in listed():
        device = find(summary.name)
        named = {contact.name for contact in device.contacts} | {CASE}
        chosen = [p.levels for p in device.parameters if p.name == CONFIGURATION]
        assert chosen in ([], [[each.name for each in device.configurations]])
        for each in device.configurations:
            assert each.shares.keys() <= named
            assert sum(each.shares.values()) == pytest.approx(0)
    level = {each.name: each.shares for each in find("scs-tonic").configurations}["level-4"]
    assert level == {"L4": -0.5, "R4": -0.5, CASE: 1.0}


def test_a_path_is_no_name(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text("name = 'own'")
    for name in (str(tmp_path / "own.toml"), "../devices/scs-tonic", "nothing"):
        with pytest.raises(NotFoundError):
            find(name)
