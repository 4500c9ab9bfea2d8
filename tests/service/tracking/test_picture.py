"""The picture is a function of the record."""

from service.tracking.picture import course_png


def test_equal_records_give_equal_pictures_and_new_facts_another(writer, read):
    trial_id = writer.write_trial(4.0, pain=6.0)
    first = course_png(read())
    assert first == course_png(read())
    assert first.startswith(b"\x89PNG")
    writer.report(trial_id, 1.0)
    assert course_png(read()) != first
