"""The compute process: the only one that loads torch. Frames in, frames out; what is remembered between them
spares time only.

Started by ``service.proposals.compute`` with the number of one end of a socket pair. A frame is four bytes of length and
JSON. The first thing it says is that it is warm, having loaded the models and answered a small question: it names the
optimiser it loaded.
"""

import json
import logging
import socket
import sys
import time
from datetime import UTC, datetime

import torch

from optimizer import canonical
from optimizer.ask import Ask
from optimizer.errors import OptimizerError
from optimizer.history import History, applied, history_from_rows
from optimizer.prior import NO_PRIOR, Prior
from optimizer.problem import Problem, stimulation_problem
from optimizer.propose import propose
from optimizer.space.device import load_device
from optimizer.space.parameter import Value
from service import logs
from service.ledger import optimizer_version
from service.proposals.frames import receive, send

_log = logging.getLogger(__name__)
START: dict[str, Value] = {
    "amplitude_ma": 4.0,
    "pulse_width_us": 300.0,
    "frequency_hz": 40.0,
    "configuration": "level-4",
}


def answer(request: bytes) -> bytes:
    """Answer one question.

    Args:
        request: JSON with ``problem``, ``history``, ``ask``, ``prior`` (canonical JSON each) and ``seed``.

    Returns:
        JSON with ``decision`` (canonical JSON) and ``optimizer_s``, the time it took, or with ``error``, the code of what
        failed.
    """
    try:
        asked = json.loads(request)
        began = time.perf_counter()
        decision = propose(
            canonical.decode(Problem, asked["problem"]),
            canonical.decode(History, asked["history"]),
            canonical.decode(Ask, asked["ask"]),
            prior=canonical.decode(Prior, asked["prior"]),
            seed=asked["seed"],
        )
    except OptimizerError as error:
        return json.dumps({"error": error.code}).encode()
    except Exception as error:  # noqa: BLE001 - the process lives on; what failed is told by its type alone
        _log.error("propose failed: %s", type(error).__qualname__)
        return json.dumps({"error": "internal-error"}).encode()
    took_s = time.perf_counter() - began
    return json.dumps({"decision": canonical.encode(decision).decode(), "optimizer_s": took_s}).encode()


def warm_up() -> None:
    """Answer a small question, so that no patient waits for the first one."""
    problem = stimulation_problem(load_device("scs-tonic"), envelope={"amplitude_ma": (0.0, 9.0)})
    rows = [{**START, "pain": 6, "discomfort": 1}, {**START, "amplitude_ma": 4.4, "pain": 5, "discomfort": 1}]
    ask = Ask(at=datetime(2020, 1, 1, tzinfo=UTC), in_force=applied(problem, START))
    propose(problem, history_from_rows(problem, rows), ask, prior=NO_PRIOR, seed=0)


def main(descriptor: int) -> None:
    """Say that we are warm, then answer until the other end goes away."""
    logs.configure()
    torch.set_num_threads(1)
    with socket.socket(fileno=descriptor) as link:
        warm_up()
        send(link, optimizer_version.installed().encode())
        while (request := receive(link)) is not None:
            send(link, answer(request))


if __name__ == "__main__":
    main(int(sys.argv[1]))
