"""Wire types of devices."""

from typing import Any

from service.dependencies.wire import View


class DeviceSummary(View):
    """A device file by name."""

    name: str
    """What a new course calls it."""
    title: str
    """Device in words."""
    therapy: str
    """What it is for, in words."""
    revision: int
    """Counts up with each change of the file; a course keeps the one it was opened with."""


class ParameterView(View):
    """One programmable dimension."""

    name: str
    """What settings call it, with its unit as suffix; ``configuration`` chooses contacts and polarities."""
    unit: str
    """UCUM code; ``1`` for categories."""
    levels: list[float | str]
    """Every value the device can be set to."""
    source: str
    """Where range and step come from."""
    evidence: str
    """``S`` seen in a source, ``D`` derived, ``U`` unconfirmed, ``A`` assumed."""


class ContactView(View):
    """One electrode."""

    name: str
    """What configurations call it."""
    position_mm: float
    """Distance along the lead from its tip contact."""
    lateral_mm: float
    """Offset across, positive to the patient's right."""
    area_cm2: float | None
    """Geometric surface; null where it is not known."""


class ConfigurationView(View):
    """Which contacts carry the current, and with which sign: what a value of ``configuration`` means."""

    name: str
    """The value of ``configuration`` in settings; a device with one configuration has no such parameter."""
    shares: dict[str, float]
    """Contact -> signed share of ``amplitude_ma``, negative for a cathode: cathodes sum to -1, anodes to 1. ``case`` is the
    housing."""


class DeviceView(DeviceSummary):
    """A device with its grid, its contacts and its hard limits, each limit and parameter with source and evidence."""

    digest: str
    """SHA-256 of the file."""
    patient_adjusts: list[str]
    """Parameters the patient may turn down and up at home."""
    parameters: list[ParameterView]
    contacts: list[ContactView]
    configurations: list[ConfigurationView]
    """One for each value of ``configuration``, in the order of its levels."""
    limits: list[dict[str, Any]]
    """Hard limits without override: ``quantity`` (its unit ends its name), largest ``bound`` (``exclusive``: the bound itself is
    refused), ``warn_from``, ``source``, ``evidence``; ``required``: whether a check that cannot run holds the course."""
