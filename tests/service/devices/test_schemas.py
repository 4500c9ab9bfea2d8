import json

from service.devices.schemas import DeviceView
from service.devices.usecases import find


def test_a_view_survives_the_wire() -> None:
    view = find("vns-implanted")
    assert DeviceView.model_validate(json.loads(view.model_dump_json())) == view
