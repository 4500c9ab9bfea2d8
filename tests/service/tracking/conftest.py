"""A real ledger in a temporary folder with one course in it, and a real local MLflow store."""

from collections.abc import Callable

import pytest

from optimizer.problem import Problem
from service.db.engine import Database
from service.tracking.client import Tracking
from service.tracking.load import load
from service.tracking.record import CourseRecord
from tests.service.tracking.written import Writer, scs_problem


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Tracking:
    folder = tmp_path_factory.mktemp("mlflow")
    return Tracking(f"sqlite:///{folder / 'mlflow.sqlite'}", artifacts=folder / "files")


@pytest.fixture(scope="session")
def problem() -> Problem:
    return scs_problem()


@pytest.fixture
def writer(database: Database, problem: Problem) -> Writer:
    writer = Writer(database=database, problem=problem)
    writer.open()
    return writer


@pytest.fixture
def read(database: Database, writer: Writer) -> Callable[..., CourseRecord]:
    """Give a reader of the course as of a sequence; everything by default."""

    def record(up_to: int = 10_000) -> CourseRecord:
        with database.read() as session:
            return load(session, writer.course_id, up_to=up_to)

    return record
