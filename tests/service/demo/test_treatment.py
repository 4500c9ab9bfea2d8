"""A synthetic patient is treated through a real service."""

from datetime import UTC, datetime

import pytest

from optimizer.simulate.scenarios import load_scenario
from service.auth.principal import Role
from service.demo.clinic import Clinic
from service.demo.treatment import Treatment


@pytest.fixture
def system(server):
    with Clinic(server.address, server.key(Role.CLINICIAN, site="treatment-test")) as system:
        yield system


def test_asks_approves_applies_and_reports_and_goes_on_where_it_stood(system):
    scenario = load_scenario("scs-tonic")
    treatment = Treatment(system, scenario, seed=0)
    start = treatment.rate_start()
    assert (start.number, start.kind) == (1, "start")
    answers = []
    told = treatment.next_trial(answers.append)
    assert told.number == 2
    (answer,) = answers
    assert answer["kind"] == "proposal"
    assert told.settings == answer["settings"]
    stored = system.get(f"/proposals/{answer['id']}")
    assert stored["status"] == "applied"

    again = Treatment(system, scenario, seed=0)
    assert again.course_id == treatment.course_id
    assert again.trials() == 2
    timeline = system.get(f"/courses/{again.course_id}/timeline?limit=500")
    kinds = [entry["kind"] for entry in timeline]
    assert kinds.count("trial") == 2
    assert kinds.count("decision") == 1
    assert kinds.count("report") > 2


def test_a_severe_report_is_reviewed_before_the_patient_goes_on(system):
    treatment = Treatment(system, load_scenario("scs-tonic"), seed=4)
    treatment.rate_start()
    trial_id = next(
        e["id"] for e in system.get(f"/courses/{treatment.course_id}/timeline") if e["kind"] == "trial"
    )
    severe = {
        "measure": "side_effect",
        "kind": "discomfort",
        "value": 8,
        "occurred_at": datetime.now(UTC).isoformat(),
    }
    system.write(f"/trials/{trial_id}/reports", severe)
    answers = []
    treatment.next_trial(answers.append)
    assert (answers[0]["kind"], answers[0]["reason"]) == ("hold", "unreviewed_adverse_event")
    assert len(answers) == 2
    assert answers[1]["reason"] != "unreviewed_adverse_event"
    timeline = system.get(f"/courses/{treatment.course_id}/timeline")
    assert [entry["kind"] for entry in timeline].count("review") == 1


def test_reports_that_contradict_each_other_are_reviewed_before_the_patient_goes_on(system):
    treatment = Treatment(system, load_scenario("scs-tonic"), seed=5)
    treatment.rate_start()
    timeline = system.get(f"/courses/{treatment.course_id}/timeline")
    trial_id = next(entry["id"] for entry in timeline if entry["kind"] == "trial")
    at = datetime.now(UTC).isoformat()
    for value in (0, 10):
        report = {"measure": "pain", "value": value, "occurred_at": at}
        system.write(f"/trials/{trial_id}/reports", report)
    answers = []
    treatment.next_trial(answers.append)
    assert answers[0]["reason"] == "contradictory_reports"
    assert answers[1]["reason"] != "contradictory_reports"


def test_where_its_course_was_ended_the_patient_begins_another(system):
    scenario = load_scenario("scs-tonic")
    first = Treatment(system, scenario, seed=6)
    system.write(f"/courses/{first.course_id}/end", {"reason": "goal_reached", "signed_by": "Dr. A"})
    second = Treatment(system, scenario, seed=6)
    assert second.course_id != first.course_id
    assert Treatment(system, scenario, seed=6).course_id == second.course_id
    assert second.rate_start().number == 1
