"""Ask within a transaction of the test, as a clinician of the clinic's site."""

from datetime import timedelta

from sqlalchemy.orm import Session

from service.auth.principal import Principal, Role
from service.dependencies.requests import ledger_for
from service.ledger.ledger import Ledger
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
