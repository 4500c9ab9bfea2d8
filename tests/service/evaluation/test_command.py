"""The command as a researcher gives it."""

import socket
import sqlite3
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from optimizer.evaluate.results import read_results
from service.cli import app
from tests.service.test_worker import listens, mlflow_server, wait_for

RUN = CliRunner()


def evaluate(folder: Path, *options: str) -> Result:
    small = ["--trials=3", "--patients=2", "--jobs=1", "--mlflow=none", f"--out={folder}"]
    return RUN.invoke(app, ["evaluate", *small, *options])


def test_it_goes_on_when_given_again_with_more_and_past_a_policy_that_fails(tmp_path: Path) -> None:
    first = evaluate(tmp_path, "--policies=stay")
    assert first.exit_code == 0, first.output
    more = evaluate(tmp_path, "--policies=stay,gentle@1,tests.optimizer.evaluate.crooked:OFF_GRID")
    assert more.exit_code == 0, more.output
    assert "scs-tonic-3.jsonl: 2 of 5 runs are there already" in more.stdout
    assert "ladder, gentle" in more.stdout
    assert "off-grid/1 failed with 2 patients: PolicyError" in more.stdout
    runs = [(trace.policy, trace.patient) for trace in read_results(tmp_path / "scs-tonic-3.jsonl")]
    assert sorted(runs) == [
        ("ladder_gentle/1", 0),
        *(("off-grid/1", patient) for patient in range(2)),
        *(("stay/1", patient) for patient in range(2)),
    ]
    page = (tmp_path / "scs-tonic-3.md").read_text(encoding="utf-8")
    assert "titrate evaluate --scenario scs-tonic --trials 3 --patients 2 --policies stay,gentle@1," in page


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


@pytest.mark.acceptance
def test_mlflow_shows_it_once_beside_the_results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TITRATE_MLFLOW_TRACKING", raising=False)
    small = ["--trials=3", "--patients=2", "--jobs=1", "--policies=stay", f"--out={tmp_path}"]
    for _ in range(2):
        assert RUN.invoke(app, ["evaluate", *small]).exit_code == 0
    assert runs_in(tmp_path / "mlflow.sqlite") == ["scs-tonic, 3 trials, 2 patients", "stay/1"]
    assert list((tmp_path / "mlflow-files").rglob("scs-tonic-3.md"))


@pytest.mark.acceptance
def test_a_server_that_does_not_answer_costs_no_result_and_is_shown_them_later(tmp_path: Path) -> None:
    port = free_port()
    options = ["--scenario=scs-tonic,effect-0.3", "--policies=stay", f"--mlflow=http://127.0.0.1:{port}"]
    refused = evaluate(tmp_path, *options)
    assert refused.exit_code == 2
    assert "titrate: mlflow: does not answer" in refused.stderr
    assert {path.stem for path in tmp_path.glob("*.md")} == {"scs-tonic-3", "effect-0.3-3"}
    with mlflow_server(tmp_path, port):
        wait_for(lambda: listens(port), "the server")
        shown = evaluate(tmp_path, *options)
    assert shown.exit_code == 0, shown.output
    assert runs_in(tmp_path / "server.sqlite") == [
        "effect-0.3, 3 trials, 2 patients",
        "scs-tonic, 3 trials, 2 patients",
        *["stay/1"] * 2,
    ]
    assert list((tmp_path / "server-files").rglob("effect-0.3-3.html"))


def runs_in(store: Path) -> list[str]:
    with sqlite3.connect(store) as database:
        return [name for (name,) in database.execute("select name from runs order by name")]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
