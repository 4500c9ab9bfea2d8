import pytest

from optimizer.errors import OptimizerError
from service.errors import NotFoundError, ServiceError
from service.http_status import STATUS, status_of


def codes_of(root: type[ServiceError] | type[OptimizerError]) -> set[str]:
    return {root.code} | {code for child in root.__subclasses__() for code in codes_of(child)}


@pytest.mark.parametrize("root", [ServiceError, OptimizerError])
def test_every_code_has_one_status(root: type[ServiceError]) -> None:
    codes = codes_of(root)
    assert len(codes) > 15
    assert codes <= STATUS.keys()


def test_the_code_alone_decides() -> None:
    assert status_of(NotFoundError("device", "is not known here")) == 404
