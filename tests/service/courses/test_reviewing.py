"""What may be reviewed, what a review releases, and what it leaves holding."""

from datetime import UTC, datetime, timedelta

import pytest

from optimizer import canonical
from optimizer.decision import Hold, HoldReason
from tests.service.live import SIGNED_BY, START, Clinic, codes
from tests.service.proposals.asking import arrives, being_answered

AT = "2026-11-20T20:00:00+01:00"


def reviewing(subject: str, subject_id: str, reason: str = "cause_resolved") -> dict[str, str]:
    return {"subject": subject, "subject_id": subject_id, "reason": reason}


def severe_course(clinic: Clinic) -> tuple[str, str, str]:
    """Return course, trial and a severe report of it."""
    course_id, trial_id = clinic.rated_course()
    return course_id, trial_id, clinic.report(trial_id, 9, kind="discomfort")["reports"][0]["id"]


def contradicted_course(clinic: Clinic) -> tuple[str, list[str]]:
    """Return a course and two reports of one instant, one at either end of the scale."""
    course_id, trial_id = clinic.rated_course()
    at = {"measure": "pain", "occurred_at": "2026-11-20T21:00:00+01:00"}
    told = [clinic.made(f"/trials/{trial_id}/reports", at | {"value": value}) for value in (0, 10)]
    return course_id, [one["reports"][0]["id"] for one in told]


def test_a_review_must_name_a_fact_of_the_course_and_a_coded_reason(clinic: Clinic) -> None:
    course_id, _, severe = severe_course(clinic)
    path, other_trial = f"/courses/{course_id}/reviews", clinic.rated_course()[1]
    replies = [
        clinic.post(path, reviewing("hold", other_trial)),
        clinic.post(path, reviewing("closure", severe, "because I say so")),
    ]
    assert codes(replies) == [(404, "not-found"), (422, "invalid-request")]


@pytest.mark.parametrize("subject", ["hold", "closure", "adverse_event"])
def test_what_is_in_no_doubt_cannot_be_reviewed_and_nothing_is_stored(subject: str, clinic: Clinic) -> None:
    course_id, trial_id, severe = severe_course(clinic)
    benign = clinic.report(trial_id, 5)["reports"][0]["id"]
    before = clinic.get(f"/courses/{course_id}/history").content
    path = f"/courses/{course_id}/reviews"
    refused = [clinic.post(path, reviewing(subject, each)) for each in (trial_id, benign)]
    assert codes(refused) == [(409, "nothing-to-review")] * 2
    assert clinic.get(f"/courses/{course_id}/history").content == before
    clinic.made(path, reviewing(subject, severe))
    assert codes([clinic.post(path, reviewing(subject, severe))]) == [(409, "nothing-to-review")], "once"


def test_a_review_dated_in_the_future_is_refused_beyond_what_clocks_differ(clinic: Clinic) -> None:
    course_id, _, severe = severe_course(clinic)
    path, now = f"/courses/{course_id}/reviews", datetime.now(UTC)
    late, near = ((now + timedelta(minutes=m)).isoformat() for m in (7, 4))
    refused = clinic.post(path, reviewing("closure", severe) | {"occurred_at": late})
    assert (codes([refused]), refused.json()["field"]) == ([(422, "invalid-request")], "occurred_at")
    clinic.made(path, reviewing("closure", severe) | {"occurred_at": near})


@pytest.mark.parametrize("first", ["hold", "adverse_event"])
def test_what_was_seen_and_kept_closed_may_be_opened_later(first: str, clinic: Clinic) -> None:
    course_id, _, severe = severe_course(clinic)
    for subject, closed in ((first, True), ("closure", False)):
        made = clinic.made(f"/courses/{course_id}/reviews", reviewing(subject, severe))
        assert made["still_held"] is None
        assert ("closed" in clinic.trial(course_id)["flags"]) is closed


def test_either_of_two_that_contradict_each_other_may_be_reviewed_also_after_the_other(
    clinic: Clinic,
) -> None:
    course_id, both = contradicted_course(clinic)
    assert set(clinic.ask(course_id)["decision"]["subject_ids"]) == set(both)
    for each in both:
        made = clinic.made(f"/courses/{course_id}/reviews", reviewing("hold", each))
        assert made["still_held"] is None
    replies = [clinic.post(f"/courses/{course_id}/reviews", reviewing("hold", each)) for each in both]
    assert codes(replies) == [(409, "nothing-to-review")] * 2


def test_a_contradiction_nobody_asked_about_yet_may_be_reviewed_as_what_it_is(clinic: Clinic) -> None:
    course_id, both = contradicted_course(clinic)
    path = f"/courses/{course_id}/reviews"
    replies = [clinic.post(path, reviewing(subject, both[0])) for subject in ("adverse_event", "closure")]
    assert codes(replies) == [(409, "nothing-to-review")] * 2
    clinic.made(path, reviewing("hold", both[0]))


def test_an_answer_that_holds_until_a_review_and_names_nothing_is_ended_by_one_of_any_fact(
    clinic: Clinic,
) -> None:
    course_id, trial_id = clinic.rated_course()
    failed = Hold(reason=HoldReason.MODEL_FAILED, release="review", meanwhile=None)
    arrives(clinic, being_answered(clinic, course_id), canonical.encode(failed).decode())
    held = clinic.ask(course_id)
    assert (held["reason"], held["decision"]["release"]) == ("model_failed", "review")
    path = f"/courses/{course_id}/reviews"
    replies = [
        clinic.post(path, reviewing(subject, trial_id)) for subject in ("adverse_event", "hold", "hold")
    ]
    assert codes(replies) == [(409, "nothing-to-review"), (201, ""), (409, "nothing-to-review")]
    assert clinic.ask(course_id)["id"] != held["id"], "asked anew"


def test_what_a_ramp_barred_may_be_opened(clinic: Clinic) -> None:
    course_id, _ = clinic.rated_course()
    ramp = [{"amplitude_ma": 4.4, "outcome": "discomfort"}]
    trial_id = clinic.trial(course_id, ramp=ramp)["id"]
    clinic.made(f"/courses/{course_id}/reviews", reviewing("closure", trial_id))


def test_a_review_says_what_goes_on_holding_the_course(clinic: Clinic) -> None:
    course_id, trial_id, severe = severe_course(clinic)
    second = clinic.report(trial_id, 1, kind="syncope")["reports"][0]["id"]
    path = f"/courses/{course_id}/reviews"
    made = clinic.made(path, reviewing("adverse_event", severe))
    assert made["still_held"] == {"reason": "unreviewed_adverse_event", "subject_ids": [second]}
    why = {"reason": "software_fault", "signed_by": SIGNED_BY}
    stop = clinic.made("/stops", why)["id"]
    made = clinic.made(path, reviewing("adverse_event", second))
    assert made["still_held"] == {"reason": "site_stopped", "subject_ids": [stop]}


def test_after_a_correction_a_release_is_due_again(clinic: Clinic) -> None:
    course_id, trial_id, severe = severe_course(clinic)
    path = f"/courses/{course_id}/reviews"
    clinic.made(path, reviewing("closure", severe))
    weaker = {"settings": START | {"amplitude_ma": 3.5}, "occurred_at": AT}
    clinic.made(f"/trials/{trial_id}/amendments", {"reason": "device_log_differs", "trial": weaker})
    clinic.made(path, reviewing("closure", severe))
