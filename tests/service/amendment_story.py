"""What was applied is corrected: every claim asserted, on whichever database the clinic's server has."""

from typing import Any

from service.ledger.history import history_of
from service.proposals.replaying import replay
from tests.service.live import START, Clinic, codes

AT = "2026-11-20T10:00:00+01:00"


def applied(amplitude_ma: float, **fields: Any) -> dict[str, Any]:
    return {"settings": START | {"amplitude_ma": amplitude_ma}, "occurred_at": AT} | fields


def correct(clinic: Clinic, trial_id: str, amplitude_ma: float | None, **fields: Any) -> dict[str, Any]:
    trial = None if amplitude_ma is None else applied(amplitude_ma, **fields)
    return clinic.made(f"/trials/{trial_id}/amendments", {"reason": "device_log_differs", "trial": trial})


def tell(clinic: Clinic) -> None:
    """An approval rests on 4.5 mA; the device's log says 3.5."""
    course_id, trial_id = clinic.rated_course()
    before = clinic.get(f"/courses/{course_id}").json()
    first = clinic.ask(course_id)
    assert clinic.decide(first, action="approve").status_code == 201
    made = correct(clinic, trial_id, 3.5, ramp=[{"amplitude_ma": 3.0, "outcome": "perception"}])
    assert made["withdrawn_proposals"] == [first["id"]]
    assert (made["settings"]["amplitude_ma"], made["flags"]) == (3.5, ["not_proposed"])
    assert codes([clinic.get(f"/proposals/{first['id']}/program")]) == [(409, "proposal-withdrawn")]
    _the_old_value_stays(clinic, course_id, trial_id)
    following = clinic.ask(course_id)
    after = clinic.get(f"/courses/{course_id}").json()
    assert following["id"] != first["id"], "a new decision from the corrected history"
    assert following["settings"]["amplitude_ma"] < first["settings"]["amplitude_ma"]
    assert after["in_force"]["amplitude_ma"] == 3.5
    assert after["history_digest"] != before["history_digest"]
    assert clinic.get(f"/proposals/{first['id']}").json()["reason"] == "trial_amended"
    for proposal in (first, following):
        assert replay(clinic.server.services.database, proposal["id"]).identical


def _the_old_value_stays(clinic: Clinic, course_id: str, trial_id: str) -> None:
    entries = clinic.get(f"/courses/{course_id}/timeline").json()
    said = [entry for entry in entries if entry["kind"] in ("trial", "amendment")]
    old, new = (entry["body"]["content"] for entry in said)
    assert old["applied"]["values"]["amplitude_ma"] == 4.5
    assert (new["trial_id"], new["reason"]) == (trial_id, "device_log_differs")
    assert new["trial"]["applied"]["values"]["amplitude_ma"] == 3.5
    assert said[1]["principal"] == "dr"
    assert said[1]["recorded_at"] > said[0]["recorded_at"]
    with clinic.server.services.database.read() as session:
        history = history_of(session, course_id)
        at_first = history_of(session, course_id, up_to=said[0]["sequence"])
    assert history.as_of(at_first.trials[0].recorded_at) == at_first
