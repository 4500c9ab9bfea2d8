"""Hostile input: no 5xx, no undocumented answer, no echo of what was sent, over the whole OpenAPI document."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from service.settings import Settings
from tests.service.fuzz import Attack, fuzz, walk
from tests.service.live import Server, serving

UNLIMITED = {"rate_per_s": 1e6, "rate_burst": 1_000_000}


@pytest.fixture
def attack(server: Server) -> Iterator[Attack]:
    found = Attack(server)
    yield found
    found.close()


@pytest.mark.sampled
def test_what_the_document_allows_and_what_it_does_not_is_answered_as_documented(attack: Attack) -> None:
    fuzz(attack, examples=1)
    reached = {operation for operation, _ in attack.seen}
    assert reached == {operation.label for operation in attack.operations()}


@pytest.mark.sampled
def test_what_one_answer_names_can_be_asked_about_next(attack: Attack) -> None:
    walk(attack, scenarios=6, steps=12)
    # which ones depends on every route of the document, as the dice are fixed
    found = {operation for operation, status in attack.seen if status in (200, 201) and "_id}" in operation}
    assert found, "an id that was answered leads to what it names"


@pytest.mark.acceptance
@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_full_counts(database: str, tmp_path: Path, acceptance_folder: Path) -> None:
    if database == "sqlite":
        _attack(Settings(data_folder=tmp_path, ask_wait_s=5.0, **UNLIMITED), acceptance_folder, database)
        return
    from tests.service.postgresql import Cluster, programs

    folder = programs()
    if folder is None:
        pytest.skip("no PostgreSQL server programs (initdb) on this machine")
    cluster = Cluster(folder)
    try:
        address = SecretStr(cluster.url())
        settings = Settings(data_folder=tmp_path, database=address, ask_wait_s=5.0, **UNLIMITED)
        _attack(settings, acceptance_folder, database)
    finally:
        cluster.remove()


def _attack(settings: Settings, folder: Path, database: str) -> None:
    with serving(settings) as server:
        attack = Attack(server)
        fuzz(attack, examples=150)
        walk(attack, scenarios=300, steps=12)
        attack.close()
    lines = [f"{operation} {status}: {n}" for (operation, status), n in sorted(attack.seen.items())]
    total = f"{attack.seen.total()} requests, each answered as documented, none with 5xx, none repeating what was refused"
    (folder / f"hostile-input-{database}.txt").write_text("\n".join([total, *lines]) + "\n", encoding="utf-8")
