"""What MLflow is to show of a course."""

from sqlalchemy import func, select

from service.ledger.tables import Entry
from service.tracking.load import load
from service.tracking.project import project
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
    last = newest(database)
    before: set = set()
    for sequence in (*range(0, last, 1 if full_counts else 5), last):
        points = set(view_up_to(database, writer, sequence).parent.points)
        assert before <= points
        before = points
    reported = [point.value for point in sorted(before, key=lambda p: p.step) if point.key == "pain/reported"]
    assert reported == [6.0, 5.0, 4.0, 7.0]


def test_the_same_record_gives_the_same_view(database, writer):
    writer.write_trial(4.0, pain=6.0)
    last = newest(database)
    one, two = (view_up_to(database, writer, last) for _ in range(2))
    assert one == two
    assert one.parent.digest == two.parent.digest


def test_every_run_is_named_by_its_ledger_entry(database, writer):
    for amplitude in (4.0, 4.2):
        writer.write_trial(amplitude, pain=5.0)
    view = view_up_to(database, writer, newest(database))
    named = [run.tags[IDENTIFIER] for run in (view.parent, *view.trials)]
    assert named == [run.identifier for run in (view.parent, *view.trials)]
    assert len(set(named)) == 3
    assert view.trials[0].ended_at == view.trials[1].started_at
    assert view.trials[1].ended_at is None
