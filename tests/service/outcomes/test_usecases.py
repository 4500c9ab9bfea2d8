import json
from datetime import datetime, timedelta

import pytest

from service.ledger.tables import Entry, ReportRow
from tests.service.live import START, Clinic, codes

AT = "2026-11-20T20:00:00+01:00"


@pytest.mark.parametrize("value", [11, -1, 3.5])
def test_a_rating_off_its_scale_is_refused_and_nothing_is_stored(value: float, clinic: Clinic) -> None:
    course_id, trial_id = clinic.rated_course()
    before = clinic.get(f"/courses/{course_id}/history").content
    good = {"trial_id": trial_id, "measure": "pain", "value": 4, "occurred_at": AT}
    bad = good | {"value": value}
    replies = [
        clinic.post(f"/trials/{trial_id}/reports", {k: v for k, v in bad.items() if k != "trial_id"}),
        clinic.post(f"/courses/{course_id}/reports", {"reports": [good, bad]}),
        clinic.post(
            f"/courses/{course_id}/reports", {"reports": [bad | {"measure": "side_effect", "kind": "cough"}]}
        ),
    ]
    assert codes(replies) == [(422, "off-scale")] * 3
    assert all(str(value) not in reply.json()["detail"] for reply in replies)
    assert clinic.get(f"/courses/{course_id}/history").content == before


def test_many_reports_are_stored_together(clinic: Clinic) -> None:
    course_id, trial_id = clinic.rated_course()
    reports = [
        {"trial_id": trial_id, "measure": "pain", "value": value, "occurred_at": AT} for value in (3, 4, 5)
    ]
    made = clinic.made(f"/courses/{course_id}/reports", {"reports": reports})
    assert len(made["reports"]) == 3
    assert clinic.get(f"/courses/{course_id}").json()["n_reports"] == 4


def test_one_bad_report_among_many_is_named_by_its_place(clinic: Clinic) -> None:
    course_id, trial_id = clinic.rated_course()
    good = {"trial_id": trial_id, "measure": "pain", "value": 4, "occurred_at": AT}
    stranger = "01938b3e-5f0c-7d2a-9c41-7f1f5f0a8a11"
    for wrong, field in (
        ({"value": 11}, "value"),
        ({"trial_id": stranger}, "trial"),
        ({"value": None}, "value"),
    ):
        reply = clinic.post(f"/courses/{course_id}/reports", {"reports": [good, good, good | wrong]})
        assert reply.json()["field"] == f"reports.2.{field}"
        assert reply.json()["detail"].startswith(f"reports.2.{field}: ")


@pytest.mark.parametrize(
    "at", ["9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00", "1800-01-01T00:00:00Z"]
)
def test_an_instant_that_utc_or_mlflow_does_not_have_is_refused_not_an_internal_error(
    at: str, clinic: Clinic
) -> None:
    course_id, trial_id = clinic.rated_course()
    replies = [
        clinic.post(f"/courses/{course_id}/trials", {"settings": START, "occurred_at": at}),
        clinic.post(f"/trials/{trial_id}/reports", {"measure": "pain", "value": 4, "occurred_at": at}),
    ]
    assert codes(replies) == [(422, "invalid-request")] * 2
    assert all("1971 to 2200" in reply.json()["detail"] for reply in replies)


def test_an_approval_applied_after_its_time_is_flagged(clinic: Clinic) -> None:
    course_id, _ = clinic.rated_course()
    proposal = clinic.ask(course_id)
    clinic.decide(proposal, action="approve")
    late = datetime.fromisoformat(proposal["valid_until"]) + timedelta(hours=1)
    flags = clinic.trial(
        course_id, settings=proposal["settings"], proposal_id=proposal["id"], occurred_at=late.isoformat()
    )["flags"]
    assert flags == ["in_the_future", "past_validity"]


def test_harm_of_an_undeclared_kind_is_kept_closes_and_takes_back(clinic: Clinic) -> None:
    course_id, trial_id = clinic.rated_course()
    proposal = clinic.ask(course_id)
    told = clinic.report(trial_id, 1, kind="paralysis")
    (report,) = told["reports"]
    assert (report["severe"], report["flags"]) == (True, ["undeclared_kind"])
    assert told["withdrawn_proposals"] == [proposal["id"]]
    held = clinic.ask(course_id)
    assert (held["reason"], held["decision"]["subject_ids"]) == ("unreviewed_adverse_event", [report["id"]])
    assert "closed" in clinic.trial(course_id)["flags"]


def test_an_undeclared_kind_that_was_not_felt_is_no_harm_and_one_without_a_name_no_report(
    clinic: Clinic,
) -> None:
    course_id, trial_id = clinic.rated_course()
    (report,) = clinic.report(trial_id, 0, kind="itching")["reports"]
    assert (report["severe"], report["flags"]) == (False, ["undeclared_kind"])
    assert clinic.ask(course_id)["kind"] == "proposal"
    nameless = {"measure": "side_effect", "value": 9, "occurred_at": AT}
    off_scale = nameless | {"kind": "itching", "value": 11}
    replies = [clinic.post(f"/trials/{trial_id}/reports", body) for body in (nameless, off_scale)]
    assert codes(replies) == [(422, "off-scale")] * 2


