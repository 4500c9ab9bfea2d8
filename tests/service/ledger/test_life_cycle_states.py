"""What becomes of a proposal, straight on the ledger: every state, the instant it begins, and what is written for it."""

import json
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from optimizer.space.device import load_device
from service.errors import ProposalDecidedError
from service.ledger import life_cycle
from service.ledger.ledger import Ledger
from service.ledger.life_cycle import LAPSED, Action, Status, decide, expire, status_of, take_back
from service.ledger.tables import (
    AskRow,
    DecisionRow,
    Entry,
    ProposalRow,
    TrialRow,
    WithdrawalRow,
)
from tests.service.ledger.bare import NOW, course_of
from tests.service.live import START

UNTIL = NOW + timedelta(days=7)
LATE = UNTIL + timedelta(microseconds=1)
SETTINGS = load_device("scs-tonic").space.settings(START)
HARM = "a severe report"


@pytest.fixture
def course_id(ledger: Ledger) -> str:
    return course_of(ledger, "x").id


def answer(
    ledger: Ledger, course_id: str, kind: str = "proposal", until: datetime | None = UNTIL
) -> ProposalRow:
    ask = AskRow(
        id=ledger.new_id(),
        course_id=course_id,
        ask="{}",
        seed=1,
        context_digest="c",
        problem_fingerprint="f",
        history_digest="h",
    )
    ledger.append("ask", ask, {}, course_id=course_id)
    found = ProposalRow(
        id=ledger.new_id(),
        course_id=course_id,
        ask_id=ask.id,
        kind=kind,
        decision="{}",
        decision_digest="d" * 64,
        valid_until=until,
    )
    return ledger.append("proposal", found, {}, course_id=course_id)


def apply(ledger: Ledger, proposal: ProposalRow) -> None:
    row = TrialRow(id=ledger.new_id(), course_id=proposal.course_id, proposal_id=proposal.id, flags="[]")
    ledger.append("trial", row, {}, course_id=proposal.course_id)


def body_of(ledger: Ledger, fact_id: str) -> object:
    return json.loads(ledger.session.scalars(select(Entry.body).filter_by(id=fact_id)).one())


def test_an_answer_that_proposes_nothing_is_advice_and_never_open(ledger: Ledger, course_id: str) -> None:
    for kind in ("hold", "stop"):
        assert status_of(ledger, answer(ledger, course_id, kind)) is Status.ADVICE
    assert life_cycle.undecided(ledger, course_id) == ()


def test_a_proposal_is_open_to_its_last_instant_and_expired_after_it(ledger: Ledger, course_id: str) -> None:
    proposal, endless = answer(ledger, course_id), answer(ledger, course_id, until=None)
    for now, expected in ((NOW, Status.PROPOSED), (UNTIL, Status.PROPOSED), (LATE, Status.EXPIRED)):
        ledger.now = now
        assert status_of(ledger, proposal) is expected
        assert status_of(ledger, endless) is Status.PROPOSED


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        (Action.APPROVE, Status.APPROVED),
        (Action.EDIT, Status.EDITED),
        (Action.REJECT, Status.REJECTED),
        (Action.EXPIRE, Status.EXPIRED),
        (Action.SUPERSEDE, Status.SUPERSEDED),
        (Action.WITHDRAW, Status.WITHDRAWN),
    ],
)
def test_a_decision_moves_its_own_proposal_and_no_other(
    action: Action, expected: Status, ledger: Ledger, course_id: str
) -> None:
    one, other = answer(ledger, course_id), answer(ledger, course_id)
    decide(ledger, one, action)
    assert (status_of(ledger, one), status_of(ledger, other)) == (expected, Status.PROPOSED)
    assert life_cycle.undecided(ledger, course_id) == (other,)
    programmable = expected in (Status.APPROVED, Status.EDITED)
    assert life_cycle.to_be_applied(ledger, course_id) == ((one,) if programmable else ())
    ledger.now = LATE
    assert status_of(ledger, one) is (Status.EXPIRED if programmable else expected)
    with pytest.raises(ProposalDecidedError):
        decide(ledger, one, Action.REJECT)


