"""The demonstration's key is kept for its owner and used again while it works."""

from datetime import timedelta

from service.auth.keys import principal_of
from service.clock import system_clock
from service.demo.key import FILE, demo_key


def test_made_once_readable_by_its_owner_alone(database, tmp_path):
    now = system_clock()
    key = demo_key(database, tmp_path, now)
    assert demo_key(database, tmp_path, now) == key
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600
    with database.read() as session:
        assert principal_of(session, key, now).site == "demo"


def test_an_expired_key_is_replaced(database, tmp_path):
    now = system_clock()
    key = demo_key(database, tmp_path, now)
    assert demo_key(database, tmp_path, now + timedelta(days=91)) != key


def test_a_key_of_another_ledger_is_replaced(database, tmp_path):
    (tmp_path / FILE).write_text("titrate_000000000000_x")
    key = demo_key(database, tmp_path, system_clock())
    assert (tmp_path / FILE).read_text().strip() == key
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600
