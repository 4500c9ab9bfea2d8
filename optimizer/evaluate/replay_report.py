"""A replay as numbers to print, store and draw: scores by query, paired differences, published figures beside them."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from optimizer.evaluate.recorded_maps import SOURCE
from optimizer.evaluate.replay import ALGORITHMS, GP_UCB, GP_UCB_PRIOR, OURS, OURS_PRIOR, Replay
from optimizer.evaluate.report.markdown import table_lines
from optimizer.figures.learning_curve import Curve, learning_curve_figure

Array = NDArray[np.float64]

QUERIES: Final = (1, 2, 4, 8, 16)
GOOD: Final = 0.9
"""Share of the best site from which a run counts as having found it."""
N_BOOTSTRAP: Final = 10_000

PAIRS: Final = ((OURS, GP_UCB), (OURS_PRIOR, GP_UCB_PRIOR))
"""Each of ours beside GP-UCB told as much: nothing, or the mean of the other animals' maps."""

DRAWN_AS: Final = {
    OURS: "Titrate",
    OURS_PRIOR: "Titrate, prior",
    GP_UCB: "GP-UCB",
    GP_UCB_PRIOR: "GP-UCB, prior",
}
"""Method -> its name in the figure; the others are called there as in the tables."""

PUBLISHED: Final = {
    "random, published": (0.129, 0.227, 0.441, 0.657, 0.818),
    "GP-UCB, published": (0.152, 0.329, 0.613, 0.835, 0.924),
    "prior, published": (0.402, 0.467, 0.725, 0.833, 0.875),
}
"""Noise-free scores at 1, 2, 4, 8 and 16 queries, from the description that accompanies the recordings. The middle row
divides observations by the true maximum, which no method here is told; divided by the largest seen it gives about .87 at 16."""

NOTEBOOKS_FILE: Final = "eduoptim_notebook_tables.csv"
NOTEBOOK_RUNS: Final = {
    "rat_mapping_2D_one_animal": "notebook",
    "rat_mapping_2D_with_prior_one_animal": "notebook, prior",
}
"""Runs of the source's own notebooks on rats; another protocol (noise, several starts), so a bar and not a pair."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One method in a table of scores; None where nothing is known."""

    name: str
    scores: tuple[float | None, ...]
    """At each of the reported queries."""
    found: float | None = None
    """Share of runs whose recommendation after the last query reaches 0.9 of the best."""
    while_searching: float | None = None
    """Mean score of everything tried."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Mean over animals of one method's score less another's, with a bootstrap 95 % interval over animals."""

    name: str
    against: str
    query: int
    mean: float
    low: float
    high: float


def queries_of(replay: Replay) -> tuple[int, ...]:
    """Return the query numbers to report."""
    n_queries = replay.recommended[GP_UCB].shape[2]
    return tuple(query for query in QUERIES if query <= n_queries)


def rows(replay: Replay) -> list[Row]:
    """Return one row a method, in fixed order: means over animals of means over seeds."""
    at = [query - 1 for query in queries_of(replay)]
    return [
        Row(
            name=name,
            scores=tuple(float(value) for value in replay.recommended[name].mean(axis=(0, 1))[at]),
            found=float((replay.recommended[name][:, :, -1] >= GOOD - 1e-12).mean()),
            while_searching=float(replay.tried[name].mean()),
        )
        for name in ALGORITHMS
    ]


def published_rows(replay: Replay, notebooks: Path | None = None) -> list[Row]:
    """Return the published figures at the reported queries.

    Args:
        replay: Says which queries are reported; with noise, the noise-free figures do not apply.
        notebooks: Folder of the source's stored tables; left out where absent.

    Returns:
        One row a published run.
    """
    wanted = queries_of(replay)
    found = []
    if replay.noise == 0.0:
        found += [Row(name=name, scores=scores[: len(wanted)]) for name, scores in PUBLISHED.items()]
    path = None if notebooks is None else notebooks / NOTEBOOKS_FILE
    if path is not None and path.is_file():
        with path.open(encoding="utf-8", newline="") as file:
            entries = list(csv.DictReader(file))
        for run, name in NOTEBOOK_RUNS.items():
            by_query = {
                int(entry["query"]): float(entry["exploration"])
                for entry in entries
                if entry["run"] == run and entry["algorithm"] == "gpbo"
            }
            found.append(Row(name=name, scores=tuple(by_query.get(query) for query in wanted)))
    return found


