"""A clinic's system over real HTTP."""

import pytest

from service.auth.principal import Role
from service.demo.clinic import Clinic
from service.errors import ServiceError


@pytest.fixture
def system(server):
    with Clinic(server.address, server.key(Role.CLINICIAN, site="clinic-test")) as system:
        yield system


def test_the_same_write_is_done_once(system):
    one, two = (system.write("/patients", {"pseudonym": "P-once"}, once="once") for _ in range(2))
    assert one == two
    assert system.get("/patients?pseudonym=P-once") == [one]


def test_a_refusal_is_an_error_in_words(system):
    with pytest.raises(ServiceError, match="refused"):
        system.get("/courses/00000000-0000-7000-8000-000000000000")
