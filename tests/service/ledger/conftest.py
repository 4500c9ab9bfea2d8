"""A ledger without a service around it: made once a file, and every test's rows are taken back."""

from collections.abc import Iterator

import pytest

from service.db.engine import Database
from service.ledger.ledger import Ledger
from tests.service.ledger.bare import empty_ledger, taken_back


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    with empty_ledger(tmp_path_factory.mktemp("bare")) as found:
        yield found


@pytest.fixture
def ledger(empty: Database) -> Iterator[Ledger]:
    with taken_back(empty) as found:
        yield found
