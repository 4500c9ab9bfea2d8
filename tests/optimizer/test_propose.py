"""The one entry, over generated courses: always legal, always repeatable, never blind to the rules."""

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
from optimizer.history import History
from optimizer.problem import Problem
from optimizer.propose import propose
from optimizer.safety import limits
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
