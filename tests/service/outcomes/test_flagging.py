from typing import Any

from tests.service.live import START, Clinic

AT = "2026-11-20T20:00:00+01:00"
PAIN = {"measure": "pain", "value": 4, "occurred_at": AT, "posture": "sitting"}


def told(clinic: Clinic, trial_id: str, **change: Any) -> tuple[str, list[str]]:
    """Report; the report's id and flags."""
    (report,) = clinic.made(f"/trials/{trial_id}/reports", PAIN | change)["reports"]
    return report["id"], report["flags"]


def test_the_same_report_under_another_id_is_kept_and_flagged(clinic: Clinic) -> None:
    course_id, trial_id = clinic.rated_course()
    first, flags = told(clinic, trial_id)
    assert flags == []
    assert told(clinic, trial_id)[1] == ["repeats"]
    assert clinic.get(f"/courses/{course_id}").json()["n_reports"] == 3
    _, flags = told(clinic, trial_id, amends=first, reason="patient_corrected", value=5)
    assert flags == []
    other = clinic.trial(course_id)["id"]
    assert told(clinic, other)[1] == []


def test_what_comes_twice_in_one_request_is_flagged_the_second_time(clinic: Clinic) -> None:
    course_id, trial_id = clinic.rated_course()
    twice = [PAIN | {"trial_id": trial_id}] * 2
    reports = clinic.made(f"/courses/{course_id}/reports", {"reports": twice})["reports"]
    assert [report["flags"] for report in reports] == [[], ["repeats"]]


def test_what_was_retracted_may_be_said_again(clinic: Clinic) -> None:
    _, trial_id = clinic.rated_course()
    first, _ = told(clinic, trial_id)
    told(clinic, trial_id, value=None, amends=first, reason="entered_wrongly")
    assert told(clinic, trial_id)[1] == []


def test_a_zone_is_held_against_offsets_only_where_it_was_stated(clinic: Clinic) -> None:
    course_id, trial_id = clinic.rated_course()
    assert told(clinic, trial_id)[1] == []
    assert told(clinic, trial_id, value=3, zone="Europe/Berlin")[1] == []
    assert told(clinic, trial_id, value=2, zone="America/New_York")[1] == ["zone_mismatch"]
    end = {"ended_at": "2026-11-20T11:00:00+02:00"}
    for zone, flags in (("Europe/Berlin", ["zone_mismatch"]), ("Europe/Kyiv", ["zone_mismatch"])):
        assert clinic.trial(course_id, zone=zone, **end)["flags"] == ["not_proposed", *flags]
    corrected = {"settings": START, "occurred_at": AT, "zone": "Asia/Tokyo"}
    body = {"reason": "device_log_differs", "trial": corrected}
    assert "zone_mismatch" in clinic.made(f"/trials/{trial_id}/amendments", body)["flags"]


def test_a_recall_that_reaches_before_the_trial_is_flagged_over_http(clinic: Clinic) -> None:
    _, trial_id = clinic.rated_course()
    assert told(clinic, trial_id, recall="last_7_days")[1] == ["recall_before_trial"]
