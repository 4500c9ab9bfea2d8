"""The table: published, accepted, observed, and whether a miss is waived by name."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources

from optimizer import canonical
from optimizer.errors import DataError
from optimizer.simulate.cohort import draw_cohort
from optimizer.simulate.preset import load_preset
from optimizer.simulate.validation.choices import measured_choices
from optimizer.simulate.validation.nerves import (
    measured_ganglion,
    measured_kilohertz,
    measured_nerve,
    measured_skin,
)
from optimizer.simulate.validation.thresholds import measured_thresholds
from optimizer.simulate.validation.trials import measured_reports, run_arm
from optimizer.simulate.validation.vagus import measured_vagus

MOST_WAIVED = 3
"""Rows that may miss their band."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """What one statistic must come out as."""

    row: str
    """Row of the notes' table; several statistics may share one."""
    published: str
    accept: tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One statistic, held against its band."""

    name: str
    band: Band
    observed: float
    waiver: str
    """Why a miss of this row is accepted; empty where none is."""

    @property
    def is_inside(self) -> bool:
        """Whether the statistic lies in its band."""
        low, high = self.band.accept
        return low <= self.observed <= high

    @property
    def is_accepted(self) -> bool:
        """Whether the statistic lies in its band or its row is waived."""
        return self.is_inside or bool(self.waiver)


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    """The shape of ``bands.toml``."""

    bands: dict[str, Band]
    waived: dict[str, str]


def validate(size: int = 20_000, seed: int = 2030) -> tuple[Line, ...]:
    """Draw cohorts and hold them against the published figures.

    Args:
        size: Patients per preset.
        seed: Of the draw.

    Returns:
        One line per statistic, in the order of the notes.

    Raises:
        DataError: If bands and statistics do not match by name, or too many rows are waived.
    """
    file = _read()
    observed = _observed(size, seed)
    if observed.keys() != file.bands.keys():
        raise DataError("bands.toml", "does not name exactly the statistics that are computed")
    return tuple(
        Line(name=name, band=band, observed=observed[name], waiver=file.waived.get(band.row, ""))
        for name, band in file.bands.items()
    )


def as_markdown(lines: Sequence[Line]) -> str:
    """Return the table as Markdown, for documents and terminals alike."""
    rows = ["| statistic | published | accepted | observed | |", "|---|---|---|---|---|"]
    for line in lines:
        verdict = "inside" if line.is_inside else "waived" if line.waiver else "**outside**"
        low, high = line.band.accept
        rows.append(
            f"| {line.band.row} | {line.band.published} | {low:g} to {high:g} | {line.observed:.3g} | {verdict} |"
        )
    reasons = {line.band.row: line.waiver for line in lines if line.waiver and not line.is_inside}
    return "\n".join(rows + [""] + [f"Waived: {row}. {reason}" for row, reason in reasons.items()]) + "\n"


def _observed(size: int, seed: int) -> dict[str, float]:
    tonic = draw_cohort(load_preset("tonic"), seed, size)
    arms = {name: run_arm(draw_cohort(load_preset(name), seed, size)) for name in ("tonic", "mid", "ten-khz")}
    found = measured_thresholds(tonic) | measured_reports(tonic) | measured_choices(tonic)
    for name, key in (("tonic", "tonic"), ("ten-khz", "ten_khz")):
        arm = arms[name]
        relief = arm.relief(12)
        found[f"trial_pass_{key}"] = float(arm.passed.mean())
        found[f"{key}_mean_relief"] = float(relief.mean())
        found[f"{key}_sd_relief"] = float(relief.std())
        found[f"{key}_responders"] = arm.responders(12)
        found[f"{key}_remitters"] = arm.remitters(12)
        found[f"{key}_fall_nrs"] = arm.fall_nrs(12)
    found["tonic_specific_nrs"] = arms["tonic"].specific_nrs(12)
    for month in (3, 12, 36):
        found[f"mid_responders_{month}_months"] = arms["mid"].responders(month)
    found |= measured_vagus(draw_cohort(load_preset("vns"), seed, size))
    found |= measured_kilohertz(arms["ten-khz"].cohort)
    found |= measured_ganglion(draw_cohort(load_preset("drg"), seed, size))
    found |= measured_nerve(draw_cohort(load_preset("pns"), seed, size))
    through_skin = [draw_cohort(load_preset(name), seed, size) for name in ("tens", "tavns")]
    found |= measured_skin(*through_skin)
    early = float(arms["tonic"].relief(1).mean())
    found["habituation"] = found["tonic_mean_relief"] / early - 1.0
    return found


def _read() -> _File:
    text = (resources.files(__package__) / "bands.toml").read_text(encoding="utf-8")
    file = canonical.from_builtins(_File, tomllib.loads(text))
    unknown = set(file.waived) - {band.row for band in file.bands.values()}
    if unknown or len(file.waived) > MOST_WAIVED:
        raise DataError("bands.toml", "waives a row that is not there, or too many", limit=str(MOST_WAIVED))
    return file
