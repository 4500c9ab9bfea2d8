from service.auth.principal import Role
from tests.service.live import Server


def test_every_known_caller_may_read_the_catalogue(server: Server) -> None:
    for role in (Role.AUDITOR, Role.PROGRAMMER):
        caller = server.clinic(role)
        names = [device["name"] for device in caller.get("/devices").json()]
        assert names == ["scs-tonic", "vns-implanted"]
        assert caller.get("/devices/scs-tonic").json()["name"] == "scs-tonic"
