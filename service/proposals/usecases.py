"""Ask and look; what is decided stands in ``decisions``, what is computed in ``answering``."""

import hashlib
import json

import rfc8785
from sqlalchemy import select

from optimizer import canonical
from optimizer.ask import Ask
from optimizer.decision import Hold, HoldReason, Proposal, Stop, decode_decision
from optimizer.errors import SettingsError
from optimizer.history import History
from optimizer.problem import Problem
from optimizer.space.settings import Settings
from service.dependencies.requests import Answer
from service.ledger import life_cycle
from service.ledger.history import decision_of, history_of, problem_of, start_of
from service.ledger.in_force import in_force
from service.ledger.ledger import Ledger
from service.ledger.life_cycle import Action, Status
from service.ledger.tables import AskRow, CourseRow, DecisionRow, Entry, JobRow, ProposalRow, TrialRow
from service.proposals.schemas import AnswerView, NewAsk

STANDING = (Status.PROPOSED, Status.APPROVED, Status.EDITED, Status.ADVICE)


def ask(ledger: Ledger, course_id: str, new: NewAsk) -> Answer:
    """Put a question on record, or find the answer that still holds.

    An answer holds while context, problem and history are the same; else an open proposal is superseded (or, past its
    time, expired) and the question is computed.

    Returns:
        ``ask_id`` and whether it was there before; the route waits for what became of it.

    Raises:
        NotFoundError: If the course is not known here.
        OptimizerError: If the question names a parameter the course has not, or a range that does not ascend.
    """
    course = ledger.course(course_id)
    problem, history = problem_of(course), history_of(ledger.session, course.id)
    question = _question(ledger, course, problem, history, new)
    digests = (_context_digest(question), course.problem_fingerprint, history.digest)
    latest = _latest(ledger, course.id)
    if latest is not None and _digests(latest) == digests and _holds(ledger, latest):
        return _asked(course, latest, existing=True)
    for proposal in life_cycle.undecided(ledger, course.id):
        late = life_cycle.status_of(ledger, proposal) is Status.EXPIRED
        life_cycle.decide(ledger, proposal, Action.EXPIRE if late else Action.SUPERSEDE)
    row = AskRow(
        id=ledger.new_id(),
        course_id=course.id,
        ask=canonical.encode(question).decode(),
        seed=_seed(course.id, history.digest),
        context_digest=digests[0],
        problem_fingerprint=digests[1],
        history_digest=digests[2],
    )
    ledger.append("ask", row, question, course_id=course.id)
    ledger.session.add(JobRow(ask_id=row.id, state="open", attempts=0, holder=None, leased_until=None))
    return _asked(course, row, existing=False)


def answer_to(ledger: Ledger, course_id: str, ask_id: str) -> AnswerView | None:
    """Return what an ask was answered, or None while it is computed."""
    asked = ledger.ask(course_id, ask_id)
    row = ledger.session.scalar(select(ProposalRow).filter_by(ask_id=asked.id))
    return None if row is None else view(ledger, row)


def find(ledger: Ledger, proposal_id: str) -> AnswerView:
    """Return an answer of this site."""
    return view(ledger, ledger.proposal(proposal_id))


def view(ledger: Ledger, row: ProposalRow) -> AnswerView:
    """Return an answer as it stands now."""
    status = life_cycle.status_of(ledger, row)
    decided = life_cycle.decision_about(ledger, row.id)
    answer = decision_of(row)
    approved = _approved(decided) if status in STANDING or status is Status.APPLIED else None
    recorded = ledger.session.scalar(select(Entry.recorded_at).filter_by(id=row.id))
    return AnswerView.model_validate(
        {
            "id": row.id,
            "ask_id": row.ask_id,
            "course_id": row.course_id,
            "kind": row.kind,
            "status": status,
            "etag": life_cycle.etag_of(row, status),
            "recorded_at": recorded,
            "valid_until": row.valid_until,
            "settings": _settings(answer),
            "approved": approved and approved.as_dict(),
            "within_limits": _within_limits(ledger, row, answer, approved),
            "reason": str(answer.reason) if isinstance(answer, Hold | Stop) else decided and decided.reason,
            "flags": [] if decided is None else json.loads(decided.flags),
            "fallback": row.fallback,
            "decision": canonical.to_builtins(answer),
        }
    )


