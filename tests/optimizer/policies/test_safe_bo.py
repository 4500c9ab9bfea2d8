"""The default policy: where it starts, what it refuses, what it says."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
import torch
from msgspec import UNSET

from optimizer.acquisition import search
from optimizer.acquisition.candidates import Candidates, Search
from optimizer.ask import Ask
from optimizer.decision import Decision, Hold, HoldReason, Interval, Proposal, Purpose, Stop
from optimizer.history import EPOCH, applied, history_from_rows
from optimizer.models.dataset import points_of
from optimizer.outcomes.scale import OutcomeScale
from optimizer.outcomes.side_effect import Tolerability
from optimizer.policies.safe_bo import SAFE_BO, SafeBO
from optimizer.problem import Problem, TitrationRule, stimulation_problem
from optimizer.safety.limits import gate_of
from optimizer.space.device import load_device
from optimizer.space.parameter import Value, listed, uniform
from optimizer.space.search_space import SearchSpace
from optimizer.trial import Posture, Review, ReviewSubject, TrialKind
from tests.optimizer.models.courses import ROWS, START, asked, indices, said, tonic


def review(ask: Ask, subject: ReviewSubject, subject_id: str) -> Review:
    """What a clinician has looked at by the time of an ask."""
    return Review(
        id="v",
        subject=subject,
        subject_id=subject_id,
        reason="seen",
        occurred_at=ask.at,
        recorded_at=ask.at,
    )


def test_one_rating_is_enough_and_the_first_proposal_is_next_to_the_settings_in_force() -> None:
    problem = tonic()
    decision = SAFE_BO.start(problem).decide(*asked(problem, ROWS[:1]))
    assert isinstance(decision, Proposal)
    assert decision.settings["configuration"] == START["configuration"]
    assert float(decision.settings["amplitude_ma"]) <= 1.5 * START["amplitude_ma"]  # type: ignore[arg-type,operator]


def test_nothing_rated_is_a_hold() -> None:
    problem = tonic()
    decision = SAFE_BO.start(problem).decide(*asked(problem, [{**START, "discomfort": 0}]))
    assert isinstance(decision, Hold)
    assert decision.reason is HoldReason.NO_RATING


def test_one_rating_gives_a_proposal_whatever_the_seed() -> None:
    # some draws hold the start itself barely tolerable: then the way is down, not a hold
    problem = tonic()
    history, ask = asked(problem, [{**START, "amplitude_ma": 4.5, "pain": 6}])
    found = {type(SAFE_BO.start(problem, seed=seed).decide(history, ask)) for seed in range(12)}
    assert found == {Proposal}


def test_a_severe_report_holds_until_reviewed_and_then_nothing_as_strong_is_proposed() -> None:
    problem = tonic()
    rows = [*ROWS[:2], {**START, "amplitude_ma": 5.8, "pain": 5, "discomfort": 8}]
    history, ask = asked(problem, rows)
    held = SAFE_BO.start(problem).decide(history, ask)
    assert isinstance(held, Hold)
    assert held.reason is HoldReason.UNREVIEWED_ADVERSE_EVENT
    assert held.subject_ids == ("row-000002-discomfort",)
    assert held.meanwhile is not None
    assert float(held.meanwhile["amplitude_ma"]) < 5.8
    seen = review(ask, ReviewSubject.ADVERSE_EVENT, "row-000002-discomfort")
    after = SAFE_BO.start(problem).decide(history.add(seen), replace(ask, in_force=applied(problem, START)))
    if isinstance(after, Proposal) and after.settings["configuration"] == "level-3":
        assert float(after.settings["amplitude_ma"]) < 5.8 or float(after.settings["pulse_width_us"]) < 300


def test_a_stop_says_what_to_keep_and_why() -> None:
    problem = tonic(min_gain_nrs=3.0)
    rows = [{**ROWS[number % 5]} for number in range(12)]
    decision = SAFE_BO.start(problem).decide(*asked(problem, rows))
    assert isinstance(decision, Stop)
    assert decision.remaining_gain_nrs < 3.0
    assert decision.keep["configuration"] in {"level-3", "level-4"}


def test_three_trials_rated_in_three_postures_each_are_three_trials_and_end_nothing() -> None:
    problem = tonic(min_gain_nrs=9.0)
    history, ask = asked(problem, ROWS[:3])
    history = said(history, *[Posture.STANDING] * 3)
    again = [
        replace(report, id=f"{report.id}-{posture}", posture=posture)
        for report in history.reports
        for posture in (Posture.SITTING, Posture.LYING)
    ]
    assert isinstance(SAFE_BO.start(problem).decide(history.add(*again), ask), Proposal)


@pytest.mark.parametrize(("min_gain_nrs", "kind"), [(0.0, Proposal), (9.0, Stop)])
def test_settings_last_reported_intolerable_are_not_kept_until_a_clinician_releases_them(
    min_gain_nrs: float, kind: type[Decision]
) -> None:
    # six good reports before it let the model think it a slip; it may not be tried again, so it is not to be kept either
    problem = tonic(min_gain_nrs=min_gain_nrs)
    good = {**START, "amplitude_ma": 5.4}
    rows = [{**START, "pain": 7, "discomfort": 0}, *[{**good, "pain": 2, "discomfort": 1}] * 6]
    history, ask = asked(problem, [*rows, {**good, "pain": 2, "discomfort": 5}])
    seen = review(ask, ReviewSubject.CLOSURE, "row-000007-discomfort")
    barred, released = (SAFE_BO.start(problem).decide(told, ask) for told in (history, history.add(seen)))
    assert isinstance(barred, Proposal | Stop)
    assert isinstance(released, Proposal | Stop)
    assert type(barred) is type(released) is kind
    assert (kept_in(barred), barred.barred_by) == (START, ("row-000007-discomfort",))
    assert (kept_in(released), released.barred_by) == (good, UNSET)


def kept_in(decision: Decision) -> dict[str, Value]:
    """What a proposal or a stop advises to keep."""
    kept = decision.recommendation if isinstance(decision, Proposal) else decision.keep  # type: ignore[union-attr]
    assert kept is not None
    return kept.as_dict()


def test_the_recommendation_is_also_held_against_where_the_course_started() -> None:
    problem = tonic()
    better = {**START, "amplitude_ma": 5.4}
    rows = [{**START, "pain": 7, "discomfort": 0}, *[{**better, "pain": 3, "discomfort": 1}] * 4]
    history, ask = asked(problem, rows)
    decision = SAFE_BO.start(problem).decide(history, ask)
    assert isinstance(decision, Proposal)
    assert decision.recommendation is not None
    assert decision.recommendation.as_dict() == better, "as is in force"
    assert decision.recommendation_relief_nrs is not None
    assert isinstance(decision.recommendation_over_start_nrs, Interval)
    assert decision.recommendation_relief_nrs.mean == pytest.approx(0.0, abs=1e-9)
    assert decision.recommendation_over_start_nrs.mean > 1.0
    nearby = replace(problem, min_gain_nrs=9.0)
    rows += [{**better, "pain": 3, "discomfort": 1}] * 4
    stop = SAFE_BO.start(nearby).decide(*asked(nearby, rows))
    assert isinstance(stop, Stop)
    assert isinstance(stop.over_start_nrs, Interval)
    assert stop.over_start_nrs.mean > 1.0


def test_a_benchmark_never_stops() -> None:
    problem = tonic(min_gain_nrs=0.0)
    rows = [{**ROWS[number % 5]} for number in range(12)]
    assert isinstance(SAFE_BO.start(problem).decide(*asked(problem, rows)), Proposal)


@pytest.mark.parametrize("seed", [0, 1])
def test_a_decision_states_what_it_rests_on(seed: int) -> None:
    problem = tonic()
    history, ask = asked(problem, ROWS)
    decision = SAFE_BO.start(problem, seed=seed).decide(history, ask)
    assert isinstance(decision, Proposal)
    basis = decision.basis
    assert (basis.seed, basis.problem_fingerprint, basis.history_digest) == (
        seed,
        problem.fingerprint,
        history.digest,
    )
    assert basis.effective_sample_size is not None
    assert decision.valid_until > ask.at


def test_a_repeat_is_declared_as_one() -> None:
    problem = tonic()
    history, ask = asked(problem, ROWS)
    only = replace(ask, locked=("amplitude_ma", "pulse_width_us", "frequency_hz", "configuration"))
    decision = SAFE_BO.start(problem).decide(history, only)
    assert isinstance(decision, Proposal)
    assert decision.steps[0].explanation.purpose is Purpose.REPLICATE


def test_a_plan_has_the_steps_asked_for_each_within_the_rules() -> None:
    problem = tonic(min_gain_nrs=0.0)
    history, ask = asked(problem, ROWS)
    decision = SAFE_BO.start(problem).decide(history, replace(ask, q=3))
    assert isinstance(decision, Proposal)
    assert 1 <= len(decision.steps) <= 3
    for step in decision.steps:
        problem.check(step.settings)


def test_what_is_recorded_after_the_ask_changes_nothing() -> None:
    problem = tonic()
    history, ask = asked(problem, ROWS)
    later, _ = asked(
        problem, [*ROWS, {**START, "pain": 0, "discomfort": 9, "at": EPOCH + timedelta(days=90)}]
    )
    assert SAFE_BO.start(problem).decide(history, ask) == SAFE_BO.start(problem).decide(later, ask)


def test_a_course_that_starts_off_still_sees_what_lies_beyond_its_reach() -> None:
    # else nothing remains to be gained, and the search would be given up before it was titrated
    problem = tonic()
    history, ask = asked(problem, [{**START, "amplitude_ma": 0.0, "pain": 6}])
    session = SAFE_BO.start(problem)
    surrogate = session._fit(history, ask)
    start = points_of(problem, search.known(problem, history, ask))
    aims = Search(
        surrogate=surrogate,
        history=history,
        best=start,
        rng=np.random.default_rng(0),
        gate=gate_of(problem, history, ask),
    ).aims()
    assert (problem.space.columns(aims.points).amplitude_ma > 1.0).any()


def test_a_plan_goes_on_from_its_own_step_though_a_trial_on_record_lies_ahead() -> None:
    problem = tonic()
    history, ask = asked(problem, ROWS)
    elsewhere = replace(history.trials[0], id="ahead", occurred_at=ask.at + timedelta(days=1))
    question = replace(ask, q=3, locked=("configuration",))
    decision = SAFE_BO.start(problem).decide(history.add(elsewhere), question)
    assert isinstance(decision, Proposal)
    assert {step.settings["configuration"] for step in decision.steps} == {ROWS[-1]["configuration"]}
    assert elsewhere.applied.values["configuration"] != ROWS[-1]["configuration"]
    assert len(decision.steps) > 1


def test_what_is_remembered_of_earlier_asks_changes_no_decision() -> None:
    problem, policy = tonic(min_gain_nrs=0.0), SafeBO()
    for count in range(1, len(ROWS) + 1):
        history, ask = asked(problem, ROWS[:count])
        decision = policy.start(problem).decide(history, replace(ask, q=2))
        assert decision == SafeBO().start(problem).decide(history, replace(ask, q=2))


def test_reports_that_were_corrected_are_read_anew() -> None:
    problem, policy = tonic(min_gain_nrs=0.0), SafeBO()
    policy.start(problem).decide(*asked(problem, ROWS))
    corrected = [{**ROWS[0], "pain": 9}, *ROWS[1:]]
    decision = policy.start(problem).decide(*asked(problem, corrected))
    assert decision == SafeBO().start(problem).decide(*asked(problem, corrected))
    assert decision != policy.start(problem).decide(*asked(problem, ROWS))


@pytest.mark.parametrize("worth", [[-2e-16], [-2e-16, -3e-16], [0.0, -2e-16]])
def test_what_rounding_puts_just_below_zero_can_still_be_chosen(worth: list[float]) -> None:
    problem = tonic()
    points = indices(problem, *[{**START, "amplitude_ma": 5.0 + place} for place in range(len(worth))])
    candidates = Candidates(
        points=points,
        aims=points,
        steps=np.zeros(len(points), dtype=np.int64),
        worth=torch.tensor(worth, dtype=torch.float64),
    )
    assert SAFE_BO.start(problem)._choose(candidates) == 0


def test_a_course_whose_first_trial_lies_off_the_grid_began_at_the_first_that_does_not() -> None:
    problem = tonic()
    history, ask = asked(problem, ROWS)
    off_grid = replace(history.trials[0], applied=applied(problem, {**START, "amplitude_ma": 5.013}))
    course = replace(history, trials=(off_grid, *history.trials[1:]))
    began = SAFE_BO.start(problem)._start(course, ask)
    assert began["amplitude_ma"] == ROWS[1]["amplitude_ma"] != ROWS[-1]["amplitude_ma"]


def test_what_was_stored_with_stimulation_off_is_not_among_what_was_tried() -> None:
    problem = tonic()
    history, ask = asked(problem, [{**START, "amplitude_ma": 8.0, "pain": 8}, *ROWS])
    off = replace(history.trials[0], kind=TrialKind.STIMULATION_OFF)
    known = search.known(problem, replace(history, trials=(off, *history.trials[1:])), ask)
    assert problem.space.columns(known).amplitude_ma.max() < 8.0


def test_a_small_space_of_stimulation_that_starts_off_is_titrated_and_not_given_up() -> None:
    amplitude = uniform("amplitude_ma", "mA", 0.0, 8.0, 0.1)
    problem = Problem(
        space=SearchSpace(parameters=(amplitude,)), tolerability=Tolerability(), titration=TitrationRule()
    )
    rows = [{"amplitude_ma": min(number, 7) / 10, "pain": 8, "discomfort": 0} for number in range(9)]
    decision = SAFE_BO.start(problem).decide(*asked(problem, rows))
    assert isinstance(decision, Proposal), "2 mA may help: nobody knows yet"


def test_without_stimulation_the_best_is_kept_however_near_the_others_are() -> None:
    sites = listed("site", "", [float(site) for site in range(10)])
    scale = OutcomeScale(name="score", low=0, high=1, larger_is_better=True, whole=False)
    problem = Problem(
        space=SearchSpace(parameters=(sites,)),
        outcome=scale,
        tolerability=None,
        titration=None,
        min_gain_nrs=5.0,
    )
    rows = [{"site": site, "score": 0.95 if site else 0.7} for site in (9.0, 0.0) for _ in range(6)]
    decision = SAFE_BO.start(problem).decide(*asked(problem, rows))
    assert isinstance(decision, Stop)
    assert decision.keep["site"] == 9.0


def test_at_home_nothing_is_to_be_kept_that_only_a_clinic_may_set() -> None:
    problem = stimulation_problem(
        load_device("scs-tonic"), envelope={"amplitude_ma": (0, 8)}, min_gain_nrs=2.0
    )
    weak = {"amplitude_ma": 3.0, "pulse_width_us": 300.0, "frequency_hz": 40.0, "configuration": "level-4"}
    good = weak | {"amplitude_ma": 5.0, "configuration": "level-5"}
    rows = [
        {**settings, "pain": pain, "discomfort": 0}
        for settings, pain in ((weak, 6), (good, 2), (good, 2)) * 6
    ]
    history = history_from_rows(problem, rows)
    clinic = Ask(at=history.trials[-1].recorded_at, in_force=applied(problem, weak))
    home = replace(clinic, in_clinic=False, patient_range_ma=(2.5, 3.5))
    kept = {}
    for ask in (clinic, home):
        decision = SAFE_BO.start(problem).decide(history, ask)
        assert not isinstance(decision, Hold)
        kept[ask.in_clinic] = decision.keep if isinstance(decision, Stop) else decision.recommendation
    assert kept[True] is not None
    assert kept[True]["configuration"] == "level-5"
    assert kept[False] is not None
    assert (kept[False]["configuration"], kept[False]["amplitude_ma"]) == ("level-4", 3.0)
