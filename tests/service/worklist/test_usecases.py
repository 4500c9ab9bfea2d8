from datetime import timedelta

from service.worklist.schemas import Waiting
from service.worklist.usecases import worklist
from tests.service.live import SIGNED_BY, Clinic, Server
from tests.service.proposals.asking import ledger_of

WHY = {"reason": "clinical_judgement", "signed_by": SIGNED_BY}


def seen(clinic: Clinic, *, in_days: float = 0.0) -> list[tuple[str, str]]:
    with clinic.server.services.database.read() as session:
        ledger = ledger_of(clinic, session)
        ledger.now += timedelta(days=in_days)
        return [(i.kind, i.id) for i in worklist(ledger, after=0, limit=100, kinds=frozenset())]


def test_everything_that_waits_is_there_oldest_first_and_gone_when_done(server: Server) -> None:
    clinic = server.clinic()
    held = clinic.ask(clinic.course(checks=[])["id"])
    course_id, trial_id = clinic.rated_course()
    proposal = clinic.ask(course_id)
    looser = clinic.made(f"/courses/{course_id}/problems", WHY | {"envelope": {"amplitude_ma": [0, 10]}})
    stop = clinic.made("/stops", WHY)
    assert seen(clinic) == [
        ("hold", held["id"]),
        ("proposal", proposal["id"]),
        ("looser_problem", looser["id"]),
        ("stop", stop["id"]),
    ]
    assert seen(server.clinic()) == [], "of this site alone"
    clinic.made(f"/stops/{stop['id']}/releases", WHY)
    second = server.clinic(site=clinic.site, principal="colleague")
    second.made(f"/courses/{course_id}/problems/{looser['id']}/confirmations", {"signed_by": SIGNED_BY})
    clinic.decide(proposal, action="approve")
    assert seen(clinic) == [("hold", held["id"])]
    assert seen(clinic, in_days=6) == [("hold", held["id"]), ("expiring_approval", proposal["id"])]
    assert seen(clinic, in_days=8) == [("hold", held["id"])], "past its time nothing waits"
    harm = clinic.report(trial_id, 9, kind="discomfort")["reports"][0]["id"]
    assert seen(clinic)[1:] == [("adverse_event", harm)]
    review = {"subject": "adverse_event", "subject_id": harm, "reason": "cause_resolved"}
    clinic.made(f"/courses/{course_id}/reviews", review)
    assert seen(clinic) == [("hold", held["id"])]


def test_a_hold_waits_until_something_new_is_on_record(clinic: Clinic) -> None:
    course_id = clinic.course()["id"]
    hold = clinic.ask(course_id)
    assert (Waiting.HOLD, hold["id"]) in seen(clinic)
    clinic.trial(course_id)
    assert seen(clinic) == []
