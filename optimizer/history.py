"""Everything recorded about one course, immutable, in the order things happened."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from msgspec import UNSET, UnsetType

from optimizer import canonical, table
from optimizer.errors import OffGridError, OutcomeScaleError, TrialOrderError, UnknownParameterError
from optimizer.outcomes.scale import GRADE, GRADE_REAL
from optimizer.problem import Problem
from optimizer.space.parameter import Value
from optimizer.space.settings import Settings
from optimizer.trial import (
    UNSTIMULATED,
    Amended,
    Applied,
    Facts,
    Measure,
    Report,
    Review,
    Trial,
    amendment_chain,
)

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
"""Day zero of tables that count days instead of naming dates."""


@dataclass(frozen=True, kw_only=True)
class History:
    """Trials, reports and reviews of one course.

    Two histories with the same facts are equal however they were gathered: facts are kept by time of occurrence, ties by
    time of record, then by id.

    Raises:
        TrialOrderError: If an id comes twice or a report names a trial or report that is not there.
    """

    trials: tuple[Trial, ...] = ()
    """As they stand: of a corrected one its latest correction, recorded when that was."""
    reports: tuple[Report, ...] = ()
    reviews: tuple[Review, ...] = ()
    amended: tuple[Amended, ...] | UnsetType = UNSET
    """What trials were said to be before. Unset, and absent from documents, where none was corrected."""

    def __post_init__(self) -> None:
        """Order the facts and check their references."""
        before = sorted(self.past, key=lambda a: (a.until, a.trial.recorded_at, a.trial.id))
        object.__setattr__(self, "amended", tuple(before) or UNSET)
        for name in ("trials", "reports", "reviews"):
            facts = getattr(self, name)
            if len({fact.id for fact in facts}) != len(facts):
                raise TrialOrderError(f"history.{name}", "hold one id twice")
            object.__setattr__(
                self, name, tuple(sorted(facts, key=lambda f: (f.occurred_at, f.recorded_at, f.id)))
            )
        trials = {trial.id for trial in self.trials} | {entry.trial.id for entry in self.past}
        reports = {report.id: report for report in self.reports}
        for report in self.reports:
            if report.trial_id not in trials:
                raise TrialOrderError("report.trial_id", "names no trial of this history")
            if report.amends is not None and report.amends not in reports:
                raise TrialOrderError("report.amends", "names no report of this history")

    def __len__(self) -> int:
        """Return the number of trials."""
        return len(self.trials)

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON."""
        return self._digest

    @cached_property
    def _digest(self) -> str:
        return canonical.digest(self)

    def add(self, *facts: Trial | Report | Review) -> "History":
        """Return a history with more facts; the same errors as building one."""
        return History(
            trials=self.trials + tuple(fact for fact in facts if isinstance(fact, Trial)),
            reports=self.reports + tuple(fact for fact in facts if isinstance(fact, Report)),
            reviews=self.reviews + tuple(fact for fact in facts if isinstance(fact, Review)),
            amended=self.amended,
        )

    @property
    def past(self) -> tuple[Amended, ...]:
        """What trials were said to be before they were corrected, in the order of the corrections."""
        return () if isinstance(self.amended, UnsetType) else self.amended

    def said(self, trial_id: str) -> tuple[Trial, ...]:
        """Return everything a trial was ever said to be, the present last; one taken back has no present."""
        before = tuple(entry.trial for entry in self.past if entry.trial.id == trial_id)
        return before + tuple(trial for trial in self.trials if trial.id == trial_id)

    @cached_property
    def _chains(self) -> dict[str, tuple[str, ...]]:
        """Each report and what it amends, back to the first, by its id."""
        amends = {report.id: report.amends for report in self.reports}
        return {report.id: amendment_chain(report.id, amends) for report in self.reports}

    def as_of(self, at: datetime) -> "History":
        """Return what was on record at an instant: facts recorded later are left out.

        A trial corrected later stands as it was said until then. What a report on record names was on record, whatever its own
        time says: clocks of two machines differ, and no harm is forgotten for it.
        """
        told = [report.id for report in self.reports if report.recorded_at <= at]
        named = {name for identifier in told for name in self._chains[identifier]}
        reports = tuple(report for report in self.reports if report.id in named)
        trials = tuple(trial for trial in self.trials if trial.recorded_at <= at)
        trials += tuple(entry.trial for entry in self.past if entry.trial.recorded_at <= at < entry.until)
        known = {trial.id for trial in trials} | {e.trial.id for e in self.past if e.until <= at}
        unknown = dict.fromkeys(report.trial_id for report in reports if report.trial_id not in known)
        trials += tuple(self.said(trial_id)[0] for trial_id in unknown)
        return History(
            trials=tuple(trial.as_of(at) for trial in trials),
            reports=reports,
            reviews=tuple(review for review in self.reviews if review.recorded_at <= at),
            amended=tuple(entry for entry in self.past if entry.until <= at) or UNSET,
        )

    @cached_property
    def standing(self) -> tuple[Report, ...]:
        """The reports that stand: amended ones replaced by their latest amendment, retracted ones left out.

        Reports of a trial that was taken back do not stand.
        """
        trials = {trial.id for trial in self.trials}
        latest: dict[str, Report] = {}
        chains = self._chains
        said_at = {report.id: report.recorded_at for report in self.reports}
        # an amendment never came before what it amends, whatever a clock says; of two of one instant it is the later
        order = {name: (max(said_at[each] for each in chain), len(chain)) for name, chain in chains.items()}
        for report in sorted(self.reports, key=lambda r: (*order[r.id], r.id)):
            latest[chains[report.id][-1]] = report
        counting = (r for r in latest.values() if r.value is not None and r.trial_id in trials)
        return tuple(sorted(counting, key=lambda report: (report.occurred_at, report.id)))

    @cached_property
    def facts(self) -> tuple[Facts, ...]:
        """One entry per trial with the reports that stand, in order."""
        pain: dict[str, list[Report]] = {trial.id: [] for trial in self.trials}
        side: dict[str, list[Report]] = {trial.id: [] for trial in self.trials}
        for report in self.standing:
            (pain if report.measure is Measure.PAIN else side)[report.trial_id].append(report)
        return tuple(
            Facts(trial=trial, pain=tuple(pain[trial.id]), side_effects=tuple(side[trial.id]))
            for trial in self.trials
        )

    def reviewed(self, subject_id: str, told_at: datetime) -> bool:
        """Return whether a clinician's review names this report or trial, by somebody who may have heard what was told."""
        return any(
            review.subject_id == subject_id and review.recorded_at >= told_at for review in self.reviews
        )


