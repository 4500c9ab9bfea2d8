"""Ledger entries -> what MLflow should show. Pure: the same record gives the same view, byte for byte."""

from datetime import datetime
from importlib.metadata import version

from optimizer import canonical
from optimizer.problem import Problem
from optimizer.space.parameter import Value
from optimizer.trial import Report, Trial
from service.tracking import page, picture, read_back
from service.tracking.accounts import Account, accounts, as_of
from service.tracking.points import report_points, trial_points
from service.tracking.record import CourseRecord
from service.tracking.view import COURSE, IDENTIFIER, CourseView, RunView

NOTE = "mlflow.note.content"
"""The tag MLflow shows as description."""
KIND = "mlflow.experimentKind"
"""Tells MLflow's pages to open with runs and metrics, not with language models."""


def project(record: CourseRecord, *, namespace: str = "titrate") -> CourseView:
    """Return what MLflow should show of a course.

    A run's parameters never change, so a corrected trial is another run: the first one stays as it was said and names the
    correction, the new one carries every report of the trial.

    Args:
        record: The course, from the ledger.
        namespace: Head of the experiment's name, so that two projections can stand beside each other.

    Returns:
        An experiment for the patient, a parent run for the course, a nested run per trial and account of it.
    """
    return CourseView(
        experiment=f"{namespace}/{record.site}/{record.patient}",
        experiment_tags={
            "titrate.patient": record.patient,
            "titrate.site": record.site,
            NOTE: page.EXPERIMENT_NOTE,
            KIND: "custom_model_development",
        },
        parent=_course(record),
        trials=tuple(_trial(record, account) for account in accounts(record)),
    )


def _course(record: CourseRecord) -> RunView:
    said = accounts(record)
    points = [
        point for account in said for point in trial_points(record, account.trial, entry=account.identifier)
    ]
    for report in record.reports():
        known = as_of(said, report.trial_id, record.sequences[report.id])
        points += report_points(record, report, known.trial)
    files = {read_back.ARTIFACT: read_back.write(record)}
    if record.history.trials:
        files["course.png"] = picture.course_png(record)
    return RunView(
        identifier=record.course_id,
        name=f"{record.patient}: {record.problem.device or record.problem.outcome.name}",
        started_at=record.opened_at,
        ended_at=None if record.end is None else record.end.occurred_at,
        # MLflow never changes a parameter, so they say what never changes: the problem as the course was opened
        parameters=_stated_at_opening(record.opened_problem),
        tags={
            **_common(record),
            **{f"titrate.{name}": bound for name, bound in page.bounds_in_words(record.problem).items()},
            **({} if record.end is None else {"titrate.end_reason": record.end.reason}),
            IDENTIFIER: record.course_id,
            "titrate.kind": "course",
            "titrate.status": record.status,
            "titrate.history_digest": record.history.digest,
            "titrate.sequence": str(record.sequence),
            "titrate.trials": str(len(record.history.trials)),
            "titrate.reports": str(len(record.history.reports)),
            "titrate.decisions": str(len(record.decisions)),
            "titrate.reviews": str(len(record.history.reviews)),
            NOTE: page.course_note(record),
        },
        points=tuple(sorted(points, key=lambda point: (point.step, point.key))),
        files=files,
    )


def _trial(record: CourseRecord, account: Account) -> RunView:
    trial = account.trial
    reports = [
        report
        for report in record.reports()
        if report.trial_id == trial.id
        and (account.until is None or record.sequences[report.id] < account.until)
    ]
    points = [*trial_points(record, trial, entry=account.identifier)]
    points += [point for report in reports for point in report_points(record, report, trial)]
    settings = page.settings_in_words(record.problem, trial.applied.values)
    return RunView(
        identifier=account.identifier,
        name=f"trial {account.number:02d}{_standing(account)}: {settings}",
        started_at=trial.occurred_at,
        ended_at=_end(record, account),
        parameters={
            **{name: _shown(value) for name, value in trial.applied.values.items()},
            "trial_kind": trial.kind,
            "in_clinic": str(trial.in_clinic).lower(),
            "source": trial.source,
        },
        tags={
            **_common(record),
            **_origin(record, trial),
            **_correction(account),
            IDENTIFIER: account.identifier,
            "titrate.kind": "trial",
            "titrate.sequence": str(account.sequence),
            "titrate.report_ids": _report_ids(record, reports),
            NOTE: page.trial_note(record, trial, reports),
        },
        points=tuple(points),
        files=_explanation(record, trial),
    )


