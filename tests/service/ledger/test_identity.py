from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from service.ledger.identity import is_id, new_id

NOW = datetime(2026, 11, 21, tzinfo=UTC)
GOOD = "01938b3e-5f0c-7d2a-9c41-7f1f5f0a8a11"


def test_ids_are_version_7_distinct_and_sort_by_time() -> None:
    ids = [new_id(NOW) for _ in range(1000)]
    assert len(set(ids)) == 1000
    assert {UUID(found).version for found in ids} == {7}
    assert max(ids) < new_id(NOW + timedelta(milliseconds=1))
    assert all(map(is_id, [*ids, GOOD]))


@pytest.mark.parametrize(
    "text",
    ["", "x", "01938b3e-5f0c-4d2a-9c41-7f1f5f0a8a11", GOOD.upper(), GOOD + "\n", "\x00" * 36],
)
def test_what_cannot_be_an_id_is_told_before_the_database(text: str) -> None:
    assert not is_id(text)
