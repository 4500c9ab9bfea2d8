"""Does the model describe this patient's own reports? Leave-one-out, in closed form."""

import torch
from torch import Tensor

from optimizer.models.surrogate import Surrogate

TOLERATED_EXCESS = 2.5
"""Standard deviations by which the mean squared leave-one-out residual may exceed one before the model is not trusted."""
ENOUGH_ROWS = 5
"""Rows of ratings below which nothing is concluded."""
JURY = slice(None, None, 4)
"""The draws that judge: a mean over draws and ratings. On 52 histories they said what all draws say."""


def leave_one_out(surrogate: Surrogate) -> tuple[Tensor, Tensor]:
    """Return the standardised residual and the predictive SD of each rating without itself, ``(s, n)`` each.

    Source:
        Rasmussen and Williams (2006), Gaussian processes for machine learning, section 5.4.2.
    """
    unit = torch.eye(surrogate.factor.shape[-1], dtype=surrogate.factor.dtype).expand_as(surrogate.factor)
    root = torch.linalg.solve_triangular(surrogate.factor, unit, upper=False)
    alpha = torch.linalg.solve_triangular(surrogate.factor.transpose(1, 2), surrogate.white, upper=True)[
        ..., 0
    ]
    # the diagonal of the inverse alone: its root need not be multiplied out
    variance = 1.0 / root.square().sum(1)
    return alpha * variance.sqrt(), variance.sqrt()


def is_trustworthy(surrogate: Surrogate) -> bool:
    """Return whether left-out ratings fall where the model expects them; True while there are too few to tell."""
    if len(surrogate.dataset.relief) < ENOUGH_ROWS:
        return True
    residual, _ = leave_one_out(surrogate.draws(JURY))
    # the mean of n squared standard normal residuals has variance 2 / n
    worst = 1.0 + TOLERATED_EXCESS * (2.0 / residual.shape[1]) ** 0.5
    return float(residual.square().mean()) <= worst
