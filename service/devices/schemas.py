"""Wire types of devices."""

from typing import Any

from service.dependencies.wire import View


class DeviceSummary(View):
    """A device file by name."""

    name: str
    title: str
    therapy: str
    revision: int


class ParameterView(View):
    """One programmable dimension."""

    name: str
    unit: str
    """UCUM code."""
    levels: list[float | str]
    """Every value the device can be set to."""
    source: str
    evidence: str


class DeviceView(DeviceSummary):
    """A device with its grid and its hard limits, each with source and evidence."""

    digest: str
    patient_adjusts: list[str]
    parameters: list[ParameterView]
    limits: list[dict[str, Any]]
