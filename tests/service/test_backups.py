"""Backups taken as the page of operations says, while clients write: restored, verified, nothing acknowledged missing."""

import re
import shutil
import sqlite3
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import select
from typer.testing import CliRunner

from service.cli import app
from service.ledger.checkpoint import make_signing_key
from service.ledger.tables import CourseRow
from service.settings import Settings
from service.worker import rebuild
from tests.service.live import Clinic, serving
from tests.service.postgresql import Cluster

PAGE = Path(__file__).resolve().parents[2] / "docs" / "operations.md"
PATH = "/usr/local/bin:/usr/bin:/bin"
RUN = CliRunner()


class Writer(threading.Thread):
    """A clinic that writes all the while and keeps what was acknowledged."""

    def __init__(self, clinic: Clinic) -> None:
        super().__init__(daemon=True)
        self.clinic = clinic
        self.acknowledged: list[str] = []
        self.done = threading.Event()

    def run(self) -> None:
        course_id = self.clinic.course()["id"]
        while not self.done.is_set():
            self.acknowledged.append(self.clinic.trial(course_id)["id"])


def vacuum(settings: Settings, folder: Path) -> Settings:
    """Back up and restore an embedded ledger as the page says."""
    copy = folder / "backup.sqlite"
    source = sqlite3.connect(settings.data_folder / "ledger.sqlite")
    source.execute(f"VACUUM INTO '{copy}'")
    source.close()
    (folder / "restored").mkdir()
    shutil.copy(copy, folder / "restored" / "ledger.sqlite")
    return Settings(data_folder=folder / "restored")


def dump(settings: Settings, folder: Path, cluster: Cluster) -> Settings:
    """Back up and restore a PostgreSQL as the page says, with the commands of the page."""
    page = PAGE.read_text(encoding="utf-8")
    address = cluster.database("rehearsal_restored")
    for program, database in (("pg_dump", settings.database_url), ("pg_restore", address)):
        found = re.search(rf"^{program} [^#\n]*", page, re.MULTILINE)
        assert found is not None
        command = found.group().replace("titrate.dump", str(folder / "titrate.dump"))
        subprocess.run(["bash", "-c", command], env={"DATABASE": database, "PATH": PATH}, check=True)
    (folder / "restored").mkdir()
    return Settings(data_folder=folder / "restored", database=SecretStr(address))


@contextmanager
def writing(clinic: Clinic) -> Iterator[Writer]:
    """Let a clinic write for the length of a block."""
    writer = Writer(clinic)
    writer.start()
    try:
        while len(writer.acknowledged) < 5:
            assert writer.is_alive()
        yield writer
        assert writer.is_alive(), "it wrote to the end"
    finally:
        writer.done.set()
        writer.join(20)


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_a_backup_taken_while_clients_write_holds_what_was_acknowledged_and_verifies(
    database: str,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    full_counts: bool,
) -> None:
    folder, mark = tmp_path / "original", tmp_path / "checkpoint.jws"
    folder.mkdir()
    make_signing_key(folder)  # as `titrate serve` does
    restore: Callable[[Settings, Path], Settings] = vacuum
    settings = Settings(data_folder=folder)
    if database == "postgresql":
        if shutil.which("pg_dump", path=PATH) is None:
            pytest.skip("no pg_dump on this machine")
        cluster: Cluster = request.getfixturevalue("cluster")
        settings = Settings(data_folder=folder, database=SecretStr(cluster.database("rehearsal")))
        restore = lambda one, two: dump(one, two, cluster)  # noqa: E731 - the cluster is known only here
    with serving(settings, asks=False) as server, writing(server.clinic()) as writer:
        signed = titrate(monkeypatch, settings, "checkpoint", "--out", str(mark))
        assert signed[0] == 0, signed[1]
        known = list(writer.acknowledged)
        restored = restore(settings, tmp_path)
    shutil.copy(folder / "signing-key.json", restored.data_folder)
    verified = titrate(monkeypatch, restored, "verify", "--checkpoint", str(mark))
    assert verified[0] == 0, verified[1]
    with serving(restored, asks=False) as again:
        clinic = again.clinic(site=writer.clinic.site)
        with again.services.database.read() as session:
            course_id = session.scalar(select(CourseRow.id))
        clinic.trial(str(course_id))
        seen = {entry["id"] for entry in clinic.get(f"/courses/{course_id}/timeline?limit=500").json()}
        assert set(known) <= seen
    if full_counts:
        assert rebuild(restored) == 1


def titrate(monkeypatch: pytest.MonkeyPatch, settings: Settings, *command: str) -> tuple[int, str]:
    """Run a command of the ledger on a record; returns exit code and output."""
    with monkeypatch.context() as only_here:  # else the next Settings would read the address of these
        only_here.setenv("TITRATE_DATA_FOLDER", str(settings.data_folder))
        only_here.setenv("TITRATE_DATABASE", settings.database_url)
        done = RUN.invoke(app, ["ledger", *command])
    return done.exit_code, done.output