def _question(ledger: Ledger, course: CourseRow, problem: Problem, history: History, new: NewAsk) -> Ask:
    for name in new.locked:
        problem.space.parameter(name)
    low_high = new.patient_range_ma
    return Ask(
        at=ledger.now,
        in_force=in_force(history, start_of(course), ledger.now),
        in_clinic=new.in_clinic,
        patient_range_ma=None if low_high is None else (float(low_high[0]), float(low_high[1])),
        posture=new.posture,
        locked=tuple(sorted(set(new.locked))),
        q=new.q,
        exclude=_rejected(ledger, course.id),
    )


def _rejected(ledger: Ledger, course_id: str) -> tuple[tuple[int, ...], ...]:
    """Grid points a clinician rejected since something was last applied."""
    last_trial = (
        select(TrialRow.sequence).filter_by(course_id=course_id).order_by(TrialRow.sequence.desc()).limit(1)
    )
    since = ledger.session.scalar(last_trial) or 0
    rows = ledger.session.scalars(
        select(ProposalRow.decision)
        .join(DecisionRow, DecisionRow.proposal_id == ProposalRow.id)
        .where(
            ProposalRow.course_id == course_id,
            DecisionRow.action == Action.REJECT,
            DecisionRow.sequence > since,
        )
        .order_by(DecisionRow.sequence)
    )
    decisions = [decode_decision(row) for row in rows]
    return tuple(d.settings.indices for d in decisions if isinstance(d, Proposal))


def _context_digest(question: Ask) -> str:
    """Return the SHA-256 of a question without its time."""
    plain = {name: value for name, value in canonical.to_builtins(question).items() if name != "at"}
    return hashlib.sha256(rfc8785.dumps(plain)).hexdigest()


def _latest(ledger: Ledger, course_id: str) -> AskRow | None:
    query = select(AskRow).filter_by(course_id=course_id).order_by(AskRow.sequence.desc()).limit(1)
    return ledger.session.scalar(query)


def _digests(row: AskRow) -> tuple[str, str, str]:
    return row.context_digest, row.problem_fingerprint, row.history_digest


def _holds(ledger: Ledger, asked: AskRow) -> bool:
    """Return whether the answer to an ask still holds; one that is being computed does."""
    row = ledger.session.scalar(select(ProposalRow).filter_by(ask_id=asked.id))
    if row is None:
        return True
    late = row.valid_until is not None and ledger.now > row.valid_until
    answer = decision_of(row)
    failed = isinstance(answer, Hold) and answer.reason is HoldReason.MODEL_FAILED
    return not late and not failed and life_cycle.status_of(ledger, row) in STANDING


def _asked(course: CourseRow, row: AskRow, *, existing: bool) -> Answer:
    return Answer(
        status=202,
        body={"ask_id": row.id, "course_id": course.id, "existing": existing},
        headers={"Location": f"/v1/courses/{course.id}/asks/{row.id}"},
    )


def _seed(course_id: str, history_digest: str) -> int:
    """Return the seed of a question: the same record gives the same draws, 31 bits."""
    return int(hashlib.sha256(f"{course_id}:{history_digest}".encode()).hexdigest()[:8], 16) & 0x7FFFFFFF


def _settings(answer: Proposal | Hold | Stop) -> dict[str, float | str] | None:
    if isinstance(answer, Proposal):
        return answer.settings.as_dict()
    kept = answer.keep if isinstance(answer, Stop) else answer.meanwhile
    return None if kept is None else kept.as_dict()


def _approved(decided: DecisionRow | None) -> Settings | None:
    if decided is None or decided.settings is None:
        return None
    return canonical.decode(Settings, decided.settings)


def _within_limits(
    ledger: Ledger, row: ProposalRow, answer: Proposal | Hold | Stop, approved: Settings | None
) -> bool:
    """Hold what is about to be shown against envelope and hard limits once more: checked again when read back."""
    problem = problem_of(ledger.course(row.course_id))
    planned = [step.settings for step in answer.steps] if isinstance(answer, Proposal) else []
    try:
        for settings in planned if approved is None else [approved, *planned[1:]]:
            problem.check(settings)
    except SettingsError:
        return False
    return True
