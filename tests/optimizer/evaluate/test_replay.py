"""B2: ours on recorded maps, beside plain GP-UCB of the same call."""

from pathlib import Path

import numpy as np
import pytest

from optimizer.evaluate.recorded_maps import RecordedMaps, read_maps
from optimizer.evaluate.replay import ALGORITHMS, EXTENSIVE, GP_UCB, OURS, OURS_PRIOR, Replay, replay_maps
from optimizer.evaluate.replay_report import differences, rows, save

WORST_DIFFERENCE = -0.03
"""Against GP-UCB, mean over animals, at every reported query."""
LUCK = 0.05
"""What one site's luck is worth where only a few seeds are averaged; none is granted over fifty."""
BEST_WITH_PRIOR = 0.38
"""Least score with the other animals' mean after one query."""


def test_every_method_starts_from_the_same_first_site(small: Replay) -> None:
    firsts = [small.tried[name][:, :, 0] for name in ALGORITHMS if not name.endswith("prior")]
    for first in firsts[1:]:
        np.testing.assert_array_equal(first, firsts[0])


def test_extensive_finds_the_best_of_four_sites_in_four_queries(small: Replay) -> None:
    np.testing.assert_array_equal(small.recommended[EXTENSIVE][:, :, -1], 1.0)


def test_a_recommended_site_was_tried(small: Replay) -> None:
    for name in ALGORITHMS:
        for query in range(4):
            so_far = small.tried[name][:, :, : query + 1]
            kept = small.recommended[name][:, :, query]
            assert (so_far == kept[:, :, None]).any(axis=2).all(), name


def test_processes_and_their_number_change_nothing(small_maps: RecordedMaps, small: Replay) -> None:
    again = replay_maps(small_maps, n_seeds=2, n_queries=4, jobs=2)
    for name in ALGORITHMS:
        np.testing.assert_array_equal(again.tried[name], small.tried[name])


def test_three_seeds_keep_up_with_gp_ucb(data_folder: Path) -> None:
    """The fixed sample of CI, to four queries; the full one is `make acceptance`."""
    replay = replay_maps(read_maps(data_folder / "rat_m1_threshold_maps"), n_seeds=3, n_queries=4)
    check_bar(replay)


@pytest.mark.acceptance
def test_fifty_seeds_keep_up_with_gp_ucb(data_folder: Path, acceptance_folder: Path) -> None:
    replay = replay_maps(read_maps(data_folder / "rat_m1_threshold_maps"), n_seeds=50, jobs=2)
    save(replay, acceptance_folder, every_score=False)
    check_bar(replay)


def check_bar(replay: Replay) -> None:
    paired = {entry.query: entry.mean for entry in differences(replay, [(OURS, GP_UCB)])}
    luck = LUCK if replay.recommended[OURS].shape[1] < 50 else 0.0
    assert all(mean >= WORST_DIFFERENCE - luck for mean in paired.values()), paired
    with_prior = {row.name: row for row in rows(replay)}[OURS_PRIOR]
    assert with_prior.scores[0] is not None
    assert with_prior.scores[0] >= BEST_WITH_PRIOR
