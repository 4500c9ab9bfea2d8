import math

import pytest

from optimizer.evaluate.metrics.estimate import Estimate
from optimizer.evaluate.peers import PEERS
from optimizer.evaluate.report.words import by_reason, estimate, is_ours, label, percent, signed

HALF = Estimate(value=0.5, low=0.25, high=0.75)


@pytest.mark.parametrize(
    ("policy", "read"),
    [
        ("safe_bo/1", "Titrate"),
        ("ladder_brisk/1", "ladder, brisk"),
        ("guarded:optuna_gp/1", "Optuna GP, guarded"),
        ("mine/3", "mine"),
    ],
)
def test_a_policy_is_read_without_its_version(policy: str, read: str) -> None:
    assert label(policy) == read


def test_every_peer_has_a_name_people_read() -> None:
    assert [name for name in PEERS if label(name) == name] == []


def test_only_the_default_policy_itself_is_ours() -> None:
    assert [is_ours(name) for name in ("safe_bo/7", "guarded:safe_bo/1", "safe_opt/1")] == [
        True,
        False,
        False,
    ]


def test_numbers_carry_their_intervals() -> None:
    assert estimate(HALF) == "0.50 (0.25 to 0.75)"
    assert percent(HALF) == "50 (25 to 75)"
    assert signed(Estimate(value=0.5, low=-0.25, high=0.75)) == "+0.50 (-0.25 to +0.75)"
    assert estimate(None) == percent(None) == signed(None) == ""


def test_a_difference_whose_interval_excludes_zero_is_strong() -> None:
    assert signed(HALF, strong=True) == "**+0.50** (+0.25 to +0.75)"
    assert signed(Estimate(value=-0.5, low=-0.75, high=-0.25), strong=True).startswith("**-0.50**")
    assert signed(Estimate(value=0.5, low=-0.25, high=0.75), strong=True).startswith("+0.50")
    assert signed(HALF).startswith("+0.50"), "on too few patients nothing is claimed"


def test_an_interval_without_width_is_one_number_and_no_end_is_never() -> None:
    assert estimate(Estimate(value=0.0, low=0.0, high=0.0)) == "0.00"
    assert estimate(Estimate(value=3.0, low=1.0, high=math.inf), 0) == "3 (1 to never)"


def test_reasons_are_words() -> None:
    assert by_reason({"no_rating": HALF, "stale": None}) == "no rating 0.5"
    assert by_reason({}) == "0"
