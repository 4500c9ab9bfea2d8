from service.auth.principal import Role
from tests.service.live import Server, codes


def test_who_may_register_and_who_may_look(server: Server) -> None:
    first = server.clinic(Role.ADMINISTRATOR)
    made = first.made("/patients", {"pseudonym": "P-1"})
    for role in (Role.CLINICIAN, Role.RECORDER, Role.RESEARCHER):
        reader = server.clinic(role, site=first.site)
        assert reader.get(f"/patients/{made['id']}").json() == made
    for role in (Role.AUDITOR, Role.PROGRAMMER):
        stranger = server.clinic(role, site=first.site)
        assert codes([stranger.get("/patients"), stranger.post("/patients", {})]) == [(403, "forbidden")] * 2
    recorder = server.clinic(Role.RECORDER, site=first.site)
    assert codes([recorder.post("/patients", {"pseudonym": "P-2"})]) == [(403, "forbidden")]


def test_another_site_sees_nothing(server: Server) -> None:
    here, there = server.clinic(), server.clinic()
    made = here.made("/patients", {"pseudonym": "P-1"})
    assert there.get("/patients").json() == []
    foreign, unknown = (
        there.get(f"/patients/{made['id']}"),
        there.get("/patients/01938b3e-5f0c-7d2a-9c41-7f1f5f0a8a11"),
    )
    assert foreign.json() == unknown.json()
    assert foreign.status_code == 404
    there.made("/patients", {"pseudonym": "P-1"})
