"""What is written about a diary is what came out of it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from optimizer.evaluate.diary_replay import ALGORITHMS, GP_UCB, OURS, DiaryReplay, Searches
from optimizer.evaluate.diary_report import page, save, sections, tables


def searches(ours: float, claimed: tuple[bool, bool]) -> Searches:
    shape = (2, 1, 12)
    level = {name: np.full(shape, 0.25) for name in ALGORITHMS} | {OURS: np.full(shape, ours)}
    level[OURS][:, :, 3] = 0.5  # the fourth week
    return Searches(
        recommended=level,
        tried={name: np.full(shape, 0.125) for name in ALGORITHMS},
        claimed=np.broadcast_to(np.array(claimed)[:, None, None], shape).copy(),
    )


@pytest.fixture
def replay() -> DiaryReplay:
    """Two stretches, twelve weeks."""
    by_effect = {0.0: searches(0.75, (True, False)), 1.0: searches(0.75, (True, True))}
    return DiaryReplay(stretches=("a", "b"), days_held=7, by_effect=by_effect, n_asks=48, seconds=1.0)


def test_scores_are_read_at_the_end_of_their_day(replay: DiaryReplay) -> None:
    scores, differences, _ = sections(replay)
    assert ("1", OURS, "0.500", "0.750", "0.750", "0.125") in scores.rows
    assert ("1", GP_UCB, "0.250", "0.250", "0.250", "0.125") in scores.rows
    assert differences.rows[0][2:4] == ("+0.250 (+0.250, +0.250)", "+0.500 (+0.500, +0.500)")


def test_without_a_benefit_there_are_claims_only(replay: DiaryReplay) -> None:
    scores, differences, claims = sections(replay)
    assert {row[0] for row in (*scores.rows, *differences.rows)} == {"1"}
    assert claims.rows[0] == ("0", *["0.50 (0.00, 1.00)"] * 3)
    assert claims.rows[1] == ("1", *["1.00 (1.00, 1.00)"] * 3)


def test_a_page_says_what_ours_was_told(replay: DiaryReplay, tmp_path: Path) -> None:
    told = save(replace(replay, drift_expected=True), tmp_path, "titrate replay")
    assert told.name == "replay-pain-diary-held-7-drift-expected.md"
    assert "drift_expected" in told.read_text(encoding="utf-8")
    assert "drift_expected" not in page(replay, "titrate replay")


def test_page_and_terminal_show_every_row(replay: DiaryReplay, tmp_path: Path) -> None:
    text = save(replay, tmp_path / "out", "titrate replay").read_text(encoding="utf-8")
    assert text == page(replay, "titrate replay")
    console = Console(width=160)
    with console.capture() as capture:
        console.print(*tables(replay))
    for section in sections(replay):
        for row in section.rows:
            assert "| " + " | ".join(row) + " |" in text
            assert all(cell in capture.get() for cell in row)
