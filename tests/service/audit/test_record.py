from sqlalchemy import select

from service.audit.tables import AuditRow
from tests.service.live import Server


def lines(server: Server, site: str) -> list[tuple[str, str, str, int, str]]:
    with server.services.database.read() as session:
        rows = session.scalars(select(AuditRow).filter_by(site=site).order_by(AuditRow.sequence))
        return [(row.principal, row.method, row.route, row.status, row.request_id) for row in rows]


def test_a_write_leaves_one_line_with_the_request_of_its_answer(server: Server) -> None:
    clinic = server.clinic()
    reply = clinic.post("/patients", {"pseudonym": "A-1"}, key="k")
    clinic.post("/patients", {"pseudonym": "A-1"}, key="k")
    clinic.post("/patients", {"pseudonym": "A-1"})
    clinic.get("/patients")
    expected = ("dr", "POST", "/v1/patients", 201, reply.headers["X-Request-Id"])
    assert lines(server, clinic.site) == [expected]


def test_a_line_names_the_credential(server: Server) -> None:
    clinic = server.clinic()
    clinic.made("/patients", {"pseudonym": "A-1"})
    with server.services.database.read() as session:
        row = session.scalars(select(AuditRow).filter_by(site=clinic.site)).one()
    prefix = clinic.headers["Authorization"].split("_")[1]
    assert row.credential == f"key:{prefix}"
