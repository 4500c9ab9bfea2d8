"""The one entry, over generated courses: always legal, always repeatable, never blind to the rules."""

from dataclasses import replace
from datetime import timedelta

import hypothesis
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from optimizer import canonical
from optimizer.ask import Ask
from optimizer.decision import Hold, Proposal, Stop, decode_decision
from optimizer.errors import OffGridError, ProblemDefinitionError
from optimizer.history import History
from optimizer.outcomes.side_effect import Nature
from optimizer.problem import Problem
from optimizer.propose import propose
from optimizer.safety import limits
from optimizer.space.settings import Settings
from optimizer.trial import Applied, Measure, Report, Review, ReviewSubject, Trial
from tests.optimizer.models.courses import ROWS, asked, tonic
from tests.optimizer.safety.design_rules import breaches
from tests.strategies.histories import START, asks, histories
from tests.strategies.problems import problems

EXAMPLES = hypothesis.settings().max_examples // 10
"""200 in acceptance, five in the fixed sample: each builds two surrogates."""


@st.composite
def situations(draw: st.DrawFn) -> tuple[Problem, History, Ask]:
    problem = draw(problems())
    history = draw(histories(problem))
    return problem, history, draw(asks(problem, history))


@pytest.mark.sampled
@hypothesis.settings(max_examples=EXAMPLES)
@given(situation=situations())
def test_every_proposal_obeys_the_design_and_comes_again(situation: tuple[Problem, History, Ask]) -> None:
    problem, history, ask = situation
    decision = propose(problem, history, ask)
    assert isinstance(decision, Proposal | Hold | Stop)
    assert propose(problem, history, ask) == decision
    assert decode_decision(canonical.encode(decision)) == decision  # every number finite
    if isinstance(decision, Proposal):
        # what was recorded after the ask plays no part, so the rules are read as of the ask
        assert breaches(problem, history.as_of(ask.at), ask, decision.settings.as_dict()) == []
        row = np.array([decision.settings.indices], dtype=np.int64)
        assert limits.admissible(problem, history.as_of(ask.at), ask, row)[0]
    if isinstance(decision, Hold) and decision.meanwhile is not None:
        assert problem.space.contains(decision.meanwhile)


