from datetime import UTC, datetime, timedelta

import pytest

from service.auth.keys import issue_key, principal_of
from service.auth.principal import Role
from service.auth.tables import ApiKeyRow
from service.db.engine import Database
from service.errors import AuthenticationError, SchemaError

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def issue(database: Database, **fields: object) -> str:
    stated = {"principal": "dr", "site": "north", "roles": [Role.CLINICIAN], "now": NOW} | fields
    with database.write() as session:
        return issue_key(session, **stated)  # type: ignore[arg-type]


def refused(database: Database, key: str, now: datetime = NOW) -> bool:
    with database.read() as session:
        try:
            principal_of(session, key, now)
        except AuthenticationError:
            return True
    return False


def test_the_secret_is_not_kept(database: Database) -> None:
    key = issue(database)
    with database.read() as session:
        row = session.query(ApiKeyRow).one()
    secret = key.split("_", 2)[2]
    assert len(secret) >= 43
    kept = [str(getattr(row, column.key)) for column in ApiKeyRow.__table__.columns]
    assert not any(secret in value for value in kept)


def test_a_key_speaks_for_its_principal_until_it_expires(database: Database) -> None:
    key = issue(database, lifetime=timedelta(days=1))
    with database.read() as session:
        assert principal_of(session, key, NOW).site == "north"
    assert not refused(database, key, NOW + timedelta(hours=23))
    assert refused(database, key, NOW + timedelta(days=1))


def test_everything_else_is_refused(database: Database) -> None:
    key = issue(database)
    prefix = key.rsplit("_", 1)[0]
    other = issue(database)
    crossed = f"{key.split('_')[0]}_{key.split('_')[1]}_{other.split('_', 2)[2]}"
    forged = (
        "",
        "titrate__",
        f"{key}x",
        key[:-1],
        prefix,
        crossed,
        key.upper(),
        f"{key}\n",
        "titrate_\udc80",
    )
    for shown in forged:
        assert refused(database, shown), shown


def test_a_revoked_key_is_refused(database: Database) -> None:
    key = issue(database)
    with database.write() as session:
        session.query(ApiKeyRow).one().revoked_at = NOW
    assert refused(database, key)


@pytest.mark.parametrize(
    "fields",
    [
        {"principal": "Dr. No"},
        {"site": ""},
        {"roles": []},
        {"roles": [Role.PATIENT_APP]},
        {"roles": [Role.PATIENT_APP, Role.CLINICIAN], "patient_id": "x"},
        {"patient_id": "x"},
    ],
)
def test_a_key_that_makes_no_sense_is_not_made(fields: dict[str, object], database: Database) -> None:
    with pytest.raises(SchemaError):
        issue(database, **fields)
