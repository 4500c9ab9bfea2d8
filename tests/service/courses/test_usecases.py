import pytest

from tests.service.live import ENVELOPE, START, Clinic, codes


def refused(clinic: Clinic, **fields: object) -> list[tuple[int, str]]:
    patient = clinic.made("/patients", {"pseudonym": "P-1"})
    body = {"patient_id": patient["id"], "device": "scs-tonic", "envelope": ENVELOPE, "start": START} | fields
    return codes([clinic.post("/courses", body)])


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"device": "scs-burst"}, (404, "not-found")),
        ({"device": "../devices/scs-tonic"}, (422, "invalid-request")),
        ({"start": START | {"amplitude_ma": 4.55}}, (422, "off-grid")),
        ({"start": START | {"amplitude_ma": 9.5}}, (422, "outside-envelope")),
        ({"start": {"amplitude_ma": 4.5}}, (422, "unknown-parameter")),
        ({"start": START | {"burst_hz": 4}}, (422, "unknown-parameter")),
        ({"start": START | {"amplitude_ma": "4.5"}}, (422, "off-grid")),
        ({"start": START | {"amplitude_ma": None}}, (422, "invalid-request")),
        ({"envelope": {"amplitude_ma": [30, 40]}}, (422, "problem-definition")),
        ({"envelope": {"amplitude_ma": [0, 90]}}, (422, "problem-definition")),
        ({"envelope": {"amplitude_ma": [9, 0]}}, (422, "problem-definition")),
        ({"envelope": {"amplitude_ma": [1]}}, (422, "problem-definition")),
        ({"envelope": {"amplitude_ma": ["a", "b"]}}, (422, "problem-definition")),
        ({"envelope": {"nothing": [0, 1]}}, (422, "unknown-parameter")),
        ({"envelope": {"configuration": ["level-9"]}}, (422, "problem-definition")),
        ({"limits": {"charge_density_uc_per_cm2": 31.0}}, (422, "parameter-definition")),
        ({"limits": {"charge_density_uc_per_cm2": 1.0}}, (422, "hard-limit")),
        ({"limits": {"temperature": 1.0}}, (422, "invalid-request")),
        ({"side_effects": [{"name": "x", "nature": "fading"}] * 2}, (422, "problem-definition")),
        ({"unknown": 1}, (422, "invalid-request")),
        ({"near_tie_nrs": -0.1}, (422, "invalid-request")),
        ({"bother_weight": 11}, (422, "invalid-request")),
    ],
)
def test_a_course_that_cannot_be_is_refused(
    fields: dict[str, object], code: tuple[int, str], clinic: Clinic
) -> None:
    assert refused(clinic, **fields) == [code]


def test_what_the_clinician_stated_is_what_is_kept(clinic: Clinic) -> None:
    course = clinic.course(
        side_effects=[{"name": "discomfort", "nature": "intensity"}],
        impedance_ohm=520,
        postures=["upright", "lying"],
        start_borne_in_use=True,
        drift_expected=True,
        min_gain_nrs=1,
        bother_weight=0.25,
        near_tie_nrs=0,
        limits={"charge_density_uc_per_cm2": 20},
    )
    content = clinic.get(f"/courses/{course['id']}/problem").json()["content"]
    assert content["envelope"]["bounds"] == {"amplitude_ma": [0, 9]}
    assert content["envelope"]["choices"] == {"configuration": ENVELOPE["configuration"]}
    assert [effect["name"] for effect in content["side_effects"]] == ["discomfort"]
    assert (content["space"]["impedance_ohm"], content["min_gain_nrs"]) == (520, 1)
    assert content["postures"] == ["upright", "lying"]
    assert content["objective"] == {"bother_weight": 0.25, "near_tie_nrs": 0}
    assert (content["start_borne_in_use"], content["drift_expected"]) == (True, True)
    bounds = {limit["quantity"]: limit["bound"] for limit in content["space"]["limits"]}
    assert bounds["charge_density_uc_per_cm2"] == 20


def test_that_a_start_was_borne_in_its_use_is_said_and_not_assumed(clinic: Clinic) -> None:
    course = clinic.course(postures=["all_day"])
    content = clinic.get(f"/courses/{course['id']}/problem").json()["content"]
    assert content["postures"] == ["all_day"]
    assert not {"start_borne_in_use", "drift_expected"} & content.keys()


def test_the_vagus_device_makes_a_course_too(clinic: Clinic) -> None:
    start = {"amplitude_ma": 0.5, "pulse_width_us": 250, "frequency_hz": 20, "on_s": 30, "off_s": 300}
    course = clinic.course(device="vns-implanted", start=start, envelope={"amplitude_ma": [0, 2]})
    assert course["in_force"] == start


def test_the_recommendation_follows_the_record(clinic: Clinic) -> None:
    course_id, trial_id = clinic.rated_course()
    none_yet = clinic.get(f"/courses/{course_id}/recommendation").json()
    assert (none_yet["basis_id"], none_yet["settings"]) == (None, None)
    answer = clinic.ask(course_id)
    found = clinic.get(f"/courses/{course_id}/recommendation").json()
    assert (found["basis_id"], found["is_current"]) == (answer["id"], True)
    clinic.report(trial_id, 9, kind="discomfort")
    stale = clinic.get(f"/courses/{course_id}/recommendation").json()
    assert (stale["is_current"], stale["settings"]) in [(False, None), (False, stale["settings"])]
    assert stale["settings"] != {**START}, "what was severe is not recommended"


def test_what_was_recommended_and_then_not_tolerated_is_advised_no_more(clinic: Clinic) -> None:
    course_id, trial_id = clinic.well_rated_course()
    clinic.ask(course_id)
    advised = clinic.get(f"/courses/{course_id}/recommendation").json()
    assert advised["settings"] == START
    clinic.report(trial_id, 5, kind="discomfort")
    now = clinic.get(f"/courses/{course_id}/recommendation").json()
    assert (now["settings"], now["relief_nrs"], now["stimulation"]) == (None, None, "no_advice")


def test_the_recommendation_names_what_bars_better_settings_until_it_is_reviewed(clinic: Clinic) -> None:
    course_id, good = clinic.course(min_gain_nrs=0)["id"], START | {"amplitude_ma": 5.4}
    told = [(START, 7, 0), *[(good, 2, 1)] * 6, (good, 2, 5)]
    for day, (settings, pain, grade) in enumerate(told, start=10):
        at = f"2026-11-{day}T10:00:00+01:00"
        trial_id = clinic.trial(course_id, settings=settings, occurred_at=at)["id"]
        for body in (
            {"measure": "pain", "value": pain},
            {"measure": "side_effect", "kind": "discomfort", "value": grade},
        ):
            said = clinic.made(f"/trials/{trial_id}/reports", body | {"occurred_at": at})["reports"]

    def advised() -> tuple[float, list[str]]:
        clinic.ask(course_id)
        found = clinic.get(f"/courses/{course_id}/recommendation").json()
        return found["settings"]["amplitude_ma"], found["barred_by"]

    assert advised() == (START["amplitude_ma"], [said[0]["id"]])
    seen = {"subject": "closure", "subject_id": said[0]["id"], "reason": "tolerable_on_review"}
    clinic.made(f"/courses/{course_id}/reviews", seen)
    assert advised() == (5.4, [])
