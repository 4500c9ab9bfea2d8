"""The picture is a function of the record, and of any record there is one."""

import pytest

from service.tracking.picture import course_png


def test_equal_records_give_equal_pictures_and_new_facts_another(writer, read):
    trial_id = writer.write_trial(4.0, pain=6.0)
    first = course_png(read())
    assert first == course_png(read())
    assert first.startswith(b"\x89PNG")
    writer.report(trial_id, 1.0)
    assert course_png(read()) != first


@pytest.mark.parametrize("amplitude_ma", [1e308, -1e308, 1e16])
def test_an_absurd_amplitude_is_drawn_at_the_edge_of_what_the_device_can_give(writer, read, amplitude_ma):
    writer.apply(4.0)
    writer.apply_absurd(amplitude_ma)
    assert course_png(read()).startswith(b"\x89PNG")
