from service.dependencies.context import Computes
from service.proposals.compute import ComputeService
from tests.service.live import Server


def test_the_application_holds_what_the_routes_ask_for(server: Server) -> None:
    services = server.services
    compute: Computes = services.compute
    assert isinstance(compute, ComputeService)
    assert compute.is_warm
    assert services.clock().tzinfo is not None