def test_a_decision_says_all_there_is_to_say_in_its_entry_and_its_row(ledger: Ledger, course_id: str) -> None:
    edited, rejected = answer(ledger, course_id), answer(ledger, course_id)
    name = life_cycle.sign(ledger, edited, Action.EDIT, "Dr. A")
    row = decide(
        ledger, edited, Action.EDIT, settings=SETTINGS, reason="why", flags=("b", "a"), signature=name
    )
    signed = {
        "printed_name": "Dr. A",
        "meaning": "authorship",
        "signed_at": "2026-11-21T09:00:00Z",
        "proposal_digest": "d" * 64,
    }
    expected = {
        "action": "edit",
        "flags": ["a", "b"],
        "proposal_digest": "d" * 64,
        "proposal_id": edited.id,
        "reason": "why",
    }
    assert body_of(ledger, row.id) == expected | {"settings": SETTINGS.as_dict(), "signature": signed}
    assert (json.loads(row.flags), row.reason, row.course_id) == (["a", "b"], "why", course_id)
    assert json.loads(row.signature or "")["content"] == signed
    assert row.settings is not None
    bare = decide(ledger, rejected, Action.REJECT)
    assert body_of(ledger, bare.id) == {
        "action": "reject",
        "flags": [],
        "proposal_digest": "d" * 64,
        "proposal_id": rejected.id,
        "reason": None,
        "settings": None,
        "signature": None,
    }
    assert (bare.settings, bare.signature) == (None, None)


@pytest.mark.parametrize(
    ("action", "meaning"),
    [(Action.APPROVE, "approval"), (Action.EDIT, "authorship"), (Action.REJECT, "rejection")],
)
def test_a_signature_says_what_it_means(action: Action, meaning: str, ledger: Ledger, course_id: str) -> None:
    found = life_cycle.sign(ledger, answer(ledger, course_id), action, "Dr. A")
    assert (found.meaning, found.signed_at, found.proposal_digest) == (meaning, NOW, "d" * 64)


def test_an_approval_taken_back_is_withdrawn_whatever_comes_after(ledger: Ledger, course_id: str) -> None:
    one, other = answer(ledger, course_id), answer(ledger, course_id)
    for proposal in (one, other):
        decide(ledger, proposal, Action.APPROVE, settings=SETTINGS)
    take_back(ledger, one, cause_id=HARM, reason="severe_report")
    assert (status_of(ledger, one), status_of(ledger, other)) == (Status.WITHDRAWN, Status.APPROVED)
    apply(ledger, one)
    assert status_of(ledger, one) is Status.WITHDRAWN
    taken = life_cycle.withdrawal_of(ledger, one.id)
    assert taken is not None
    assert body_of(ledger, taken.id) == {"cause_id": HARM, "proposal_id": one.id, "reason": "severe_report"}
    assert (taken.cause_id, taken.reason, taken.course_id) == (HARM, "severe_report", course_id)


def test_what_was_applied_is_applied_also_where_it_had_run_out(ledger: Ledger, course_id: str) -> None:
    one, other = answer(ledger, course_id), answer(ledger, course_id)
    for proposal in (one, other):
        decide(ledger, proposal, Action.APPROVE, settings=SETTINGS)
    take_back(ledger, one, cause_id="c", reason=LAPSED)
    assert (status_of(ledger, one), status_of(ledger, other)) == (Status.EXPIRED, Status.APPROVED)
    apply(ledger, one)
    assert (status_of(ledger, one), status_of(ledger, other)) == (Status.APPLIED, Status.APPROVED)
    ledger.now = LATE
    assert (status_of(ledger, one), status_of(ledger, other)) == (Status.APPLIED, Status.EXPIRED)


