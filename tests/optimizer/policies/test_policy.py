"""Names of policies are stored with every decision, so they are stable, distinct and carry a version."""

import inspect
import re

from optimizer.policies.ladder import BRISK, GENTLE
from optimizer.policies.policy import Policy
from optimizer.policies.random_safe import RANDOM, RANDOM_SAFE
from optimizer.policies.safe_bo import SAFE_BO
from optimizer.policies.stay import STAY

POLICIES: tuple[Policy, ...] = (SAFE_BO, BRISK, GENTLE, RANDOM_SAFE, RANDOM, STAY)


def test_names_are_distinct_and_carry_a_version() -> None:
    names = [policy.name for policy in POLICIES]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z_]+/\d+", name) for name in names), names


def test_every_policy_starts_as_the_protocol_says() -> None:
    stated = inspect.signature(Policy.start).parameters
    for policy in POLICIES:
        own = inspect.signature(type(policy).start).parameters
        assert {name: p.kind for name, p in own.items()} == {name: p.kind for name, p in stated.items()}
