"""What a person sees while a comparison runs, and what is left when it is given up."""

from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from optimizer.evaluate.arena import Comparison
from optimizer.evaluate.backend import Backend
from optimizer.evaluate.results import read_results
from service.evaluation import session
from service.evaluation.session import NO_MLFLOW, Plan, carry_out
from tests.optimizer.evaluate.crooked import RAISES


def plan(folder: Path, *, n_patients: int = 2) -> Plan:
    comparison = Comparison(
        scenario="effect-0.3", policies=("stay", RAISES), n_trials=3, n_patients=n_patients
    )
    return Plan(
        comparisons=(comparison,),
        backend=Backend(n_processes=1),
        folder=folder,
        options="--trials 3",
        mlflow=NO_MLFLOW,
    )


def test_the_bar_counts_runs_and_failures_and_what_was_there(tmp_path: Path) -> None:
    shown = StringIO()
    terminal = Console(file=shown, force_terminal=True, width=120)
    for n_patients in (2, 3):
        stated = plan(tmp_path, n_patients=n_patients)
        session._watch(stated, stated.comparisons[0], terminal)
    assert "4/4" in shown.getvalue()
    assert "2 failed" in shown.getvalue()
    assert "4 of 6 runs are there already" in shown.getvalue()
    assert "3 failed" in shown.getvalue()


def test_what_has_ended_is_kept_when_it_is_interrupted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*arguments: object, **options: object) -> object:
        for number, trace in enumerate(compare(*arguments, **options)):
            if number == 2:
                raise KeyboardInterrupt
            yield trace

    compare = session.compare
    monkeypatch.setattr(session, "compare", interrupted)
    shown = StringIO()
    with pytest.raises(KeyboardInterrupt):
        carry_out(plan(tmp_path), Console(file=shown, width=200))
    assert len(read_results(tmp_path / "effect-0.3-3.jsonl")) == 3
    assert "3 of 4 runs are kept; the same command goes on" in shown.getvalue()
