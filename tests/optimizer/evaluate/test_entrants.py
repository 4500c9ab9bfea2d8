"""Who is compared is said by name."""

import pytest

from optimizer.errors import DataError
from optimizer.evaluate.entrants import POLICIES, Entrant, entrant, policy_named
from optimizer.policies.stay import STAY
from tests.optimizer.evaluate.crooked import RAISES


@pytest.mark.parametrize("name", POLICIES)
def test_each_of_ours_is_there_bare_and_guarded(name: str) -> None:
    assert policy_named(name) is POLICIES[name]
    assert policy_named(f"guarded:{name}").name == f"guarded:{POLICIES[name].name}"


def test_a_slow_one_may_meet_fewer_patients() -> None:
    assert entrant("stay@3") == Entrant(policy=STAY, n_patients=3)
    assert entrant("stay") == entrant(STAY) == Entrant(policy=STAY)


def test_a_policy_of_the_readers_own_is_named_by_module() -> None:
    assert policy_named("tests.optimizer.evaluate.crooked:RAISES") == RAISES
    assert policy_named("guarded:tests.optimizer.evaluate.crooked:RAISES").name == "guarded:raises/1"


@pytest.mark.parametrize("name", ["oracle", "guarded:oracle", "guarded:", "", "stay@0", "stay@x", "stay@-1"])
def test_what_there_is_not_is_refused(name: str) -> None:
    with pytest.raises(DataError, match="policies"):
        entrant(name)


@pytest.mark.parametrize("name", ["nowhere:STAY", ":STAY", "os:NOBODY", "os:path", "os.path:join"])
def test_what_is_not_a_policy_is_refused(name: str) -> None:
    with pytest.raises(DataError, match="policies"):
        entrant(name)


def test_why_a_policy_cannot_be_had_is_said() -> None:
    with pytest.raises(DataError, match=r"Python says: No module named 'nowhere'"):
        entrant("nowhere:STAY")
    with pytest.raises(DataError, match=r"a class, not a policy.* POLICY = Crooked\(\)"):
        entrant("tests.optimizer.evaluate.crooked:Crooked")
