"""What MLflow is to show of a course."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import func, select

from optimizer.outcomes.objective import Objective
from service.ledger.tables import Entry
from service.tracking import read_back
from service.tracking.load import load
from service.tracking.project import NOTE, project
from service.tracking.view import IDENTIFIER


def newest(database) -> int:
    with database.read() as session:
        return session.scalar(select(func.max(Entry.sequence)))


def view_up_to(database, writer, sequence):
    with database.read() as session:
        return project(load(session, writer.course_id, up_to=sequence))


def test_settings_nobody_proposed_have_no_prediction(database, writer):
    writer.report(writer.apply(4.1), 5.0)
    (run,) = view_up_to(database, writer, newest(database)).trials
    assert run.tags["titrate.prediction"] == "none"
    assert not [point for point in run.points if "predicted" in point.key]


def test_edited_settings_are_not_held_against_the_prediction(database, writer):
    writer.report(writer.apply(3.9, writer.propose(4.2)), 5.0)
    (run,) = view_up_to(database, writer, newest(database)).trials
    assert run.tags["titrate.prediction"] == "settings-differ"
    assert not [point for point in run.points if "predicted" in point.key]


def test_points_only_grow_with_the_ledger(database, writer, full_counts):
    first = writer.write_trial(4.0, pain=6.0)
    writer.write_trial(4.2, pain=5.0)
    late = writer.report(first, 4.0)
    writer.report(first, 7.0, amends=late)
    writer.correct(first, 3.8)
    writer.report(first, 5.5)
    writer.correct(first, None)
    last = newest(database)
    before: dict[str, set] = {}
    for sequence in (*range(0, last, 1 if full_counts else 5), last):
        view = view_up_to(database, writer, sequence)
        points = {run.identifier: set(run.points) for run in (view.parent, *view.trials)}
        assert all(old <= points[identifier] for identifier, old in before.items())
        before = points
    reported = [p.value for p in sorted(view.parent.points, key=lambda p: p.step) if p.key == "pain/reported"]
    assert reported == [6.0, 5.0, 4.0, 7.0, 5.5]


def test_the_same_record_gives_the_same_view(database, writer):
    writer.write_trial(4.0, pain=6.0)
    last = newest(database)
    one, two = (view_up_to(database, writer, last) for _ in range(2))
    assert one == two
    assert one.parent.digest == two.parent.digest


def test_what_was_stated_when_the_course_was_opened_is_shown_and_silence_is_not(database, writer):
    with database.read() as session:
        record = load(session, writer.course_id, up_to=newest(database))
    for name in ("start_borne_in_use", "drift_expected"):
        stated = replace(record, problem=replace(record.problem, **{name: True}))
        assert project(stated).parent.parameters[name] == "stated"
        assert name not in project(record).parent.parameters
    weighted = replace(
        record, problem=replace(record.problem, objective=Objective(bother_weight=0.25, near_tie_nrs=0))
    )
    shown = project(weighted).parent.parameters
    assert (shown["bother_weight"], shown["near_tie"]) == ("0.25", "0")


def test_parameters_keep_what_the_course_was_opened_with_and_tags_say_what_holds_now(database, writer):
    writer.write_trial(4.0, pain=6.0)
    before = view_up_to(database, writer, newest(database)).parent
    writer.tighten(4.5)
    after = view_up_to(database, writer, newest(database)).parent
    assert after.parameters == before.parameters
    assert after.parameters["envelope.amplitude_ma"] == "0 to 9"
    assert before.tags["titrate.envelope.amplitude_ma"] == "0 to 9"
    assert after.tags["titrate.envelope.amplitude_ma"] == "0 to 4.5"
    assert "envelope.amplitude_ma 0 to 4.5 (opened with 0 to 9)" in after.tags[NOTE]
    assert "Changed since" not in before.tags[NOTE]


def test_a_record_read_back_still_knows_how_the_course_was_opened(writer, read):
    assert b"opened_under" not in read_back.write(read())
    writer.tighten(4.5)
    record = read()
    assert project(read_back.read(read_back.write(record))) == project(record)
    assert record.opened_problem == writer.problem


def test_the_end_of_a_course_ends_its_runs_and_says_why(database, writer):
    writer.write_trial(4.0, pain=6.0)
    before = view_up_to(database, writer, newest(database))
    assert (before.parent.ended_at, before.trials[0].ended_at) == (None, None)
    writer.trials += 1
    writer.end("device_replaced")
    after = view_up_to(database, writer, newest(database))
    over = writer.now - timedelta(hours=1, microseconds=1)
    assert (after.parent.ended_at, after.trials[0].ended_at) == (over, over)
    assert (before.parent.tags["titrate.status"], after.parent.tags["titrate.status"]) == ("open", "ended")
    assert after.parent.tags["titrate.end_reason"] == "device_replaced"
    assert "titrate.end_reason" not in before.parent.tags
    assert "course ended (device_replaced)" in after.parent.tags[NOTE]
    writer.apply(4.1)  # told of a time after the end
    assert view_up_to(database, writer, newest(database)).trials[1].ended_at is None
    assert "Dr. A" not in str(after)


def test_every_run_is_named_by_its_ledger_entry(database, writer):
    for amplitude in (4.0, 4.2):
        writer.write_trial(amplitude, pain=5.0)
    view = view_up_to(database, writer, newest(database))
    named = [run.tags[IDENTIFIER] for run in (view.parent, *view.trials)]
    assert named == [run.identifier for run in (view.parent, *view.trials)]
    assert len(set(named)) == 3
    assert view.trials[0].ended_at == view.trials[1].started_at
    assert view.trials[1].ended_at is None


def test_a_corrected_trial_is_a_run_of_its_own_beside_what_it_was_said_to_be(database, writer):
    trial_id = writer.apply(4.2, writer.propose(4.2))
    writer.report(trial_id, 6.0)
    amendment_id = writer.correct(trial_id, 3.8)
    writer.report(trial_id, 5.0)
    first, corrected = view_up_to(database, writer, newest(database)).trials
    assert (first.identifier, corrected.identifier) == (trial_id, amendment_id)
    assert (first.parameters["amplitude_ma"], corrected.parameters["amplitude_ma"]) == ("4.2", "3.8")
    assert first.tags["titrate.amended_by"] == corrected.identifier
    assert (corrected.tags["titrate.amends"], corrected.tags["titrate.amended_why"]) == (
        trial_id,
        "entered_wrongly",
    )
    assert "before correction" in first.name
    assert first.ended_at is not None
    reported = [[p.value for p in run.points if p.key == "pain/reported"] for run in (first, corrected)]
    assert reported == [[6.0], [6.0, 5.0]]
    assert [run.tags["titrate.prediction"] for run in (first, corrected)] == [
        "as-proposed",
        "settings-differ",
    ]


def test_a_trial_taken_back_keeps_its_run_and_the_others_their_numbers(database, writer):
    gone, kept = writer.apply(4.0), writer.apply(4.1)
    writer.correct(gone, None)
    first, second = view_up_to(database, writer, newest(database)).trials
    assert (first.identifier, second.identifier) == (gone, kept)
    assert first.name.startswith("trial 01, taken back: ")
    assert second.name.startswith("trial 02: ")
    assert "| 2 | level-4, 4.1 mA" in view_up_to(database, writer, newest(database)).parent.tags[NOTE]