def applied(problem: Problem, values: Mapping[str, Value]) -> Applied:
    """Return raw values as applied settings, with the grid point where they are one; a row of pandas will do."""
    plain = table.plain(values)
    return Applied(values=plain, settings=problem.space.find(plain))


def started_at(problem: Problem, history: History) -> Settings | None:
    """Return where a course began: the first settings on the grid that stimulated; None where there are none."""
    stimulated = (facts.trial for facts in history.facts if facts.trial.kind not in UNSTIMULATED)
    found = (problem.space.find(trial.applied.values) for trial in stimulated)
    return next((settings for settings in found if settings is not None), None)


def check_applied(problem: Problem, applied: Applied, field: str) -> None:
    """Hold applied settings against the space they are read under: off the grid they may be, but not contradict themselves.

    Raises:
        OffGridError: If a number is not finite, or the grid point is not that of the values.
    """
    for name, value in applied.values.items():
        if not isinstance(value, str) and not math.isfinite(value):
            raise OffGridError(f"{field}.{name}", "is not a finite number")
    if applied.settings is None and problem.space.find(applied.values) is not None:
        # what names no grid point counts as off the grid: what is on it would be lost
        raise OffGridError(
            f"{field}.settings",
            "are missing, and the values are a grid point",
            remedy="Build them with applied(problem, values).",
        )
    if applied.settings is not None and not _agree(problem, applied.values, applied.settings):
        raise OffGridError(
            f"{field}.settings",
            "are not the grid point of the values beside them",
            remedy="Build them with applied(problem, values).",
        )


def _agree(problem: Problem, values: Mapping[str, Value], settings: Settings) -> bool:
    """Whether settings are the grid point of values; the same as ``space.find``, without a search of every grid."""
    parameters = problem.space.parameters
    if settings.names != problem.space.names or values.keys() != set(settings.names):
        return False
    if not len(settings.indices) == len(settings.values) == len(parameters):
        return False
    return all(
        0 <= index < parameter.size
        and level == parameter.levels[index]
        and parameter.is_at(index, values[name])
        for name, index, level, parameter in zip(
            settings.names, settings.indices, settings.values, parameters, strict=True
        )
    )


def check_history(problem: Problem, history: History) -> None:
    """Hold a history against the problem it is read under, before anything is concluded from it.

    A kind of side effect that the problem does not declare (no longer, perhaps) is no error: it counts as a hard stop.

    Raises:
        OffGridError: If the grid point of a trial is not that of its values.
        OutcomeScaleError: If a value is off its scale.
    """
    for trial in (*history.trials, *(entry.trial for entry in history.past)):
        check_applied(problem, trial.applied, "trial.applied")
    for report in history.reports:
        if report.value is None:
            continue
        effect = problem.side_effect(report.kind)
        scale = GRADE_REAL if effect is None else effect.scale
        (problem.outcome if report.measure is Measure.PAIN else scale).check(report.value, "report.value")


