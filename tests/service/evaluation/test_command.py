"""The command as a researcher gives it."""

import sqlite3
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from optimizer.evaluate.results import read_results
from service.cli import app

RUN = CliRunner()


def evaluate(folder: Path, *options: str) -> Result:
    small = ["--trials=3", "--patients=2", "--jobs=1", "--mlflow=none", f"--out={folder}"]
    return RUN.invoke(app, ["evaluate", *small, *options])


def test_it_goes_on_when_given_again_with_more(tmp_path: Path) -> None:
    first = evaluate(tmp_path, "--policies=stay")
    assert first.exit_code == 0, first.output
    more = evaluate(tmp_path, "--policies=stay,gentle@1")
    assert more.exit_code == 0, more.output
    assert "scs-tonic-3.jsonl: 2 of 3 runs are there already" in more.stdout
    assert "ladder, gentle" in more.stdout
    runs = [(trace.policy, trace.patient) for trace in read_results(tmp_path / "scs-tonic-3.jsonl")]
    assert sorted(runs) == [("ladder_gentle/1", 0), ("stay/1", 0), ("stay/1", 1)]


def test_several_scenarios_and_policies_that_fail_are_one_command(tmp_path: Path) -> None:
    policies = "stay,tests.optimizer.evaluate.crooked:RAISES,tests.optimizer.evaluate.crooked:OFF_GRID"
    done = evaluate(tmp_path, "--scenario=scs-tonic,effect-0.3", "--patients=1", f"--policies={policies}")
    assert done.exit_code == 0, done.output
    for scenario in ("scs-tonic", "effect-0.3"):
        failures = {t.policy: t.failure for t in read_results(tmp_path / f"{scenario}-3.jsonl")}
        assert failures == {"stay/1": "", "raises/1": "RuntimeError", "off-grid/1": "PolicyError"}
        assert (tmp_path / f"{scenario}-3.md").is_file()


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ("--policies=oracle", "policies"),
        ("--scenario=nowhere", "nowhere"),
        ("--backend=ray", "backend"),
        ("--backend=dask", "scheduler"),
        ("--scheduler=tcp://127.0.0.1:1", "scheduler"),
    ],
)
def test_what_there_is_not_is_refused(wrong: str, named: str, tmp_path: Path) -> None:
    done = evaluate(tmp_path, wrong)
    assert (done.exit_code, done.stderr.startswith(f"titrate: {named}: ")) == (2, True), done.stderr
    assert list(tmp_path.iterdir()) == []


def test_mlflow_shows_it_once_beside_the_results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TITRATE_MLFLOW_TRACKING", raising=False)
    small = ["--trials=3", "--patients=2", "--jobs=1", "--policies=stay", f"--out={tmp_path}"]
    for _ in range(2):
        assert RUN.invoke(app, ["evaluate", *small]).exit_code == 0
    with sqlite3.connect(tmp_path / "mlflow.sqlite") as store:
        names = [name for (name,) in store.execute("select name from runs order by name")]
    assert names == ["scs-tonic, 3 trials, 2 patients", "stay/1"]
    assert list((tmp_path / "mlflow-files").rglob("scs-tonic-3.md"))


def test_a_server_that_does_not_answer_costs_no_result(tmp_path: Path) -> None:
    done = evaluate(
        tmp_path, "--scenario=scs-tonic,effect-0.3", "--policies=stay", "--mlflow=http://127.0.0.1:9"
    )
    assert done.exit_code == 2
    assert "titrate: mlflow: does not answer" in done.stderr
    assert {path.stem for path in tmp_path.glob("*.md")} == {"scs-tonic-3", "effect-0.3-3"}