def _standing(account: Account) -> str:
    """Say in a run's name that a trial was corrected or taken back; nothing of one that was not."""
    if account.replaced_by is None:
        return "" if account.amendment is None else ", corrected"
    return ", taken back" if account.replaced_by.trial is None else ", before correction"


def _correction(account: Account) -> dict[str, str]:
    """Which correction an account comes from, and which ended it."""
    tags = {}
    if account.amendment is not None:
        tags = {"titrate.amends": account.trial.id, "titrate.amended_why": account.amendment.reason}
    if account.replaced_by is not None:
        tags["titrate.amended_by"] = account.replaced_by.id
    return tags


def _common(record: CourseRecord) -> dict[str, str]:
    return {
        COURSE: record.course_id,
        "titrate.patient": record.patient,
        "titrate.site": record.site,
        "titrate.device": record.problem.device,
        "titrate.problem_fingerprint": record.problem.fingerprint,
        "titrate.projected_by": version("titrate"),
    }


def _origin(record: CourseRecord, trial: Trial) -> dict[str, str]:
    """Which decision a trial came from, and the versions it rests on."""
    decided = record.decided(trial)
    if decided is None:
        return {"titrate.proposal": "none", "titrate.prediction": "none"}
    tags = {
        "titrate.proposal": decided.id,
        "titrate.proposal_status": decided.status,
        "titrate.prediction": "as-proposed" if record.prediction(trial) is not None else "settings-differ",
    }
    basis = decided.decision.basis
    if basis is not None:
        tags |= {
            "titrate.policy": basis.policy,
            "titrate.version": basis.titrate_version,
            "titrate.torch_version": basis.torch_version,
            "titrate.prior_version": basis.prior_version,
            "titrate.history_digest": basis.history_digest,
            "titrate.seed": str(basis.seed),
        }
    return tags


def _explanation(record: CourseRecord, trial: Trial) -> dict[str, bytes]:
    decided = record.decided(trial)
    return {} if decided is None else {"explanation.json": canonical.encode(decided.decision)}


def _stated_at_opening(problem: Problem) -> dict[str, str]:
    parameters = {
        "device": problem.device or "none",
        "outcome": f"{problem.outcome.name}, {problem.outcome.describe()}",
        "min_gain": f"{problem.min_gain_nrs:g}",
        "bother_weight": f"{problem.objective.bother_weight:g}",
        "near_tie": f"{problem.objective.near_tie_nrs:g}",
        "postures": ", ".join(problem.postures),
    }
    if problem.start_borne_in_use is True:
        parameters["start_borne_in_use"] = "stated"
    if problem.drift_expected is True:
        parameters["drift_expected"] = "stated"
    for site, weight in problem.objective.site_weights.items():
        parameters[f"site.{site}"] = f"{weight:g}"
    if problem.tolerability is not None:
        parameters["side_effect_limit"] = f"{problem.tolerability.limit_grade:g}"
        parameters["side_effect_severe"] = f"{problem.tolerability.severe_grade:g}"
        parameters["p_intolerable_ceiling"] = f"{problem.tolerability.ceiling:g}"
    return parameters | page.bounds_in_words(problem)


def _report_ids(record: CourseRecord, reports: list[Report]) -> str:
    """Every report of a trial by id, in ledger order; MLflow keeps up to 8000 characters of a tag."""
    ids = sorted(reports, key=lambda report: record.sequences[report.id])
    return " ".join(report.id for report in ids)[:8000]


def _end(record: CourseRecord, account: Account) -> datetime | None:
    """When a trial ended: as recorded, else when the next one began or the course ended, else not yet.

    One that stands no more has ended.
    """
    trial = account.trial
    if trial.ended_at is not None:
        return trial.ended_at
    if account.replaced_by is not None:
        return trial.occurred_at
    ends = [other.occurred_at for other in record.history.trials]
    ends += [] if record.end is None else [record.end.occurred_at]
    return min((at for at in ends if at > trial.occurred_at), default=None)


def _shown(value: Value) -> str:
    return value if isinstance(value, str) else f"{value:g}"
