"""The words on a patient's page."""

import pytest

from service.tracking.page import LARGEST_NOTE, course_note, settings_in_words, trial_note


def test_settings_are_said_in_the_device_s_order(problem):
    shuffled = {
        "configuration": "level-4",
        "frequency_hz": 50.0,
        "amplitude_ma": 4.25,
        "pulse_width_us": 210.0,
    }
    assert settings_in_words(problem, shuffled) == "level-4, 4.25 mA, 210 us, 50 Hz"


def test_the_table_says_what_was_intolerable(writer, read):
    writer.write_trial(4.0, pain=5.0, discomfort=5.0)
    assert (
        "| 1 | level-4, 4 mA, 210 us, 50 Hz | 4.5 (2.5 to 6.5) | 5.0 | discomfort 5 **intolerable** |"
        in course_note(read())
    )


@pytest.mark.parametrize("discomfort", [3.0, 6.0])
def test_a_hard_stop_is_not_hidden_behind_a_higher_grade_of_what_is_not_severe(discomfort, writer, read):
    trial_id = writer.write_trial(4.0, pain=5.0, discomfort=discomfort)
    writer.report(trial_id, 2.0, kind="weakness")
    assert "| weakness 2 **intolerable** |" in course_note(read())


def test_a_long_course_keeps_its_latest_trials_and_fits(writer, read):
    for number in range(60):
        writer.report(writer.apply(4.0 + number % 3 / 10), 5.0)
    note = course_note(read())
    assert "| 60 |" in note
    assert "| 1 |" not in note
    assert len(note) <= LARGEST_NOTE


def test_a_trial_says_why_it_was_proposed(writer, read):
    writer.write_trial(4.2, pain=5.0)
    record = read()
    note = trial_note(record, record.trials()[0], record.reports())
    assert "Purpose: improve" in note
    assert "amplitude_ma: 4 to 4.2 mA" in note
