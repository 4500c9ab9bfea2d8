from service.auth.principal import Role
from tests.service.live import Server


def test_every_known_caller_may_read_the_catalogue(server: Server) -> None:
    for role in (Role.AUDITOR, Role.PROGRAMMER):
        caller = server.clinic(role)
        names = [device["name"] for device in caller.get("/devices").json()]
        assert {"drg", "scs-tonic", "vns-implanted"} <= set(names)
        assert caller.get("/devices/scs-tonic").json()["name"] == "scs-tonic"
