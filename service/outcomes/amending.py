"""Correct what was applied."""

import json

from sqlalchemy import select

from service.dependencies.requests import Answer
from service.ledger import drafts
from service.ledger.amendments import Amendment
from service.ledger.history import problem_of
from service.ledger.ledger import Ledger
from service.ledger.life_cycle import TRIAL_AMENDED, withdraw_all
from service.ledger.tables import AmendmentRow, TrialRow
from service.outcomes import flagging
from service.outcomes.schemas import AmendmentView, NewAmendment
from service.outcomes.usecases import trial_from


def amend_trial(ledger: Ledger, trial_id: str, new: NewAmendment) -> Answer:
    """Say anew what was applied, or that it was not.

    What was said before stays on record with who, when and why, and every answer keeps it as its basis. From now on the
    corrected trial counts; of one that was taken back, its reports count no more. Every open proposal, and every approval
    not yet applied, rested on what is corrected here: they are withdrawn in the same transaction, and the next answer is
    queued.

    Nothing that is closed opens: a severe report goes on closing the settings first recorded, and closes the corrected
    ones too, also where a clinician had released it before; a corrected ramp opens no rate. A review after the correction
    releases all of it. A proposal whose application is taken back stays applied: it is never programmed a second time.

    Args:
        ledger: The transaction at hand.
        trial_id: The trial, under the id it was recorded with, however often it was corrected.
        new: The correction.

    Returns:
        The trial as it stands, and what was withdrawn.

    Raises:
        NotFoundError: If the trial is not known here.
        UnknownParameterError: If the values are not settings of the course's device at all.
        TrialOrderError: If it ends before it begins.
    """
    course = ledger.course_of_trial(trial_id)
    problem = problem_of(ledger.session, course)
    trial, found = None, list[str]()
    if new.trial is not None:
        followed = ledger.session.scalar(select(TrialRow.proposal_id).filter_by(id=trial_id))
        trial = trial_from(problem, new.trial, trial_id=trial_id, now=ledger.now)
        found = flagging.of_application(ledger, course, problem, trial, new.trial, proposal_id=followed)
    fact = Amendment(
        id=ledger.new_id(), trial_id=trial_id, trial=trial, reason=new.reason, recorded_at=ledger.now
    )
    row = AmendmentRow(
        id=fact.id, course_id=course.id, trial_id=trial_id, reason=fact.reason, flags=json.dumps(found)
    )
    happened_at = ledger.now if trial is None else trial.occurred_at
    ledger.append("amendment", row, fact, course_id=course.id, occurred_at=happened_at)
    withdrawn = withdraw_all(ledger, course.id, cause_id=fact.id, reason=TRIAL_AMENDED)
    drafts.queue(ledger.session, course.id, ledger.now)
    view = AmendmentView(
        id=fact.id,
        trial_id=trial_id,
        course_id=course.id,
        reason=fact.reason,
        settings=None if trial is None else trial.applied.values,
        on_grid=None if trial is None else trial.applied.settings is not None,
        flags=found,
        withdrawn_proposals=list(withdrawn),
        recorded_at=ledger.now,
    )
    return Answer(status=201, body=view)
