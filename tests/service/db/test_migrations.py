"""Ledger files that earlier releases wrote, brought to the present schema."""

import json
import lzma
import sqlite3
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import select

from optimizer import canonical
from service.db.engine import Database, _alembic
from service.ledger.history import history_of, problem_of
from service.ledger.tables import CourseRow
from service.ledger.verify import RECORD, verify

STORED = Path(__file__).parent.parent / "ledger" / "stored"
SCHEMAS = sorted(path.name.removesuffix(".sqlite.xz") for path in STORED.glob("*.sqlite.xz"))

Rows = dict[str, list[dict[str, object]]]


def unpacked(schema: str, folder: Path) -> Path:
    path = folder / "ledger.sqlite"
    path.write_bytes(lzma.decompress((STORED / f"{schema}.sqlite.xz").read_bytes()))
    return path


def rows(path: Path) -> Rows:
    """Read every row as it lies in the file, with nothing of ours in between."""
    with sqlite3.connect(path) as file:
        file.row_factory = sqlite3.Row
        tables = [name for (name,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        found = {
            name: [dict(row) for row in file.execute(f"SELECT * FROM {name} ORDER BY 1, 2")]
            for name in tables
            if name not in ("alembic_version", "sqlite_sequence")
        }
    file.close()
    return found


def test_there_is_one_head_and_every_step_names_the_one_before_it() -> None:
    script = ScriptDirectory.from_config(_alembic(None))
    steps = [step.revision for step in script.walk_revisions()][::-1]
    assert len(script.get_heads()) == 1
    assert steps == [f"{number:04d}" for number in range(1, len(steps) + 1)]


def test_a_stored_file_says_enough_to_test_on() -> None:
    assert SCHEMAS[0] == "0001"
    with sqlite3.connect(":memory:") as memory:
        memory.deserialize(lzma.decompress((STORED / "0001.sqlite.xz").read_bytes()))
        actions = {action for (action,) in memory.execute("SELECT action FROM decisions")}
        amended = memory.execute("SELECT count(*) FROM reports WHERE amends IS NOT NULL").fetchone()[0]
    memory.close()
    assert actions == {"approve", "edit", "reject", "expire", "supersede", "withdraw"}
    assert amended == 2


@pytest.mark.parametrize("schema", SCHEMAS)
def test_a_ledger_of_an_earlier_release_reads_the_same_and_verifies(schema: str, tmp_path: Path) -> None:
    path = unpacked(schema, tmp_path)
    before = rows(path)
    database = Database(f"sqlite:///{path}")
    database.migrate()
    database.check()
    with database.engine.connect() as connection:
        verdict = verify(connection)
    assert verdict.findings == ()
    assert verdict.links == sum(len(before[name]) for name in RECORD if name in before)
    assert documents(database) == json.loads((STORED / f"{schema}.documents.json").read_text())
    database.close()
    after = rows(path)
    for name, old in before.items():
        kept = [{column: row[column] for column in old[0]} for row in after[name]] if old else []
        assert kept == old, name


def documents(database: Database) -> dict[str, dict[str, str]]:
    with database.read() as session:
        return {
            course.id: {
                "history": canonical.encode(history_of(session, course.id)).decode(),
                "problem": canonical.encode(problem_of(session, course)).decode(),
            }
            for course in session.scalars(select(CourseRow))
        }
