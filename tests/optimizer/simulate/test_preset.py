from pathlib import Path

import pytest

from optimizer.errors import DataError
from optimizer.simulate.cohort import draw_cohort
from optimizer.simulate.preset import Response, load_preset, preset_names


def test_the_presets_of_the_notes_are_there() -> None:
    assert set(preset_names()) >= {"tonic", "mid", "ten-khz", "sceptical", "promise-like", "null", "drg"}


def test_every_law_states_its_source() -> None:
    for name in preset_names():
        for law_name, law in load_preset(name).laws.items():
            assert len(law.source) > 5, (name, law_name)


def test_a_preset_takes_what_it_leaves_out_from_the_one_it_extends() -> None:
    tonic, ten_khz = load_preset("tonic"), load_preset("ten-khz")
    assert ten_khz.response is Response.SUB_PERCEPTION
    assert ten_khz.laws["rheobase_ma"] == tonic.laws["rheobase_ma"]
    assert ten_khz.laws["persistence"] != tonic.laws["persistence"]


def test_a_number_is_changed_by_a_file_and_no_code(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        'name = "mine"\ntitle = "Mine"\nextends = "tonic"\n'
        '[laws.baseline_nrs]\nfixed = 9.0\nsource = "our clinic"\nevidence = "S"\n'
    )
    assert draw_cohort(load_preset(str(path)), 0, 3)["baseline_nrs"].tolist() == [[9.0]] * 3


def test_a_misspelt_law_is_refused_rather_than_ignored(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        'name = "mine"\ntitle = "Mine"\nextends = "tonic"\n'
        '[laws.basline_nrs]\nfixed = 9.0\nsource = "our clinic"\nevidence = "S"\n'
    )
    with pytest.raises(DataError, match="basline_nrs"):
        load_preset(str(path))


@pytest.mark.parametrize("name", ["nowhere", "nowhere.toml"])
def test_an_absent_preset_is_named(name: str) -> None:
    with pytest.raises(DataError, match="nowhere"):
        load_preset(name)
