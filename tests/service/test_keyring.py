from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from service.audit.tables import AuditRow
from service.auth import keys
from service.auth.principal import Principal, Role
from service.db.engine import Database
from service.errors import (
    AuthenticationError,
    ConflictError,
    DatabaseNotReadyError,
    NotFoundError,
    SchemaError,
)
from service.keyring import Keyring
from service.settings import Settings
from tests.service.db.written import add_patient
from tests.service.new_ledger import new_ledger


class Desk:
    """An installation whose clock the test moves."""

    def __init__(self, folder: Path) -> None:
        self.now = datetime(2026, 11, 21, tzinfo=UTC)
        self.settings = Settings(data_folder=folder)
        self.ring = Keyring(self.settings, clock=lambda: self.now)
        self.database = Database(self.settings.database_url)

    def made(self) -> str:
        return self.ring.create("ward-3", ["clinician", "recorder"], site="north", days=90)

    def opens(self, key: str) -> Principal | None:
        with self.database.read() as session:
            try:
                return keys.principal_of(session, key, self.now)
            except AuthenticationError:
                return None


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    new_ledger(tmp_path).close()
    found = Desk(tmp_path)
    yield found
    found.database.close()


def test_in_a_folder_without_a_ledger_no_key_is_made_and_no_ledger(tmp_path: Path) -> None:
    elsewhere = Desk(tmp_path / "elsewhere")
    for act in (elsewhere.made, elsewhere.ring.entries, lambda: elsewhere.ring.revoke("000000000000")):
        with pytest.raises(DatabaseNotReadyError, match=r"elsewhere/ledger\.sqlite: is not there"):
            act()
    assert not (tmp_path / "elsewhere").exists()


def test_an_unknown_role_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match="role"):
        Keyring(Settings(data_folder=tmp_path / "new")).create("x", ["surgeon"], site="a", days=1)
    assert not (tmp_path / "new").exists()


def test_a_patient_app_is_given_a_key_for_a_patient_of_its_site_alone(desk: Desk) -> None:
    patient_id = add_patient(desk.database, "SCS-0017", site="north")

    def key_for(patient_id: str, site: str) -> str:
        return desk.ring.create("app", ["patient_app"], site=site, days=1, patient_id=patient_id)

    for unknown, site in (("nope", "north"), (patient_id, "south")):
        with pytest.raises(NotFoundError, match="patient_id: is no patient of site"):
            key_for(unknown, site)
    found = desk.opens(key_for(patient_id, "north"))
    assert found is not None
    assert found.patient_id == patient_id


def test_a_rotated_key_works_beside_the_new_one_for_a_while_and_then_no_more(desk: Desk) -> None:
    old = desk.made()
    new = desk.ring.replace(keys.prefix_of(old), overlap_hours=24, days=90)
    assert desk.opens(new) is not None
    assert desk.opens(old) is not None
    desk.now += timedelta(hours=24)
    assert desk.opens(old) is None
    found = desk.opens(new)
    assert found is not None
    assert (found.name, found.site, found.roles) == ("ward-3", "north", {Role.CLINICIAN, Role.RECORDER})


def test_an_overlap_never_lengthens_a_key(desk: Desk) -> None:
    old = desk.ring.create("x", ["auditor"], site="a", days=1)
    desk.ring.replace(keys.prefix_of(old), overlap_hours=240, days=90)
    desk.now += timedelta(days=1)
    assert desk.opens(old) is None


def test_no_more_than_two_work_at_once(desk: Desk) -> None:
    prefix = keys.prefix_of(desk.made())
    first = desk.ring.replace(prefix, overlap_hours=24, days=90)
    with pytest.raises(ConflictError):
        desk.ring.replace(prefix, overlap_hours=24, days=90)
    desk.ring.revoke(keys.prefix_of(first))
    desk.ring.replace(prefix, overlap_hours=24, days=90)


def test_a_revoked_key_ends_at_once_and_for_good(desk: Desk) -> None:
    key = desk.made()
    desk.ring.revoke(keys.prefix_of(key))
    assert desk.opens(key) is None
    for act in (desk.ring.revoke, lambda prefix: desk.ring.replace(prefix, overlap_hours=1, days=1)):
        with pytest.raises(NotFoundError):
            act(keys.prefix_of(key))


def test_every_act_is_on_the_trail_and_the_list_opens_nothing(desk: Desk) -> None:
    key = desk.made()
    prefix = keys.prefix_of(key)
    new = keys.prefix_of(desk.ring.replace(prefix, overlap_hours=1, days=1))
    desk.ring.revoke(new)
    with desk.database.read() as session:
        routes = session.scalars(select(AuditRow.route).filter_by(site="north", principal="operator")).all()
    assert routes == [f"/keys/{prefix}/create", f"/keys/{prefix}/replace", f"/keys/{new}/revoke"]
    listed = desk.ring.entries()
    assert {entry.prefix: (entry.state, entry.follows) for entry in listed} == {
        prefix: ("works", None),
        new: ("revoked", prefix),
    }
    assert key.split("_", 2)[2] not in repr(listed)
