from sqlalchemy import event

from service.auth.principal import Role
from service.courses.listing import listed
from tests.service.live import SIGNED_BY, Clinic, Server, codes
from tests.service.proposals.asking import ledger_of

END = {"reason": "goal_reached", "signed_by": SIGNED_BY}


def found(clinic: Clinic, query: str = "") -> list[str]:
    reply = clinic.get(f"/courses{query}")
    assert reply.status_code == 200, reply.text
    return [course["id"] for course in reply.json()]


def test_the_courses_of_a_patient_are_found_and_those_that_ended_told_apart(clinic: Clinic) -> None:
    first = clinic.course()
    patient_id = first["patient_id"]
    second, other = clinic.course(patient_id=patient_id), clinic.course()
    ended = clinic.made(f"/courses/{first['id']}/end", END)
    assert found(clinic) == [first["id"], second["id"], other["id"]]
    of_patient = f"?patient_id={patient_id}"
    assert found(clinic, of_patient) == [first["id"], second["id"]]
    assert found(clinic, f"{of_patient}&open=true") == [second["id"]]
    assert found(clinic, f"{of_patient}&open=false") == [first["id"]]
    one, two, _ = clinic.get("/courses").json()
    assert {name: one[name] for name in one if name != "sequence"} == {
        "id": first["id"],
        "patient_id": patient_id,
        "device": first["device"],
        "opened_at": first["opened_at"],
        "ended": {name: ended[name] for name in ("reason", "occurred_at", "recorded_at")},
    }
    assert two["ended"] is None


def test_courses_are_read_page_by_page_and_the_next_page_is_of_the_same_question(clinic: Clinic) -> None:
    opened = [clinic.course()]
    patient_id = opened[0]["patient_id"]
    opened += [clinic.course(patient_id=patient_id) for _ in range(2)]
    clinic.course()
    read, path = [], f"/courses?patient_id={patient_id}&open=true&limit=2"
    while path:
        reply = clinic.get(path)
        read += [course["id"] for course in reply.json()]
        path = reply.links.get("next", {}).get("url", "").removeprefix("/v1")
    assert read == [course["id"] for course in opened]


def test_a_patient_of_another_site_or_of_none_is_not_known_and_a_site_sees_its_own(server: Server) -> None:
    clinic, stranger = server.clinic(), server.clinic()
    course = clinic.course()
    assert found(stranger) == []
    replies = [stranger.get(f"/courses?patient_id={course[name]}") for name in ("patient_id", "id")]
    replies += [clinic.get(f"/courses?patient_id={course['id']}"), clinic.get("/courses?patient_id=P-1")]
    assert codes(replies) == [(404, "not-found")] * 3 + [(422, "invalid-request")]
    own = {"site": clinic.site, "patient_id": course["patient_id"]}
    assert server.clinic(Role.PATIENT_APP, **own).get("/courses").status_code == 403
    assert found(server.clinic(Role.PROGRAMMER, site=clinic.site)) == [course["id"]]


def test_who_looked_for_courses_is_on_the_trail(server: Server) -> None:
    clinic = server.clinic()
    found(server.clinic(Role.RESEARCHER, site=clinic.site, principal="reader"))
    lines = server.clinic(Role.AUDITOR, site=clinic.site).get("/audit?of=access&principal=reader").json()
    assert [(line["method"], line["route"]) for line in lines] == [("GET", "/v1/courses")]


def test_a_page_of_courses_costs_no_more_statements_than_a_short_one(clinic: Clinic) -> None:
    said: list[str] = []

    def page() -> tuple[int, int]:
        said.clear()
        with clinic.server.services.database.read() as session:
            event.listen(session.connection(), "before_cursor_execute", lambda *args: said.append(args[2]))
            ledger = ledger_of(clinic, session)
            return len(listed(ledger, patient_id=None, is_open=None, after=0, limit=9)), len(said)

    clinic.made(f"/courses/{clinic.course()['id']}/end", END)
    assert page() == (1, 1)
    for _ in range(2):
        clinic.course()
    assert page() == (3, 1)
