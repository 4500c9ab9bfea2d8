"""The parts the application is built of follow its settings, and none of them starts by itself."""

import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from service.assembly import assemble
from service.db.engine import Database
from service.errors import TooManyRequestsError
from service.settings import Settings


def test_nothing_is_started_and_nothing_is_written_yet(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    services = assemble(Settings(data_folder=tmp_path / "new"))
    try:
        assert set(threading.enumerate()) <= before
        assert not services.compute.is_warm
        assert not (tmp_path / "new" / "ledger.sqlite").exists()
    finally:
        services.database.close()


def test_every_part_follows_the_settings_it_was_given(tmp_path: Path) -> None:
    at = datetime(2031, 1, 1, tzinfo=UTC)
    settings = Settings(data_folder=tmp_path, rate_per_s=0.001, rate_burst=2)
    database = Database(settings.database_url)
    database.migrate()
    database.close()
    services = assemble(settings, clock=lambda: at)
    try:
        assert (services.clock(), services.settings) == (at, settings)
        services.database.check()  # the file of the settings, and no other
        for _ in range(2):
            services.rate.take("ann")
        with pytest.raises(TooManyRequestsError):
            services.rate.take("ann")
        services.refusals.take("ann")
    finally:
        services.database.close()
