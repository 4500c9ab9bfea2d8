"""A replay of a pain diary as numbers to print and to store."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from rich.table import Table

from optimizer.evaluate.diary import SOURCE
from optimizer.evaluate.diary_replay import ALGORITHMS, GP_UCB, OURS, DiaryReplay
from optimizer.evaluate.replay_report import bootstrap
from optimizer.evaluate.report.markdown import table_lines

DAYS: Final = (28, 56, 84)

Cells = tuple[str, ...]
SCORE_HEAD: Final[Cells] = ("best benefit", "method", *(f"day {day}" for day in DAYS), "while searching")
CLAIM_HEAD: Final[Cells] = ("best benefit", *(f"day {day}" for day in DAYS))


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One table: a title, names of columns and rows of text."""

    title: str
    head: Cells
    rows: tuple[Cells, ...]


def sections(replay: DiaryReplay) -> tuple[Section, ...]:
    """Return scores, paired differences and claims as text, for paper and terminal alike."""
    return (
        Section(
            title="Benefit at the recommended site over the best, and of all tried while searching",
            head=SCORE_HEAD,
            rows=tuple(_score_rows(replay)),
        ),
        Section(
            title="Ours less plain GP-UCB, paired over stretches, bootstrap 95 %",
            head=SCORE_HEAD,
            rows=tuple(_difference_rows(replay)),
        ),
        Section(
            title="Share of runs in which ours claims a benefit over the start; at 0 every claim is false",
            head=CLAIM_HEAD,
            rows=tuple(_claim_rows(replay)),
        ),
    )


def _at(replay: DiaryReplay) -> list[int]:
    return [replay.trials_by(day) - 1 for day in DAYS]


def _score_rows(replay: DiaryReplay) -> Iterator[Cells]:
    for effect, found in replay.by_effect.items():
        if effect == 0:
            continue
        for name in ALGORITHMS:
            at_days = found.recommended[name].mean(axis=(0, 1))[_at(replay)]
            yield (
                f"{effect:g}",
                name,
                *(f"{value:.3f}" for value in (*at_days, found.tried[name].mean())),
            )


def _difference_rows(replay: DiaryReplay) -> Iterator[Cells]:
    for effect, found in replay.by_effect.items():
        if effect == 0:
            continue
        recommended = (found.recommended[OURS] - found.recommended[GP_UCB]).mean(axis=1)
        tried = (found.tried[OURS] - found.tried[GP_UCB]).mean(axis=(1, 2))
        columns = [*recommended.T[_at(replay)], tried]
        yield (f"{effect:g}", f"{OURS} less {GP_UCB}", *(_interval(column, "+.3f") for column in columns))


def _claim_rows(replay: DiaryReplay) -> Iterator[Cells]:
    for effect, found in replay.by_effect.items():
        by_stretch = found.claimed.mean(axis=1)
        yield (f"{effect:g}", *(_interval(column, ".2f") for column in by_stretch.T[_at(replay)]))


def _interval(values: NDArray[np.float64], form: str) -> str:
    mean, low, high = (f"{value:{form}}" for value in bootstrap(values))
    return f"{mean} ({low}, {high})"


def tables(replay: DiaryReplay) -> Sequence[Table]:
    """Return the sections for a terminal."""
    found = []
    for section in sections(replay):
        table = Table(*section.head, title=section.title)
        for row in section.rows:
            table.add_row(*row)
        found.append(table)
    return found


def page(replay: DiaryReplay, command: str) -> str:
    """Return the sections as Markdown, with the command that makes them."""
    n_stretches = len(replay.stretches)
    n_seeds = next(iter(replay.by_effect.values())).claimed.shape[1]
    lines = [
        f"# A pain diary with a known benefit, each setting held {replay.days_held} day(s)",
        "",
        f"`{command}`",
        "",
        f"Source: {SOURCE}. {n_stretches} stretches of 84 days, {n_seeds} place(s) of the benefit each: deviations of",
        "a region's daily mean, tripled, around pain 6, less one bump of benefit on a 5 x 5 grid. The days are real, the",
        "benefit is stated; one person and a private scale, smoother than the ratings of trials. A check of the search",
        "under slow drift; it says nothing about clinical benefit. Plain GP-UCB is told the 6, ours is not.",
        "Intervals resample stretches.",
    ]
    if replay.drift_expected:
        lines += ["", "Ours is told that pain may change slowly by itself (`drift_expected`)."]
    for section in sections(replay):
        lines += ["", f"## {section.title}", ""]
        lines += table_lines(section.head, section.rows)
    lines += ["", f"{replay.n_asks} decisions in {replay.seconds:.0f} s."]
    return "\n".join(lines) + "\n"


def save(replay: DiaryReplay, folder: Path, command: str) -> Path:
    """Write the page into a folder, made where it is not there, and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    told = "-drift-expected" if replay.drift_expected else ""
    path = folder / f"replay-pain-diary-held-{replay.days_held}{told}.md"
    path.write_text(page(replay, command), encoding="utf-8")
    return path
