import pytest

from service.dependencies.shape import MOST_FINDINGS
from tests.service.live import START, Clinic

SECRET = "Zacharias-Zwiebelfisch"
AT = "2026-11-20T20:00:00+01:00"
REPORT = {"measure": "pain", "value": 4, "occurred_at": AT}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"value": SECRET}, "body.value: is not a number. "),
        ({"value": True}, "body.value: is not a number. "),
        ({"recall": SECRET}, "body.recall: is not one of the documented codes (limit: "),
        ({"occurred_at": SECRET}, "body.occurred_at: is not an instant (limit: RFC 3339 text with an offset"),
        ({"occurred_at": "2026-11-20T20:00:00"}, "body.occurred_at: has no offset from UTC (limit: RFC 3339"),
        (
            {"zone": SECRET},
            "body.zone: is not an IANA zone (limit: a name of the tz database, for example Europe",
        ),
        ({"zone": "Berlin"}, "body.zone: is not an IANA zone (limit: "),
        ({"amends": SECRET}, "body.amends: is too short (limit: at least 36). "),
        ({"note": SECRET}, "body.(undocumented): is not a documented field. "),
        ({SECRET: 1}, "body.(undocumented): is not a documented field. "),
    ],
)
def test_field_problem_limit_and_what_to_do_are_said_and_no_value(
    change: dict[str, object], said: str, clinic: Clinic
) -> None:
    _, trial_id = clinic.rated_course()
    reply = clinic.post(f"/trials/{trial_id}/reports", REPORT | change)
    detail = reply.json()["detail"]
    assert (reply.status_code, detail[: len(said)]) == (422, said)
    assert detail.endswith("Compare with the example of this route at /docs.")
    assert SECRET not in reply.text


def test_a_path_names_fields_not_arms_of_a_union_and_counts_the_rest(clinic: Clinic) -> None:
    course_id, _ = clinic.rated_course()
    body = {"settings": START | {"amplitude_ma": None}, "occurred_at": AT}
    found = clinic.post(f"/courses/{course_id}/trials", body).json()
    assert found["field"] == "body.settings.amplitude_ma"
    assert " 1 more in errors. " in found["detail"]


def test_limits_of_codes_and_bounds_are_told(clinic: Clinic) -> None:
    course_id, _ = clinic.rated_course()
    assert "(limit: at most 8)" in clinic.post(f"/courses/{course_id}/asks", {"q": 9}).json()["detail"]
    assert "'sitting'" in clinic.post(f"/courses/{course_id}/asks", {"posture": "flying"}).json()["detail"]


def test_of_ten_thousand_findings_a_hundred_are_told(clinic: Clinic) -> None:
    reply = clinic.post("/patients", {f"made-up-{n}": n for n in range(10_000)})
    assert (reply.status_code, len(reply.json()["errors"])) == (422, MOST_FINDINGS)
    assert len(reply.content) < len(reply.request.content)
