"""What was predicted stands beside what happened, at the ledger's sequence."""

from optimizer.trial import Recall
from service.tracking.points import report_points, trial_points


def test_prediction_stands_beside_report_at_the_report_s_sequence(writer, read):
    writer.write_trial(4.2, pain=6.0, discomfort=3.0)
    record = read()
    (trial,) = record.trials()
    pain, discomfort = record.reports()
    assert {(p.key, p.value, p.step) for p in report_points(record, pain)} == {
        ("pain/reported", 6.0, record.sequences[pain.id]),
        ("pain/reported_minus_predicted", 1.5, record.sequences[pain.id]),
        ("pain/inside_90_interval", 1.0, record.sequences[pain.id]),
    }
    assert [(p.key, p.value) for p in report_points(record, discomfort)] == [("side_effect/discomfort", 3.0)]
    values = {p.key: p.value for p in trial_points(record, trial)}
    assert values["pain/predicted"] == 4.5
    assert values["decision/p_intolerable_all_day"] == 0.02
    assert values["settings/amplitude_ma"] == 4.2


def test_charge_and_relative_intensity_come_from_settings_and_ramp(writer, read):
    writer.apply(4.2)
    record = read()
    values = {p.key: p.value for p in trial_points(record, record.trials()[0])}
    assert values["stimulation/charge_per_phase_uc"] == 4.2 * 210 / 1000
    assert values["stimulation/relative_intensity"] == 2.1
    assert "stimulation/discomfort_ma" not in values


def test_a_retraction_gives_no_point(writer, read):
    trial_id = writer.apply(4.0)
    writer.report(trial_id, None, amends=writer.report(trial_id, 5.0))
    record = read()
    assert [len(report_points(record, report)) for report in record.reports()] == [1, 0]


def test_pain_while_stimulation_was_off_is_no_rating_of_the_settings_it_was_off_with(writer, read):
    trial_id = writer.apply(4.0)
    writer.report(trial_id, 9.0, stimulation_on=False)
    record = read()
    (report,) = record.reports()
    assert [(p.key, p.value) for p in report_points(record, report)] == [("pain/reported_while_off", 9.0)]


def test_pain_mostly_felt_before_a_trial_is_no_rating_of_it(writer, read):
    trial_id = writer.apply(4.0)
    writer.report(trial_id, 9.0, recall=Recall.LAST_7_DAYS)
    record = read()
    (report,) = record.reports()
    assert [(p.key, p.value) for p in report_points(record, report)] == [("pain/reported_of_before", 9.0)]
