"""The stretches are days as they were recorded; the benefit is one bump of stated width."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from optimizer.errors import DataError
from optimizer.evaluate.diary import (
    DIARY_FILE,
    N_DAYS,
    RATED_DAYS,
    benefit_share,
    diary_problem,
    grid,
    read_stretches,
)


def written(folder: Path, rows: list[str]) -> Path:
    (folder / DIARY_FILE).write_text(
        "date,region,side,intensity\n" + "\n".join(rows) + "\n", encoding="utf-8"
    )
    return folder


def days(n: int, *, without: int | None = None) -> list[str]:
    first = date(2016, 1, 1)
    return [f"{first + timedelta(days=day)},Knees,,{1 + day % 3}" for day in range(n) if day != without]


def test_the_diary_varies_as_its_description_says(data_folder: Path) -> None:
    deviations = np.array([s.deviations for s in read_stretches(data_folder / "myaiguide_pain_diary")])
    assert deviations.shape == (108, N_DAYS)
    assert deviations.std(axis=1).mean() == pytest.approx(0.54, abs=0.03)
    lag = [np.corrcoef(one[1:], one[:-1])[0, 1] for one in deviations]
    assert np.mean(lag) == pytest.approx(0.61, abs=0.03)


def test_a_missing_day_begins_a_stretch_anew(tmp_path: Path) -> None:
    whole = read_stretches(written(tmp_path, days(RATED_DAYS)))
    assert len(whole) == RATED_DAYS // N_DAYS
    broken = read_stretches(written(tmp_path, days(RATED_DAYS + 1, without=40)))
    assert broken[0].name == "Knees 2016-02-11"


def test_a_stretch_is_tripled_around_its_mean_of_daily_means(tmp_path: Path) -> None:
    twice = [row.replace(",,1", ",left,2") for row in days(RATED_DAYS) if row.endswith(",1")]
    found = read_stretches(written(tmp_path, days(RATED_DAYS) + twice))[0].deviations
    assert found[:3] == pytest.approx(3.0 * (np.array([1.5, 2.0, 3.0]) - 6.5 / 3))


def test_the_benefit_is_one_at_its_best_site_and_falls_by_its_width() -> None:
    share = benefit_share(np.array([0.5, 0.5])).reshape(5, 5)
    assert share[2, 2] == 1.0
    assert share[2, 3] == pytest.approx(np.exp(-0.5 * (0.25 / 0.3) ** 2))
    assert diary_problem().space.sizes == (5, 5)
    assert len(grid()) == 25


@pytest.mark.parametrize(
    "row", ["2016-01-01,Knees,,8", "2016-01-01,Knees,,0", "2016-01-01,Knees,,x", "x,Knees,,3"]
)
def test_what_is_no_diary_is_refused(tmp_path: Path, row: str) -> None:
    with pytest.raises(DataError, match=r"line 2: holds what is no date or rating \(limit: .*above 0 to 7\)"):
        read_stretches(written(tmp_path, [row]))


def test_a_column_that_is_missing_is_named(tmp_path: Path) -> None:
    path = written(tmp_path, []) / DIARY_FILE
    path.write_text(path.read_text(encoding="utf-8").replace("intensity", "pain"), encoding="utf-8")
    with pytest.raises(DataError, match="lacks the column intensity"):
        read_stretches(tmp_path)


def test_an_absent_diary_names_its_source_and_licence(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"MyAIGuide.*949864de.*MIT.*--data"):
        read_stretches(tmp_path)
