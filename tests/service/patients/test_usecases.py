from tests.service.live import Clinic, codes


def test_a_pseudonym_comes_once(clinic: Clinic) -> None:
    clinic.made("/patients", {"pseudonym": "P-1"})
    assert codes([clinic.post("/patients", {"pseudonym": "P-1"})]) == [(409, "pseudonym-taken")]


def test_a_patient_is_found_by_pseudonym(clinic: Clinic) -> None:
    made = [clinic.made("/patients", {"pseudonym": name}) for name in ("P-1", "P-2")]
    assert clinic.get("/patients?pseudonym=P-2").json() == [made[1]]
    assert clinic.get("/patients").json() == made
    assert clinic.get("/patients?pseudonym=P-3").json() == []
