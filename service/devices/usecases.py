"""The catalogue of device files."""

from optimizer import canonical
from optimizer.space.device import Device, device_names, load_device
from service.devices.schemas import (
    ConfigurationView,
    ContactView,
    DeviceSummary,
    DeviceView,
    ParameterView,
)
from service.errors import NotFoundError


def listed() -> list[DeviceSummary]:
    """Return the devices that ship with Titrate."""
    return [
        DeviceSummary(name=d.name, title=d.title, therapy=d.therapy, revision=d.revision)
        for d in map(load_device, device_names())
    ]


def find(name: str) -> DeviceView:
    """Return one device."""
    device = shipped(name)
    return DeviceView(
        name=device.name,
        title=device.title,
        therapy=device.therapy,
        revision=device.revision,
        digest=device.digest,
        patient_adjusts=list(device.patient_adjusts),
        parameters=[
            ParameterView(
                name=p.name, unit=p.unit, levels=list(p.levels), source=p.source, evidence=p.evidence
            )
            for p in device.space.parameters
        ],
        contacts=[
            ContactView(name=c.name, position_mm=c.position_mm, lateral_mm=c.lateral_mm, area_cm2=c.area_cm2)
            for c in device.space.contacts
        ],
        configurations=[
            ConfigurationView(name=c.name, shares=dict(c.shares)) for c in device.space.configurations
        ],
        limits=[canonical.to_builtins(limit) for limit in device.space.limits],
    )


def shipped(name: str) -> Device:
    """Return a shipped device; a path is no name here: a caller must not read files of this machine.

    Raises:
        NotFoundError: If no shipped file has the name.
    """
    if name not in device_names():
        raise NotFoundError("device", "is not known here", limit=", ".join(device_names()))
    return load_device(name)
