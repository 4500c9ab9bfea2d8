"""Two pain sites over HTTP; on PostgreSQL in ``test_postgresql``."""

from typing import Any

import pytest

from service.tracking.load import load
from service.tracking.project import project
from tests.service.live import START, Clinic, codes
from tests.service.two_sites_story import EVENING, SITES, pain, tell


@pytest.fixture
def course(clinic: Clinic) -> tuple[str, str]:
    course_id = clinic.course(sites=SITES)["id"]
    return course_id, clinic.trial(course_id)["id"]


def points(clinic: Clinic, course_id: str) -> list[tuple[str, float]]:
    with clinic.server.services.database.read() as session:
        view = project(load(session, course_id, up_to=2**60))
    found = sorted(view.parent.points, key=lambda point: (point.step, point.key))
    return [(point.key, point.value) for point in found if point.key.startswith("pain/reported")]


def test_a_course_declares_sites_and_its_reports_name_theirs(clinic: Clinic) -> None:
    course_id = tell(clinic)
    assert points(clinic, course_id) == [
        ("pain/reported_back", 2.0),
        ("pain/reported_back", 6.0),
        ("pain/reported", 5.0),
        ("pain/reported_leg", 3.0),
    ]


def test_a_site_that_is_not_declared_is_refused_and_so_is_one_where_pain_is_one(
    clinic: Clinic, course: tuple[str, str]
) -> None:
    course_id, trial_id = course
    plain_id, plain_trial = clinic.rated_course()
    replies = [
        clinic.post(f"/courses/{course_id}/reports", {"reports": [pain(trial_id, "arm", 4)]}),
        clinic.post(f"/courses/{course_id}/reports", {"reports": [pain(trial_id, "", 4)]}),
        clinic.post(f"/courses/{plain_id}/reports", {"reports": [pain(plain_trial, "back", 4)]}),
    ]
    assert codes(replies) == [(422, "off-scale")] * 3


@pytest.mark.parametrize(
    ("sites", "code"),
    [
        ({"back": 0, "leg": 0}, "problem-definition"),
        ({}, "problem-definition"),
        ({"back": -1}, "invalid-request"),
        ({"the back": 1}, "invalid-request"),
        ({f"s{number}": 1 for number in range(9)}, "invalid-request"),
    ],
)
def test_sites_that_count_for_nothing_are_no_declaration(
    sites: dict[str, Any], code: str, clinic: Clinic
) -> None:
    patient = clinic.made("/patients", {"pseudonym": "P-1"})
    body = {"patient_id": patient["id"], "device": "scs-tonic", "start": START, "sites": sites}
    assert codes([clinic.post("/courses", body)]) == [(422, code)]


def test_a_moment_is_completed_later_amended_and_taken_back(clinic: Clinic, course: tuple[str, str]) -> None:
    course_id, trial_id = course
    path = f"/courses/{course_id}/reports"
    first, second = (
        clinic.made(path, {"reports": [pain(trial_id, site, 6)]})["reports"][0] for site in ("back", "leg")
    )
    assert (first["flags"], second["flags"]) == (["sites_missing"], [])
    amended = pain(trial_id, "leg", 3) | {"amends": second["id"], "reason": "entered_wrongly"}
    clinic.made(path, {"reports": [amended]})
    clinic.made(path, {"reports": [amended | {"value": None}]})
    clinic.made(path, {"reports": [pain(trial_id, "back", 5)]})
    assert points(clinic, course_id) == [
        ("pain/reported_back", 6.0),
        ("pain/reported", 6.0),
        ("pain/reported_leg", 6.0),
        ("pain/reported", 5.0),
        ("pain/reported_leg", 3.0),
        ("pain/reported_back", 5.0),
    ]


def test_a_site_rated_while_stimulation_was_off_does_not_complete_a_moment(
    clinic: Clinic, course: tuple[str, str]
) -> None:
    course_id, trial_id = course
    said = [pain(trial_id, "back", 6), pain(trial_id, "leg", 8) | {"stimulation_on": False}]
    reports = clinic.made(f"/courses/{course_id}/reports", {"reports": said})["reports"]
    assert [report["flags"] for report in reports] == [["sites_missing"], []]
    assert points(clinic, course_id) == [("pain/reported_back", 6.0), ("pain/reported_leg_while_off", 8.0)]


def test_a_site_without_weight_is_kept_and_not_waited_for(clinic: Clinic) -> None:
    course_id = clinic.course(sites={"back": 1, "leg": 0})["id"]
    trial_id = clinic.trial(course_id)["id"]
    (made,) = clinic.made(f"/courses/{course_id}/reports", {"reports": [pain(trial_id, "back", 4)]})[
        "reports"
    ]
    assert made["flags"] == []
    assert clinic.ask(course_id)["kind"] == "proposal"
    grade = {"measure": "side_effect", "kind": "discomfort", "value": 1, "occurred_at": EVENING}
    assert clinic.made(f"/trials/{trial_id}/reports", grade)["reports"][0]["flags"] == []
