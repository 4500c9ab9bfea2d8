from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy.dialects import postgresql, sqlite

from service.db.base import Instant

NOON_BERLIN = datetime(2026, 1, 1, 13, 0, 0, 123457, tzinfo=timezone(timedelta(hours=1)))


@pytest.mark.parametrize("dialect", [sqlite.dialect(), postgresql.dialect()])
def test_an_instant_comes_back_in_utc_to_the_microsecond(dialect: object) -> None:
    kept = Instant().process_bind_param(NOON_BERLIN, dialect)  # type: ignore[arg-type]
    found = Instant().process_result_value(kept, dialect)  # type: ignore[arg-type]
    assert found == NOON_BERLIN
    assert found is not None
    assert found.tzinfo is UTC


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(TypeError, match="naive"):
        Instant().process_bind_param(datetime(2026, 1, 1), sqlite.dialect())  # noqa: DTZ001
