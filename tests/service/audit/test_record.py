from sqlalchemy import select

from service.audit.tables import AuditRow
from service.auth.principal import Role
from tests.service.live import Server


def lines(server: Server, site: str) -> list[tuple[str, str, str, int, str]]:
    with server.services.database.read() as session:
        rows = session.scalars(select(AuditRow).filter_by(site=site).order_by(AuditRow.sequence))
        return [(row.principal, row.method, row.route, row.status, row.request_id) for row in rows]


def test_a_write_leaves_one_line_with_the_request_of_its_answer(server: Server) -> None:
    clinic = server.clinic()
    reply = clinic.post("/patients", {"pseudonym": "A-1"}, key="k")
    clinic.post("/patients", {"pseudonym": "A-1"}, key="k")
    clinic.get("/patients")
    expected = ("dr", "POST", "/v1/patients", 201, reply.headers["X-Request-Id"])
    assert lines(server, clinic.site) == [expected]


def test_a_refusal_leaves_a_line_of_its_own(server: Server) -> None:
    auditor = server.clinic(Role.AUDITOR, principal="eve")
    reply = auditor.post("/patients", {"pseudonym": "A-1"})
    assert reply.status_code == 403
    assert [line[:4] for line in lines(server, auditor.site)] == [("eve", "POST", "/v1/patients", 403)]
