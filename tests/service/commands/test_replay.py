"""``titrate replay`` as a researcher meets it."""

from pathlib import Path

from typer.testing import CliRunner

from service.cli import app

RUN = CliRunner()


def test_replay_without_recordings_says_where_they_come_from(tmp_path: Path) -> None:
    done = RUN.invoke(app, ["replay", "--data", str(tmp_path / "absent")])
    assert done.exit_code == 2
    for word in (
        "EduOptimNeurostim",
        "3c4632bb",
        "BSD-2-Clause",
        "[recorded-data]",
        "MyAIGuide",
        "pain_diary_p1.csv",
    ):
        assert word in done.stderr


def test_replay_prints_its_tables_and_writes_table_and_figure(tmp_path: Path, data_folder: Path) -> None:
    arguments = ["--data", str(data_folder / "rat_m1_threshold_maps"), "--seeds=1", "--queries=2"]
    done = RUN.invoke(app, ["replay", *arguments, f"--out={tmp_path}"])
    assert done.exit_code == 0, done.output
    for word in ("gp_ucb", "safe_bo", "published", "decisions in", "too few for a claim"):
        assert word in done.stdout
    assert {path.suffix for path in tmp_path.iterdir()} == {".csv", ".md", ".png"}


def test_replay_knows_a_diary_by_its_file(tmp_path: Path, data_folder: Path) -> None:
    arguments = [
        "--data",
        str(data_folder / "myaiguide_pain_diary"),
        "--held=28",
        "--stretches=1",
        "--seeds=1",
    ]
    done = RUN.invoke(app, ["replay", *arguments, f"--out={tmp_path}"])
    assert done.exit_code == 0, done.output
    assert "claims" in done.stdout
    written = (tmp_path / "replay-pain-diary-held-28.md").read_text(encoding="utf-8")
    command = "titrate replay --data myaiguide_pain_diary --held 28 --stretches 1 --seeds 1"
    assert f"`{command}`" in written
