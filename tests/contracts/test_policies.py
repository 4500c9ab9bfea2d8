"""What every policy promises, whoever wrote it."""

import importlib.util
from dataclasses import replace
from datetime import timedelta
from functools import cache

import numpy as np
import pytest

from optimizer import canonical
from optimizer.ask import Ask
from optimizer.decision import Decision, Proposal, decode_decision
from optimizer.evaluate.peers import PEERS, load_peer
from optimizer.history import EPOCH, History, applied
from optimizer.policies.guarded import Guarded
from optimizer.policies.ladder import BRISK, GENTLE
from optimizer.policies.policy import Policy
from optimizer.policies.random_safe import RANDOM, RANDOM_SAFE
from optimizer.policies.safe_bo import SAFE_BO
from optimizer.policies.stay import STAY
from optimizer.problem import Problem, stimulation_problem
from optimizer.propose import propose
from optimizer.space.device import load_device
from optimizer.space.settings import Settings
from optimizer.trial import Applied, Measure, Report, Trial

PLAIN_BOTORCH = load_peer("plain_botorch")
OURS = (SAFE_BO, BRISK, GENTLE, RANDOM_SAFE, RANDOM, STAY)
POLICIES = (*OURS, PLAIN_BOTORCH, load_peer("safe_opt"), Guarded(inner=RANDOM), Guarded(inner=PLAIN_BOTORCH))
NEED_A_LIBRARY = [name for name, peer in PEERS.items() if peer.library]
START = {"amplitude_ma": 4.0, "pulse_width_us": 300.0, "frequency_hz": 50.0, "configuration": "level-3"}
VNS_START = {"amplitude_ma": 0.5, "pulse_width_us": 250.0, "frequency_hz": 20.0, "on_s": 30.0, "off_s": 300.0}
N_TRIALS = 3
SEED = 2

every_policy = pytest.mark.parametrize(
    "policy",
    [*(pytest.param(policy, id=policy.name) for policy in POLICIES), *NEED_A_LIBRARY],
    indirect=True,
)


@pytest.fixture
def policy(request: pytest.FixtureRequest) -> Policy:
    """A policy, or the name of a peer that may not be installed."""
    if not isinstance(request.param, str):
        return request.param
    library = PEERS[request.param].library
    if importlib.util.find_spec(library) is None:
        pytest.skip(f"needs the extra `peers` ({library})")
    return load_peer(request.param)


def problem_of(name: str) -> Problem:
    if name != "narrow":
        return stimulation_problem(load_device(name))
    envelope = {
        "amplitude_ma": (1.0, 6.0),
        "pulse_width_us": (200.0, 400.0),
        "configuration": ("level-2", "level-3", "level-4"),
    }
    return stimulation_problem(load_device("scs-tonic"), envelope=envelope)


def first_ask(problem: Problem) -> Ask:
    start = START if "configuration" in problem.space.names else VNS_START
    return Ask(at=EPOCH, in_force=applied(problem, start))


def told(history: History, settings: Settings, ask: Ask, rng: np.random.Generator) -> History:
    """Return the history with one more trial that came out at random, now and then intolerable."""
    number, at = len(history), ask.at + timedelta(hours=1)
    trial = Trial(
        id=f"trial-{number}",
        applied=applied_settings(settings),
        occurred_at=at,
        recorded_at=at,
    )
    said = [("", Measure.PAIN, rng.integers(3, 9)), ("discomfort", Measure.SIDE_EFFECT, rng.integers(0, 6))]
    reports = [
        Report(
            id=f"{trial.id}-{measure}",
            trial_id=trial.id,
            measure=measure,
            kind=kind,
            value=float(value),
            occurred_at=at,
            recorded_at=at,
        )
        for kind, measure, value in said
    ]
    return history.add(trial, *reports)


def applied_settings(settings: Settings) -> Applied:
    return Applied(values=settings.as_dict(), settings=settings)


@cache
def course(policy: Policy, name: str = "narrow") -> list[tuple[History, Ask, Decision]]:
    """Let one session live through a course and return every question with its answer."""
    problem = problem_of(name)
    rng = np.random.default_rng(SEED)
    session = policy.start(problem, seed=SEED)
    ask = first_ask(problem)
    start = ask.in_force.settings
    assert start is not None
    history = told(History(), start, ask, rng)
    lived = []
    for day in range(1, N_TRIALS + 1):
        ask = replace(ask, at=EPOCH + timedelta(days=day))
        decision = session.decide(history, ask)
        lived.append((history, ask, decision))
        chosen = decision.settings if isinstance(decision, Proposal) else start
        history = told(history, chosen, ask, rng)
        ask = replace(ask, in_force=applied_settings(chosen))
    return lived


@every_policy
@pytest.mark.parametrize("device", ["scs-tonic", "vns-implanted", "narrow"])
def test_a_proposal_is_on_the_grid_inside_every_hard_limit_and_the_envelope(
    policy: Policy, device: str
) -> None:
    problem = problem_of(device)
    proposals = 0
    for _, _, decision in course(policy, device):
        if isinstance(decision, Proposal):
            proposals += 1
            for step in decision.steps:
                assert problem.space.contains(step.settings)
                assert problem.check(step.settings) == step.limits
            if decision.recommendation is not None:
                assert problem.check(decision.recommendation)
    assert proposals >= 1


@every_policy
def test_a_fresh_session_answers_as_the_one_that_lived_through_the_course(policy: Policy) -> None:
    problem = problem_of("narrow")
    for history, ask, decision in course(policy):
        rebuilt = canonical.decode(History, canonical.encode(history))
        assert propose(problem, rebuilt, ask, seed=SEED, policy=policy) == decision


@every_policy
def test_what_is_recorded_later_changes_nothing(policy: Policy) -> None:
    problem = problem_of("narrow")
    history, ask, decision = course(policy)[1]
    trial = history.trials[0]
    late = Report(
        id="late",
        trial_id=trial.id,
        measure=Measure.SIDE_EFFECT,
        kind="discomfort",
        value=9.0,
        occurred_at=trial.occurred_at,
        recorded_at=ask.at + timedelta(seconds=1),
    )
    assert propose(problem, history.add(late), ask, seed=SEED, policy=policy) == decision


@every_policy
def test_locked_parameters_and_rejected_settings_are_respected(policy: Policy) -> None:
    problem = problem_of("narrow")
    history, ask, decision = course(policy)[0]
    assert isinstance(decision, Proposal)
    locked = replace(ask, locked=("frequency_hz", "configuration"), exclude=(decision.settings.indices,))
    answer = propose(problem, history, locked, seed=SEED, policy=policy)
    if isinstance(answer, Proposal):
        assert answer.settings["frequency_hz"] == 50.0
        assert answer.settings["configuration"] == "level-3"
        assert answer.settings != decision.settings


@every_policy
def test_a_decision_survives_its_canonical_json(policy: Policy) -> None:
    _, _, decision = course(policy)[-1]
    assert decode_decision(canonical.encode(decision)) == decision
