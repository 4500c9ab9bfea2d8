"""Decisions in ledger files of earlier releases are read by this one, to the last bit."""

import lzma
import sqlite3
from pathlib import Path

import pytest

from optimizer import canonical
from optimizer.decision import decode_decision

STORED = sorted((Path(__file__).parent / "stored").glob("*.sqlite.xz"))


@pytest.mark.parametrize("file", STORED, ids=lambda file: file.name.removesuffix(".sqlite.xz"))
def test_every_decision_that_was_stored_reads_and_writes_bit_for_bit(file: Path) -> None:
    with sqlite3.connect(":memory:") as memory:
        memory.deserialize(lzma.decompress(file.read_bytes()))
        stored = memory.execute("SELECT kind, decision FROM proposals").fetchall()
    memory.close()
    assert {kind for kind, _ in stored} >= {"proposal", "hold"}
    for kind, document in stored:
        decision = decode_decision(document)
        assert type(decision).__name__.lower() == kind
        assert canonical.encode(decision).decode() == document
