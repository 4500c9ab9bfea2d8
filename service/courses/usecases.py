"""Open a course and look at it; what releases it stands in ``reviewing``."""

import json
from dataclasses import dataclass
from typing import Any

from msgspec import UnsetType
from sqlalchemy import select

from optimizer import canonical
from optimizer.decision import Decision, Hold, Interval, Proposal, Stop
from optimizer.history import History, applied
from optimizer.outcomes.objective import Objective
from optimizer.outcomes.side_effect import SideEffect
from optimizer.problem import Problem, stimulation_problem
from optimizer.space.device import device_names, load_device
from optimizer.space.settings import Settings
from service.courses import ending
from service.courses.schemas import (
    CourseView,
    EntryView,
    NewCourse,
    RecommendationView,
    Stimulation,
)
from service.dependencies.requests import Answer
from service.errors import NotFoundError
from service.ledger import course_end, gate, life_cycle, optimizer_version, plan, staff
from service.ledger.applicable import may_be_kept
from service.ledger.gate import Barrier
from service.ledger.history import decision_of, history_of, problem_of, start_of
from service.ledger.in_force import in_force
from service.ledger.ledger import Ledger
from service.ledger.life_cycle import Status
from service.ledger.tables import AskRow, CourseRow, Entry, ProposalRow, ReportRow


def open_course(ledger: Ledger, new: NewCourse) -> Answer:
    """Put a patient under a problem.

    Raises:
        NotFoundError: If the patient or the device is not known here.
        OptimizerError: If the problem contradicts its device, or the start is off the grid or past a limit.
    """
    patient = ledger.patient(new.patient_id)
    problem = _problem(new)
    start = problem.space.settings(new.start)
    problem.check(start)
    row = CourseRow(
        id=ledger.new_id(),
        site=ledger.site,
        patient_id=patient.id,
        device=problem.device,
        problem=canonical.encode(problem).decode(),
        problem_fingerprint=problem.fingerprint,
        start=canonical.encode(applied(problem, start.as_dict())).decode(),
        optimizer=optimizer_version.installed(),
    )
    body = {
        "device": problem.device,
        "optimizer": json.loads(optimizer_version.installed()),
        "patient_id": patient.id,
        "problem_fingerprint": problem.fingerprint,
        "start": canonical.to_builtins(start.as_dict()),
    }
    ledger.append("course", row, body, course_id=row.id)
    return Answer(status=201, body=view(ledger, row.id), headers={"Location": f"/v1/courses/{row.id}"})


def view(ledger: Ledger, course_id: str) -> CourseView:
    """Return a course as it stands."""
    row = ledger.course(course_id)
    problem, start = problem_of(ledger.session, row), start_of(row)
    history = history_of(ledger.session, row.id)
    opened_at = ledger.session.scalar(select(Entry.recorded_at).filter_by(id=row.id))
    return CourseView(
        id=row.id,
        patient_id=row.patient_id,
        device=row.device,
        problem_fingerprint=problem.fingerprint,
        history_digest=history.digest,
        n_trials=len(history.trials),
        n_reports=len(history.standing),
        envelope=canonical.to_builtins(problem.envelope),
        start=start.values,
        in_force=in_force(history, start, ledger.now).values,
        to_program=_to_program(ledger, row.id, problem, history),
        sites=dict(problem.objective.site_weights),
        opened_at=opened_at or ledger.now,
        ended=ending.seen(ledger, row.id),
    )


def _to_program(ledger: Ledger, course_id: str, problem: Problem, history: History) -> str | None:
    """Return the approved proposal of which something is still to be applied, or None."""
    latest = life_cycle.latest_approval(ledger, course_id)
    # of an ended course nothing is programmed, a plan that was begun neither
    if latest is None or course_end.end_of(ledger.session, course_id) is not None:
        return None
    row, decided = latest
    status = life_cycle.status_of(ledger, row)
    begun = status is Status.APPLIED and plan.goes_on(ledger, row, decided, problem=problem, history=history)
    return row.id if begun or status in life_cycle.APPROVED else None


def history_document(ledger: Ledger, course_id: str) -> tuple[bytes, str]:
    """Return the canonical JSON of a course's history, and its digest."""
    history = history_of(ledger.session, ledger.course(course_id).id)
    return canonical.encode(history), history.digest


def problem_document(ledger: Ledger, course_id: str) -> tuple[bytes, str]:
    """Return the canonical JSON of a course's problem, and its fingerprint."""
    problem = problem_of(ledger.session, ledger.course(course_id))
    return canonical.encode(problem), problem.fingerprint


