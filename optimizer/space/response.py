"""What a therapy's literature says about where relief lies, before this patient's first report.

A prior, which data overrule: the therapeutic rate, width and current of a family of devices, each with how unsure that is.
Levels are logs of current over the limit current, at which the side-effect grade reaches the tolerable limit.
"""

import math
from dataclasses import dataclass, fields

from msgspec import UNSET, UnsetType

from optimizer.errors import ParameterDefinitionError
from optimizer.space.constraint import Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A quantity that differs between patients: its median, and the SD of it (of its log where it is positive)."""

    median: float
    sd: float
    source: str
    evidence: Evidence

    def __post_init__(self) -> None:
        """Check that it can be a prior."""
        if not (math.isfinite(self.median) and math.isfinite(self.sd) and self.sd > 0):
            raise ParameterDefinitionError("response", "has a fact that is no prior", limit="a positive SD")


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """The therapeutic region of a family of devices."""

    rate_best_hz: Fact
    rate_width: Fact
    """In log Hz: relief falls to 0.61 of its best this far from the best rate."""
    width_best_us: Fact
    width_width: Fact
    """In log us, likewise."""
    onset: Fact
    """Level at which half of the relief has set in."""
    onset_width: Fact
    start_margin: Fact
    """Log of limit current over the current a course starts from."""
    duty_exponent: Fact | None = None
    """Power of the duty cycle by which the dose that sets in grows; None where relief does not depend on it."""
    duty_reference: float = 1.0
    """Duty cycle at which ``onset`` is meant."""
    untreated: Fact | UnsetType = UNSET
    """Pain without stimulation, on 0 to 10. Unset, and absent from documents, where it is :data:`UNTREATED`."""

    def __post_init__(self) -> None:
        """Check that what goes through a logarithm is positive."""
        named = {entry.name: getattr(self, entry.name) for entry in fields(self)}
        logs = ("rate_best_hz", "rate_width", "width_best_us", "width_width", "onset_width")
        for name in logs:
            if not named[name].median > 0:
                raise ParameterDefinitionError(f"response.{name}", "is not positive", limit="> 0")
        if not 0 < self.duty_reference <= 1:
            raise ParameterDefinitionError("response.duty_reference", "is no duty cycle", limit="0 to 1")


def _assumed(median: float, sd: float) -> Fact:
    return Fact(
        median=median,
        sd=sd,
        source="Tonic spinal cord stimulation; centre and spread of this project",
        evidence=Evidence.ASSUMED,
    )


UNTREATED = Fact(
    median=7.0,
    sd=1.3,
    source="Patients are selected for much pain, mostly 5 or more of 10, and differ by a point or so; size of this project",
    evidence=Evidence.ASSUMED,
)
"""Pain without stimulation where the device's file says nothing else."""

TONIC = Response(
    rate_best_hz=_assumed(55.0, 0.40),
    rate_width=_assumed(0.95, 0.30),
    width_best_us=_assumed(380.0, 0.40),
    width_width=_assumed(1.0, 0.30),
    onset=_assumed(-0.22, 0.10),
    onset_width=_assumed(0.06, 0.5),
    # a stated start is mostly between half and nearly all of what is tolerable
    start_margin=_assumed(0.25, 0.20),
)
"""Tonic spinal cord stimulation, and every device whose file says nothing else."""
