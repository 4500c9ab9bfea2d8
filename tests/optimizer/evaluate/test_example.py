"""The example documents belong together and are canonical."""

from optimizer import canonical
from optimizer.ask import Ask
from optimizer.evaluate.example import example_documents
from optimizer.history import History, check_report
from optimizer.problem import Problem


def test_the_documents_are_canonical_and_belong_to_one_course() -> None:
    documents = example_documents()
    problem = canonical.decode(Problem, documents["problem.json"])
    history = canonical.decode(History, documents["history.json"])
    ask = canonical.decode(Ask, documents["ask.json"])
    for report in history.reports:
        check_report(problem, report)
    assert ask.in_force == history.trials[-1].applied
    assert ask.at > history.trials[-1].recorded_at
    assert ask.in_force.settings is not None
    assert problem.check(ask.in_force.settings)
    assert [canonical.encode(v) for v in (problem, history, ask)] == list(documents.values())