def test_to_be_applied_is_what_was_approved_in_this_course_and_came_to_nothing_yet(
    ledger: Ledger, course_id: str
) -> None:
    approved, edited, taken, applied, rejected, still = [answer(ledger, course_id) for _ in range(6)]
    elsewhere = answer(ledger, course_of(ledger, "y").id)
    for proposal in (approved, taken, applied, elsewhere):
        decide(ledger, proposal, Action.APPROVE, settings=SETTINGS)
    decide(ledger, edited, Action.EDIT, settings=SETTINGS)
    decide(ledger, rejected, Action.REJECT)
    take_back(ledger, taken, cause_id=HARM, reason="severe_report")
    apply(ledger, applied)
    for now in (NOW, LATE):
        ledger.now = now
        assert life_cycle.to_be_applied(ledger, course_id) == (approved, edited)
        assert life_cycle.undecided(ledger, course_id) == (still,)


def stock(ledger: Ledger, course_id: str, until: datetime = UNTIL) -> tuple[ProposalRow, ProposalRow]:
    """One open proposal and one approved one."""
    found = answer(ledger, course_id, until=until), answer(ledger, course_id, until=until)
    decide(ledger, found[1], Action.APPROVE, settings=SETTINGS)
    return found


def test_harm_takes_back_what_is_open_and_what_is_approved_and_lets_lapse_what_was_late(
    ledger: Ledger, course_id: str
) -> None:
    late = stock(ledger, course_id, NOW)
    fresh = stock(ledger, course_id)
    elsewhere = stock(ledger, course_of(ledger, "y").id)
    ledger.now = NOW + timedelta(hours=1)
    taken = life_cycle.withdraw_all(ledger, course_id, cause_id=HARM)
    assert taken == tuple(proposal.id for proposal in fresh)
    assert [status_of(ledger, proposal) for proposal in (*late, *fresh, *elsewhere)] == [
        Status.EXPIRED,
        Status.EXPIRED,
        Status.WITHDRAWN,
        Status.WITHDRAWN,
        Status.PROPOSED,
        Status.APPROVED,
    ]
    decisions = {
        row.proposal_id: (row.action, row.reason) for row in ledger.session.scalars(select(DecisionRow))
    }
    assert decisions[late[0].id] == ("expire", None)
    assert decisions[fresh[0].id] == ("withdraw", "severe_report")
    withdrawals = {
        row.proposal_id: (row.cause_id, row.reason) for row in ledger.session.scalars(select(WithdrawalRow))
    }
    assert withdrawals == {late[1].id: (HARM, LAPSED), fresh[1].id: (HARM, "severe_report")}
    assert life_cycle.withdraw_all(ledger, course_id, cause_id=HARM) == ()


def test_a_tighter_problem_takes_back_only_what_it_forbids(ledger: Ledger, course_id: str) -> None:
    one, two = stock(ledger, course_id), stock(ledger, course_id)
    taken = life_cycle.withdraw_all(
        ledger, course_id, cause_id="p", reason="envelope_tightened", unless=lambda row: row in one
    )
    assert taken == tuple(proposal.id for proposal in two)
    assert [status_of(ledger, proposal) for proposal in one] == [Status.PROPOSED, Status.APPROVED]
    decision, withdrawal = (
        life_cycle.decision_about(ledger, two[0].id),
        life_cycle.withdrawal_of(ledger, two[1].id),
    )
    assert decision is not None
    assert withdrawal is not None
    assert (decision.reason, withdrawal.reason) == ("envelope_tightened", "envelope_tightened")


def test_running_out_is_written_once_and_only_where_there_is_something_to_write(
    ledger: Ledger, course_id: str
) -> None:
    still, approved = stock(ledger, course_id)
    rejected, applied = answer(ledger, course_id), answer(ledger, course_id)
    decide(ledger, rejected, Action.REJECT)
    decide(ledger, applied, Action.APPROVE, settings=SETTINGS)
    apply(ledger, applied)
    everything = (still, approved, rejected, applied)
    assert [expire(ledger, proposal) for proposal in everything] == [False] * 4
    ledger.now = LATE
    assert [expire(ledger, proposal) for proposal in everything] == [True, True, False, False]
    assert [expire(ledger, proposal) for proposal in everything] == [False] * 4
    approval = life_cycle.decision_about(ledger, approved.id)
    lapse = life_cycle.withdrawal_of(ledger, approved.id)
    assert approval is not None
    assert lapse is not None
    assert (lapse.cause_id, lapse.reason) == (approval.id, LAPSED)
    assert ledger.session.scalars(select(WithdrawalRow)).all() == [lapse]


