"""What is believed about a patient before that patient reported anything."""

import math
from dataclasses import dataclass, field

from optimizer.errors import ProblemDefinitionError


@dataclass(frozen=True, slots=True, kw_only=True)
class Prior:
    """A mean over settings and a hyperprior, as data: no rows of other patients.

    Raises:
        ProblemDefinitionError: If points and values differ in number or a value is not finite.
    """

    version: str
    """Names what it was learned from and how; stored with every decision it served."""
    points: tuple[tuple[int, ...], ...] = ()
    """Grid indices at which a mean is stated; between them it is interpolated by the surrogate's own kernel."""
    values: tuple[float, ...] = ()
    """Expected relief at each point, in points of the outcome scale, relative to the mean over all points."""
    weight: float = 1.0
    """Trust in the mean, 0 to 1: the prior probability that it describes this patient."""
    hyperparameters: dict[str, tuple[float, float]] = field(default_factory=dict)
    """Name -> median and log-SD, replacing the default of the surrogate."""

    def __post_init__(self) -> None:
        """Check the counts."""
        if len(self.points) != len(self.values) or not all(map(math.isfinite, self.values)):
            raise ProblemDefinitionError("prior.values", "are not one finite number per point")
        if not 0.0 <= self.weight <= 1.0:
            raise ProblemDefinitionError("prior.weight", "is not a probability", limit="0 to 1")


NO_PRIOR = Prior(version="none")
"""Nothing known beyond the physiology built into the surrogate."""
