"""A lease holds while its service says that it lives, and no longer."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from service.ledger import computing, drafts
from service.proposals import answering
from tests.service.live import Clinic
from tests.service.proposals.asking import asked, ledger_of

SPAN = timedelta(seconds=15)
FAR = timedelta(days=1)
"""Ahead of the running service's clock, so that it takes none of these for lost."""


class UndoneError(Exception):
    """Nothing of what a test writes is kept."""


@pytest.fixture
def work(clinic: Clinic) -> Iterator[Any]:
    other, _ = clinic.rated_course()
    asked_about, _ = clinic.rated_course()
    with suppress(UndoneError), clinic.server.services.database.write() as session:
        ledger = ledger_of(clinic, session)
        yield session, asked(clinic, ledger, asked_about), other, ledger.now
        raise UndoneError


def beat(session: Session, at: datetime, *working: str, warm: int = 1, holder: str = "one") -> None:
    computing.beat(session, holder, optimizer="{}", warm=warm, working=working, until=at + SPAN, now=at)


def test_work_is_taken_over_when_its_service_falls_silent_and_not_before(work: Any) -> None:
    session, ask_id, course_id, now = work
    assert answering.claim(session, ask_id, "one", now, SPAN) == 1
    assert drafts.claim(session, course_id, "one", now, SPAN) is not None
    beat(session, now + SPAN / 2, ask_id, course_id)
    later = now + SPAN + timedelta(seconds=1)
    assert ask_id not in answering.open_jobs(session, later)
    assert answering.claim(session, ask_id, "two", later, SPAN) is None
    assert course_id not in drafts.due(session, later, timedelta(0), most=100)
    silent = now + 2 * SPAN
    assert ask_id in answering.open_jobs(session, silent)
    assert course_id in drafts.due(session, silent, timedelta(0), most=100)
    assert answering.claim(session, ask_id, "two", silent, SPAN) == 2


def test_a_sign_of_life_renews_only_what_its_service_is_at_work_on(work: Any) -> None:
    session, ask_id, _, now = work
    assert answering.claim(session, ask_id, "one", now, SPAN) == 1
    beat(session, now + SPAN / 2)
    beat(session, now + SPAN / 2, ask_id, holder="two")
    assert ask_id in answering.open_jobs(session, now + SPAN)


def test_a_service_serves_while_it_lives_is_warm_and_has_the_same_optimiser(work: Any) -> None:
    session, _, _, now = work
    at = now + FAR  # the running server's own signs of life are long over
    assert not computing.serving(session, at)
    beat(session, at, warm=0)
    assert not computing.serving(session, at)
    beat(session, at)
    assert computing.serving(session, at, optimizer="{}")
    assert not computing.serving(session, at, optimizer='{"optimizer":"another"}')
    assert not computing.serving(session, at + SPAN)
    computing.leave(session, "one")
    assert not computing.serving(session, at)
