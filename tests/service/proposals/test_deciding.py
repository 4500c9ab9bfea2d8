from datetime import UTC, datetime
from typing import Any

import pytest

from optimizer.ask import Ask
from optimizer.history import applied, history_from_rows
from optimizer.problem import stimulation_problem
from optimizer.space.device import load_device
from service.proposals.deciding import flags_of
from tests.service.live import SIGNED_BY, START, Clinic, Server, codes

APPROVE = {"action": "approve", "signed_by": SIGNED_BY}
EDIT = {"action": "edit", "reason": "clinical_judgement"}


def test_a_decision_needs_the_state_it_is_about(clinic: Clinic) -> None:
    course_id, _ = clinic.rated_course()
    proposal = clinic.ask(course_id)
    path = f"/proposals/{proposal['id']}/decisions"
    replies = [
        clinic.post(path, APPROVE),
        clinic.post(path, APPROVE, **{"If-Match": '"another"'}),
        clinic.post(path, APPROVE, **{"If-Match": proposal["etag"]}),
        clinic.post(path, APPROVE, **{"If-Match": proposal["etag"]}),
    ]
    assert codes(replies) == [
        (428, "precondition-required"),
        (412, "precondition-failed"),
        (201, ""),
        (409, "proposal-decided"),
    ]


def test_what_became_of_a_proposal_is_told_whatever_the_tag(clinic: Clinic) -> None:
    course_id, trial_id = clinic.rated_course()
    decided, stale = clinic.ask(course_id), {"If-Match": '"another"'}
    clinic.decide(decided, action="reject", reason="patient_preference")
    withdrawn = clinic.ask(course_id)
    clinic.report(trial_id, 8, kind="discomfort")
    replies = [
        clinic.post(f"/proposals/{each['id']}/decisions", APPROVE, **stale) for each in (decided, withdrawn)
    ]
    replies += [
        clinic.decide(withdrawn, action="approve"),
        clinic.get(f"/proposals/{withdrawn['id']}/program"),
    ]
    assert codes(replies) == [(409, "proposal-decided")] + [(409, "proposal-withdrawn")] * 3
    assert all("severe_report" in reply.json()["detail"] for reply in replies[1:])


def test_there_is_nothing_to_decide_about_a_hold(clinic: Clinic) -> None:
    hold = clinic.ask(clinic.course()["id"])
    assert codes([clinic.decide(hold, action="approve")]) == [(409, "nothing-to-decide")]


@pytest.fixture(scope="module")
def undecided(server: Server) -> tuple[Clinic, dict[str, Any]]:
    """Give a proposal for all decisions that cannot be: each must leave it to the next."""
    clinic = server.clinic()
    course_id = clinic.course(limits={"charge_density_uc_per_cm2": 28})["id"]
    clinic.report(clinic.trial(course_id)["id"], 6)
    return clinic, clinic.ask(course_id)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"action": "reject"}, (422, "reason-required")),
        ({"action": "edit", "settings": START}, (422, "reason-required")),
        ({"action": "edit", "reason": "clinical_judgement"}, (422, "invalid-request")),
        ({"action": "approve", "settings": START}, (422, "invalid-request")),
        ({"action": "expire"}, (422, "invalid-request")),
        ({"action": "reject", "reason": "I do not like it"}, (422, "invalid-request")),
        (EDIT | {"settings": START | {"amplitude_ma": 4.55}}, (422, "off-grid")),
        (EDIT | {"settings": START | {"amplitude_ma": 9.1}}, (422, "outside-envelope")),
        (EDIT | {"settings": START | {"amplitude_ma": 9, "pulse_width_us": 1000}}, (422, "hard-limit")),
        (EDIT | {"settings": {"amplitude_ma": 4}}, (422, "unknown-parameter")),
    ],
)
def test_a_decision_that_cannot_be_leaves_the_proposal_open(
    body: dict[str, object], code: tuple[int, str], undecided: tuple[Clinic, dict[str, Any]]
) -> None:
    clinic, proposal = undecided
    assert codes([clinic.decide(proposal, **body)]) == [code]
    assert clinic.get(f"/proposals/{proposal['id']}").json() == proposal


