from datetime import UTC, datetime

from optimizer.simulate.encounter import Answer
from optimizer.trial import Measure, Posture


def test_an_answer_becomes_a_report_about_a_trial_and_loses_nothing() -> None:
    asked_at, told_at = datetime(2030, 1, 7, 10, tzinfo=UTC), datetime(2030, 1, 7, 12, tzinfo=UTC)
    answer = Answer(
        measure=Measure.SIDE_EFFECT,
        kind="discomfort",
        value=3.0,
        occurred_at=asked_at,
        recorded_at=told_at,
        posture=Posture.LYING,
        stimulation_on=True,
    )
    report = answer.report("trial-1")
    assert (report.trial_id, report.measure, report.kind, report.value) == (
        "trial-1",
        Measure.SIDE_EFFECT,
        "discomfort",
        3.0,
    )
    assert (report.occurred_at, report.recorded_at, report.posture) == (asked_at, told_at, Posture.LYING)
