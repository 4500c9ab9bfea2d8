"""What MLflow is to show of a course."""

from sqlalchemy import func, select

from service.ledger.tables import Entry
from service.tracking import read_back
from service.tracking.load import load
from service.tracking.project import project
from service.tracking.view import IDENTIFIER


def newest(database) -> int:
    with database.read() as session:
        return session.scalar(select(func.max(Entry.sequence)))


def view_up_to(database, writer, sequence):
    with database.read() as session:
        return project(load(session, writer.course_id, up_to=sequence))


def test_prediction_stands_beside_report_at_the_report_s_sequence(database, writer):
    trial_id = writer.write_trial(4.2, pain=6.0, discomfort=3.0)
    view = view_up_to(database, writer, newest(database))
    (run,) = view.trials
    values = {point.key: point.value for point in run.points}
    assert run.identifier == trial_id
    assert values["pain/predicted"] == 4.5
    assert values["pain/reported"] == 6.0
    assert values["pain/reported_minus_predicted"] == 1.5
    assert values["pain/inside_90_interval"] == 1.0
    assert values["side_effect/discomfort"] == 3.0
    assert values["decision/p_intolerable_all_day"] == 0.02
    assert values["stimulation/charge_per_phase_uc"] == 4.2 * 210 / 1000
    assert values["stimulation/relative_intensity"] == 2.1
    assert run.parameters["configuration"] == "level-4"
    with database.read() as session:
        sequence = session.scalar(select(Entry.sequence).where(Entry.id == writer.ids[-2]))
    assert [p.step for p in run.points if p.key == "pain/reported"] == [sequence]


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


def test_artifact_gives_the_history_back_byte_for_byte(database, writer):
    first = writer.write_trial(4.0, pain=6.0)
    writer.report(first, None, amends=writer.report(first, 4.0))
    last = newest(database)
    with database.read() as session:
        record = load(session, writer.course_id, up_to=last)
    artifact = view_up_to(database, writer, last).parent.files[read_back.ARTIFACT]
    again = read_back.read(artifact)
    assert again.history.digest == record.history.digest
    assert again.problem.fingerprint == record.problem.fingerprint
    assert again == record
    assert read_back.write(again) == artifact


def test_every_run_is_named_by_its_ledger_entry(database, writer):
    for amplitude in (4.0, 4.2):
        writer.write_trial(amplitude, pain=5.0)
    view = view_up_to(database, writer, newest(database))
    named = [run.tags[IDENTIFIER] for run in (view.parent, *view.trials)]
    assert named == [run.identifier for run in (view.parent, *view.trials)]
    assert len(set(named)) == 3
    assert view.trials[0].ended_at == view.trials[1].started_at
    assert view.trials[1].ended_at is None


def test_the_page_says_what_was_intolerable(database, writer):
    writer.write_trial(4.0, pain=5.0, discomfort=5.0)
    note = view_up_to(database, writer, newest(database)).parent.tags["mlflow.note.content"]
    assert (
        "| 1 | level-4, 4 mA, 210 us, 50 Hz | 4.5 (2.5 to 6.5) | 5.0 | discomfort 5 **intolerable** |" in note
    )
