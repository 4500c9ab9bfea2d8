"""Which candidates the model holds tolerable, with confidence."""

from collections.abc import Sequence

import torch
from torch import Tensor

from optimizer.models.dataset import Points
from optimizer.models.surrogate import Surrogate
from optimizer.problem import PostureUse, Problem
from optimizer.trial import Posture

CAUTION = 0.35
"""Share of the ceiling the search uses: the ceiling is no target, and the model may be wrong about the next step."""


def safe(
    problem: Problem,
    surrogate: Surrogate,
    points: Points,
    uses: Sequence[PostureUse] | None = None,
    *,
    now: Posture = Posture.UNKNOWN,
) -> Tensor:
    """Return which points carry well under the declared probability of an intolerable report, in every posture of use.

    Args:
        problem: Declares the ceiling.
        surrogate: Conditioned on the history.
        points: ``c`` settings.
        uses: What they would be used for; what the problem declares where left out.
        now: The posture they would first be felt in, where that is none of their uses.

    Returns:
        ``(c,)``; all True where tolerability does not apply.
    """
    if problem.tolerability is None:
        return torch.ones(len(points), dtype=torch.bool)
    used = problem.postures if uses is None else uses
    return surrogate.p_intolerable(points, used, now) <= CAUTION * problem.tolerability.ceiling
