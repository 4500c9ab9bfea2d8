"""HTTP of devices."""

from typing import Annotated

from fastapi import APIRouter

from service.dependencies.requests import Reading, reads
from service.devices import usecases
from service.devices.schemas import DeviceSummary, DeviceView

router = APIRouter(tags=["devices"])


@router.get("/devices", summary="List devices")
def listed(_read: Annotated[Reading, reads()]) -> list[DeviceSummary]:
    """List the devices."""
    return usecases.listed()


@router.get("/devices/{name}", summary="Read a device")
def find(name: str, _read: Annotated[Reading, reads()]) -> DeviceView:
    """Return a device with its grid, contacts and limits."""
    return usecases.find(name)
