"""A comparison in MLflow: one run, one below it a policy, once however often it is told."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from optimizer.evaluate.metrics.summary import summarise
from service.tracking.evaluation import COMPARISON, EXPERIMENT, Shown, digest_of, metrics_of, view_of
from tests.optimizer.evaluate.traces import trace

ENDED = datetime(2030, 1, 8, tzinfo=UTC)
TRACES = [
    trace(patient, [0.0, 1.0 + patient / 10, 2.0], [0.0, 5.0, 1.0], 4.0, policy=policy)
    for policy in ("ladder_brisk/1", "guarded:plain_botorch/1")
    for patient in range(4)
]
SHOWN = Shown(
    traces=TRACES,
    command="titrate evaluate --scenario scs-tonic",
    page="# scs-tonic" + 9000 * "x",
    files={"scs-tonic-3.html": b"<html>", "scs-tonic-3.md": b"# scs-tonic"},
    started_at=ENDED - timedelta(hours=1),
    ended_at=ENDED,
)


def test_a_comparison_is_there_once_with_its_metrics_parameters_and_report(store, tmp_path):
    view = view_of(SHOWN)
    assert store.show(view).runs_written == 3
    assert store.show(view).runs_written == 0
    client = store._client
    experiment = client.get_experiment_by_name(EXPERIMENT)
    runs = {run.info.run_name: run for run in client.search_runs([experiment.experiment_id])}
    assert len(runs) == 3
    parent = runs["scs-tonic, 3 trials, 4 patients"]
    assert parent.data.params["policies"] == "guarded:plain_botorch/1 ladder_brisk/1"
    assert parent.data.params["command"] == SHOWN.command
    assert parent.data.params["code"] == TRACES[0].provenance.code
    assert {file.path for file in client.list_artifacts(parent.info.run_id)} == set(SHOWN.files)
    run = runs["guarded:plain_botorch/1"]
    assert run.data.tags["mlflow.parentRunId"] == parent.info.run_id
    assert run.info.status == "FINISHED"
    summary = summarise(TRACES)[0]
    assert run.data.metrics["exposures"] == summary.exposures.value == 1.0
    assert run.data.metrics["interval_low/final_nrs"] == summary.final_nrs.low
    curve = client.get_metric_history(run.info.run_id, "share_after_trials")
    assert [(point.step, point.value) for point in curve] == [
        (1, 0.0),
        (2, pytest.approx(1.15 / 4)),
        (3, 0.5),
    ]


def test_other_results_are_another_comparison_and_the_order_of_runs_is_not():
    assert digest_of(TRACES) == digest_of(TRACES[::-1])
    assert digest_of(TRACES) == digest_of([replace(trace, rating_ends=(0, 10)) for trace in TRACES])
    assert digest_of(TRACES) != digest_of([replace(TRACES[0], n_breaches=1), *TRACES[1:]])
    assert {run.tags[COMPARISON] for run in view_of(SHOWN).trials} == {digest_of(TRACES)}


def test_every_finite_number_of_a_summary_is_a_metric_and_nothing_else_is():
    metrics = metrics_of(summarise(TRACES)[0])
    assert {"shares/5", "visits_to_notice", "policy", "claims_null", "calibration"} & set(metrics) == {
        "visits_to_notice"
    }
    assert {"n_patients", "n_failures", "ask_max_s", "at_edge", "interval_low/at_edge", "uc_per_s"} <= set(
        metrics
    )
    never = [replace(t, tried_nrs=(0.0, 0.0, 0.0)) for t in TRACES]
    assert "visits_to_notice" not in metrics_of(summarise(never)[0])


def test_the_description_fits_into_what_mlflow_keeps():
    assert len(view_of(SHOWN).parent.tags["mlflow.note.content"]) < 8000
