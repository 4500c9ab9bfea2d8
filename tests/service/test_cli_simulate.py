"""The command that holds synthetic patients against the published figures."""

from typer.testing import CliRunner

from optimizer.simulate.validation import table
from service.cli import app


def test_the_table_is_printed_with_its_bands_and_its_waivers() -> None:
    done = CliRunner().invoke(app, ["simulate", "validate", "--patients", "4000"])
    assert done.exit_code == 0
    assert "7.25 mA (Abejon 2016)" in done.stdout
    assert "Waived: reliability of daily reports" in done.stdout


def test_an_unnamed_miss_fails_the_command(monkeypatch) -> None:
    whole = table._read()
    unwaived = table._File(bands=whole.bands, waived={})
    monkeypatch.setattr(table, "_read", lambda: unwaived)
    done = CliRunner().invoke(app, ["simulate", "validate", "--patients", "1000"])
    assert done.exit_code == 1
    assert "**outside**" in done.stdout
