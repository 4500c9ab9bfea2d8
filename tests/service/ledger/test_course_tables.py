from service.db.base import Recorded
from service.ledger.course_tables import DraftRow, ProblemRow, StopRow
from service.ledger.tables import APPEND_ONLY, Fact


def test_a_draft_is_no_fact_and_everything_else_here_is() -> None:
    assert not issubclass(DraftRow, Recorded)
    assert DraftRow.__tablename__ not in APPEND_ONLY
    assert issubclass(ProblemRow, Fact)
    assert issubclass(StopRow, Fact)


def test_a_looser_problem_is_confirmed_once_and_a_stop_released_once() -> None:
    tables = Fact.metadata.tables
    assert tables["confirmations"].c.problem_id.unique
    assert tables["stop_releases"].c.stop_id.unique
