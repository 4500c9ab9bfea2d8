"""Many policies on many synthetic patients: results kept as they come, a killed run goes on where it was."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from optimizer.errors import DataError
from optimizer.evaluate.backend import Backend, run_all
from optimizer.evaluate.entrants import Entrant, entrant
from optimizer.evaluate.provenance import mixed, provenance_of
from optimizer.evaluate.results import ResultsFile, read_results, stem
from optimizer.evaluate.schedule import Job, LongestFirst
from optimizer.evaluate.trace import Trace
from optimizer.policies.policy import Policy
from optimizer.simulate.scenarios import load_scenario


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What is compared on whom."""

    scenario: str
    policies: tuple[str | Policy, ...]
    """Names as ``optimizer.evaluate.entrants`` takes them, or policies."""
    n_trials: int = 30
    """Trials a patient, the start included."""
    n_patients: int = 20
    first_patient: int = 0
    """Where the cohort begins; another one is met by what must not have been chosen on it."""

    def __post_init__(self) -> None:
        """Check the names; raises DataError for what there is not, MissingExtraError for a peer not installed."""
        load_scenario(self.scenario)
        names = [entrant.policy.name for entrant in self.entrants()]
        if not names or len(set(names)) < len(names):
            raise DataError("policies", "name none, or one twice")
        if self.first_patient < 0:
            raise DataError("first_patient", "is negative; patients are numbered from 0")

    def entrants(self) -> Sequence[Entrant]:
        """Return the policies, each with its number of patients if it has one of its own."""
        return [entrant(stated) for stated in self.policies]

    def jobs(self) -> list[Job]:
        """Return every run the comparison consists of."""
        return [
            Job(policy=entrant.policy, patient=patient)
            for entrant in self.entrants()
            for patient in self._cohort(entrant.n_patients or self.n_patients)
        ]

    @property
    def stem(self) -> str:
        """Name of every file of this comparison."""
        return stem(self.scenario, self.n_trials, self.first_patient)

    def _cohort(self, n_patients: int) -> range:
        return range(self.first_patient, self.first_patient + n_patients)


def compare(comparison: Comparison, results: Path, *, backend: Backend | None = None) -> Iterator[Trace]:
    """Run what is not yet in the results, and keep each run the moment it ends.

    Args:
        comparison: Scenario, trials, patients, policies.
        results: A file of one JSON line a run; made where it is not there.
        backend: Where the runs are run; left out, on every core of this machine. It changes no number but the clock's, and nor
            does the order in which runs end.

    Yields:
        Every trace of the comparison: those found in the file first, then the new ones as they end.

    Raises:
        DataError: If the file holds something else or runs of another code, or the backend does not answer.
        MissingExtraError: If what the backend needs is not installed.
    """
    with ResultsFile(results) as file:
        file.mend()
        found = kept(comparison, results)
        done = {(trace.policy, trace.patient) for trace in found}
        queue = LongestFirst(job for job in comparison.jobs() if (job.policy.name, job.patient) not in done)
        if len(queue):
            _refuse_other_code(comparison, found, results)
        yield from found
        for trace in found:
            queue.took(trace.policy, sum(trace.ask_s))
        if not len(queue):
            return
        for trace in run_all(queue, comparison.scenario, comparison.n_trials, backend or Backend()):
            file.append(trace)
            queue.took(trace.policy, sum(trace.ask_s))
            yield trace


def _refuse_other_code(comparison: Comparison, found: Sequence[Trace], results: Path) -> None:
    """Refuse to go on from runs that may not stand in one table with those to come."""
    here = provenance_of(load_scenario(comparison.scenario))
    differing = mixed([here, *(trace.provenance for trace in found)])
    if differing:
        raise DataError(
            results.name,
            f"holds runs made with another {' and another '.join(differing)}",
            remedy="Name another folder, or go back to what made them.",
        )


def kept(comparison: Comparison, results: Path) -> list[Trace]:
    """Return the runs of a comparison that are in its results already, each once.

    Raises:
        DataError: If the file holds something else.
    """
    wanted = {(job.policy.name, job.patient) for job in comparison.jobs()}
    return list(_first_of_each(comparison, wanted, read_results(results)))


def _first_of_each(
    comparison: Comparison, wanted: set[tuple[str, int]], traces: Iterable[Trace]
) -> Iterator[Trace]:
    for trace in traces:
        run = (trace.policy, trace.patient)
        same = trace.scenario == comparison.scenario and len(trace.decisions) == comparison.n_trials
        if same and run in wanted:
            wanted.discard(run)
            yield trace