def differences(replay: Replay, pairs: Sequence[tuple[str, str]] = PAIRS) -> list[Difference]:
    """Return paired differences over animals at every reported query.

    Args:
        replay: The scores.
        pairs: Methods, each with the one it is compared with.

    Returns:
        Mean and percentile-bootstrap interval; animals are resampled, seeds are averaged first.
    """
    found = []
    for name, against in pairs:
        paired = (replay.recommended[name] - replay.recommended[against]).mean(axis=1)
        for query in queries_of(replay):
            mean, low, high = bootstrap(paired[:, query - 1])
            found.append(Difference(name=name, against=against, query=query, mean=mean, low=low, high=high))
    return found


def bootstrap(values: Array, seed: int = 0) -> tuple[float, float, float]:
    """Return the mean of ``(n,)`` values and its percentile-bootstrap 95 % interval."""
    rng = np.random.default_rng(seed)
    resampled = values[rng.integers(len(values), size=(N_BOOTSTRAP, len(values)))].mean(axis=1)
    low, high = np.quantile(resampled, [0.025, 0.975])
    return float(values.mean()), float(low), float(high)


def write_csv(replay: Replay, path: Path) -> None:
    """Write every score: one line an animal, seed, method and query."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["animal", "seed", "algorithm", "query", "tried", "recommended"])
        for name in ALGORITHMS:
            for (animal, seed, query), tried in np.ndenumerate(replay.tried[name]):
                kept = replay.recommended[name][animal, seed, query]
                writer.writerow(
                    [replay.animals[animal], seed, name, query + 1, f"{tried:.6g}", f"{kept:.6g}"]
                )


def learning_curves(replay: Replay) -> list[Curve]:
    """Return the score by query of each method, ours first, intervals over animals."""
    found = []
    for name in reversed(ALGORITHMS):
        by_animal = replay.recommended[name].mean(axis=1)
        mean, low, high = zip(*(bootstrap(column) for column in by_animal.T), strict=True)
        trials = tuple(range(1, by_animal.shape[1] + 1))
        found.append(Curve(label=DRAWN_AS.get(name, name), trials=trials, mean=mean, low=low, high=high))
    return found


def page(replay: Replay) -> str:
    """Return scores and paired differences as Markdown."""
    n_seeds = replay.recommended[GP_UCB].shape[1]
    lines = [
        f"# Recorded maps of {len(replay.animals)} rats, {n_seeds} random first sites each, noise {replay.noise:g}",
        "",
        f"Source: {SOURCE}.",
        "",
        "Score of the recommended site by query: true value over the animal's best. This ranks algorithms; it says",
        "nothing about clinical benefit.",
        "",
        *_score_lines(replay),
        "",
        "Paired over animals with GP-UCB of the same run that was told as much, bootstrap 95 %:",
        "",
        *_difference_lines(replay),
        "",
        f"{replay.n_asks} decisions in {replay.seconds:.0f} s.",
    ]
    return "\n".join(lines) + "\n"


def _score_lines(replay: Replay) -> list[str]:
    head = ["method", *map(str, queries_of(replay)), f">= {GOOD:g} at the end", "mean of all tried"]
    cells = [
        [row.name, *("" if v is None else f"{v:.3f}" for v in (*row.scores, row.found, row.while_searching))]
        for row in [*rows(replay), *published_rows(replay)]
    ]
    return table_lines(head, cells)


def _difference_lines(replay: Replay) -> list[str]:
    cells = [
        [d.name, d.against, str(d.query), f"{d.mean:+.3f}", f"{d.low:+.3f}", f"{d.high:+.3f}"]
        for d in differences(replay)
    ]
    return table_lines(["method", "less", "queries", "difference", "from", "to"], cells)


def save(replay: Replay, folder: Path, *, every_score: bool = True) -> list[Path]:
    """Write the page, the learning curves and, where wanted, every score as CSV.

    Args:
        replay: The scores.
        folder: Made where it is not there.
        every_score: Whether to write the CSV, one line an animal, seed, method and query.

    Returns:
        Paths of what was written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    stem = f"replay-rat-maps-noise-{replay.noise:g}"
    figure = learning_curve_figure(
        learning_curves(replay),
        title=f"Recorded maps of {len(replay.animals)} rats, noise SD {replay.noise:g} of the maximum",
        value="true value of the recommended site over the best",
        along="query",
        reached=1.0,
        reached_label="best site",
    )
    paths = [folder / f"{stem}.md", folder / f"{stem}.png"]
    paths[0].write_text(page(replay), encoding="utf-8")
    figure.savefig(paths[1], dpi=150)
    if every_score:
        paths.append(folder / f"{stem}.csv")
        write_csv(replay, paths[-1])
    return paths