def test_the_tag_of_a_proposal_changes_with_it_and_with_its_state(ledger: Ledger, course_id: str) -> None:
    one, other = answer(ledger, course_id), answer(ledger, course_id)
    tags = {life_cycle.etag_of(row, state) for row in (one, other) for state in Status}
    assert len(tags) == 2 * len(Status)
    assert life_cycle.etag_of(one, Status.PROPOSED) in tags


def test_the_next_approval_takes_back_those_before_and_lets_lapse_what_was_late(
    ledger: Ledger, course_id: str
) -> None:
    late, late_approved = stock(ledger, course_id, NOW)
    still, approved = stock(ledger, course_id)
    elsewhere = stock(ledger, course_of(ledger, "y").id)[1]
    ledger.now = NOW + timedelta(hours=1)
    latest = answer(ledger, course_id)
    decided = decide(ledger, latest, Action.EDIT, settings=SETTINGS)
    taken = life_cycle.take_back_approvals(
        ledger, course_id, cause_id=decided.id, reason="superseded", unless=lambda row: row is latest
    )
    assert taken == (approved.id,)
    found = {
        row.proposal_id: (row.cause_id, row.reason) for row in ledger.session.scalars(select(WithdrawalRow))
    }
    assert found == {late_approved.id: (decided.id, LAPSED), approved.id: (decided.id, "superseded")}
    assert [status_of(ledger, row) for row in (late, still, latest, elsewhere)] == [
        Status.EXPIRED,
        Status.PROPOSED,
        Status.EDITED,
        Status.APPROVED,
    ]
    assert life_cycle.to_be_applied(ledger, course_id) == (latest,)


@pytest.mark.parametrize("action", [Action.APPROVE, Action.EDIT])
def test_only_an_approval_of_the_same_course_comes_since_another(
    action: Action, ledger: Ledger, course_id: str
) -> None:
    first = decide(ledger, answer(ledger, course_id), Action.APPROVE, settings=SETTINGS)
    decide(ledger, answer(ledger, course_id), Action.REJECT)
    decide(ledger, answer(ledger, course_of(ledger, "y").id), Action.APPROVE, settings=SETTINGS)
    assert not life_cycle.approved_since(ledger, first)
    latest = decide(ledger, answer(ledger, course_id), action, settings=SETTINGS)
    assert life_cycle.approved_since(ledger, first)
    assert not life_cycle.approved_since(ledger, latest)


def test_why_something_was_withdrawn_is_said_by_what_took_it_back(ledger: Ledger, course_id: str) -> None:
    waited, approved, unsaid = (answer(ledger, course_id) for _ in range(3))
    decide(ledger, waited, Action.WITHDRAW, reason="envelope_tightened")
    decide(ledger, approved, Action.APPROVE, reason="read by two")
    take_back(ledger, approved, cause_id=waited.id, reason="trial_amended")
    decide(ledger, unsaid, Action.WITHDRAW)
    reasons = [life_cycle.why_withdrawn(ledger, proposal) for proposal in (waited, approved, unsaid)]
    assert reasons == ["envelope_tightened", "trial_amended", "severe_report"]


def test_the_latest_approval_is_the_last_decided_of_its_course_alone(ledger: Ledger, course_id: str) -> None:
    elsewhere = answer(ledger, course_of(ledger, "y").id)
    assert life_cycle.latest_approval(ledger, course_id) is None
    first, second, third, rejected = (answer(ledger, course_id) for _ in range(4))
    # neither the first that was proposed nor the first that was decided
    for proposal in (second, first):
        decide(ledger, proposal, Action.APPROVE)
    decide(ledger, third, Action.EDIT)
    decide(ledger, rejected, Action.REJECT)
    decide(ledger, elsewhere, Action.APPROVE)
    found = life_cycle.latest_approval(ledger, course_id)
    assert found is not None
    row, decided = found
    assert (row, decided.proposal_id, decided.action) == (third, third.id, Action.EDIT)
