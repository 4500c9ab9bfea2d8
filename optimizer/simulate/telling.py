"""From what a patient feels to what the record learns: noise, rhythm, flares, habits of marking, silence, delay."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np

from optimizer.simulate import course_of_time as time
from optimizer.simulate.cohort import Cohort
from optimizer.simulate.encounter import Answer, Context
from optimizer.simulate.ratings import Completeness, answers, whole_number
from optimizer.simulate.streams import Array, normal, stream
from optimizer.trial import Measure, Recall, utc

SECONDS_PER_DAY = 86400.0
LATEST_ANSWER_HOURS = 12.0
"""Outside the clinic an answer comes within half a day of the prompt (section 7.1)."""

DAYS_OF_A_WEEK = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """An instant as the streams count it."""

    at: datetime
    day: float
    """Days since the first trial, negative before it; a UTC day stands for the patient's own."""

    @property
    def whole_day(self) -> int:
        """The day the noise is keyed by."""
        return int(np.floor(self.day))

    @property
    def hour(self) -> float:
        """Hour of the day."""
        return self.at.hour + self.at.minute / 60.0

    @property
    def occasion(self) -> str:
        """Time of day: two questions at the same second get the same luck, any others are independent."""
        return f"{self.at:%H:%M:%S}"


def moment_of(started_at: datetime, at: datetime) -> Moment:
    """Return an instant relative to the first trial; raises TrialOrderError for a time without a zone."""
    at = utc(at, "at")
    return Moment(at=at, day=(at - utc(started_at, "started_at")).total_seconds() / SECONDS_PER_DAY)


def is_silent(cohort: Cohort, completeness: Completeness, moment: Moment) -> bool:
    """Return whether one patient leaves the question unanswered."""
    return not answers(cohort, completeness, moment.occasion, moment.whole_day).item()


def felt_nrs(cohort: Cohort, expected_nrs: Array, moment: Moment) -> Array:
    """Return pain as felt at a moment, ``(p, 1)``: expected pain with rhythm, flare, the day's noise and the moment's."""
    measurement = cohort["report_sd_nrs"] * np.sqrt(cohort["measurement_share"])
    within = normal(cohort.seed, f"within day {moment.occasion}", moment.whole_day, cohort.size)
    return np.asarray(
        expected_nrs
        + time.circadian_nrs(cohort, moment.hour)
        + time.flare_nrs(cohort, moment.whole_day)
        + time.day_noise_nrs(cohort, moment.whole_day)
        + measurement * within
    )


def remembered_nrs(
    cohort: Cohort, context: Context, moment: Moment, expected_at: Callable[[Context, Moment], Array]
) -> Array:
    """Return the pain a patient answers with before it is put into a whole number, ``(p, 1)``.

    Args:
        cohort: ``p`` patients.
        context: Its recall says whether this moment or the last seven days are asked about.
        moment: When.
        expected_at: Expected pain in a context at a moment, ``(p, 1)``.

    Source:
        Weekly recall of section 7.1: mean, peak and end of the days remembered, more than there was, and noise of its own.
    """
    now = felt_nrs(cohort, expected_at(context, moment), moment)
    if context.recall is not Recall.LAST_7_DAYS:
        return now
    days = [_days_ago(context, moment, ago) for ago in range(1, DAYS_OF_A_WEEK)]
    felt = np.stack([now, *(felt_nrs(cohort, expected_at(then, at), at) for then, at in days)])
    peak, last = cohort["recall_peak_share"], cohort["recall_last_share"]
    noise = normal(cohort.seed, f"recall {moment.occasion}", moment.whole_day, cohort.size)
    return np.asarray(
        (1.0 - peak - last) * felt.mean(axis=0)
        + peak * felt.max(axis=0)
        + last * now
        + cohort["recall_inflation_nrs"]
        + cohort["recall_sd_nrs"] * noise
    )


def _days_ago(context: Context, moment: Moment, ago: int) -> tuple[Context, Moment]:
    """Return context and moment some days before: the settings had run for so much less, down to just switched on."""
    ran_s = None if context.on_for_s is None else max(context.on_for_s - ago * SECONDS_PER_DAY, 0.0)
    then = Moment(at=moment.at - timedelta(days=ago), day=moment.day - ago)
    return replace(context, on_for_s=ran_s), then


def told(
    cohort: Cohort,
    completeness: Completeness,
    context: Context,
    moment: Moment,
    pain_nrs: Array,
    grades: Mapping[str, float],
) -> tuple[Answer, ...]:
    """Return what one patient says.

    Args:
        cohort: A cohort of one.
        completeness: In clinic an answer is on record at once, elsewhere hours later.
        context: Posture, stimulation on or off.
        moment: When.
        pain_nrs: Felt pain, ``(1, 1)``.
        grades: Kind of side effect -> whole-number grade.

    Returns:
        One answer about pain and one per kind.
    """
    rating = whole_number(cohort, pain_nrs, moment.occasion, moment.whole_day).item()
    values = [(Measure.PAIN, "", rating)]
    values += [(Measure.SIDE_EFFECT, kind, grade) for kind, grade in grades.items()]
    recorded_at = moment.at + _delay(cohort, completeness, moment)
    return tuple(
        Answer(
            measure=measure,
            kind=kind,
            value=value,
            occurred_at=moment.at,
            recorded_at=recorded_at,
            posture=context.posture,
            stimulation_on=context.stimulation_on,
            recall=context.recall if measure is Measure.PAIN else Recall.NOW,
        )
        for measure, kind, value in values
    )


def _delay(cohort: Cohort, completeness: Completeness, moment: Moment) -> timedelta:
    """Return how much later than its time an answer is on record: at once in clinic, else hours, sometimes the next day."""
    if completeness is Completeness.COMPLETE:
        return timedelta(0)
    late, next_day = stream(cohort.seed, f"delay {moment.occasion}", moment.whole_day).random(2)
    days = 1 if next_day < cohort["back_dated_probability"].item() else 0
    return timedelta(days=days, minutes=round(60 * LATEST_ANSWER_HOURS * late))