def check_report(problem: Problem, report: Report) -> None:
    """Hold a report against the scales its problem declares.

    A kind of side effect that the problem does not declare is harm nobody foresaw: a fact like any other, on the scale of grades,
    which counts as a hard stop.

    Raises:
        OutcomeScaleError: If the value is off its scale, the pain site is not declared, or a side effect has no kind.
    """
    if report.value is None:
        return
    if report.measure is Measure.PAIN:
        sites = problem.objective.site_weights
        if report.kind not in (sites or ("",)):
            raise OutcomeScaleError(
                "report.kind", "is not a declared pain site", limit=", ".join(sites) or "none is declared"
            )
        problem.outcome.check(report.value, "report.value")
        return
    if not report.kind:
        limit = ", ".join(effect.name for effect in problem.side_effects)
        raise OutcomeScaleError(
            "report.kind", "is missing of a side effect", limit=f"{limit}, or another name"
        )
    effect = problem.side_effect(report.kind)
    if effect is None:
        GRADE.check(report.value, "report.value")
        return
    effect.scale.check(report.value, f"report.value of {report.kind}")


def history_from_rows(problem: Problem, rows: Iterable[Mapping[str, object]]) -> History:
    """Build a history from a table: one row a rated trial.

    Args:
        problem: Declares the parameters and scales.
        rows: Per row a value for every parameter, ``pain`` (or the name of the primary outcome, or of each pain site),
            any declared side effect by name, and ``at`` (a time with its zone, or one written in ISO 8601) or ``day`` (days
            since the start; the row number where neither is a column). A missing outcome, None or NaN, is missing, never
            zero.

    Returns:
        The history, each row one trial recorded when it occurred.

    Raises:
        OutcomeScaleError: If a value is off its scale.
        UnknownParameterError: If a parameter has no value, or a column is none of these: a misspelt side effect must not
            be lost. Also if a row has no names.
        OffGridError: If a value is off the device grid. Applied off-grid settings enter as ``Trial`` values instead.
        TrialOrderError: If a time is none, or has no zone.
    """
    history: list[Trial | Report] = []
    known = {*problem.space.names, *(column for *_, column in _outcomes(problem)), "at", "day"}
    for number, given in enumerate(rows):
        if not isinstance(given, Mapping):
            raise UnknownParameterError(
                f"rows.{number}",
                "is not a row of names and values",
                remedy='With pandas: frame.to_dict("records").',
            )
        row = table.plain(given)
        for column in row:
            if column not in known:
                limit = "one of " + ", ".join(sorted(known))
                raise UnknownParameterError(str(column), "is not a column this problem knows", limit=limit)
        at = table.time_of(row, number, EPOCH)
        settings = table.settings_of(problem, row, number)
        trial = Trial(
            # as many digits as sort by number where times are equal
            id=f"row-{number:06}",
            applied=Applied(values=settings.as_dict(), settings=settings),
            occurred_at=at,
            recorded_at=at,
        )
        history.append(trial)
        history += _row_reports(problem, row, number, trial)
    return History().add(*history)


def _outcomes(problem: Problem) -> list[tuple[Measure, str, str]]:
    """Return what a row may report: measure, kind and column."""
    sites = [(Measure.PAIN, site, site) for site in problem.objective.site_weights]
    pain = sites or [(Measure.PAIN, "", problem.outcome.name)]
    return pain + [(Measure.SIDE_EFFECT, effect.name, effect.name) for effect in problem.side_effects]


def _row_reports(problem: Problem, row: Mapping[str, object], number: int, trial: Trial) -> list[Report]:
    reports = []
    for measure, kind, column in _outcomes(problem):
        value, field = row.get(column), f"rows.{number}.{column}"
        if table.is_gap(value):
            continue
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise OutcomeScaleError(field, "is not a number", limit="a number on the declared scale")
        try:
            report = Report(
                id=f"{trial.id}-{column}",
                trial_id=trial.id,
                measure=measure,
                kind=kind,
                value=float(value),
                occurred_at=trial.occurred_at,
                recorded_at=trial.recorded_at,
            )
            check_report(problem, report)
        except OutcomeScaleError as error:
            raise OutcomeScaleError(field, error.problem, limit=error.limit) from None
        reports.append(report)
    return reports
