"""A peer's policy hands problem, seed and name to the session that works on one course."""

import pickle
from dataclasses import dataclass
from functools import partial

from optimizer.ask import Ask
from optimizer.decision import Decision
from optimizer.evaluate.peers.policy import PeerPolicy
from optimizer.history import History
from optimizer.policies.baseline import answer
from optimizer.problem import Problem
from optimizer.space.settings import Settings
from tests.optimizer.evaluate.peers.courses import START, steered_course


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixed:
    """Proposes settings given beforehand."""

    problem: Problem
    seed: int
    name: str
    settings: Settings

    def decide(self, history: History, ask: Ask) -> Decision:
        return answer(self.problem, history, ask, self.settings, policy=self.name, seed=self.seed)


def test_the_session_knows_its_course_after_a_journey_to_another_process() -> None:
    problem, history, ask = steered_course(3)
    wished = problem.space.settings({**START, "amplitude_ma": 4.5})
    policy = PeerPolicy(name="fixed/1", session=partial(Fixed, settings=wished))
    sent: PeerPolicy = pickle.loads(pickle.dumps(policy))
    decision = sent.start(problem, seed=7).decide(history, ask)
    assert decision == policy.start(problem, seed=7).decide(history, ask)
    assert sent.start(problem, seed=7) == Fixed(problem=problem, seed=7, name="fixed/1", settings=wished)
