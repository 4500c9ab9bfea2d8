"""The record: what was known when, in whatever order it arrived."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer import canonical
from optimizer.errors import (
    OffGridError,
    OutcomeScaleError,
    TrialOrderError,
    UnknownParameterError,
)
from optimizer.history import (
    EPOCH,
    History,
    applied,
    check_applied,
    check_history,
    check_report,
    history_from_rows,
)
from optimizer.outcomes.objective import Objective
from optimizer.problem import stimulation_problem
from optimizer.rating import ratings
from optimizer.space.device import load_device
from optimizer.trial import (
    Amended,
    Applied,
    Measure,
    Report,
    Review,
    ReviewSubject,
    Trial,
)
from tests.strategies.histories import START, histories
from tests.strategies.problems import problems

PROBLEM = stimulation_problem(load_device("scs-tonic"))
HERE = {"amplitude_ma": 5.0, "pulse_width_us": 300.0, "frequency_hz": 40.0, "configuration": "level-4"}
AT = datetime(2025, 3, 1, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def trial(name: str = "t", at: datetime = AT, recorded_at: datetime | None = None) -> Trial:
    return Trial(id=name, applied=applied(PROBLEM, HERE), occurred_at=at, recorded_at=recorded_at or at)


def report(name: str = "r", value: float | None = 5.0, at: datetime = AT, **fields: object) -> Report:
    given = {
        "id": name,
        "trial_id": "t",
        "measure": Measure.PAIN,
        "value": value,
        "occurred_at": at,
        "recorded_at": at,
        **fields,
    }
    return Report(**given)  # type: ignore[arg-type]


def test_facts_recorded_later_are_not_known_earlier_however_early_they_happened() -> None:
    back_dated = report("late", at=AT, recorded_at=AT + 5 * HOUR)
    history = History(trials=(trial(),), reports=(report(), back_dated))
    assert [r.id for r in history.as_of(AT + HOUR).reports] == ["r"]
    assert {r.id for r in history.as_of(AT + 5 * HOUR).reports} == {"r", "late"}
    assert history.as_of(AT - HOUR) == History()


def test_what_a_report_on_record_names_was_on_record_whatever_the_clocks_say() -> None:
    late = trial(recorded_at=AT + 2 * HOUR)
    history = History(trials=(late,), reports=(report(),))
    assert history.as_of(AT + HOUR) == history
    corrected = replace(late, recorded_at=AT + 3 * HOUR, in_clinic=False)
    history = History(
        trials=(corrected,), reports=(report(),), amended=(Amended(trial=late, until=AT + 3 * HOUR),)
    )
    assert history.as_of(AT + HOUR) == History(trials=(late,), reports=(report(),))
    assert history.as_of(AT - HOUR) == History()


def test_an_amendment_recorded_before_what_it_amends_is_not_forgotten_and_takes_its_place() -> None:
    target = report("r", 2.0, recorded_at=AT + 3 * HOUR)
    first = report("a", 6.0, recorded_at=AT + HOUR, amends="r")
    history = History(trials=(trial(),), reports=(target, first))
    assert [r.value for r in history.standing] == [6.0]
    assert history.as_of(AT + 2 * HOUR) == history
    second = report("b", 4.0, recorded_at=AT + 2 * HOUR, amends="a")
    assert [r.value for r in history.add(second).standing] == [4.0]
    later = report("c", 5.0, recorded_at=AT + 4 * HOUR, amends="r")
    assert [r.value for r in history.add(second, later).standing] == [5.0]


def test_an_end_that_had_not_come_was_not_known() -> None:
    ended = replace(trial(), ended_at=AT + 3 * HOUR)
    history = History(trials=(ended,))
    assert history.as_of(AT + HOUR).trials[0].ended_at is None
    assert history.as_of(AT + 3 * HOUR).trials[0].ended_at == AT + 3 * HOUR


def test_an_amendment_takes_the_place_of_its_report_from_when_it_was_recorded() -> None:
    amended = report("r2", 3.0, recorded_at=AT + 2 * HOUR, amends="r")
    again = report("r3", 2.0, recorded_at=AT + 4 * HOUR, amends="r2")
    history = History(trials=(trial(),), reports=(report(), amended, again))
    assert [r.value for r in history.as_of(AT + HOUR).standing] == [5.0]
    assert [r.value for r in history.as_of(AT + 3 * HOUR).standing] == [3.0]
    assert [r.value for r in history.standing] == [2.0]


@pytest.mark.parametrize("name", ["a", "z"])
def test_an_amendment_recorded_at_the_same_instant_counts_whatever_its_id(name: str) -> None:
    history = History(trials=(trial(),), reports=(report(), report(name, 3.0, amends="r")))
    assert [r.value for r in history.standing] == [3.0]


def test_a_retraction_leaves_nothing_standing_and_changes_nothing_in_place() -> None:
    history = History(
        trials=(trial(),), reports=(report(), report("r2", None, recorded_at=AT + HOUR, amends="r"))
    )
    assert history.standing == ()
    assert history.facts[0].pain == ()
    assert history.reports[0].value == 5.0


def test_amendments_that_name_each_other_end_somewhere() -> None:
    history = History(
        trials=(trial(),),
        reports=(report("a", 1.0, amends="b"), report("b", 2.0, amends="a", recorded_at=AT + HOUR)),
    )
    assert len(history.standing) <= 2


@given(data=st.data(), seed=st.integers(0, 99))
def test_the_order_in_which_facts_are_gathered_does_not_matter(data: st.DataObject, seed: int) -> None:
    history = data.draw(histories(data.draw(problems())))
    shuffled = {
        name: random.Random(seed).sample(getattr(history, name), len(getattr(history, name)))
        for name in ("trials", "reports", "reviews")
    }
    again = History(**{name: tuple(facts) for name, facts in shuffled.items()})  # type: ignore[arg-type]
    assert again == history
    assert again.digest == history.digest
    assert again.standing == history.standing


@given(data=st.data(), hours=st.integers(0, 300))
def test_knowing_more_later_never_changes_what_was_known(data: st.DataObject, hours: int) -> None:
    history = data.draw(histories(data.draw(problems())))
    at = START + timedelta(hours=hours)
    then = history.as_of(at)
    assert history.as_of(at + timedelta(days=30)).as_of(at) == then
    assert then.as_of(at) == then
    told = [report for report in then.reports if report.recorded_at <= at]
    named = {report.trial_id for report in told} | {report.amends for report in then.reports}
    facts = (*then.trials, *then.reports, *then.reviews)
    assert all(fact.recorded_at <= at or fact.id in named for fact in facts)


def test_the_digest_changes_with_every_fact() -> None:
    history = History(trials=(trial(),), reports=(report(),))
    review = Review(
        id="v", subject=ReviewSubject.HOLD, subject_id="r", reason="seen", occurred_at=AT, recorded_at=AT
    )
    grown = (history.add(trial("t2")), history.add(report("r2")), history.add(review))
    digests = {history.digest, *(entry.digest for entry in grown)}
    assert len(digests) == 4
    assert grown[2].reviewed("r", EPOCH)
    assert not history.reviewed("r", EPOCH)
    assert len(grown[0]) == 2


@pytest.mark.parametrize(
    ("facts", "match"),
    [
        ([trial(), trial()], "one id twice"),
        ([trial(), report(), report()], "one id twice"),
        ([report()], "names no trial"),
        ([trial(), report(amends="other")], "names no report"),
    ],
)
def test_facts_that_refer_to_nothing_or_come_twice_are_refused(
    facts: list[Trial | Report], match: str
) -> None:
    with pytest.raises(TrialOrderError, match=match):
        History().add(*facts)


def test_settings_off_the_grid_are_kept_as_they_were_applied() -> None:
    off = applied(PROBLEM, {**HERE, "amplitude_ma": 5.03})
    assert off == Applied(values={**HERE, "amplitude_ma": 5.03}, settings=None)
    assert applied(PROBLEM, HERE).settings == PROBLEM.space.settings(HERE)


def test_a_report_is_held_against_the_scale_its_problem_declares() -> None:
    check_report(PROBLEM, report(value=10.0))
    check_report(PROBLEM, report(value=None, amends="x"))
    check_report(PROBLEM, report(value=6.0, measure=Measure.SIDE_EFFECT, kind="discomfort"))
    for value in (11.0, 3.5):
        with pytest.raises(OutcomeScaleError, match=r"report\.value"):
            check_report(PROBLEM, report(value=value))
        with pytest.raises(OutcomeScaleError, match="discomfort"):
            check_report(PROBLEM, report(value=value, measure=Measure.SIDE_EFFECT, kind="discomfort"))


def test_harm_of_a_kind_nobody_declared_is_a_fact_on_the_scale_of_grades() -> None:
    for value in (0.0, 1.0, 10.0):
        check_report(PROBLEM, report(value=value, measure=Measure.SIDE_EFFECT, kind="paralysis"))
    for value in (11.0, -1.0, 3.5):
        with pytest.raises(OutcomeScaleError, match=r"report\.value"):
            check_report(PROBLEM, report(value=value, measure=Measure.SIDE_EFFECT, kind="paralysis"))
    with pytest.raises(OutcomeScaleError, match=r"report\.kind: is missing"):
        check_report(PROBLEM, report(measure=Measure.SIDE_EFFECT))


def test_a_table_becomes_one_trial_a_row_and_what_is_missing_stays_missing() -> None:
    rows = [
        {**HERE, "pain": 6, "discomfort": 1},
        {**HERE, "amplitude_ma": 5.5, "pain": None, "day": 4},
        {**HERE, "amplitude_ma": 5.6, "pain": 3, "at": AT},
    ]
    history = history_from_rows(PROBLEM, rows)
    by_id = {facts.trial.id: facts for facts in history.facts}
    assert [r.value for r in by_id["row-000000"].pain] == [6.0]
    assert [(r.kind, r.value) for r in by_id["row-000000"].side_effects] == [("discomfort", 1.0)]
    assert by_id["row-000001"].pain == ()
    assert by_id["row-000001"].trial.occurred_at == EPOCH + timedelta(days=4)
    assert by_id["row-000002"].trial.occurred_at == AT


@pytest.mark.parametrize(
    ("row", "error"),
    [
        ({**HERE, "pain": 11}, OutcomeScaleError),
        ({**HERE, "pain": "5"}, OutcomeScaleError),
        ({**HERE, "pain": True}, OutcomeScaleError),
        ({**HERE, "pain": 5, "day": 1e12}, TrialOrderError),
        ({**HERE, "amplitude_ma": 5.03, "pain": 5}, OffGridError),
        ({"amplitude_ma": 5.0, "pain": 5}, UnknownParameterError),
    ],
)
def test_a_table_that_cannot_be_is_refused(row: dict[str, object], error: type[Exception]) -> None:
    with pytest.raises(error):
        history_from_rows(PROBLEM, [row])


def test_values_on_the_grid_that_name_no_grid_point_are_refused_and_not_lost() -> None:
    with pytest.raises(OffGridError, match="are missing"):
        check_applied(PROBLEM, Applied(values=HERE), "ask.in_force")
    check_applied(PROBLEM, Applied(values={**HERE, "amplitude_ma": 5.037}), "ask.in_force")
    check_applied(PROBLEM, applied(PROBLEM, HERE), "ask.in_force")


def test_a_table_of_numpy_or_pandas_is_read_and_its_gaps_are_missing() -> None:
    number, gap = np.int64(6), float("nan")
    row = {**HERE, "frequency_hz": np.int64(40), "pain": number, "discomfort": gap, "day": np.int64(2)}
    (facts,) = history_from_rows(PROBLEM, [row]).facts
    assert [r.value for r in facts.pain] == [6.0]
    assert facts.side_effects == ()
    assert facts.trial.occurred_at == EPOCH + timedelta(days=2)


def test_a_frame_of_pandas_is_read_row_by_row_its_dates_and_gaps_included() -> None:
    frame = pd.DataFrame([{**HERE, "at": AT, "pain": 6}, {**HERE, "at": AT + HOUR, "pain": None}])
    frame = frame.astype({"pain": "Int64"})
    history = history_from_rows(PROBLEM, frame.to_dict("records"))
    assert [[r.value for r in facts.pain] for facts in history.facts] == [[6.0], []]
    plain = [{**HERE, "at": AT, "pain": 6}, {**HERE, "at": AT + HOUR}]
    assert history.digest == history_from_rows(PROBLEM, plain).digest
    assert applied(PROBLEM, frame.iloc[-1][list(HERE)]) == applied(PROBLEM, HERE)


@pytest.mark.parametrize("table", [pd.DataFrame([HERE]), np.zeros((1, 4)), ["amplitude_ma"]])
def test_a_table_whose_rows_have_no_names_is_refused_with_what_to_give(table: Any) -> None:
    with pytest.raises(UnknownParameterError, match=r"rows\.0: is not a row .*to_dict"):
        history_from_rows(PROBLEM, table)


def test_rows_of_one_time_stay_in_their_order() -> None:
    rows = [{**HERE, "pain": pain % 10, "day": 0} for pain in range(12)]
    assert [f.pain[0].value for f in history_from_rows(PROBLEM, rows).facts] == [*range(10), 0, 1]


TWO_SITES = stimulation_problem(
    load_device("scs-tonic"), objective=Objective(sites={"back": 3.0, "leg": 1.0})
)


def test_a_pain_site_that_is_not_declared_is_refused() -> None:
    check_report(TWO_SITES, report(kind="leg"))
    with pytest.raises(OutcomeScaleError, match="pain site"):
        check_report(TWO_SITES, report())
    with pytest.raises(OutcomeScaleError, match="whole numbers"):
        check_report(TWO_SITES, report(value=3.5, kind="leg"))


@pytest.mark.parametrize("column", ["pian", "Discomfort", "discomfort ", "zone"])
def test_a_column_by_no_known_name_is_refused_and_not_lost(column: str) -> None:
    with pytest.raises(UnknownParameterError) as refused:
        history_from_rows(PROBLEM, [{**HERE, column: 9}])
    assert refused.value.field == column
    assert "discomfort" in str(refused.value.limit)


def test_a_time_in_a_row_has_a_zone_or_is_refused() -> None:
    written, meant = "2026-03-01T09:00:00+01:00", datetime(2026, 3, 1, 8, tzinfo=UTC)
    history = history_from_rows(PROBLEM, [{**HERE, "at": written}, {**HERE, "at": meant + timedelta(days=1)}])
    assert [trial.occurred_at for trial in history.trials] == [meant, meant + timedelta(days=1)]
    wrong = [{"at": "2026-03-01T09:00:00"}, {"at": "first of May"}, {"at": 3}, {"day": "3"}, {"day": None}]
    for row in wrong:
        with pytest.raises(TrialOrderError):
            history_from_rows(PROBLEM, [{**HERE, **row}])


def test_rows_name_pain_sites_as_columns() -> None:
    history = history_from_rows(TWO_SITES, [{**HERE, "back": 8, "leg": 4}, {**HERE, "back": 8}])
    assert [[rating.value for rating in ratings(TWO_SITES, f)] for f in history.facts] == [[7.0], []]


def test_a_thousand_amendments_of_one_report_leave_the_last() -> None:
    amendments = [
        report(f"r{n}", float(n % 11), recorded_at=AT + n * HOUR, amends=f"r{n - 1}" if n > 1 else "r")
        for n in range(1, 1001)
    ]
    history = History(trials=(trial(),), reports=(report(), *amendments))
    assert [entry.id for entry in history.standing] == ["r1000"]


def test_a_history_is_read_under_its_problem_or_refused_by_field() -> None:
    undeclared = report("u", 3.0, measure=Measure.SIDE_EFFECT, kind="itch")
    check_history(PROBLEM, History(trials=(trial(),), reports=(report(), undeclared)))
    for fields in (
        {"value": 11.0},
        {"value": 2.5},
        {"value": 11.0, "measure": Measure.SIDE_EFFECT, "kind": "discomfort"},
        {"value": 11.0, "measure": Measure.SIDE_EFFECT, "kind": "itch"},
    ):
        with pytest.raises(OutcomeScaleError, match=r"report\.value"):
            check_history(PROBLEM, History(trials=(trial(),), reports=(report(**fields),)))  # type: ignore[arg-type]
    lying = replace(trial(), applied=replace(trial().applied, values={**HERE, "amplitude_ma": 5.1}))
    with pytest.raises(OffGridError, match=r"trial\.applied\.settings"):
        check_history(PROBLEM, History(trials=(lying,)))
    endless = replace(trial(), applied=Applied(values={**HERE, "amplitude_ma": float("inf")}))
    with pytest.raises(OffGridError, match=r"trial\.applied\.amplitude_ma"):
        check_history(PROBLEM, History(trials=(endless,)))


@given(data=st.data())
def test_what_is_applied_through_the_space_never_contradicts_itself(data: st.DataObject) -> None:
    problem = data.draw(problems())
    check_history(problem, History(trials=data.draw(histories(problem)).trials))


def corrected(amplitude_ma: float, at: datetime) -> Trial:
    settings = applied(PROBLEM, HERE | {"amplitude_ma": amplitude_ma})
    return replace(trial(), applied=settings, recorded_at=at)


TWICE_CORRECTED = History(
    trials=(corrected(4.6, AT + 4 * HOUR),),
    reports=(report(),),
    amended=(
        Amended(trial=corrected(4.8, AT + 2 * HOUR), until=AT + 4 * HOUR),
        Amended(trial=trial(), until=AT + 2 * HOUR),
    ),
)


@pytest.mark.parametrize(("hours", "said_ma"), [(0, 5.0), (1, 5.0), (2, 4.8), (3, 4.8), (4, 4.6), (9, 4.6)])
def test_a_corrected_trial_is_known_at_any_instant_as_it_was_said_then(hours: int, said_ma: float) -> None:
    known = TWICE_CORRECTED.as_of(AT + hours * HOUR)
    assert [facts.trial.applied.values["amplitude_ma"] for facts in known.facts] == [said_ma]
    assert len(known.facts[0].pain) == 1
    assert len(known.past) == (hours >= 2) + (hours >= 4)


def test_everything_a_trial_was_said_to_be_is_kept_in_order() -> None:
    said = [version.applied.values["amplitude_ma"] for version in TWICE_CORRECTED.said("t")]
    assert said == [5.0, 4.8, 4.6]
    assert TWICE_CORRECTED.add(trial("other")).said("t") == TWICE_CORRECTED.said("t")


def test_a_trial_taken_back_and_its_reports_count_no_more_but_did_before() -> None:
    history = History(reports=(report(),), amended=(Amended(trial=trial(), until=AT + HOUR),))
    assert (len(history), history.standing, history.facts) == (0, (), ())
    before = history.as_of(AT)
    assert [r.id for r in before.standing] == ["r"]
    assert before == History(trials=(trial(),), reports=(report(),))


def test_corrections_survive_the_document_and_a_history_without_any_says_nothing_of_them() -> None:
    assert canonical.decode(History, canonical.encode(TWICE_CORRECTED)) == TWICE_CORRECTED
    assert b"amended" not in canonical.encode(History(trials=(trial(),), amended=()))


def test_a_correction_is_held_against_the_space_like_what_stands() -> None:
    lying = replace(trial(), applied=replace(trial().applied, values=HERE | {"amplitude_ma": 4.0}))
    with pytest.raises(OffGridError):
        check_history(PROBLEM, History(amended=(Amended(trial=lying, until=AT),)))
