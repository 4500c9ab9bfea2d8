from dataclasses import replace
from typing import Any

import httpx2
import pytest

from optimizer import canonical
from optimizer.decision import Interval, Programme, Proposal
from service.courses.changes import allows_more
from service.ledger.history import problem_of
from tests.service.live import SIGNED_BY, Clinic, codes
from tests.service.proposals.asking import arrives, being_answered, document_of, ledger_of, with_range

WHY = {"reason": "clinical_judgement", "signed_by": SIGNED_BY}


def change(clinic: Clinic, course_id: str, **fields: Any) -> httpx2.Response:
    return clinic.post(f"/courses/{course_id}/problems", WHY | fields)


def colleague_of(clinic: Clinic) -> Clinic:
    return clinic.server.clinic(site=clinic.site, principal="colleague")


def bound(clinic: Clinic, course_id: str) -> list[float]:
    return list(clinic.get(f"/courses/{course_id}").json()["envelope"]["bounds"]["amplitude_ma"])


def test_tighter_is_at_once_and_takes_back_what_it_no_longer_allows(clinic: Clinic) -> None:
    course_id, _ = clinic.rated_course()
    proposal = clinic.ask(course_id)
    assert clinic.decide(proposal, action="approve").status_code == 201
    assert clinic.get(f"/proposals/{proposal['id']}/program").status_code == 200
    tighter = change(clinic, course_id, envelope={"amplitude_ma": [0, 2]})
    assert tighter.status_code == 201
    assert (tighter.json()["change"], tighter.json()["in_force"]) == ("tighter", True)
    assert tighter.json()["withdrawn_proposals"] == [proposal["id"]]
    assert bound(clinic, course_id) == [0, 2]
    seen = clinic.get(f"/proposals/{proposal['id']}").json()
    assert (seen["status"], seen["reason"], seen["approved"]) == ("withdrawn", "envelope_tightened", None)
    refused = clinic.get(f"/proposals/{proposal['id']}/program")
    assert codes([refused]) == [(409, "proposal-withdrawn")]
    assert "envelope_tightened" in refused.json()["detail"]


def test_what_a_tighter_envelope_still_allows_stands(clinic: Clinic) -> None:
    course_id, _ = clinic.rated_course()
    proposal = clinic.ask(course_id)
    reply = change(clinic, course_id, envelope={"amplitude_ma": [0, 8]})
    assert reply.json()["withdrawn_proposals"] == []
    assert clinic.get(f"/proposals/{proposal['id']}").json()["status"] == "proposed"


@pytest.mark.parametrize(("offered_ma", "status"), [(7.0, "proposed"), (8.5, "withdrawn")])
def test_what_is_offered_for_one_posture_is_held_against_the_envelope_of_now(
    clinic: Clinic, offered_ma: float, status: str
) -> None:
    course_id, _ = clinic.rated_course()
    answer = canonical.decode(Proposal, document_of(clinic, clinic.ask(course_id)["id"]))
    ask_id = being_answered(clinic, course_id, locked=["frequency_hz"])
    with clinic.server.services.database.read() as session:
        space = problem_of(session, ledger_of(clinic, session).course(course_id)).space
    stronger = space.settings(answer.settings.as_dict() | {"amplitude_ma": offered_ma})
    offer = Programme(
        use="upright",
        settings=stronger,
        steps=0,
        relief_nrs=Interval(mean=2.0, low=1.0, high=3.0),
        p_intolerable=0.02,
    )
    first = replace(answer.steps[0], explanation=replace(answer.steps[0].explanation, programmes=(offer,)))
    change(clinic, course_id, envelope={"amplitude_ma": [0, 8]})
    arrives(clinic, ask_id, canonical.encode(replace(answer, steps=(first,))).decode())
    assert clinic.get(f"/courses/{course_id}/asks/{ask_id}").json()["status"] == status


@pytest.mark.parametrize("side", ["weaker", "stronger"])
def test_a_range_of_the_patient_past_a_tighter_envelope_is_taken_back_with_its_proposal(
    clinic: Clinic, side: str
) -> None:
    proposal = with_range(clinic, clinic.rated_course()[0], below_ma=0.5, above_ma=0.4)
    here = proposal["settings"]["amplitude_ma"]
    bounds = [here - 0.3, 9] if side == "weaker" else [0, here + 0.2]
    reply = change(clinic, proposal["course_id"], envelope={"amplitude_ma": bounds})
    assert reply.json()["withdrawn_proposals"] == [proposal["id"]]


