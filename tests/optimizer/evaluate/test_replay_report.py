"""What is written about a replay is what came out of it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from optimizer.evaluate.replay import ALGORITHMS, GP_UCB, GP_UCB_PRIOR, OURS, OURS_PRIOR, Replay
from optimizer.evaluate.replay_report import (
    bootstrap,
    differences,
    learning_curves,
    published_rows,
    rows,
    save,
)


def test_scores_are_means_over_animals_of_means_over_seeds(small: Replay) -> None:
    by_name = {row.name: row for row in rows(small)}
    for name in ALGORITHMS:
        by_animal = small.recommended[name].mean(axis=1)
        assert by_name[name].scores == pytest.approx(by_animal.mean(axis=0)[[0, 1, 3]])
        assert by_name[name].while_searching == pytest.approx(small.tried[name].mean())


def test_a_difference_to_oneself_is_nothing(small: Replay) -> None:
    for entry in differences(small, [(OURS, OURS)]):
        assert (entry.mean, entry.low, entry.high) == (0.0, 0.0, 0.0)


def test_ours_with_a_prior_is_compared_with_gp_ucb_with_the_same_prior(small: Replay) -> None:
    found = {(entry.name, entry.query): entry for entry in differences(small)}
    for name, against in ((OURS, GP_UCB), (OURS_PRIOR, GP_UCB_PRIOR)):
        by_hand = small.recommended[name].mean(axis=(0, 1)) - small.recommended[against].mean(axis=(0, 1))
        assert found[name, 2].against == against
        assert found[name, 2].mean == pytest.approx(by_hand[1])


def test_page_picture_and_table_are_written(small: Replay, tmp_path: Path) -> None:
    page, picture, table = save(small, tmp_path / "out")
    assert page.read_text(encoding="utf-8").count("| safe_bo |") == 1 + 3  # scores, and three differences
    assert picture.read_bytes().startswith(b"\x89PNG")
    lines = table.read_text(encoding="utf-8").splitlines()
    assert len(lines) == 1 + len(ALGORITHMS) * 3 * 2 * 4


def test_published_figures_stand_beside_a_noise_free_replay_only(small: Replay) -> None:
    assert [len(row.scores) for row in published_rows(small)] == [3, 3, 3]
    assert published_rows(replace(small, noise=0.1)) == []


def test_the_notebooks_own_tables_are_read_where_they_are(small: Replay, data_folder: Path) -> None:
    found = {row.name: row for row in published_rows(small, data_folder / "published_replay_tables")}
    assert {"notebook", "notebook, prior"} <= found.keys()
    assert all(score is not None and 0 < score < 1 for score in found["notebook"].scores)


def test_the_interval_covers_the_mean_and_narrows_with_agreement() -> None:
    mean, low, high = bootstrap(np.array([0.1, 0.2, 0.3, 0.4]))
    assert low < mean < high
    assert bootstrap(np.full(4, 0.25)) == (0.25, 0.25, 0.25)


def test_ours_is_drawn_first_and_all_are_called_as_people_do(small: Replay) -> None:
    curves = learning_curves(small)
    assert [curve.label for curve in curves] == [
        "Titrate, prior",
        "GP-UCB, prior",
        "Titrate",
        "GP-UCB",
        "extensive",
        "random",
    ]
    assert all(
        low <= mean <= high for c in curves for low, mean, high in zip(c.low, c.mean, c.high, strict=True)
    )
