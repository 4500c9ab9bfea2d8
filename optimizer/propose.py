"""The one entry: a problem, what happened so far, and a question; out comes a decision.

The same inputs give the same decision: one thread, fixed iteration counts, ties broken by grid index. What is
remembered between calls spares time only.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from optimizer.ask import Ask, check_ask
from optimizer.decision import Decision
from optimizer.errors import ProblemDefinitionError
from optimizer.history import History, check_history
from optimizer.policies.policy import Policy
from optimizer.policies.safe_bo import SAFE_BO
from optimizer.prior import NO_PRIOR, Prior, check_prior
from optimizer.problem import Problem

SEEDS = 2**53
"""JSON carries whole numbers exactly below this."""


def propose(
    problem: Problem,
    history: History,
    ask: Ask,
    *,
    prior: Prior = NO_PRIOR,
    seed: int = 0,
    policy: Policy = SAFE_BO,
) -> Decision:
    """Decide what to try next.

    Args:
        problem: What may be programmed, what is wanted, what must not happen.
        history: What was applied and reported; facts recorded after ``ask.at`` play no part.
        ask: When and in which context, from which settings.
        prior: What is believed before this patient's first report.
        seed: Of every random draw inside.
        policy: How to choose; the default is the one the service serves.

    Returns:
        A ``Proposal`` on the device grid inside every limit; a ``Hold`` where none is defensible; a ``Stop`` where further
        search is not worth a visit. Advice: a clinician decides, nothing is ever applied by the software.

    Raises:
        OptimizerError: If what is handed over is malformed; the message names the field. What is well formed, however odd, is
            answered.

    Example:
        >>> from datetime import UTC, datetime
        >>> from optimizer.history import applied, history_from_rows
        >>> from optimizer.problem import stimulation_problem
        >>> from optimizer.space.device import load_device
        >>> problem = stimulation_problem(load_device("scs-tonic"), envelope={"amplitude_ma": (0, 12)})
        >>> start = {
        ...     "amplitude_ma": 4.0,
        ...     "pulse_width_us": 300,
        ...     "frequency_hz": 50,
        ...     "configuration": "level-3",
        ... }
        >>> history = history_from_rows(problem, [{**start, "pain": 6, "discomfort": 0}])
        >>> decision = propose(problem, history, Ask(at=datetime.now(UTC), in_force=applied(problem, start)))
        >>> decision.settings["configuration"].startswith("level-")
        True
    """
    check_history(problem, history)
    check_ask(problem, ask)
    check_prior(problem, prior)
    if not 0 <= seed < SEEDS:
        raise ProblemDefinitionError("seed", "is not one", limit="whole numbers from 0 below 2^53")
    with _one_thread():
        return policy.start(problem, prior=prior, seed=seed).decide(history, ask)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Sums in one order, whatever the machine: threads change the last bits."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.no_grad():
            yield
    finally:
        torch.set_num_threads(before)
