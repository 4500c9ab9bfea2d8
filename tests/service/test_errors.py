import sys

from optimizer.errors import OptimizerError
from service.errors import NotFoundError, ServiceError


def family(root: type) -> set[type]:
    return {root} | {leaf for child in root.__subclasses__() for leaf in family(child)}


def test_codes_are_not_shared() -> None:
    kinds = family(ServiceError) | family(OptimizerError)
    assert len({kind.code for kind in kinds}) == len(kinds)  # type: ignore[attr-defined]


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    for kind in family(ServiceError):
        assert kind.__name__ in (sys.modules[kind.__module__].__doc__ or "")


def test_a_message_says_field_problem_limit_and_remedy() -> None:
    error = NotFoundError("device", "is not known here", limit="a, b", remedy="Choose one.")
    assert str(error) == "device: is not known here (limit: a, b). Choose one."
