from pathlib import Path

import pytest

from optimizer.space.device import load_device
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


def test_a_path_is_no_name(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text("name = 'own'")
    for name in (str(tmp_path / "own.toml"), "../devices/scs-tonic", "nothing"):
        with pytest.raises(NotFoundError):
            find(name)
