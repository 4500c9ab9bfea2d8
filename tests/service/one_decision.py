"""Fifty callers decide about one proposal at once, in four ways. Told on both databases."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import httpx2
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.clock import system_clock
from service.errors import ProposalDecidedError
from service.ledger import life_cycle
from service.ledger.ledger import Ledger
from service.ledger.life_cycle import Action
from service.ledger.tables import DecisionRow
from service.proposals.sweeping import expire
from tests.service.live import SIGNED_BY, START, Clinic, Server

APPROVE = {"action": "approve"}
EDIT = {"action": "edit", "reason": "clinical_judgement", "settings": START}
REJECT = {"action": "reject", "reason": "patient_preference"}
AFTER = {"approve": "approved", "edit": "edited", "reject": "rejected", "expire": "expired"}


def race(clinic: Clinic, *, callers: int = 50) -> str:
    """Let fifty decide at once; every claim is asserted.

    Returns:
        The action that won.
    """
    course_id, _ = clinic.rated_course()
    proposal = clinic.ask(course_id)
    assert proposal["status"] == "proposed"
    together = threading.Barrier(callers)
    ways: tuple[Callable[[], str | None], ...] = (
        lambda: _by_http(clinic.decide(proposal, **APPROVE), "approve"),
        lambda: _by_http(clinic.decide(proposal, **EDIT), "edit"),
        lambda: _by_http(clinic.decide(proposal, **REJECT), "reject"),
        lambda: _by_time(clinic, proposal["id"]),
    )

    def act(number: int) -> str | None:
        together.wait()
        time.sleep(0.001 * (number * 7 % 5))
        return ways[number % len(ways)]()

    with ThreadPoolExecutor(callers) as pool:
        won = [action for action in pool.map(act, range(callers)) if action is not None]
    assert len(won) == 1, Counter(won)
    with clinic.server.services.database.read() as session:
        written = session.scalars(select(DecisionRow).filter_by(proposal_id=proposal["id"])).all()
    assert [row.action for row in written] == won
    seen = clinic.get(f"/proposals/{proposal['id']}").json()
    signer = None if won[0] == "expire" else SIGNED_BY
    assert (seen["signature"] or {}).get("printed_name") == signer
    if (seen["status"], seen["reason"]) == ("expired", "lapsed"):
        # those who were late took the approval back, once
        assert won[0] in ("approve", "edit")
    else:
        assert seen["status"] == AFTER[won[0]]
    assert (seen["approved"] is not None) == (seen["status"] in ("approved", "edited"))
    return won[0]


def _by_http(reply: httpx2.Response, action: str) -> str | None:
    if reply.status_code == 201:
        return action
    assert (reply.status_code, reply.json()["code"]) in (
        (409, "proposal-decided"),
        (409, "proposal-expired"),
    ), reply.text
    return None


def _by_time(clinic: Clinic, proposal_id: str) -> str | None:
    database = clinic.server.services.database
    written = expire(database, lambda: system_clock() + timedelta(days=8), proposal_id)
    if not written:
        return None
    with database.read() as session:
        action = session.scalar(select(DecisionRow.action).filter_by(proposal_id=proposal_id))
    # else it was an approval that ran out after somebody else won
    return "expire" if action == "expire" else None


def without_the_write_lock(server: Server) -> None:
    """Writes that do not take turns: the unique constraint alone lets one through."""
    clinic = server.clinic()
    proposal_id = clinic.ask(clinic.rated_course()[0])["id"]

    def decide(_: int) -> bool:
        with Session(server.services.database.engine) as session, session.begin():
            ledger = Ledger(session, site=clinic.site, principal="dr", now=system_clock())
            try:
                life_cycle.decide(ledger, ledger.proposal(proposal_id), Action.REJECT)
            except ProposalDecidedError:
                session.rollback()
                return False
            return True

    with ThreadPoolExecutor(20) as pool:
        assert sum(pool.map(decide, range(20))) == 1
    with server.services.database.read() as session:
        count = select(func.count()).select_from(DecisionRow).where(DecisionRow.proposal_id == proposal_id)
        assert session.scalar(count) == 1
