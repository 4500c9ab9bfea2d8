import json
from datetime import UTC, datetime

from optimizer import canonical
from optimizer.ask import Ask
from optimizer.decision import Proposal, decode_decision
from optimizer.history import applied, history_from_rows
from optimizer.prior import NO_PRIOR
from optimizer.problem import stimulation_problem
from optimizer.propose import propose
from optimizer.space.device import load_device
from service.proposals.compute_process import START, answer, warm_up

PROBLEM = stimulation_problem(load_device("scs-tonic"), envelope={"amplitude_ma": (0.0, 9.0)})
HISTORY = history_from_rows(PROBLEM, [{**START, "pain": 6, "discomfort": 1}])
ASK = Ask(at=datetime(2026, 1, 1, tzinfo=UTC), in_force=applied(PROBLEM, START))


def request(**changes: object) -> bytes:
    documents = {"problem": PROBLEM, "history": HISTORY, "ask": ASK, "prior": NO_PRIOR}
    stated = {name: canonical.encode(value).decode() for name, value in documents.items()}
    return json.dumps(stated | {"seed": 7} | changes).encode()


def test_the_answer_is_what_propose_says_byte_for_byte() -> None:
    document = json.loads(answer(request()))["decision"]
    assert isinstance(decode_decision(document), Proposal)
    assert document.encode() == canonical.encode(propose(PROBLEM, HISTORY, ASK, prior=NO_PRIOR, seed=7))


def test_what_fails_is_named_by_its_code_alone() -> None:
    assert json.loads(answer(request(problem="{}"))) == {"error": "malformed-document"}
    assert json.loads(answer(b"{}")) == {"error": "internal-error"}


def test_warming_up_asks_a_real_question() -> None:
    warm_up()
