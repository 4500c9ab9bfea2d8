"""Ask and look; what is decided stands in ``deciding``, what is computed in ``answering``."""

import json

from sqlalchemy import select

from optimizer import canonical
from optimizer.ask import Ask
from optimizer.decision import Hold, Proposal, Stop
from optimizer.space.settings import Settings
from service.dependencies.requests import Answer
from service.ledger import asking, course_end, drafts, gate, life_cycle, optimizer_version, staff
from service.ledger.applicable import within_limits
from service.ledger.asking import Question
from service.ledger.gate import Barrier
from service.ledger.history import decision_of, problem_of, start_of
from service.ledger.ledger import Ledger
from service.ledger.life_cycle import Signature, Status
from service.ledger.tables import AskRow, CourseRow, DecisionRow, Entry, JobRow, ProposalRow
from service.proposals import answering
from service.proposals.schemas import AnswerView, NewAsk

STANDING = (Status.PROPOSED, Status.APPROVED, Status.EDITED, Status.ADVICE)


def ask(ledger: Ledger, course_id: str, new: NewAsk) -> Answer:
    """Put a question on record, or find the answer that still holds.

    An answer holds while context, problem and history are the same; else an open proposal is superseded (or, past its
    time, expired) and the question is computed, unless a draft of it is there or on its way. What keeps the course from
    going on at all is answered by a hold at once; open proposals wait for its end.

    Returns:
        ``ask_id`` and whether it was there before; the route waits for what became of it.

    Raises:
        NotFoundError: If the course is not known here.
        CourseEndedError: If it has ended.
        OptimizerError: If the question names a parameter the course has not, or a range that does not ascend.
    """
    course = ledger.course(course_id)
    course_end.check_running(ledger.session, course.id)
    asked = asking.question(ledger.session, course, _context(ledger, course, new))
    for name in new.locked:
        asked.problem.space.parameter(name)
    barrier = gate.to_ask(ledger.session, course, ledger.now)
    latest = _latest(ledger, course.id)
    if latest is not None and _digests(latest) == asked.digests and _holds(ledger, latest, barrier):
        return _asked(course, latest, existing=True)
    for proposal in life_cycle.undecided(ledger, course.id):
        if not life_cycle.expire(ledger, proposal) and barrier is None:
            life_cycle.decide(ledger, proposal, life_cycle.Action.SUPERSEDE)
    if barrier is not None:
        return _held(ledger, course, asked, barrier)
    draft = drafts.matching(ledger.session, course.id, asked.digests, ledger.now)
    row = _append(ledger, course, asked, document=None if draft is None else draft.ask)
    if draft is not None and draft.decision is not None:
        answering.store(ledger.session, row.id, draft.decision, ledger.now)
    if draft is None or draft.decision is not None:
        drafts.drop(ledger.session, course.id)
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
            "stimulation": "off" if _settings(answer) is None else "as_settings",
            "approved": approved and approved.as_dict(),
            # held against envelope and hard limits once more: checked again when read back
            "within_limits": within_limits(
                problem_of(ledger.session, ledger.course(row.course_id)), answer, approved
            ),
            "reason": _reason(ledger, row, answer, decided),
            "flags": [] if decided is None else json.loads(decided.flags),
            "signature": staff.body_shown(ledger, _signature(decided)),
            "fallback": row.fallback,
            "decision": canonical.to_builtins(answer),
        }
    )


def _context(ledger: Ledger, course: CourseRow, new: NewAsk) -> Ask:
    """Return what the caller says of the question; the rest is read from the record."""
    low_high = new.patient_range_ma
    return Ask(
        at=ledger.now,
        in_force=start_of(course),
        in_clinic=new.in_clinic,
        patient_range_ma=None if low_high is None else (float(low_high[0]), float(low_high[1])),
        posture=new.posture,
        locked=tuple(sorted(set(new.locked))),
        q=new.q,
    )


def _append(ledger: Ledger, course: CourseRow, asked: Question, *, document: str | None = None) -> AskRow:
    """Put a question on record with its job; a draft brings its own document, which differs in its time alone."""
    question = asked.ask if document is None else canonical.decode(Ask, document)
    row = AskRow(
        id=ledger.new_id(),
        course_id=course.id,
        ask=canonical.encode(question).decode(),
        seed=asked.seed,
        context_digest=asked.digests.context,
        problem_fingerprint=asked.digests.problem,
        history_digest=asked.digests.history,
        optimizer=optimizer_version.installed(),
    )
    ledger.append("ask", row, question, course_id=course.id)
    ledger.session.add(JobRow(ask_id=row.id, state="open", attempts=0, holder=None, leased_until=None))
    ledger.session.flush()
    return row


def _held(ledger: Ledger, course: CourseRow, asked: Question, barrier: Barrier) -> Answer:
    """Answer at once: the optimiser need not be asked."""
    row = _append(ledger, course, asked)
    hold = barrier.hold(asked.problem, asked.history, asked.ask)
    answering.store(ledger.session, row.id, canonical.encode(hold).decode(), ledger.now)
    return _asked(course, row, existing=False)


def _latest(ledger: Ledger, course_id: str) -> AskRow | None:
    query = select(AskRow).filter_by(course_id=course_id).order_by(AskRow.sequence.desc()).limit(1)
    return ledger.session.scalar(query)


def _digests(row: AskRow) -> asking.Digests:
    return asking.Digests(
        context=row.context_digest, problem=row.problem_fingerprint, history=row.history_digest
    )


def _holds(ledger: Ledger, asked: AskRow, barrier: Barrier | None) -> bool:
    """Return whether the answer to an ask still holds; one that is being computed does, unless something bars it now."""
    row = ledger.session.scalar(select(ProposalRow).filter_by(ask_id=asked.id))
    if row is None:
        return barrier is None
    answer = decision_of(row)
    if isinstance(answer, Hold) and (answer.reason in gate.REASONS or barrier is not None):
        return barrier is not None and (answer.reason, answer.subject_ids) == (
            barrier.reason,
            barrier.subjects,
        )
    failed = row.fallback is not None
    return barrier is None and not failed and life_cycle.status_of(ledger, row) in STANDING


def _asked(course: CourseRow, row: AskRow, *, existing: bool) -> Answer:
    return Answer(
        status=202,
        body={"ask_id": row.id, "course_id": course.id, "existing": existing},
        headers={"Location": f"/v1/courses/{course.id}/asks/{row.id}"},
    )


def _settings(answer: Proposal | Hold | Stop) -> dict[str, float | str] | None:
    if isinstance(answer, Proposal):
        return answer.settings.as_dict()
    kept = answer.keep if isinstance(answer, Stop) else answer.meanwhile
    return None if kept is None else kept.as_dict()


def _approved(decided: DecisionRow | None) -> Settings | None:
    if decided is None or decided.settings is None:
        return None
    return canonical.decode(Settings, decided.settings)


def _signature(decided: DecisionRow | None) -> dict[str, object] | None:
    if decided is None or decided.signature is None:
        return None
    plain: dict[str, object] = canonical.to_builtins(canonical.decode(Signature, decided.signature))
    return plain


def _reason(
    ledger: Ledger, row: ProposalRow, answer: Proposal | Hold | Stop, decided: DecisionRow | None
) -> str | None:
    """Return why it holds or stops, why an approval was taken back, or the code of the decision."""
    if isinstance(answer, Hold | Stop):
        return str(answer.reason)
    taken_back = life_cycle.withdrawal_of(ledger, row.id)
    if taken_back is not None:
        return taken_back.reason or life_cycle.SEVERE_REPORT
    return None if decided is None else decided.reason
