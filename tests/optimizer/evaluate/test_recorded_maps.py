"""Recorded maps are read as described, or refused with where they come from."""

from pathlib import Path

import numpy as np
import pytest

from optimizer.errors import DataError
from optimizer.evaluate.recorded_maps import POSITIONS_FILE, SCORES_FILE, RecordedMaps, read_maps


def written(folder: Path, scores: str) -> Path:
    (folder / POSITIONS_FILE).write_text("channel,x_online,y_online\n1,2,1\n2,1,1\n", encoding="utf-8")
    (folder / SCORES_FILE).write_text("rat,ch01,ch02\n" + scores, encoding="utf-8")
    return folder


def test_the_recordings_are_twenty_responding_rats_at_thirty_two_sites(data_folder: Path) -> None:
    maps = read_maps(data_folder / "rat_m1_threshold_maps")
    assert maps.values.shape == (20, 32)
    assert {tuple(site) for site in maps.sites} == {(x, y) for x in range(1, 9) for y in range(1, 5)}
    assert maps.problem().space.sizes == (8, 4)


def test_an_animal_that_never_responds_is_left_out(tmp_path: Path) -> None:
    maps = read_maps(written(tmp_path, "1,3,0\n2,0,0\n3,1,2\n"))
    assert maps.animals == ("1", "3")


def test_an_absent_folder_names_source_licence_and_commit(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"EduOptimNeurostim.*3c4632bb.*BSD-2-Clause.*--data"):
        read_maps(tmp_path)


@pytest.mark.parametrize("scores", ["1,9,0\n", "1,-1,0\n", "1,nan,0\n", "1,x,0\n"])
def test_a_score_off_its_scale_is_refused(tmp_path: Path, scores: str) -> None:
    with pytest.raises(DataError, match=r"rat 1, ch0[12]: holds a score off its scale|no number"):
        read_maps(written(tmp_path, scores))


def test_the_prior_holds_the_other_animals_only() -> None:
    sites = np.array([[1, 1], [2, 1], [3, 1]], dtype=np.int64)
    values = np.array([[8.0, 0.0, 0.0], [0.0, 4.0, 0.0], [0.0, 2.0, 1.0]])
    prior = RecordedMaps(animals=("1", "2", "3"), values=values, sites=sites).prior_without(0)
    # shares 0, 1, 0.25 by a mean maximum of 3 points, less their mean
    assert prior.values == pytest.approx((-1.25, 1.75, -0.5))
    assert prior.points == ((0, 0), (1, 0), (2, 0))