def legal_start(problem: Problem) -> Settings | None:
    """The weakest legal point among some drawn ones: generated courses begin where clinicians do, low."""
    points = problem.space.draw(np.random.default_rng(3), 400)
    points = points[problem.allowed(points)]
    if not len(points):
        return None
    current = np.nan_to_num(problem.space.columns(points).amplitude_ma)
    return problem.space.at(points[current.argsort(kind="stable")[len(points) // 4]])


def lived(
    problem: Problem, history: History, settings: Settings, data: st.DataObject, number: int
) -> History:
    """The history after the patient lived through settings and said anything at all; severe reports are reviewed."""
    at = START + timedelta(days=number)
    trial = Trial(
        id=f"t{number}",
        applied=Applied(values=settings.as_dict(), settings=settings),
        occurred_at=at,
        recorded_at=at,
    )
    pain = data.draw(
        st.sampled_from((problem.outcome.low, problem.outcome.high)) | st.integers(0, 10), label="pain"
    )
    said = [(Measure.PAIN, "", min(max(float(pain), problem.outcome.low), problem.outcome.high))]
    kinds = [effect.name for effect in problem.side_effects if effect.nature is Nature.INTENSITY]
    if kinds:
        grade = data.draw(st.sampled_from((0, 0, 0, 1, 1, 2, 3, 5, 8)), label="grade")
        said.append((Measure.SIDE_EFFECT, kinds[0], float(grade)))
    reports = [
        Report(
            id=f"{trial.id}-{measure}",
            trial_id=trial.id,
            measure=measure,
            kind=kind,
            value=value,
            occurred_at=at,
            recorded_at=at,
        )
        for measure, kind, value in said
    ]
    reviews = [
        Review(
            id=f"v-{report.id}",
            subject=ReviewSubject.ADVERSE_EVENT,
            subject_id=report.id,
            reason="seen",
            occurred_at=at,
            recorded_at=at,
        )
        for report in reports
        if report.measure is Measure.SIDE_EFFECT and problem.is_severe(report.kind, report.value or 0.0)
    ]
    return history.add(trial, *reports, *reviews)


@pytest.mark.sampled
@hypothesis.settings(max_examples=EXAMPLES)
@given(problem=problems(), data=st.data())
def test_a_course_that_follows_every_proposal_never_leaves_the_rules(
    problem: Problem, data: st.DataObject
) -> None:
    start = legal_start(problem)
    hypothesis.assume(start is not None)
    assert start is not None
    problem = replace(problem, min_gain_nrs=0.0)
    settings, history = start, History()
    for number in range(4):
        history = lived(problem, history, settings, data, number)
        in_force = history.trials[-1].applied
        ask = Ask(at=START + timedelta(days=number, hours=1), in_force=in_force)
        decision = propose(problem, history, ask, seed=number)
        assert decode_decision(canonical.encode(decision)) == decision
        hypothesis.event(type(decision).__name__)
        if isinstance(decision, Hold):
            settings = decision.meanwhile or start
            continue
        assert isinstance(decision, Proposal)
        assert breaches(problem, history, ask, decision.settings.as_dict()) == []
        settings = decision.settings


@pytest.mark.sampled
@hypothesis.settings(max_examples=EXAMPLES)
@given(situation=situations())
def test_what_is_recorded_later_never_changes_an_earlier_decision(
    situation: tuple[Problem, History, Ask],
) -> None:
    problem, history, ask = situation
    early = Ask(at=START + timedelta(days=3), in_force=ask.in_force)
    assert propose(problem, history, early) == propose(problem, history.as_of(early.at), early)


def test_the_callers_threads_and_gradients_are_left_as_they_were() -> None:
    problem = tonic()
    threads = torch.get_num_threads()
    propose(problem, *asked(problem, ROWS))
    assert torch.get_num_threads() == threads
    assert torch.is_grad_enabled()


def test_the_global_random_state_is_neither_read_nor_moved() -> None:
    problem = tonic()
    torch.manual_seed(1)
    one = propose(problem, *asked(problem, ROWS))
    state = torch.get_rng_state()
    torch.manual_seed(2)
    again = propose(problem, *asked(problem, ROWS))
    assert one == again
    assert not torch.equal(state, torch.get_rng_state())


def test_absurd_histories_are_answered_and_not_crashed_on() -> None:
    problem = tonic()
    base = {name: ROWS[0][name] for name in problem.space.names}
    for pain in ([0] * 9, [10] * 9, [0, 10] * 5):
        rows = [{**base, "pain": value, "discomfort": 0} for value in pain]
        decision = propose(problem, *asked(problem, rows))
        assert decode_decision(canonical.encode(decision)) == decision


@pytest.mark.parametrize("seed", [-1, 2**53, 2**63, 2**200])
def test_a_seed_that_no_record_could_carry_is_refused(seed: int) -> None:
    with pytest.raises(ProblemDefinitionError, match="seed"):
        propose(tonic(), *asked(tonic(), ROWS), seed=seed)


def test_the_largest_seed_is_answered_and_recorded() -> None:
    decision = propose(tonic(), *asked(tonic(), ROWS), seed=2**53 - 1)
    assert decode_decision(canonical.encode(decision)).basis == decision.basis


def test_what_contradicts_itself_is_refused_before_anything_is_computed() -> None:
    problem = tonic()
    history, ask = asked(problem, ROWS)
    with pytest.raises(ProblemDefinitionError, match=r"ask\.exclude"):
        propose(problem, history, replace(ask, exclude=((1,),)))
    odd = replace(history.trials[0], applied=replace(history.trials[0].applied, values={}))
    with pytest.raises(OffGridError, match=r"trial\.applied\.settings"):
        propose(problem, replace(history, trials=(odd, *history.trials[1:])), ask)
