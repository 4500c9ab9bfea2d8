"""The words on a patient's MLflow page: a table of trials, prediction beside report. Codes and numbers only."""

from collections.abc import Mapping, Sequence

from optimizer.decision import Hold, Interval, Proposal, Stop
from optimizer.problem import Problem
from optimizer.rating import ratings
from optimizer.space.parameter import CONFIGURATION, Value
from optimizer.trial import Facts, Report, Trial
from service.tracking.accounts import accounts
from service.tracking.record import CourseRecord

EXPERIMENT_NOTE = (
    "One patient under a pseudonym. A run per course, below it a run per trial. Made from the ledger, which is the record; "
    "this page may be deleted and made again. **Research use.**"
)
ROWS = 40
"""Trials in the table of a course; MLflow keeps 8000 characters of a description."""
LARGEST_NOTE = 7900
SHORT_UNITS = {"ma": "mA", "us": "us", "hz": "Hz", "s": "s"}


def settings_in_words(problem: Problem, values: Mapping[str, Value]) -> str:
    """Say settings shortly, for example ``level-4, 6.2 mA, 210 us, 50 Hz``, in the device's order."""
    words = [str(values[CONFIGURATION])] if CONFIGURATION in values else []
    for name in problem.space.names:
        if name != CONFIGURATION and name in values:
            unit = SHORT_UNITS.get(name.rpartition("_")[2], "")
            words.append(f"{_short(values[name])} {unit}".strip())
    return ", ".join(words)


def bounds_in_words(problem: Problem) -> dict[str, str]:
    """Say what a problem allows: envelope and hard limits, the part that may be changed while a course runs."""
    bounds = {
        f"envelope.{name}": f"{low:g} to {high:g}" for name, (low, high) in problem.envelope.bounds.items()
    }
    bounds |= {f"envelope.{name}": ", ".join(choices) for name, choices in problem.envelope.choices.items()}
    return bounds | {f"limit.{limit.quantity}": f"{limit.bound:g}" for limit in problem.space.limits}


def course_note(record: CourseRecord) -> str:
    """Return the description of a course's run: where it stands, and its trials as a table."""
    numbers = {account.trial.id: account.number for account in accounts(record)}
    rows = [_row(record, numbers[facts.trial.id], facts) for facts in record.facts()[-ROWS:]]
    outcome = record.problem.outcome.name
    head = [
        f"**{_standing(record)}**",
        "",
        *_changed_bounds(record),
        f"| trial | settings | {outcome} predicted (90 %) | {outcome} reported | worst side effect | from |",
        "|---|---|---|---|---|---|",
    ]
    note = "\n".join(head + rows)
    while len(note) > LARGEST_NOTE and rows:
        rows = rows[1:]
        note = "\n".join(head + rows)
    return note


def trial_note(record: CourseRecord, trial: Trial, reports: Sequence[Report]) -> str:
    """Return the description of a trial's run: why it was proposed and what came of it."""
    step = record.prediction(trial)
    lines = [f"**{settings_in_words(record.problem, trial.applied.values)}** ({trial.kind})"]
    if step is not None:
        lines.append(f"Purpose: {step.explanation.purpose}. Predicted {_interval(step.outcome)}.")
        for change in step.explanation.changes:
            before = "-" if change.before is None else _short(change.before)
            lines.append(f"- {change.parameter}: {before} to {_short(change.after)} {change.unit}")
    lines.append(f"{len(reports)} reports.")
    return "\n\n".join(lines)


def _row(record: CourseRecord, number: int, facts: Facts) -> str:
    step = record.prediction(facts.trial)
    decided = record.decided(facts.trial)
    cells = (
        str(number),
        settings_in_words(record.problem, facts.trial.applied.values),
        _interval(step.outcome) if step is not None else "-",
        _mean([rating.value for rating in ratings(record.problem, facts)]),
        _worst(record, facts),
        decided.status if decided is not None else facts.trial.source,
    )
    return "| " + " | ".join(cells) + " |"


def _standing(record: CourseRecord) -> str:
    trials, reports = len(record.history.trials), len(record.history.reports)
    why = "" if record.end is None else f" ({record.end.reason})"
    words = f"{trials} trials, {reports} reports, course {record.status}{why}."
    if not record.decisions:
        return words
    last = max(record.decisions, key=lambda decided: decided.sequence)
    match last.decision:
        case Proposal() as proposal:
            return f"{words} Latest decision: proposal ({last.status}) {settings_in_words(record.problem, proposal.settings.as_dict())}."
        case Hold() as hold:
            return f"{words} Latest decision: hold, {hold.reason}."
        case Stop() as stop:
            return f"{words} Latest decision: stop, {stop.reason}; keep {settings_in_words(record.problem, stop.keep.as_dict())}."


def _changed_bounds(record: CourseRecord) -> list[str]:
    """Say what is allowed otherwise than when the course was opened, which is what the parameters beside it say."""
    opened, present = bounds_in_words(record.opened_problem), bounds_in_words(record.problem)
    changed = [
        f"{name} {bound} (opened with {opened.get(name, 'none')})"
        for name, bound in present.items()
        if bound != opened.get(name)
    ]
    return [f"Changed since the course was opened: {'; '.join(changed)}.", ""] if changed else []


def _worst(record: CourseRecord, facts: Facts) -> str:
    """Say the side effect that weighs most: a hard stop of any grade more than a higher grade that is not severe."""
    problem = record.problem

    def weight(said: tuple[str, float]) -> tuple[bool, bool, float, str]:
        kind, grade = said
        return problem.is_severe(kind, grade), problem.is_intolerable(kind, grade), grade, kind

    rated = [(report.kind, report.value) for report in facts.side_effects if report.value is not None]
    if not rated:
        return "-"
    kind, grade = max(rated, key=weight)
    mark = " **intolerable**" if problem.is_intolerable(kind, grade) else ""
    return f"{kind} {grade:g}{mark}" if grade > 0 else "none"


def _mean(values: Sequence[float]) -> str:
    if not values:
        return "-"
    listed = ", ".join(f"{value:g}" for value in values[:6]) + (" ..." if len(values) > 6 else "")
    return f"{sum(values) / len(values):.1f}" + (f" ({listed})" if len(values) > 1 else "")


def _interval(predicted: Interval) -> str:
    return f"{predicted.mean:.1f} ({predicted.low:.1f} to {predicted.high:.1f})"


def _short(value: Value) -> str:
    return value if isinstance(value, str) else f"{value:g}"