def test_a_range_counts_no_more_once_its_settings_were_edited(clinic: Clinic) -> None:
    proposal = with_range(clinic, clinic.rated_course()[0], below_ma=0.5, above_ma=0.4)
    here = proposal["settings"]["amplitude_ma"]
    weaker = proposal["settings"] | {"amplitude_ma": round(here - 0.2, 3)}
    assert (
        clinic.decide(proposal, action="edit", reason="clinical_judgement", settings=weaker).status_code
        == 201
    )
    bounds = [0, here]
    reply = change(clinic, proposal["course_id"], envelope={"amplitude_ma": bounds})
    assert reply.json()["withdrawn_proposals"] == []


def test_looser_waits_for_another_person(clinic: Clinic) -> None:
    course_id = clinic.course()["id"]
    wish = change(clinic, course_id, envelope={"amplitude_ma": [0, 10]}).json()
    assert (wish["change"], wish["in_force"], bound(clinic, course_id)) == ("looser", False, [0, 9])
    path, body = f"/courses/{course_id}/problems/{wish['id']}/confirmations", {"signed_by": SIGNED_BY}
    assert codes([clinic.post(path, body)]) == [(409, "second-person-required")]
    assert bound(clinic, course_id) == [0, 9]
    second = colleague_of(clinic)
    assert second.post(path, body).json()["in_force"]
    assert bound(clinic, course_id) == [0, 10]
    assert codes([second.post(path, body)]) == [(409, "problem-replaced")], "once"


def test_what_was_tightened_since_cannot_be_loosened_by_an_older_wish(clinic: Clinic) -> None:
    course_id = clinic.course()["id"]
    wish = change(clinic, course_id, envelope={"amplitude_ma": [0, 10]}).json()
    change(clinic, course_id, envelope={"amplitude_ma": [0, 6]})
    path = f"/courses/{course_id}/problems/{wish['id']}/confirmations"
    assert codes([colleague_of(clinic).post(path, {"signed_by": SIGNED_BY})]) == [(409, "problem-replaced")]
    assert bound(clinic, course_id) == [0, 6]


def test_both_at_once_nothing_at_all_and_past_the_device_are_refused(clinic: Clinic) -> None:
    course_id = clinic.course(limits={"charge_density_uc_per_cm2": 20})["id"]
    replies = [
        change(clinic, course_id, envelope={"amplitude_ma": [1, 10]}),
        change(clinic, course_id),
        change(clinic, course_id, envelope={"amplitude_ma": [0, 9]}),
        change(clinic, course_id, limits={"charge_density_uc_per_cm2": 31}),
        change(clinic, course_id, envelope={"amplitude_ma": [30, 40]}),
    ]
    assert codes(replies) == [(422, "mixed-change")] * 3 + [
        (422, "parameter-definition"),
        (422, "problem-definition"),
    ]


def test_an_end_past_the_device_is_refused_with_its_range_as_a_slip(clinic: Clinic) -> None:
    course_id = clinic.course()["id"]
    refused = change(clinic, course_id, envelope={"amplitude_ma": [0, 90]})
    assert codes([refused]) == [(422, "problem-definition")]
    said = "envelope.amplitude_ma: goes past what the device can be set to (limit: 0 to 25.5 mA in steps of 0.1)."
    assert refused.json()["detail"] == said
    assert bound(clinic, course_id) == [0, 9]


def test_a_limit_goes_back_towards_the_device_with_a_second_person_and_down_without(clinic: Clinic) -> None:
    course_id = clinic.course(limits={"charge_density_uc_per_cm2": 20})["id"]
    assert change(clinic, course_id, limits={"charge_density_uc_per_cm2": 15}).json()["in_force"]
    looser = change(clinic, course_id, limits={"charge_density_uc_per_cm2": 30}).json()
    assert (looser["change"], looser["in_force"]) == ("looser", False)


def test_a_category_added_is_looser_and_one_left_out_is_tighter(clinic: Clinic) -> None:
    course_id = clinic.course()["id"]
    with clinic.server.services.database.read() as session:
        ledger = ledger_of(clinic, session)
        before = problem_of(session, ledger.course(course_id))
    change(clinic, course_id, envelope={"configuration": ["level-4"]})
    with clinic.server.services.database.read() as session:
        after = problem_of(session, ledger_of(clinic, session).course(course_id))
    assert (allows_more(before, after), allows_more(after, before)) == (False, True)


def test_an_answer_computed_under_the_old_envelope_is_withdrawn_when_it_arrives(clinic: Clinic) -> None:
    course_id, _ = clinic.rated_course()
    answer = clinic.ask(course_id)
    ask_id = being_answered(clinic, course_id, locked=["frequency_hz"])
    change(clinic, course_id, envelope={"amplitude_ma": [0, 2]})
    arrives(clinic, ask_id, document_of(clinic, answer["id"]))
    found = clinic.get(f"/courses/{course_id}/asks/{ask_id}").json()
    assert (found["status"], found["reason"]) == ("withdrawn", "record_changed_while_computing")
