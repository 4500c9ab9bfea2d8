"""Everything a comparison comes to is written into one folder."""

from dataclasses import replace
from pathlib import Path

import pyarrow.parquet
import pytest

from optimizer.errors import DataError
from optimizer.evaluate.arena_report import save
from optimizer.evaluate.run import run_policy
from optimizer.evaluate.trace import Trace
from optimizer.policies.ladder import GENTLE
from optimizer.policies.stay import STAY


@pytest.fixture(scope="module")
def traces() -> list[Trace]:
    return [
        run_policy("scs-tonic", policy, patient, n_trials=5)
        for policy in (GENTLE, STAY)
        for patient in (0, 1)
    ]


def test_page_picture_and_every_trial_are_written(traces: list[Trace], tmp_path: Path) -> None:
    paths = save(traces, tmp_path / "out", command="titrate evaluate --made-so")
    page, picture = paths[0], paths[3]
    text = page.read_text(encoding="utf-8")
    assert page.name == "scs-tonic-5.md"
    assert "`titrate evaluate --made-so`" in text
    assert f"({picture.name})" in text
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert paths[1].read_text(encoding="utf-8").startswith("<!doctype html>")
    assert sorted(paths) == sorted((tmp_path / "out").iterdir())
    assert pyarrow.parquet.read_table(page.with_suffix(".parquet")).num_rows == 20


def test_what_was_made_by_two_codes_is_not_reported(traces: list[Trace], tmp_path: Path) -> None:
    other = replace(traces[0], provenance=replace(traces[0].provenance, code="0.0.9+old"))
    with pytest.raises(DataError, match=r"code 0\.0\.9\+old and 0\.1\.0"):
        save([other, *traces[1:]], tmp_path, command="x")
    assert list(tmp_path.iterdir()) == []