def timeline(ledger: Ledger, course_id: str, *, after: int, limit: int) -> list[EntryView]:
    """Return what is on record about a course, in order, after a sequence."""
    course = ledger.course(course_id)
    entries = ledger.session.execute(
        select(Entry, ReportRow.reason)
        .outerjoin(ReportRow, ReportRow.sequence == Entry.sequence)
        .where(Entry.course_id == course.id, Entry.sequence > after)
        .order_by(Entry.sequence)
        .limit(limit)
    )
    return [
        EntryView(
            sequence=entry.sequence,
            id=entry.id,
            kind=entry.kind,
            principal=staff.principal_shown(ledger, entry.principal),
            occurred_at=entry.occurred_at,
            recorded_at=entry.recorded_at,
            body=staff.body_shown(ledger, json.loads(entry.body)),
            body_digest=entry.body_digest,
            reason=reason,
        )
        for entry, reason in entries
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Advice:
    """What to keep now."""

    stimulation: Stimulation
    settings: Settings | None = None
    relief_nrs: Interval | None = None


def recommendation(ledger: Ledger, course_id: str) -> RecommendationView:
    """Return what to keep, as the latest answer on record says, and off where that would now be refused for harm.

    A course that has ended advises nothing.
    """
    course = ledger.course(course_id)
    latest = _latest_answer(ledger, course)
    if latest is None:
        return RecommendationView(
            basis_id=None,
            basis_kind=None,
            settings=None,
            stimulation="no_advice",
            relief_nrs=None,
            barred_by=[],
            is_current=False,
        )
    row, asked = latest
    decision = decision_of(row)
    history, problem = history_of(ledger.session, course.id), problem_of(ledger.session, course)
    barrier = gate.to_program(ledger.session, course, ledger.now)
    ended = course_end.end_of(ledger.session, course.id) is not None
    advice = _advice(decision, problem, history, barrier, ended=ended)
    known = barrier is None or (isinstance(decision, Hold) and decision.reason is barrier.reason)
    return RecommendationView(
        basis_id=row.id,
        basis_kind=row.kind,
        settings=None if advice.settings is None else advice.settings.as_dict(),
        stimulation=advice.stimulation,
        relief_nrs=None if advice.relief_nrs is None else canonical.to_builtins(advice.relief_nrs),
        barred_by=_barred_by(decision),
        is_current=known
        and not ended
        and (asked.history_digest, asked.problem_fingerprint) == (history.digest, problem.fingerprint),
    )


def _latest_answer(ledger: Ledger, course: CourseRow) -> tuple[ProposalRow, AskRow] | None:
    return ledger.session.execute(
        select(ProposalRow, AskRow)
        .join(AskRow, AskRow.id == ProposalRow.ask_id)
        .where(ProposalRow.course_id == course.id)
        .order_by(ProposalRow.sequence.desc())
        .limit(1)
    ).first()


def _advice(
    decision: Decision, problem: Problem, history: History, barrier: Barrier | None, *, ended: bool
) -> _Advice:
    """Return what to keep: what may harm the patient is asked first, then the answer, then what is on record since."""
    if barrier is not None and barrier.means_off:
        return _Advice(stimulation="off")
    if ended:  # the device may be another by now
        return _Advice(stimulation="no_advice")
    settings, relief_nrs = _kept(decision)
    if settings is None:
        stimulation: Stimulation = "off" if isinstance(decision, Hold) else "no_advice"
        return _Advice(stimulation=stimulation, relief_nrs=relief_nrs)
    if not may_be_kept(problem, history, settings):  # facts, checks and a tighter envelope may have come
        return _Advice(stimulation="no_advice")
    return _Advice(stimulation="as_settings", settings=settings, relief_nrs=relief_nrs)


def _kept(decision: Decision) -> tuple[Settings | None, Interval | None]:
    if isinstance(decision, Proposal):
        return decision.recommendation, decision.recommendation_relief_nrs
    if isinstance(decision, Stop):
        return decision.keep, decision.relief_nrs
    return decision.meanwhile, None


def _barred_by(decision: Decision) -> list[str]:
    if isinstance(decision, Hold) or isinstance(decision.barred_by, UnsetType):
        return []
    return list(decision.barred_by)


def _problem(new: NewCourse) -> Problem:
    if new.device not in device_names():
        raise NotFoundError("device", "is not known here", limit=", ".join(device_names()))
    fields: dict[str, Any] = {}
    if new.side_effects is not None:
        fields["side_effects"] = tuple(
            SideEffect(name=effect.name, nature=effect.nature) for effect in new.side_effects
        )
    if new.postures is not None:
        fields["postures"] = tuple(new.postures)
    if new.start_borne_in_use:
        fields["start_borne_in_use"] = True
    if new.drift_expected:
        fields["drift_expected"] = True
    if new.min_gain_nrs is not None:
        fields["min_gain_nrs"] = float(new.min_gain_nrs)
    return stimulation_problem(
        load_device(new.device),
        objective=_objective(new),
        envelope={name: tuple(allowed) for name, allowed in new.envelope.items()},  # type: ignore[arg-type]
        limits={quantity: float(bound) for quantity, bound in new.limits.items()},
        impedance_ohm=None if new.impedance_ohm is None else float(new.impedance_ohm),
        **fields,
    )


def _objective(new: NewCourse) -> Objective:
    stated: dict[str, Any] = {
        name: float(weight)
        for name in ("bother_weight", "near_tie_nrs")
        if (weight := getattr(new, name)) is not None
    }
    if new.sites is not None:
        stated["sites"] = {site: float(weight) for site, weight in new.sites.items()}
    return Objective(**stated)
