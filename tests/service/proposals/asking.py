"""Ask within a transaction of the test, as a clinician of the clinic's site."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from optimizer import canonical
from optimizer.decision import Proposal
from service.auth.principal import Principal, Role
from service.dependencies.requests import ledger_for
from service.ledger.ledger import Ledger
from service.proposals import answering
from service.proposals.schemas import NewAsk
from service.proposals.usecases import ask
from tests.service.live import Clinic

SPAN = timedelta(seconds=60)


def asked(clinic: Clinic, ledger: Ledger, course_id: str, **fields: object) -> str:
    body = ask(ledger, course_id, NewAsk(**fields)).body  # type: ignore[arg-type]
    assert isinstance(body, dict)
    return str(body["ask_id"])


def ledger_of(clinic: Clinic, session: Session) -> Ledger:
    principal = Principal(name="dr", site=clinic.site, roles=frozenset({Role.CLINICIAN}))
    return ledger_for(session, principal, clinic.server.services)


def being_answered(clinic: Clinic, course_id: str, **fields: object) -> str:
    """Ask, and take it off the queue, as if a process were at it; returns the ask."""
    with clinic.server.services.database.write() as session:
        ledger = ledger_of(clinic, session)
        ask_id = asked(clinic, ledger, course_id, **fields)
        assert answering.claim(session, ask_id, "test", ledger.now, SPAN) is not None
    return ask_id


def arrives(clinic: Clinic, ask_id: str, document: str) -> None:
    """Let the process be done."""
    with clinic.server.services.database.write() as session:
        answering.store(session, ask_id, document, ledger_of(clinic, session).now)


def document_of(clinic: Clinic, proposal_id: str) -> str:
    """Return the decision of a proposal as it is stored."""
    with clinic.server.services.database.read() as session:
        return ledger_of(clinic, session).proposal(proposal_id).decision


def with_range(clinic: Clinic, course_id: str, *, below_ma: float, above_ma: float) -> dict[str, Any]:
    """Return the proposal of a course with a range of its own around its settings, so that there is room on either side."""
    answer = canonical.decode(Proposal, document_of(clinic, clinic.ask(course_id)["id"]))
    ask_id = being_answered(clinic, course_id, locked=["frequency_hz"])
    here = float(answer.settings["amplitude_ma"])
    span = (round(here - below_ma, 3), round(here + above_ma, 3))
    first = replace(answer.steps[0], amplitude_range_ma=span)
    arrives(clinic, ask_id, canonical.encode(replace(answer, steps=(first,))).decode())
    found: dict[str, Any] = clinic.get(f"/courses/{course_id}/asks/{ask_id}").json()
    return found
