"""A small course to try the command line with: three rated trials on the tonic spinal cord stimulator."""

from datetime import timedelta

from optimizer import canonical
from optimizer.ask import Ask
from optimizer.history import applied, history_from_rows
from optimizer.problem import stimulation_problem
from optimizer.space.device import load_device


def example_documents() -> dict[str, bytes]:
    """Return canonical JSON of a problem, a history and an ask that belong together, by file name."""
    problem = stimulation_problem(load_device("scs-tonic"), envelope={"amplitude_ma": (0, 12)})
    start = {"amplitude_ma": 4.0, "pulse_width_us": 300, "frequency_hz": 50, "configuration": "level-3"}
    history = history_from_rows(
        problem,
        [
            {**start, "day": 0, "pain": 7, "discomfort": 0},
            {**start, "amplitude_ma": 4.4, "day": 1, "pain": 6, "discomfort": 1},
            {**start, "amplitude_ma": 4.8, "day": 2, "pain": 5, "discomfort": 2},
        ],
    )
    latest = history.trials[-1]
    ask = Ask(at=latest.occurred_at + timedelta(days=1), in_force=applied(problem, latest.applied.values))
    documents = {"problem.json": problem, "history.json": history, "ask.json": ask}
    return {name: canonical.encode(document) for name, document in documents.items()}
