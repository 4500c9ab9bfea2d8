from sqlalchemy import event

from service.auth.principal import Role
from service.clock import system_clock
from service.ledger.ledger import Ledger
from service.patients import stops
from tests.service.live import SIGNED_BY, Clinic, Server, codes

WHY = {"reason": "software_fault", "signed_by": SIGNED_BY}
RELEASE = {"reason": "cause_resolved", "signed_by": SIGNED_BY}
NOW = system_clock()


def test_nothing_leaves_a_stopped_site_and_everything_stands_after_the_release(server: Server) -> None:
    clinic = server.clinic()
    course_id, trial_id = clinic.rated_course()
    approved = clinic.ask(course_id)
    clinic.decide(approved, action="approve")
    other_id, _ = clinic.rated_course()
    open_one = clinic.ask(other_id)
    stop = clinic.made("/stops", WHY)
    assert (stop["patient_id"], stop["stopped_by"], stop["released_by"]) == (None, "dr", None)
    refused = [
        clinic.get(f"/proposals/{approved['id']}/program"),
        clinic.decide(open_one, action="approve"),
    ]
    assert codes(refused) == [(409, "site-stopped")] * 2
    assert clinic.ask(other_id)["reason"] == "site_stopped"
    clinic.report(trial_id, 4)  # facts are recorded as ever
    elsewhere = server.clinic()
    assert elsewhere.ask(elsewhere.rated_course()[0])["kind"] == "proposal", "another site goes on"

    second = server.clinic(site=clinic.site, principal="chief")
    released = second.made(f"/stops/{stop['id']}/releases", RELEASE)
    assert (released["released_by"], released["release_reason"]) == ("chief", "cause_resolved")
    assert clinic.get(f"/proposals/{approved['id']}/program").status_code == 200
    assert clinic.decide(open_one, action="approve").status_code == 201, "it was only on hold"
    assert codes([second.post(f"/stops/{stop['id']}/releases", RELEASE)]) == [(409, "stop-released")]


def test_a_pause_refuses_for_its_patient(clinic: Clinic) -> None:
    course_id, _ = clinic.rated_course()
    proposal = clinic.ask(course_id)
    patient_id = clinic.get(f"/courses/{course_id}").json()["patient_id"]
    clinic.made("/stops", WHY | {"patient_id": patient_id})
    assert codes([clinic.decide(proposal, action="approve")]) == [(409, "patient-paused")]
    rejected = clinic.decide(proposal, action="reject", reason="patient_preference")
    assert rejected.status_code == 201, "a rejection sends nothing out"


def test_two_stops_are_released_one_by_one(clinic: Clinic) -> None:
    course_id = clinic.course()["id"]
    made = [clinic.made("/stops", WHY)["id"] for _ in range(2)]
    for number, stop_id in enumerate(made):
        held = clinic.ask(course_id)
        assert held["decision"]["subject_ids"] == made[number:]
        clinic.made(f"/stops/{stop_id}/releases", RELEASE)
    assert clinic.ask(course_id)["reason"] == "no_rating"


def test_a_page_of_stops_costs_no_more_statements_than_a_short_one(clinic: Clinic) -> None:
    second = clinic.server.clinic(site=clinic.site, principal="chief")
    first = clinic.made("/stops", WHY)["id"]
    second.made(f"/stops/{first}/releases", RELEASE)
    said: list[str] = []

    def listed() -> tuple[list[tuple[str, str | None]], int]:
        said.clear()
        with clinic.server.services.database.read() as session:
            event.listen(session.connection(), "before_cursor_execute", lambda *args: said.append(args[2]))
            found = stops.listed(Ledger(session, site=clinic.site, principal="dr", now=NOW), after=0, limit=9)
        return [(stop.id, stop.released_by) for stop in found], len(said)

    assert listed() == ([(first, "chief")], 1)
    others = [clinic.made("/stops", WHY)["id"] for _ in range(3)]
    assert listed() == ([(first, "chief"), *((other, None) for other in others)], 1)


def test_a_stop_of_another_site_or_patient_does_not_exist(server: Server) -> None:
    clinic, stranger = server.clinic(), server.clinic()
    stop = clinic.made("/stops", WHY)
    patient_id = clinic.course()["patient_id"]
    replies = [
        stranger.get(f"/stops/{stop['id']}"),
        stranger.post(f"/stops/{stop['id']}/releases", RELEASE),
        stranger.post("/stops", WHY | {"patient_id": patient_id}),
    ]
    assert codes(replies) == [(404, "not-found")] * 3
    assert stranger.get("/stops").json() == []
    assert server.clinic(Role.PROGRAMMER, site=clinic.site).post("/stops", WHY).status_code == 403
