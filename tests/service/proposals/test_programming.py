from datetime import timedelta

import pytest

from service.auth.principal import Role
from service.errors import ProposalExpiredError
from service.proposals.programming import program
from tests.service.live import SIGNED_BY, START, Server, codes
from tests.service.proposals.asking import ledger_of


def test_a_programming_system_reads_what_was_approved_and_by_whom(server: Server) -> None:
    clinic = server.clinic()
    programmer = server.clinic(Role.PROGRAMMER, site=clinic.site)
    course_id, _ = clinic.rated_course()
    proposal = clinic.ask(course_id)
    path = f"/proposals/{proposal['id']}/program"
    assert codes([programmer.get(path)]) == [(409, "proposal-not-approved")]
    assert programmer.get(f"/courses/{course_id}").json()["to_program"] is None
    clinic.decide(proposal, action="approve")
    assert programmer.get(f"/courses/{course_id}").json()["to_program"] == proposal["id"]
    seen = programmer.get(path).json()
    assert seen["settings"] == proposal["settings"]
    assert seen["amplitude_range_ma"] == proposal["decision"]["steps"][0]["amplitude_range_ma"]
    signature = seen["signature"]
    assert (signature["printed_name"], signature["meaning"]) == (SIGNED_BY, "approval")


def test_edited_settings_come_without_the_range_of_the_proposed_ones(server: Server) -> None:
    clinic = server.clinic()
    proposal = clinic.ask(clinic.rated_course()[0])
    edit = {"action": "edit", "reason": "clinical_judgement", "settings": START | {"amplitude_ma": 4.4}}
    assert clinic.decide(proposal, **edit).json()["signature"]["meaning"] == "authorship"
    seen = clinic.get(f"/proposals/{proposal['id']}/program").json()
    assert (seen["settings"]["amplitude_ma"], seen["amplitude_range_ma"]) == (4.4, None)


def test_after_a_severe_report_the_read_is_refused_with_the_reason(server: Server) -> None:
    clinic = server.clinic()
    programmer = server.clinic(Role.PROGRAMMER, site=clinic.site)
    course_id, trial_id = clinic.rated_course()
    proposal = clinic.ask(course_id)
    clinic.decide(proposal, action="approve")
    assert clinic.report(trial_id, 8, kind="discomfort")["withdrawn_proposals"] == [proposal["id"]]
    reply = programmer.get(f"/proposals/{proposal['id']}/program")
    assert codes([reply]) == [(409, "proposal-withdrawn")]
    assert "severe_report" in reply.json()["detail"]
    assert programmer.get(f"/courses/{course_id}").json()["to_program"] is None


def test_an_approval_past_its_time_is_not_programmed(server: Server) -> None:
    clinic = server.clinic()
    proposal = clinic.ask(clinic.rated_course()[0])
    clinic.decide(proposal, action="approve")
    with server.services.database.read() as session:
        ledger = ledger_of(clinic, session)
        ledger.now += timedelta(days=8)
        with pytest.raises(ProposalExpiredError):
            program(ledger, proposal["id"])
