"""A real local MLflow store is brought to what it should show, however often."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from service.command_errors import TrackingUnavailableError
from service.tracking.client import Tracking
from service.tracking.load import load
from service.tracking.project import project
from service.tracking.read_back import ARTIFACT, read
from service.tracking.view import IDENTIFIER

EVERYTHING = 10_000


@pytest.fixture
def view(database, writer, request):
    writer.write_trial(4.0, pain=6.0)
    writer.write_trial(4.2, pain=5.0)
    with database.read() as session:
        return project(load(session, writer.course_id, up_to=EVERYTHING), namespace=request.node.name)


def runs_of(store, view):
    experiment = store._client.get_experiment_by_name(view.experiment)
    return store._client.search_runs([experiment.experiment_id])


def test_shows_a_course_once_however_often_it_is_told(store, view):
    assert store.show(view).runs_written == 3
    assert store.show(view).runs_written == 0
    runs = {run.data.tags[IDENTIFIER]: run for run in runs_of(store, view)}
    assert len(runs) == 3
    trial = runs[view.trials[0].identifier]
    assert trial.data.tags["mlflow.parentRunId"] == runs[view.parent.identifier].info.run_id
    assert trial.data.params["amplitude_ma"] == "4"
    history = store._client.get_metric_history(runs[view.parent.identifier].info.run_id, "pain/reported")
    assert [(m.value, m.step) for m in history] == [
        (p.value, p.step) for p in view.parent.points if p.key == "pain/reported"
    ]


def test_an_instant_before_mlflow_counts_does_not_hold_the_course_up_for_ever(store, view):
    trial = view.trials[0]
    long_ago = tuple(replace(point, at=datetime(1800, 1, 1, tzinfo=UTC)) for point in trial.points)
    old = replace(view, trials=(replace(trial, points=long_ago), *view.trials[1:]))
    assert store.show(old).runs_written == 3
    assert store.show(old).runs_written == 0


def test_a_run_begun_and_left_is_completed_not_doubled(store, view):
    experiment_id = store._experiment(view)
    store._create(experiment_id, view.parent, None)
    store.show(view)
    assert len(runs_of(store, view)) == 3


def test_of_two_runs_for_one_entry_the_older_stays(store, view):
    experiment_id = store.show(view).experiment_id
    store._create(experiment_id, view.trials[0], None)
    assert len(runs_of(store, view)) == 4
    store.show(view)
    kept = runs_of(store, view)
    assert len(kept) == 3
    assert all(run.data.tags.get("titrate.shown") for run in kept)


def test_work_ends_where_the_lease_is_lost_and_goes_on_later(store, view):
    asked = []

    def lost_at_the_second():
        asked.append(1)
        if len(asked) == 2:
            raise KeyError("lease")

    with pytest.raises(KeyError):
        store.show(view, before_each=lost_at_the_second)
    assert len(runs_of(store, view)) == 1
    assert store.show(view).runs_written == 2


def test_artifact_in_the_store_is_the_record(store, view, tmp_path):
    run_id = store.show(view).run_id
    path = store._client.download_artifacts(run_id, ARTIFACT, str(tmp_path))
    assert read(Path(path).read_bytes()).course_id == view.parent.identifier


def test_forgotten_and_shown_again_is_the_same(store, view):
    def content():
        return {
            run.data.tags[IDENTIFIER]: (run.data.params, run.data.metrics, run.data.tags["titrate.shown"])
            for run in runs_of(store, view)
        }

    store.show(view)
    before = content()
    assert store.forget(view) == 3
    assert content() == {}
    store.show(view)
    assert content() == before


def test_a_server_that_is_down_is_an_error_with_a_name(view):
    with pytest.raises(TrackingUnavailableError):
        Tracking("http://127.0.0.1:9").show(view)


def test_a_new_local_store_is_put_in_place_whole_and_left_alone_after(store):
    path = Path(store.uri.removeprefix("sqlite:///"))
    assert not list(path.parent.glob(".*"))  # nothing is left of the making
    made = path.stat().st_ino
    Tracking(store.uri, artifacts=path.parent / "files")
    assert path.stat().st_ino == made
    assert not list(path.parent.glob(".*"))
