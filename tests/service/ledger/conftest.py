from collections.abc import Iterator
from pathlib import Path

import pytest

from service.db.engine import Database


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    found = Database(f"sqlite:///{tmp_path}/ledger.sqlite")
    found.migrate()
    yield found
    found.close()
