"""A device file (TOML) read into a search space with its limits and its strength-duration facts.

The files beside this module are data with a source and an evidence tag on every range and limit. A laboratory may write
its own and name it by path.
"""

from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from msgspec import UNSET, UnsetType

from optimizer import canonical
from optimizer.errors import DeviceFileError, OptimizerError
from optimizer.space import pulse
from optimizer.space.configuration import Configuration, Contact
from optimizer.space.constraint import Evidence, Limit, Quantity
from optimizer.space.parameter import CONFIGURATION, About, Parameter, Scale, categorical, listed, piecewise
from optimizer.space.pulse import Array
from optimizer.space.response import Response
from optimizer.space.search_space import SearchSpace

UNITS = {"amplitude_ma": "mA", "pulse_width_us": "us", "frequency_hz": "Hz", "on_s": "s", "off_s": "s"}
"""Parameter name -> unit in which limits and models read it."""
CHOICES = {"quantity": Quantity, "evidence": Evidence, "scale": Scale}
"""Last part of a field's path -> what may stand there, for messages."""
SHIPPED = Path(__file__).parent / "devices"
"""Folder of the device files that ship with Titrate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Excitability:
    """How the perception threshold depends on width, rate and configuration, and how unsure that is.

    Safety takes the worst chronaxie of the range; the surrogate takes the range as a prior.
    """

    chronaxie_low_us: float = 150.0
    chronaxie_high_us: float = 450.0
    rate_corner_hz: float | None = None
    """Corner of ``pulse.rate_factor``; None where the rate does not move the threshold."""
    configuration_log_sd: float = 0.12
    """SD of the log threshold from one place to another far away."""
    configuration_length_mm: float = 16.0
    """Distance over which thresholds resemble each other."""
    amplitude_scale_ma: float = 6.0
    """Typical perception threshold at 300 us and 40 Hz, the centre of the surrogate's prior."""
    window: float = 1.3
    """Typical ratio of discomfort to perception threshold."""
    source: str = ""
    evidence: Evidence = Evidence.ASSUMED

    def threshold_log_sd(self, distance_mm: Array) -> Array:
        """Return the SD of the log threshold ratio of two places a distance apart (Gaussian field)."""
        correlation = np.exp(-0.5 * (distance_mm / self.configuration_length_mm) ** 2)
        return self.configuration_log_sd * np.sqrt(2.0 * (1.0 - correlation))

    def rate_factor(self, frequency_hz: Array) -> Array:
        """Return the threshold at a rate relative to 40 Hz; ones where the rate does not matter or is unknown."""
        if self.rate_corner_hz is None:
            return np.ones_like(frequency_hz)
        return np.nan_to_num(pulse.rate_factor(frequency_hz, self.rate_corner_hz), nan=1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preflight:
    """What must be on record, and fresh, before settings are proposed on a device."""

    check: str
    valid_days: float
    """How long a finding counts."""
    contraindication: bool = False
    """Whether it asks for something that must be absent, not for something that must pass."""
    source: str = ""
    evidence: Evidence = Evidence.ASSUMED


@dataclass(frozen=True, kw_only=True)
class Device:
    """A stimulator as its file describes it."""

    name: str
    title: str
    therapy: str
    revision: int
    space: SearchSpace
    excitability: Excitability
    patient_adjusts: tuple[str, ...] = ("amplitude_ma",)
    """Parameters a patient's remote may move."""
    preflight: tuple[Preflight, ...] = ()
    response: Response | UnsetType = UNSET
    """Where relief lies. Unset, and absent from documents, where the file does not say."""
    digest: str = field(default="", compare=False)
    """SHA-256 of the canonical content, without this field."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Grid:
    """One ``[parameters.*]`` table; exactly one of uniform, segments, values."""

    unit: str
    source: str
    evidence: Evidence
    uniform: tuple[float, float, float] | None = None
    segments: tuple[tuple[float, float, float], ...] | None = None
    values: tuple[float, ...] | None = None
    scale: Scale = Scale.LINEAR


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    """The shape of a device file."""

    name: str
    title: str
    therapy: str
    revision: int
    parameters: dict[str, _Grid]
    limits: tuple[Limit, ...]
    contacts: tuple[Contact, ...] = ()
    configurations: tuple[Configuration, ...] = ()
    excitability: Excitability = field(default_factory=Excitability)
    patient_adjusts: tuple[str, ...] = ("amplitude_ma",)
    preflight: tuple[Preflight, ...] = ()
    response: Response | UnsetType = UNSET
    balanced: bool = True


def device_names() -> tuple[str, ...]:
    """Return the names of the device files that ship with Titrate."""
    return tuple(sorted(path.stem for path in SHIPPED.glob("*.toml")))


@cache
def load_device(name_or_path: str) -> Device:
    """Read a device file.

    Args:
        name_or_path: The name of a shipped file (``scs-tonic``) or the path of one's own, which ends in ``.toml``.

    Returns:
        The device; equal files give equal digests.

    Raises:
        DeviceFileError: If there is no such file, it is not TOML, or a table is not what it should be.
    """
    import tomllib  # here: the light core is imported far more often than a device file is read

    text = _read(name_or_path)
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise DeviceFileError(name_or_path, f"is not TOML: {error}") from error
    if "based_on" in content:
        # one stimulator, used for another therapy: a table that is not stated here is the shipped file's
        content = tomllib.loads(_read(f"{content.pop('based_on')}")) | content
    try:
        return _device(_file(content))
    except OptimizerError as error:
        choices = CHOICES.get(error.field.rpartition(".")[2], ())
        limit = error.limit or ", ".join(choices)
        raise DeviceFileError(
            f"{name_or_path}: {error.field}", error.problem, limit=limit, remedy=error.remedy
        ) from error


def _file(content: dict[str, Any]) -> _File:
    grids = content.get("parameters")
    for name, grid in grids.items() if isinstance(grids, dict) else ():
        try:
            canonical.from_builtins(_Grid, grid)
        except OptimizerError as error:
            # read as part of the file, the message would say "parameters[...]" of every parameter
            raise DeviceFileError(f"parameters.{name}.{error.field}", error.problem) from error
    return canonical.from_builtins(_File, content)


def _read(name_or_path: str) -> str:
    if name_or_path.endswith(".toml"):
        path = Path(name_or_path)
        if not path.is_file():
            raise DeviceFileError(name_or_path, "is not a file", remedy="Give the path of a device file.")
        return path.read_text(encoding="utf-8")
    if name_or_path not in device_names():
        raise DeviceFileError(name_or_path, "is not a shipped device", limit=", ".join(device_names()))
    return (SHIPPED / f"{name_or_path}.toml").read_text(encoding="utf-8")


def _device(file: _File) -> Device:
    parameters = [_parameter(name, grid) for name, grid in file.parameters.items()]
    if len(file.configurations) > 1:
        parameters.append(categorical(CONFIGURATION, [entry.name for entry in file.configurations]))
    device = Device(
        name=file.name,
        title=file.title,
        therapy=file.therapy,
        revision=file.revision,
        space=SearchSpace(
            parameters=tuple(parameters),
            limits=file.limits,
            contacts=file.contacts,
            configurations=file.configurations,
            balanced=file.balanced,
        ),
        excitability=file.excitability,
        patient_adjusts=file.patient_adjusts,
        preflight=file.preflight,
        response=file.response,
    )
    return replace(device, digest=canonical.digest(device))


def _parameter(name: str, grid: _Grid) -> Parameter:
    # what neither limits nor models see would be changed at will
    if name not in UNITS:
        raise DeviceFileError(
            f"parameters.{name}", "is not known to limits and models", limit=", ".join(UNITS)
        )
    # pulse widths in ms would have a thousandth of their charge, and pass every limit
    if grid.unit != UNITS[name]:
        raise DeviceFileError(
            f"parameters.{name}.unit", "is not the unit the limits are computed in", limit=UNITS[name]
        )
    kinds = [kind for kind in (grid.uniform, grid.segments, grid.values) if kind is not None]
    if len(kinds) != 1:
        raise DeviceFileError(
            f"parameters.{name}", "needs one grid", limit="exactly one of uniform, segments, values"
        )
    about = About(scale=grid.scale, source=grid.source, evidence=grid.evidence)
    if grid.values is not None:
        return listed(name, grid.unit, grid.values, **about)
    segments = [grid.uniform] if grid.uniform is not None else list(grid.segments or ())
    return piecewise(name, grid.unit, segments, **about)
