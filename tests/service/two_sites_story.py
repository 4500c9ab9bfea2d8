"""Back and leg rated apart: declared, reported, asked about, approved, replayed; on whichever database the server has."""

from typing import Any

from optimizer import canonical
from optimizer.rating import ratings
from service.ledger.history import history_of, problem_of
from service.ledger.tables import CourseRow
from service.proposals.replaying import replay
from tests.service.live import Clinic

SITES = {"back": 2, "leg": 1}
MORNING, EVENING = "2026-11-20T11:00:00+01:00", "2026-11-20T20:00:00+01:00"


def pain(trial_id: str, site: str, value: float, at: str = EVENING) -> dict[str, Any]:
    return {"trial_id": trial_id, "measure": "pain", "kind": site, "value": value, "occurred_at": at}


def tell(clinic: Clinic) -> str:
    """One rating at both sites, one at the back alone.

    Returns:
        The course.
    """
    course = clinic.course(sites=SITES)
    course_id = course["id"]
    assert course["sites"] == SITES
    trial_id = clinic.trial(course_id)["id"]
    path = f"/courses/{course_id}/reports"
    alone = clinic.made(path, {"reports": [pain(trial_id, "back", 2, MORNING)]})["reports"]
    assert [report["flags"] for report in alone] == [["sites_missing"]]
    held = clinic.ask(course_id)
    assert (held["kind"], held["reason"]) == ("hold", "no_rating"), "one site alone says nothing of both"
    both = clinic.made(path, {"reports": [pain(trial_id, "back", 6), pain(trial_id, "leg", 3)]})["reports"]
    assert [report["flags"] for report in both] == [[], []]
    answer = clinic.ask(course_id)
    assert answer["kind"] == "proposal"
    assert clinic.decide(answer, action="approve").status_code == 201
    _what_is_learned_is_the_weighted_mean(clinic, course_id)
    assert replay(clinic.server.services.database, answer["id"]).identical
    return str(course_id)


def _what_is_learned_is_the_weighted_mean(clinic: Clinic, course_id: str) -> None:
    with clinic.server.services.database.read() as session:
        course = session.query(CourseRow).filter_by(id=course_id).one()
        problem, history = problem_of(session, course), history_of(session, course_id)
    assert [rating.value for facts in history.facts for rating in ratings(problem, facts)] == [5.0]
    document = clinic.get(f"/courses/{course_id}/problem").content
    assert canonical.decode(type(problem), document).objective.site_weights == SITES
