"""Our search of a diary hands propose each day's rating as a report of the trial it fell in."""

from dataclasses import dataclass, field, replace

import pytest
from msgspec import UNSET

from optimizer.ask import Ask
from optimizer.decision import Decision, Hold, HoldReason, Interval, Proposal
from optimizer.errors import PolicyError
from optimizer.evaluate.diary_search import search_diary
from optimizer.history import History
from optimizer.policies.safe_bo import SAFE_BO
from optimizer.prior import NO_PRIOR, Prior
from optimizer.problem import Problem


@dataclass
class Watching:
    """Decides as the default does, remembers what it was shown, and can overstate or hold."""

    name: str = "watching/1"
    gain: Interval | None = None
    holds: bool = False
    histories: list[History] = field(default_factory=list)
    problem: Problem | None = None

    def start(self, problem: Problem, *, prior: Prior = NO_PRIOR, seed: int = 0) -> "Watching":
        self.problem = problem
        return self

    def decide(self, history: History, ask: Ask) -> Decision:
        self.histories.append(history.as_of(ask.at))
        if self.holds:
            return Hold(reason=HoldReason.NO_SAFE_CANDIDATE)
        assert self.problem is not None
        decision = SAFE_BO.start(self.problem).decide(history, ask)
        assert isinstance(decision, Proposal)
        return replace(decision, recommendation_over_start_nrs=self.gain)


@pytest.mark.parametrize("told", [True, False])
def test_a_policy_is_told_of_drift_where_it_is_expected_and_else_hears_nothing(told: bool) -> None:
    policy = Watching()
    search_diary(rate, 7, n_trials=1, days_held=1, policy=policy, drift_expected=told)
    assert policy.problem is not None
    assert policy.problem.drift_expected is (True if told else UNSET)


def rate(site: int, day: int) -> float:
    return 6.0 - 0.1 * site + 0.01 * day


def test_every_day_held_is_a_report_of_its_trial() -> None:
    policy = Watching()
    found = search_diary(rate, 7, n_trials=2, days_held=3, policy=policy)
    assert found.tried[0] == 7
    facts = policy.histories[-1].facts
    assert [report.value for report in policy.histories[-1].reports] == pytest.approx(
        [rate(int(found.tried[trial]), trial * 3 + day) for trial in (0, 1) for day in range(3)]
    )
    assert [len([r for r in policy.histories[-1].reports if r.trial_id == f.trial.id]) for f in facts] == [
        3,
        3,
    ]


@pytest.mark.parametrize(
    ("gain", "claimed"),
    [
        (Interval(mean=1.0, low=0.1, high=2.0), True),
        (Interval(mean=1.0, low=-0.1, high=2.0), False),
        (Interval(mean=0.0, low=0.0, high=0.0), False),
        (None, False),
    ],
)
def test_a_benefit_is_claimed_where_the_interval_lies_above_nothing(
    gain: Interval | None, claimed: bool
) -> None:
    found = search_diary(rate, 0, n_trials=1, days_held=1, policy=Watching(gain=gain))
    assert found.claimed.tolist() == [claimed]


def test_a_policy_that_holds_on_a_diary_broke_the_protocol() -> None:
    with pytest.raises(PolicyError, match="diary"):
        search_diary(rate, 0, n_trials=1, days_held=1, policy=Watching(holds=True))
