from service.auth.principal import Role
from tests.service.live import Server


def test_the_list_is_read_page_by_page_and_by_kind(server: Server) -> None:
    clinic = server.clinic()
    holds = [clinic.ask(clinic.course(checks=[])["id"])["id"] for _ in range(3)]
    found, path = [], "/worklist?limit=2&kind=hold"
    while path:
        reply = clinic.get(path)
        found += [(item["kind"], item["id"], item["reason"]) for item in reply.json()]
        path = reply.links.get("next", {}).get("url", "").removeprefix("/v1")
    assert found == [("hold", hold, "preflight_due") for hold in holds]
    assert clinic.get("/worklist?kind=proposal").json() == []
    assert clinic.get("/worklist?kind=everything").status_code == 422


def test_who_neither_decides_nor_records_has_no_worklist(server: Server) -> None:
    assert server.clinic(Role.RESEARCHER).get("/worklist").status_code == 403
    assert server.clinic(Role.RECORDER).get("/worklist").status_code == 200
