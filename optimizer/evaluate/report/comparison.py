"""What every page of a comparison is made from: traces that may stand together, summaries in one order, where they come from."""

from collections.abc import Sequence
from dataclasses import dataclass

from optimizer.errors import DataError
from optimizer.evaluate.metrics.summary import ENOUGH_PATIENTS, NULL_NRS, Summary, summarise
from optimizer.evaluate.provenance import Provenance, mixed
from optimizer.evaluate.report.words import is_ours, label, listed
from optimizer.evaluate.results import stem
from optimizer.evaluate.trace import Trace

SYNTHETIC = "Synthetic patients rank ways of choosing; nothing here is evidence of clinical benefit."


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Compared:
    """A comparison ready to be written."""

    traces: tuple[Trace, ...]
    summaries: tuple[Summary, ...]
    """Ours first, then who met most patients, then by relief at the end: the order of every table and figure."""
    provenance: Provenance
    command: str
    """What made the traces, so that it can be run again."""

    @property
    def scenario(self) -> str:
        """Name of the scenario."""
        return self.traces[0].scenario

    @property
    def n_trials(self) -> int:
        """Trials of a run, the start included."""
        return len(self.traces[0].decisions)

    @property
    def n_patients(self) -> int:
        """Patients met by any policy."""
        return len({trace.patient for trace in self.traces})

    @property
    def first_patient(self) -> int:
        """Where the cohort begins."""
        return min(trace.patient for trace in self.traces)

    @property
    def cohort(self) -> str:
        """How many patients, and which where they are not the first."""
        since = f" from number {self.first_patient} on" if self.first_patient else ""
        return f"{self.n_patients} synthetic patients{since}"

    @property
    def shared(self) -> bool:
        """Whether relief can be told as a share: somebody has a point to gain."""
        return any(summary.n_achievable for summary in self.summaries)

    @property
    def helped(self) -> bool:
        """Whether any setting helps anybody: of others there is no relief to draw."""
        return any(trace.achievable_nrs > NULL_NRS for trace in self.traces)

    def name(self, summary: Summary) -> str:
        """Return a policy's name in a figure; one that met fewer patients than others says how many."""
        name = label(summary.policy)
        return name if summary.n_patients == self.n_patients else f"{name} (n = {summary.n_patients})"

    @property
    def stem(self) -> str:
        """Name of every file of this comparison."""
        return stem(self.scenario, self.n_trials, self.first_patient)

    @property
    def origin(self) -> str:
        """Where the figures come from, in a sentence."""
        commit = f", commit {self.provenance.commit}" if self.provenance.commit else ""
        return f"Code {self.provenance.code}{commit}, libraries {self.provenance.lock}, scenario {self.provenance.scenario}."

    @property
    def too_few(self) -> str:
        """Which policies met fewer patients than a claim needs, in a sentence; empty where none did."""
        few = [(s.policy, s.n_patients) for s in self.summaries if s.n_patients < ENOUGH_PATIENTS]
        if not few:
            return ""
        if len(few) == len(self.summaries):
            return f"Fewer than {ENOUGH_PATIENTS} patients: too few for a claim."
        named = listed(f"{label(policy)} ({n})" for policy, n in few)
        return f"On fewer than {ENOUGH_PATIENTS} patients, too few for a claim: {named}."


def compared(traces: Sequence[Trace], *, command: str) -> Compared:
    """Return traces ready to be written.

    Args:
        traces: Of one scenario and one number of trials, made by one code.
        command: What made them.

    Returns:
        The comparison.

    Raises:
        DataError: If there is no trace, or the traces may not stand in one table: the message names what differs.
    """
    if not traces:
        raise DataError("results", "hold no run")
    differing = mixed(trace.provenance for trace in traces)
    lengths = {str(len(trace.decisions)) for trace in traces}
    if len(lengths) > 1:
        differing["trials"] = tuple(sorted(lengths))
    if differing:
        named = listed(f"{name} {' and '.join(values)}" for name, values in differing.items())
        raise DataError("results", f"were not made alike: {named}", remedy="Run all of them again.")
    return Compared(
        traces=tuple(traces),
        summaries=tuple(sorted(summarise(traces), key=_place)),
        provenance=max((trace.provenance for trace in traces), key=lambda entry: entry.commit),
        command=command,
    )


def _place(summary: Summary) -> tuple[bool, int, float]:
    """Order policies: three lucky patients must not lead two hundred."""
    relief = summary.final_nrs.value if summary.final_nrs else 0.0
    return not is_ours(summary.policy), -summary.n_patients, -relief
