"""The relay brings MLflow in step with the ledger, once, whoever else tries and whatever fails."""

from datetime import UTC, datetime, timedelta

import pytest

from service.command_errors import ProjectionBusyError, TrackingUnavailableError
from service.db.engine import Database
from service.ledger import outbox
from service.tracking import relay as relay_module
from service.tracking.client import Tracking
from service.tracking.relay import LONGEST_PAUSE_S, Relay, pause_s, run_until
from service.tracking.view import IDENTIFIER
from tests.service.postgresql import free_port
from tests.service.tracking.written import Writer


class Hand:
    """A clock moved by hand."""

    def __init__(self) -> None:
        self.now = datetime(2026, 2, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock():
    return Hand()


@pytest.fixture
def relay(database, store, clock, request):
    return Relay(database, store, clock=clock, namespace=request.node.name)


def identifiers(store, request, patient="P-001"):
    experiment = store._client.get_experiment_by_name(f"{request.node.name}/site-a/{patient}")
    runs = store._client.search_runs([experiment.experiment_id]) if experiment is not None else []
    return sorted(run.data.tags[IDENTIFIER] for run in runs)


def test_shows_what_the_ledger_holds_and_is_then_not_behind(relay, writer, store, request):
    trials = [writer.write_trial(4.0, 6.0), writer.write_trial(4.2, 5.0)]
    assert relay.lag() > 0
    turn = relay.turn()
    assert (turn.leading, turn.courses, turn.runs, turn.lag) == (True, 1, 3, 0)
    assert identifiers(store, request) == sorted([writer.course_id, *trials])
    assert relay.turn().courses == 0


def test_a_relay_that_died_before_marking_shows_again_without_doubles(
    relay, writer, store, request, database
):
    writer.write_trial(4.0, 6.0)
    relay.turn()
    with database.write() as session:
        outbox.forget_progress(session, relay.name)
    turn = relay.turn()
    assert (turn.courses, turn.runs) == (1, 0)
    assert len(identifiers(store, request)) == 2


def test_only_one_relay_works_until_its_lease_runs_out(relay, writer, database, store, clock, request):
    writer.write_trial(4.0, 6.0)
    other = Relay(database, store, clock=clock, namespace=request.node.name)
    assert relay.turn().leading
    assert not other.turn().leading
    with pytest.raises(ProjectionBusyError):
        other.forget()
    clock.now += timedelta(seconds=16)
    assert other.turn().leading
    assert not relay.turn().leading
    other.release()
    assert relay.turn().leading


def test_while_mlflow_is_down_the_lag_grows_and_attempts_are_spaced(database, writer, store, clock, request):
    down = Relay(database, Tracking("http://127.0.0.1:9"), clock=clock, namespace=request.node.name)
    writer.write_trial(4.0, 6.0)
    first = down.turn()
    assert first.failed
    assert first.lag > 0
    again = down.turn()
    assert not again.failed  # the course waits
    assert again.courses == 0
    writer.write_trial(4.2, 5.0)
    assert down.lag() > first.lag
    down.release()
    clock.now += timedelta(seconds=60)
    up = Relay(database, store, clock=clock, namespace=request.node.name)
    assert up.turn().lag == 0
    assert len(identifiers(store, request)) == 3


def test_pauses_double_up_to_half_a_minute():
    assert [pause_s(n) for n in range(4)] == [0.5, 1.0, 2.0, 4.0]
    assert pause_s(40) == LONGEST_PAUSE_S


def test_forgotten_progress_makes_the_same_projection_from_nothing(relay, writer, store, request):
    writer.write_trial(4.0, 6.0)
    relay.turn()
    before = identifiers(store, request)
    assert relay.forget() == len(before)
    assert identifiers(store, request) == []
    assert relay.turn().runs == len(before)
    assert identifiers(store, request) == before


def test_the_run_of_an_ended_course_is_finished_and_late_facts_and_a_rebuild_leave_it_so(
    relay, writer, store, request
):
    trial_id = writer.write_trial(4.0, 6.0)
    relay.turn()

    def course_run():
        experiment = store._client.get_experiment_by_name(f"{request.node.name}/site-a/P-001")
        found = store._client.search_runs(
            [experiment.experiment_id], f"tags.`{IDENTIFIER}` = '{writer.course_id}'"
        )
        (run,) = found
        tags = {name: value for name, value in run.data.tags.items() if name != "titrate.made_at"}
        return run.info.status, run.info.end_time, tags

    assert course_run()[:2] == ("RUNNING", None)
    writer.end("goal_reached")
    relay.turn()
    status, ended_at, tags = course_run()
    assert (status, tags["titrate.end_reason"]) == ("FINISHED", "goal_reached")
    writer.report(trial_id, 5.0)
    relay.turn()
    late = course_run()
    assert late[:2] == ("FINISHED", ended_at)
    relay.forget()
    relay.turn()
    assert course_run() == late


def test_forgetting_needs_an_mlflow_that_answers(database, writer, clock, request):
    down = Relay(database, Tracking("http://127.0.0.1:9"), clock=clock, namespace=request.node.name)
    with pytest.raises(TrackingUnavailableError):
        down.forget()


def test_runs_until_told_to_stop_and_gives_the_lease_back(relay, writer, database, store, clock, request):
    writer.write_trial(4.0, 6.0)
    waits = []
    run_until(relay, lambda seconds: waits.append(seconds) or len(waits) == 3, idle_s=0.01)
    assert waits == [0.01] * 3
    assert relay.lag() == 0
    assert Relay(database, store, clock=clock, namespace=request.node.name).turn().leading


def test_a_course_that_cannot_be_shown_does_not_hold_up_the_others(
    relay, writer, database, store, request, monkeypatch
):
    other = Writer(database=database, problem=writer.problem, patient="P-002")
    other.open()
    other.write_trial(4.0, 6.0)
    show = store.show

    def show_all_but_one(view, **options):
        if view.parent.identifier == writer.course_id:
            raise ValueError("a run of this course is broken")
        return show(view, **options)

    monkeypatch.setattr(store, "show", show_all_but_one)
    turn = relay.turn()
    assert (turn.courses, turn.failed, turn.down) == (1, True, False)
    assert len(identifiers(store, request, patient="P-002")) == 2
    assert turn.lag > 0


def test_a_course_that_never_can_be_shown_delays_nobody_however_long_the_worker_runs(
    relay, writer, database, store, clock, request, monkeypatch
):
    """The broken course is the oldest and, as time goes by between turns, due again and again."""
    other = Writer(database=database, problem=writer.problem, patient="P-002")
    other.open()
    plain = relay_module.project

    def broken(record, **options):
        if record.course_id == writer.course_id:
            raise ValueError("arange: cannot compute length")
        return plain(record, **options)

    monkeypatch.setattr(relay_module, "project", broken)
    waits, shown = [], []

    def stopped(seconds):
        waits.append(seconds)
        clock.now += timedelta(seconds=seconds)
        shown.append(len(identifiers(store, request, patient="P-002")))
        other.apply(4.0)
        return len(waits) == 8

    run_until(relay, stopped, idle_s=2.0)
    assert waits == [2.0] * 8
    assert shown == [*range(1, 9)]


def test_an_mlflow_that_is_down_ends_the_turn_and_is_asked_less_and_less(
    database, writer, clock, request, monkeypatch
):
    Writer(database=database, problem=writer.problem, patient="P-002").open()
    tracking = Tracking("http://127.0.0.1:9")
    asked, waits = [], []
    show = tracking.show
    monkeypatch.setattr(tracking, "show", lambda *view, **options: asked.append(1) or show(*view, **options))

    def stopped(seconds):
        waits.append(seconds)
        clock.now += timedelta(seconds=seconds)
        return len(waits) == 3

    run_until(Relay(database, tracking, clock=clock, namespace=request.node.name), stopped)
    assert waits == [1.0, 2.0, 4.0]
    assert len(asked) == 3


def test_an_absurd_amplitude_is_shown_like_any_other(relay, writer, store, request):
    trial_id = writer.apply_absurd(1e308)
    turn = relay.turn()
    assert (turn.failed, turn.lag) == (False, 0)
    assert trial_id in identifiers(store, request)


def test_a_page_shown_before_an_envelope_was_tightened_is_the_one_a_rebuild_makes(
    relay, writer, store, request
):
    def page():
        experiment = store._client.get_experiment_by_name(f"{request.node.name}/site-a/P-001")
        runs = store._client.search_runs([experiment.experiment_id])
        kept = [run.data.tags | {"titrate.made_at": "", "mlflow.parentRunId": ""} for run in runs]
        return sorted(
            ((tags[IDENTIFIER], run.data.params, tags) for run, tags in zip(runs, kept, strict=True)),
            key=lambda run: run[0],
        )

    writer.write_trial(4.0, 6.0)
    relay.turn()
    writer.tighten(4.5)
    relay.turn()
    grown = page()
    relay.forget()
    relay.turn()
    assert page() == grown
    course = next(run for run in grown if run[0] == writer.course_id)
    assert course[1]["envelope.amplitude_ma"] == "0 to 9"
    assert course[2]["titrate.envelope.amplitude_ma"] == "0 to 4.5"


def test_a_ledger_out_of_reach_is_waited_for(tmp_path, store, clock):
    waits = []
    relay = Relay(Database(f"sqlite:///{tmp_path / 'no-schema.sqlite'}"), store, clock=clock)
    run_until(relay, lambda seconds: waits.append(seconds) or len(waits) == 3)
    assert waits == [1.0, 2.0, 4.0]


def test_a_server_of_the_ledger_that_is_down_is_waited_for_and_does_not_end_the_worker(store, clock):
    waits = []
    nobody = Database(f"postgresql://titrate@127.0.0.1:{free_port()}/titrate")
    run_until(Relay(nobody, store, clock=clock), lambda seconds: waits.append(seconds) or len(waits) == 3)
    assert waits == [1.0, 2.0, 4.0]
