"""What is believed about a patient before that patient reported anything."""

import math
from dataclasses import dataclass, field

from optimizer.errors import ProblemDefinitionError
from optimizer.problem import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Prior:
    """A mean over settings and a hyperprior, as data: no rows of other patients.

    Raises:
        ProblemDefinitionError: If points and values differ in number or a value is not finite.
    """

    version: str
    """Names what it was learned from and how; stored with every decision it served."""
    points: tuple[tuple[int, ...], ...] = ()
    """Grid indices at which a mean is stated; elsewhere that of the nearest one, fading with the square of the distance. On
    spaces with stimulation physics they play no part: there the mean is the physiology's."""
    values: tuple[float, ...] = ()
    """Expected relief at each point, in units of the outcome scale, relative to the mean over all points."""
    weight: float = 1.0
    """Trust in the mean, 0 to 1: the share of it that is believed, and how much of it this patient may differ by."""
    hyperparameters: dict[str, tuple[float, float]] = field(default_factory=dict)
    """Name -> median and SD of the logarithm, or mean and SD where the surrogate's own belief is normal; replaces that. A name
    that a problem has no belief of is left out."""

    def __post_init__(self) -> None:
        """Check the counts."""
        if len(self.points) != len(self.values) or not all(map(math.isfinite, self.values)):
            raise ProblemDefinitionError("prior.values", "are not one finite number per point")
        if not 0.0 <= self.weight <= 1.0:
            raise ProblemDefinitionError("prior.weight", "is not a probability", limit="0 to 1")


def check_prior(problem: Problem, prior: Prior) -> None:
    """Hold a prior against the space it speaks of.

    Raises:
        ProblemDefinitionError: If a point is no grid point.
    """
    if not all(problem.space.has(point) for point in prior.points):
        raise ProblemDefinitionError(
            "prior.points",
            "hold what is not a grid point",
            limit=f"{len(problem.space.sizes)} grid indices each",
        )


NO_PRIOR = Prior(version="none")
"""Nothing known beyond the physiology built into the surrogate."""