def test_a_report_is_amended_and_retracted_never_changed(clinic: Clinic) -> None:
    course_id, trial_id = clinic.rated_course()
    wrong = clinic.report(trial_id, 9)["reports"][0]["id"]
    body = {"measure": "pain", "value": 2, "occurred_at": AT, "amends": wrong, "reason": "entered_wrongly"}
    clinic.made(f"/trials/{trial_id}/reports", body)
    assert clinic.get(f"/courses/{course_id}").json()["n_reports"] == 2
    clinic.made(f"/trials/{trial_id}/reports", body | {"value": None})
    assert clinic.get(f"/courses/{course_id}").json()["n_reports"] == 1
    assert len(clinic.get(f"/courses/{course_id}/history").json()["content"]["reports"]) == 4
    nothing = {"measure": "pain", "value": None, "occurred_at": AT}
    assert codes([clinic.post(f"/trials/{trial_id}/reports", nothing)]) == [(422, "trial-order")]
    other_trial = clinic.trial(course_id)["id"]
    assert codes([clinic.post(f"/trials/{other_trial}/reports", body)]) == [(422, "trial-order")]


def test_an_amendment_says_why_and_only_an_amendment_does(clinic: Clinic) -> None:
    course_id, trial_id = clinic.rated_course()
    path, wrong = f"/trials/{trial_id}/reports", clinic.report(trial_id, 9)["reports"][0]["id"]
    body = {"measure": "pain", "value": 2, "occurred_at": AT}
    replies = [
        clinic.post(path, body | {"amends": wrong}),
        clinic.post(path, body | {"reason": "entered_twice"}),
    ]
    assert codes(replies) == [(422, "reason-required")] * 2
    made = clinic.made(path, body | {"amends": wrong, "reason": "patient_corrected"})["reports"][0]
    with clinic.server.services.database.read() as session:
        old = session.query(Entry).filter_by(id=wrong).one()
        new = session.query(Entry).filter_by(id=made["id"]).one()
        row = session.query(ReportRow).filter_by(id=made["id"]).one()
    assert json.loads(old.body)["content"]["value"] == 9, "the old value stays"
    assert (row.amends, row.reason, new.principal, new.recorded_at > old.recorded_at) == (
        wrong,
        "patient_corrected",
        "dr",
        True,
    )
    told = {entry["id"]: entry["reason"] for entry in clinic.get(f"/courses/{course_id}/timeline").json()}
    assert told.pop(made["id"]) == "patient_corrected"
    assert set(told.values()) == {None}


def test_facts_are_stored_whatever_they_mean_and_flagged(clinic: Clinic) -> None:
    course_id, _ = clinic.rated_course()
    odd = clinic.trial(course_id, settings=START | {"amplitude_ma": 9.14}, source="remote", in_clinic=False)
    assert (odd["on_grid"], odd["flags"]) == (False, ["not_proposed", "off_grid", "outside_envelope"])
    strong = clinic.trial(
        course_id, settings=START | {"amplitude_ma": 25, "pulse_width_us": 1000}, occurred_at=AT
    )
    assert strong["flags"] == ["not_proposed", "outside_envelope", "past_limit"]
    held = clinic.ask(course_id)
    assert (held["kind"], held["reason"]) == ("hold", "settings_past_limit")


def test_a_trial_must_be_settings_of_the_device_and_end_after_it_begins(clinic: Clinic) -> None:
    course_id, _ = clinic.rated_course()
    path = f"/courses/{course_id}/trials"
    body = {"settings": START, "occurred_at": AT}
    replies = [
        clinic.post(path, body | {"settings": {"amplitude_ma": 1}}),
        clinic.post(path, body | {"settings": START | {"extra": 1}}),
        clinic.post(path, body | {"ended_at": "2026-11-20T19:00:00+01:00"}),
        clinic.post(path, body | {"proposal_id": "01938b3e-5f0c-7d2a-9c41-7f1f5f0a8a11"}),
    ]
    assert codes(replies) == [(422, "unknown-parameter")] * 2 + [(422, "trial-order"), (404, "not-found")]


def test_a_trial_that_differs_from_what_was_approved_is_flagged(clinic: Clinic) -> None:
    course_id, _ = clinic.rated_course()
    proposal = clinic.ask(course_id)
    early = clinic.trial(course_id, settings=proposal["settings"], proposal_id=proposal["id"])
    assert early["flags"] == ["not_approved"]
    clinic.report(early["id"], 5)
    following = clinic.ask(course_id)
    assert following["kind"] == "proposal"
    clinic.decide(following, action="approve")
    other = START if following["settings"] != START else START | {"amplitude_ma": 4.4}
    assert clinic.trial(course_id, settings=other, proposal_id=following["id"])["flags"] == [
        "differs_from_approval"
    ]


def test_the_ramp_is_on_record(clinic: Clinic) -> None:
    course_id, _ = clinic.rated_course()
    ramp = [{"amplitude_ma": 4.5, "outcome": "perception"}, {"amplitude_ma": 4.6, "outcome": "tolerated"}]
    assert clinic.trial(course_id, ramp=ramp)["flags"] == ["not_proposed", "ramp_past_settings"]
    trials = clinic.get(f"/courses/{course_id}/history").json()["content"]["trials"]
    assert ramp in [trial["ramp"] for trial in trials]
