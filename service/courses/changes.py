"""Change what a course allows: tighter at once, by one person; looser only with a second."""

from dataclasses import replace

import numpy as np
from sqlalchemy import select

from optimizer import canonical
from optimizer.errors import ParameterDefinitionError
from optimizer.problem import Envelope, Problem, stimulation_problem, tightened
from optimizer.space.constraint import Limit, Quantity
from optimizer.space.device import device_names, load_device
from optimizer.space.settings import Settings
from service.courses.standing_schemas import NewConfirmation, NewProblem, ProblemView
from service.dependencies.requests import Answer
from service.errors import (
    MixedChangeError,
    ProblemReplacedError,
    SecondPersonError,
)
from service.ledger import course_end, drafts, life_cycle
from service.ledger.applicable import within_limits
from service.ledger.course_tables import ConfirmationRow, ProblemRow
from service.ledger.history import LOOSER, TIGHTER, decision_of, problem_of, stated_problem_of
from service.ledger.ledger import Ledger
from service.ledger.life_cycle import TIGHTENED
from service.ledger.tables import CourseRow, Entry, ProposalRow


def change(ledger: Ledger, course_id: str, new: NewProblem) -> Answer:
    """Put another problem on record; a tighter one is in force at once and takes back what it no longer allows.

    Raises:
        NotFoundError: If the course is not known here.
        CourseEndedError: If it has ended.
        MixedChangeError: If it allows more in one place and less in another, or changes nothing.
        OptimizerError: If it contradicts the device: no level left, or a limit past the device file's.
    """
    course = ledger.course(course_id)
    course_end.check_running(ledger.session, course.id)
    present = stated_problem_of(ledger.session, course)
    changed = _changed(present, new)
    looser, tighter = allows_more(present, changed), allows_more(changed, present)
    if looser == tighter:
        raise MixedChangeError(
            "envelope",
            "allows more and less at once" if looser else "changes nothing",
            limit="either looser or tighter",
            remedy="Send what is tighter first, then what is looser.",
        )
    row = ProblemRow(
        id=ledger.new_id(),
        course_id=course.id,
        problem=canonical.encode(changed).decode(),
        problem_fingerprint=changed.fingerprint,
        replaces=present.fingerprint,
        change=LOOSER if looser else TIGHTER,
        reason=new.reason,
    )
    body = {
        "change": row.change,
        "problem": canonical.to_builtins(changed),
        "problem_fingerprint": row.problem_fingerprint,
        "reason": row.reason,
        "replaces": row.replaces,
        "signed_by": new.signed_by,
    }
    ledger.append("problem", row, body, course_id=course.id)
    withdrawn = () if looser else _take_back(ledger, course, row.id)
    return Answer(status=201, body=_view(ledger, row, in_force=not looser, withdrawn=withdrawn))


def confirm(ledger: Ledger, course_id: str, problem_id: str, new: NewConfirmation) -> Answer:
    """Bring a looser problem into force.

    Raises:
        NotFoundError: If course or problem are not known here.
        CourseEndedError: If the course has ended.
        SecondPersonError: If it is the caller's own.
        ProblemReplacedError: If it is in force, or what it was made from no longer is.
    """
    course = ledger.course(course_id)
    course_end.check_running(ledger.session, course.id)
    row = ledger.in_course(ProblemRow, course.id, problem_id, "problem")
    confirmed = ledger.session.scalar(select(ConfirmationRow.id).filter_by(problem_id=row.id))
    if row.change == TIGHTER or confirmed is not None:
        raise ProblemReplacedError("problem", "waits for nobody", remedy="Read the course.")
    if ledger.session.scalar(select(Entry.principal).filter_by(id=row.id)) == ledger.principal:
        raise SecondPersonError(
            "caller", "is the one who asked for it", remedy="Let another clinician confirm it."
        )
    if stated_problem_of(ledger.session, course).fingerprint != row.replaces:
        raise ProblemReplacedError(
            "problem", "was made from one that is no longer in force", remedy="Send it anew."
        )
    confirmation = ConfirmationRow(id=ledger.new_id(), course_id=course.id, problem_id=row.id)
    body = {
        "problem_fingerprint": row.problem_fingerprint,
        "problem_id": row.id,
        "signed_by": new.signed_by,
    }
    ledger.append("confirmation", confirmation, body, course_id=course.id)
    drafts.drop(ledger.session, course.id)
    return Answer(status=201, body=_view(ledger, row, in_force=True, withdrawn=()))


def allows_more(before: Problem, after: Problem) -> bool:
    """Return whether a problem allows anything that another does not: a level of a parameter, or a higher bound."""
    opened = any(
        bool(np.any(new & ~old)) for old, new in zip(before.index_masks, after.index_masks, strict=True)
    )
    bounds = {limit.quantity: limit.bound for limit in before.space.limits}
    later = {limit.quantity: limit.bound for limit in after.space.limits}
    return opened or any(later.get(quantity, np.inf) > bound for quantity, bound in bounds.items())


def _changed(present: Problem, new: NewProblem) -> Problem:
    """Return the problem with what was named taken over."""
    name = present.device.partition("/")[0]
    if name not in device_names():
        raise ParameterDefinitionError(
            "device", "is no longer shipped, so its limits cannot be read", remedy="Open another course."
        )
    device = load_device(name)
    stated = stimulation_problem(device, envelope={n: tuple(v) for n, v in new.envelope.items()})  # type: ignore[arg-type]
    envelope = Envelope(
        bounds={**present.envelope.bounds, **stated.envelope.bounds},
        choices={**present.envelope.choices, **stated.envelope.choices},
    )
    limits = _limits(present, device.space.limits, new)
    return replace(present, envelope=envelope, space=replace(present.space, limits=limits))


def _limits(present: Problem, of_device: tuple[Limit, ...], new: NewProblem) -> tuple[Limit, ...]:
    """Return the limits with new bounds: those left out as they are, each at most the device file's."""
    kept = {limit.quantity: limit.bound for limit in present.space.limits}
    wanted = kept | {Quantity(quantity): float(bound) for quantity, bound in new.limits.items()}
    changed = {limit.quantity: limit for limit in tightened(of_device, wanted)}
    return tuple(
        limit if kept[limit.quantity] == changed[limit.quantity].bound else changed[limit.quantity]
        for limit in present.space.limits
    ) + tuple(limit for quantity, limit in changed.items() if quantity not in kept)


def _take_back(ledger: Ledger, course: CourseRow, cause_id: str) -> tuple[str, ...]:
    problem = problem_of(ledger.session, course)

    def stands(proposal: ProposalRow) -> bool:
        decided = life_cycle.decision_about(ledger, proposal.id)
        edited = None if decided is None else decided.settings
        approved = None if edited is None else canonical.decode(Settings, edited)
        return within_limits(problem, decision_of(proposal), approved)

    drafts.drop(ledger.session, course.id)
    return life_cycle.withdraw_all(ledger, course.id, cause_id=cause_id, reason=TIGHTENED, unless=stands)


def _view(ledger: Ledger, row: ProblemRow, *, in_force: bool, withdrawn: tuple[str, ...]) -> ProblemView:
    return ProblemView(
        id=row.id,
        course_id=row.course_id,
        change="looser" if row.change == LOOSER else "tighter",
        in_force=in_force,
        problem_fingerprint=row.problem_fingerprint,
        withdrawn_proposals=list(withdrawn),
        recorded_at=ledger.now,
    )
