"""A synthetic patient is treated through a real service."""

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
