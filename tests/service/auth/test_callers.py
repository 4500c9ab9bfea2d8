"""Tokens over HTTP: a running service, a running identity provider, and what stands on the trail afterwards."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from service.audit.tables import AccessRow, AuditRow
from service.auth import keys
from service.auth.access import ACCESS
from service.auth.principal import Role
from service.clock import system_clock
from service.settings import Settings
from tests.service.auth.identity_provider import IdentityProvider, new_key
from tests.service.live import Clinic, Server, codes, serving

PATIENTS = "/patients"


@pytest.fixture(scope="module")
def idp() -> Iterator[IdentityProvider]:
    running = IdentityProvider()
    yield running
    running.close()


@pytest.fixture(scope="module")
def served(idp: IdentityProvider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    issuer = idp.issuer(key_set_pause_s=0.0)
    settings = Settings(data_folder=tmp_path_factory.mktemp("tokens"), token_issuers=(issuer,))
    with serving(settings, asks=False) as running:
        yield running


def bearer(served: Server, token: str, site: str = "north") -> Clinic:
    return Clinic(served, token, site)


def test_a_token_writes_under_its_providers_name_for_it(idp: IdentityProvider, served: Server) -> None:
    reply = bearer(served, idp.token(titrate_site="signed")).post(PATIENTS, {"pseudonym": "P-1"})
    assert reply.status_code == 201
    with served.services.database.read() as session:
        row = session.scalars(select(AuditRow).filter_by(site="signed")).one()
    assert (row.principal, row.credential) == ("idp:dr-no", "token:idp")


def test_what_does_not_open_is_401_whatever_is_wrong_with_it(idp: IdentityProvider, served: Server) -> None:
    wrong = [
        idp.token(aud="https://somebody-else.test"),
        idp.token(exp=1, iat=0),
        idp.token(key=new_key(str(idp.keys[-1].kid))),
        "not.a.token",
        "x" * 20_000,
    ]
    replies = [bearer(served, token).get(PATIENTS) for token in wrong]
    assert set(codes(replies)) == {(401, "not-authenticated")}
    assert len({reply.json()["detail"] for reply in replies}) == 1
    assert not any(token[:30] in reply.text for token, reply in zip(wrong, replies, strict=True))


def test_a_rotated_key_opens_at_once_and_the_old_one_no_more(idp: IdentityProvider, served: Server) -> None:
    before = idp.token()
    assert bearer(served, before).get(PATIENTS).status_code == 200
    idp.keys = [new_key("second")]
    assert bearer(served, idp.token()).get(PATIENTS).status_code == 200
    assert bearer(served, before).get(PATIENTS).status_code == 401


@pytest.mark.parametrize("role", Role)
def test_the_table_holds_for_tokens_as_for_keys(role: Role, idp: IdentityProvider, served: Server) -> None:
    patient = "01938b3e-5f0c-7d2a-9c41-7f1f5f0a8a11"
    caller = bearer(served, idp.token(roles=[role], titrate_patient_id=patient))
    for route in (PATIENTS, "/audit", f"/courses/{patient}"):
        named = "GET " + route.replace(patient, "{course_id}")
        refused = caller.get(route).status_code == 403
        assert refused == (role not in ACCESS[named]), route


def test_a_token_without_a_role_we_know_is_known_and_may_nothing(
    idp: IdentityProvider, served: Server
) -> None:
    assert codes([bearer(served, idp.token(roles=["surgeon"])).get("/devices")]) == [(403, "forbidden")]
    with served.services.database.read() as session:
        rows = session.scalars(select(AccessRow).filter_by(site="north", status=403)).all()
    assert rows[-1].principal == "idp:dr-no"


def test_while_the_provider_is_away_keys_work_and_tokens_are_told_to_come_back(tmp_path: Path) -> None:
    away = IdentityProvider()
    token, issuer = away.token(), away.issuer()
    away.close()
    with serving(Settings(data_folder=tmp_path, token_issuers=(issuer,)), asks=False) as server:
        reply = bearer(server, token).get(PATIENTS)
        assert codes([reply]) == [(503, "identity-provider")]
        assert reply.headers["Retry-After"] == "30"
        assert server.clinic().get(PATIENTS).status_code == 200


def refused(served: Server, site: str) -> list[tuple[str, str, int]]:
    with served.services.database.read() as session:
        rows = session.scalars(select(AccessRow).filter_by(site=site).order_by(AccessRow.sequence))
        return [(row.principal, row.credential, row.status) for row in rows if row.status == 401]


def test_a_refused_key_is_on_the_trail_of_its_site_without_a_name(served: Server) -> None:
    key = served.key(Role.CLINICIAN, site="locked")
    prefix = key.removeprefix(keys.PREFIX).partition("_")[0]
    with served.services.database.write() as session:
        keys.revoke_key(session, prefix, system_clock())
    wrong = f"{keys.PREFIX}{prefix}_{'x' * 43}"
    unknown = f"{keys.PREFIX}{'0' * 12}_{'x' * 43}"
    replies = [bearer(served, shown).get(PATIENTS) for shown in (key, wrong, unknown, "nothing")]
    assert len({(reply.status_code, reply.json()["detail"]) for reply in replies[:3]}) == 1, (
        "told apart by nobody"
    )
    assert refused(served, "locked") == [("", f"key:{prefix}", 401)] * 2
    auditor = served.clinic(Role.AUDITOR, site="locked")
    lines = auditor.get("/audit?of=access").json()
    assert [line["credential"] for line in lines if line["status"] == 401] == [f"key:{prefix}"] * 2


def test_a_refused_token_is_on_the_trail_of_its_providers_one_site(
    idp: IdentityProvider, tmp_path: Path
) -> None:
    issuer = idp.issuer(key_set_pause_s=0.0, site="south")
    settings = Settings(data_folder=tmp_path, token_issuers=(issuer,))
    with serving(settings, asks=False) as south:
        tokens = [idp.token(exp=1, iat=0), idp.token(iss="https://somebody-else.test"), "x" * 20_000]
        for token in tokens:
            assert bearer(south, token).get(PATIENTS).status_code == 401
        assert refused(south, "south") == [("", "token:idp", 401)]
        assert len(refused(south, "")) == 2
