"""Exactly one decision per proposal, decided by the database: fifty at once; on PostgreSQL in ``test_postgresql``."""

from tests.service.live import Server
from tests.service.one_decision import race


def test_one_of_fifty_wins(server: Server, full_counts: bool) -> None:
    won = {race(server.clinic()) for _ in range(100 if full_counts else 1)}
    assert won <= {"approve", "edit", "reject", "expire"}
