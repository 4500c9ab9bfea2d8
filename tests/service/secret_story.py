"""A course with one secret wherever a caller can put it."""

from tests.service.fuzz import SECRET
from tests.service.live import CHECKS, START, Clinic

NUMBER = 4.471147
"""A secret among the numbers."""
APPLIED = START | {"amplitude_ma": NUMBER}


def tell(clinic: Clinic) -> None:
    """Put the secret into every field that takes it, and into many that do not."""
    patient_id = clinic.made("/patients", {"pseudonym": SECRET})["id"]
    course = {
        "patient_id": patient_id,
        "device": "scs-tonic",
        "start": START,
        "envelope": {"amplitude_ma": [0, 9]},
    }
    course_id = clinic.made("/courses", course)["id"]
    checks = {"checks": [CHECKS[0] | {"impedance_ohm": NUMBER}]}
    clinic.made(f"/courses/{course_id}/preflights", checks)
    trial = {"settings": APPLIED, "occurred_at": "2026-11-20T10:00:00+01:00"}
    trial_id = clinic.made(f"/courses/{course_id}/trials", trial)["id"]
    report = {"measure": "side_effect", "kind": SECRET, "value": 3, "occurred_at": trial["occurred_at"]}
    asks = f"/courses/{course_id}/asks"
    clinic.post(f"/trials/{trial_id}/reports", report)
    clinic.post(asks, {"locked": [SECRET]}, key=SECRET)
    held = clinic.post(asks, {"patient_range_ma": [0, NUMBER]}).json()
    clinic.post(f"/proposals/{held['id']}/decisions", {"signed_by": SECRET}, **{"If-Match": SECRET})
    clinic.made("/stops", {"patient_id": patient_id, "reason": "patient_request", "signed_by": SECRET})
    bodies = {
        "/courses": course,
        f"/courses/{course_id}/trials": trial,
        f"/trials/{trial_id}/reports": report,
    }
    for path, body in bodies.items():
        for name in (*body, SECRET):
            clinic.post(path, body | {name: SECRET})
    clinic.post(f"/courses/{SECRET}/trials", trial)
    for path in (f"/patients?{SECRET}={SECRET}", f"/patients/{SECRET}", f"/{SECRET}"):
        clinic.get(path)
    clinic.server.http.get("/v1/patients", headers={"Authorization": f"Bearer {SECRET}"})