def test_an_edit_past_the_titration_rule_is_kept_with_its_reason_and_flagged(clinic: Clinic) -> None:
    course_id, _ = clinic.rated_course()
    proposal = clinic.ask(course_id)
    far = START | {"amplitude_ma": 8}
    reply = clinic.decide(proposal, **EDIT, settings=far)
    seen = reply.json()
    assert (reply.status_code, seen["status"], seen["reason"]) == (201, "edited", "clinical_judgement")
    assert seen["approved"] == far
    assert seen["settings"] == proposal["settings"], "what was proposed stays on record"
    assert seen["flags"] == ["beyond_titration", "tolerability_not_predicted"]


def test_approving_what_was_not_tolerated_since_is_flagged(clinic: Clinic) -> None:
    course_id, trial_id = clinic.well_rated_course()
    proposal = clinic.ask(course_id)
    assert proposal["settings"]["amplitude_ma"] >= START["amplitude_ma"]
    clinic.report(trial_id, 5, kind="discomfort")
    reply = clinic.decide(proposal, action="approve")
    assert (reply.status_code, reply.json()["flags"]) == (201, ["beyond_titration"])


def test_a_later_step_past_what_was_not_tolerated_is_flagged_as_the_first_would_be() -> None:
    problem = stimulation_problem(load_device("scs-tonic"), envelope={"amplitude_ma": (0.0, 9.0)})
    rows = [
        {
            **START,
            "amplitude_ma": ma,
            "pain": 5,
            "discomfort": grade,
            "at": datetime(2026, 1, day, tzinfo=UTC),
        }
        for day, (ma, grade) in enumerate([(4.5, 5), (4.0, 0)], start=1)
    ]
    history = history_from_rows(problem, rows)
    weak, weaker, barred = (problem.space.settings(START | {"amplitude_ma": ma}) for ma in (4.0, 3.9, 4.5))
    ask = Ask(at=datetime(2026, 1, 3, tzinfo=UTC), in_force=applied(problem, weak.as_dict()))
    assert flags_of(problem, history, ask, weak, (weak, weaker)) == []
    assert flags_of(problem, history, ask, weak, (weak, barred)) == ["beyond_titration"]


def test_an_edit_to_the_settings_in_force_is_within_the_rule(clinic: Clinic) -> None:
    course_id, _ = clinic.rated_course()
    proposal = clinic.ask(course_id)
    edited = clinic.decide(proposal, **EDIT, settings=START).json()
    assert "beyond_titration" not in edited["flags"]


def test_a_proposal_past_its_time_is_not_decided(clinic: Clinic) -> None:
    from datetime import timedelta

    from service.auth.principal import Principal, Role
    from service.dependencies.requests import ledger_for
    from service.errors import ProposalExpiredError
    from service.ledger.life_cycle import Action, Status, decision_about, status_of
    from service.proposals.deciding import decide
    from service.proposals.schemas import NewAsk, NewDecision
    from service.proposals.usecases import ask

    course_id, _ = clinic.rated_course()
    proposal = clinic.ask(course_id)
    services = clinic.server.services
    principal = Principal(name="dr", site=clinic.site, roles=frozenset({Role.CLINICIAN}))
    with services.database.write() as session:
        ledger = ledger_for(session, principal, services)
        ledger.now += timedelta(days=365)
        assert status_of(ledger, ledger.proposal(proposal["id"])) is Status.EXPIRED
        with pytest.raises(ProposalExpiredError):
            decide(
                ledger,
                proposal["id"],
                NewDecision(action="approve", signed_by=SIGNED_BY),
                if_match=proposal["etag"],
            )
        ask(ledger, course_id, NewAsk())
        decision = decision_about(ledger, proposal["id"])
        assert decision is not None
        assert decision.action == Action.EXPIRE
        session.rollback()
