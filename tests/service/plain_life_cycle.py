"""The life cycle of one course as a person would tell it: no database, no ledger, a few lists and a clock."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

VALID_FOR = timedelta(days=7)
CHECKED_FOR = {
    "impedance": timedelta(days=90),
    "lead": timedelta(days=365),
    "battery": timedelta(days=90),
}
APPROVED = ("approved", "edited")


@dataclass
class Told:
    """A proposal."""

    id: str
    valid_until: datetime
    decided: str = "proposed"
    applied: bool = False
    withdrawn: bool = False
    lapsed: bool = False

    def status(self, now: datetime) -> str:
        late = now > self.valid_until
        if self.decided == "proposed":
            return "expired" if late else "proposed"
        if self.decided not in APPROVED:
            return self.decided
        if self.withdrawn:
            return "withdrawn"
        if self.applied:
            return "applied"
        return "expired" if late or self.lapsed else self.decided


@dataclass
class Severe:
    """A severe report: it closes until it was reviewed, and again once its trial was said anew at or after that."""

    id: str
    trial_id: str
    reviewed_at: datetime | None = None


@dataclass
class PlainLifeCycle:
    """What should be true of a course."""

    now: datetime
    checked_at: datetime
    proposals: list[Told] = field(default_factory=list)
    stops: list[str] = field(default_factory=list)
    """Ids of those that stand, oldest first."""
    facts: int = 1
    rejected: int = 0
    """Since the last trial."""
    severe_reports: list[Severe] = field(default_factory=list)
    """Every one there ever was: correcting a report takes no closure back."""
    taken_back: set[str] = field(default_factory=set)
    """Trials that are said not to have been."""
    said_anew: dict[str, datetime] = field(default_factory=dict)
    """Trial -> when settings were last put in place of what was recorded."""
    ended: bool = False
    latest: tuple[Any, ...] | None = None
    """Key, answer's kind and what it was."""

    @property
    def severe(self) -> list[Severe]:
        """Those that close now."""
        return [
            report
            for report in self.severe_reports
            if report.reviewed_at is None
            or (report.trial_id in self.said_anew and self.said_anew[report.trial_id] >= report.reviewed_at)
        ]

    def correct_trial(self, trial_id: str, *, takes_back: bool) -> list[str]:
        """What was applied is said anew or taken back; what rested on it is withdrawn."""
        if not (takes_back and trial_id in self.taken_back):  # else the record says what it said
            self.facts += 1
        if takes_back:
            self.taken_back.add(trial_id)
        else:
            self.taken_back.discard(trial_id)
            self.said_anew[trial_id] = self.now
        return self.withdraw()

    def barrier(self) -> tuple[str, tuple[str, ...]] | None:
        if self.stops:
            return "site_stopped", tuple(self.stops)
        due = tuple(check for check, span in CHECKED_FOR.items() if self.now > self.checked_at + span)
        return ("preflight_due", due) if due else None

    def refusal(self) -> str | None:
        found = self.barrier()
        return None if found is None else {"site_stopped": "site-stopped"}.get(found[0], "preflight-due")

    def key(self, context: str) -> tuple[object, ...]:
        return context, self.facts, self.rejected

    def answered(self, context: str) -> tuple[str, Any] | None:
        """What an ask finds on record, or None where it must be answered anew."""
        if self.latest is None or self.latest[0] != self.key(context):
            return None
        _, kind, what = self.latest
        if kind == "hold":
            return (kind, what) if what == self.barrier() else None
        stands = what.status(self.now) in ("proposed", *APPROVED)
        return (kind, what) if stands and self.barrier() is None else None

    def clear_the_way(self) -> None:
        """A new question: what is late has expired, what is open is superseded unless nothing is proposed now."""
        for told in self.proposals:
            if told.decided == "proposed":
                if told.status(self.now) == "expired":
                    told.decided = "expired"
                elif self.barrier() is None:
                    told.decided = "superseded"

    def sweep(self) -> None:
        for told in self.proposals:
            if told.status(self.now) != "expired":
                continue
            if told.decided == "proposed":
                told.decided = "expired"
            elif told.decided in APPROVED:
                told.lapsed = True

    def standing(self) -> list[Told]:
        """What a severe report or a correction would take back."""
        return [told for told in self.proposals if told.status(self.now) in ("proposed", *APPROVED)]

    def withdraw(self) -> list[str]:
        taken = sorted(told.id for told in self.standing())
        for told in self.proposals:
            status = told.status(self.now)
            if status == "proposed":
                told.decided = "withdrawn"
            elif status == "expired" and told.decided == "proposed":
                told.decided = "expired"
        self.take_back_approvals()
        return taken

    def take_back_approvals(self) -> None:
        """What was approved and not applied is no more: by harm, a correction, or the next approval."""
        for told in self.proposals:
            if told.status(self.now) in APPROVED:
                told.withdrawn = True
            elif told.status(self.now) == "expired" and told.decided in APPROVED:
                told.lapsed = True
