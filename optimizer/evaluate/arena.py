"""Many policies on many synthetic patients: results kept as they come, a killed run goes on where it was."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
from joblib import Parallel, delayed

from optimizer.errors import DataError
from optimizer.evaluate.peers import PEERS, load_peer
from optimizer.evaluate.run import run_policy
from optimizer.evaluate.trace import Trace
from optimizer.policies.guarded import Guarded
from optimizer.policies.ladder import BRISK, GENTLE
from optimizer.policies.policy import Policy
from optimizer.policies.random_safe import RANDOM, RANDOM_SAFE
from optimizer.policies.safe_bo import SAFE_BO
from optimizer.policies.stay import STAY

POLICIES: Final[Mapping[str, Policy]] = {
    "safe_bo": SAFE_BO,
    "brisk": BRISK,
    "gentle": GENTLE,
    "random_safe": RANDOM_SAFE,
    "random": RANDOM,
    "stay": STAY,
}
"""What may be compared without anything to install, by the name a command gives."""
GUARDED: Final = "guarded:"
"""Before a name: that policy inside the model-free part of our safety layer."""


def policy_named(name: str) -> Policy:
    """Return what may be compared by its name; a peer is imported only here.

    Raises:
        DataError: If there is no such policy.
        MissingExtraError: If what a peer needs is not installed.
    """
    if name.startswith(GUARDED):
        return Guarded(inner=policy_named(name.removeprefix(GUARDED)))
    if name in POLICIES:
        return POLICIES[name]
    if name in PEERS:
        return load_peer(name)
    known = (*POLICIES, *PEERS, f"{GUARDED}NAME")
    raise DataError("policies", "name one that is not there", limit=", ".join(known))


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What is compared on whom."""

    scenario: str
    n_trials: int
    n_patients: int
    policies: tuple[str, ...]

    def __post_init__(self) -> None:
        """Check the names; raises DataError for a policy there is not, MissingExtraError for one not installed."""
        for name in self.policies:
            policy_named(name)


def compare(comparison: Comparison, results: Path, *, jobs: int = 1) -> Iterator[Trace]:
    """Run what is not yet in the results, and keep each run the moment it ends.

    Args:
        comparison: Scenario, trials, patients 0 to ``n_patients - 1``, policies.
        results: A file of one JSON line a run; made where it is not there.
        jobs: Processes. Their number and the order in which runs end change no result.

    Yields:
        Every trace of the comparison: those found in the file first, then the new ones as they end.

    Raises:
        DataError: If the file holds something else.
    """
    policies = [policy_named(name) for name in comparison.policies]
    wanted = {
        (policy.name, patient): (policy, patient)
        for patient in range(comparison.n_patients)
        for policy in policies
    }
    for trace in read_results(results):
        same = trace.scenario == comparison.scenario and len(trace.decisions) == comparison.n_trials
        if same and wanted.pop((trace.policy, trace.patient), None) is not None:
            yield trace
    found = Parallel(n_jobs=jobs, return_as="generator_unordered")(
        delayed(run_policy)(comparison.scenario, policy, patient, n_trials=comparison.n_trials, seed=patient)
        for policy, patient in wanted.values()
    )
    with results.open("ab") as file:
        for trace in found:
            file.write(msgspec.json.encode(trace) + b"\n")
            file.flush()
            yield trace


def read_results(path: Path) -> Sequence[Trace]:
    """Return the runs of a results file; a last line that a kill cut short is removed from it.

    Raises:
        DataError: If a whole line is not a run.
    """
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        return []
    whole, newline, torn = path.read_bytes().rpartition(b"\n")
    if torn:
        with path.open("r+b") as file:
            file.truncate(len(whole) + len(newline))
    try:
        return [msgspec.json.decode(line, type=Trace) for line in whole.splitlines() if line]
    except msgspec.MsgspecError as error:
        raise DataError(path.name, "holds a line that is not a run", remedy="Name another folder.") from error
