from service import command_errors
from service.dependencies.document import NEVER_ANSWERED
from service.errors import ServiceError


def test_no_request_is_answered_with_an_error_of_commands() -> None:
    kinds = [
        kind for kind in vars(command_errors).values() if isinstance(kind, type) and kind is not ServiceError
    ]
    assert kinds
    assert {kind.code for kind in kinds} <= NEVER_ANSWERED
