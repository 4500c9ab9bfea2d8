import sqlite3
from pathlib import Path

import pytest
from typer.testing import CliRunner

from service.cli import app
from service.ledger.checkpoint import make_signing_key
from tests.service.db.written import add_patient
from tests.service.new_ledger import new_ledger

RUN = CliRunner()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the data folder of a ledger with two patients."""
    monkeypatch.setenv("TITRATE_DATA_FOLDER", str(tmp_path))
    make_signing_key(tmp_path)
    database = new_ledger(tmp_path)
    for name in ("a", "b"):
        add_patient(database, name)
    database.close()
    return tmp_path


def by_hand(folder: Path, *statements: str) -> None:
    with sqlite3.connect(folder / "ledger.sqlite") as file:
        for table in ("patients", "entries", "chain"):
            for verb in ("update", "delete"):
                file.execute(f"DROP TRIGGER {table}_no_{verb}")
        for statement in statements:
            file.execute(statement)
    file.close()


def test_a_record_nobody_touched_verifies(folder: Path) -> None:
    done = RUN.invoke(app, ["ledger", "verify"])
    assert (done.exit_code, "findings: 0" in done.stdout) == (0, True)


def test_an_edit_is_named_and_ends_with_exit_code_1(folder: Path) -> None:
    by_hand(folder, "UPDATE patients SET pseudonym = 'c' WHERE pseudonym = 'b'")
    done = RUN.invoke(app, ["ledger", "verify"])
    assert done.exit_code == 1
    assert "edited: patients row 2, position 4 of the chain" in done.stdout


def test_an_end_cut_off_shows_against_a_checkpoint_with_the_public_key_alone(folder: Path) -> None:
    signed, key = str(folder / "checkpoint"), folder / "public.json"
    assert RUN.invoke(app, ["ledger", "checkpoint", "--out", signed]).exit_code == 0
    key.write_text(RUN.invoke(app, ["ledger", "public-key"]).stdout)
    (folder / "signing-key.json").unlink()
    command = ["ledger", "verify", "--checkpoint", signed, "--public-key", str(key)]
    assert RUN.invoke(app, command).exit_code == 0
    by_hand(
        folder,
        "DELETE FROM patients WHERE sequence = 2",
        "DELETE FROM entries WHERE sequence = 2",
        "DELETE FROM chain WHERE position > 2",
    )
    assert RUN.invoke(app, ["ledger", "verify"]).exit_code == 0
    done = RUN.invoke(app, command)
    assert done.exit_code == 1
    assert "truncated: chain, position 3 of the chain" in done.stdout


def test_another_installations_checkpoint_is_a_clear_error(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed = str(folder / "checkpoint")
    RUN.invoke(app, ["ledger", "checkpoint", "--out", signed])
    (folder / "signing-key.json").unlink()
    make_signing_key(folder)
    refused = RUN.invoke(app, ["ledger", "verify", "--checkpoint", signed])
    assert (refused.exit_code, "[checkpoint]" in refused.stderr) == (2, True)


def test_an_embedded_ledger_has_no_roles_to_grant(folder: Path) -> None:
    refused = RUN.invoke(app, ["ledger", "grant", "--role", "titrate_app"])
    assert (refused.exit_code, "PostgreSQL" in refused.stderr) == (2, True)
