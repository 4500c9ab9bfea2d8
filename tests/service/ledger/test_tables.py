from service.db.base import Base
from service.ledger.tables import APPEND_ONLY, Fact


def test_every_typed_fact_grows_only_and_refers_to_its_header() -> None:
    facts = Fact.__subclasses__()
    assert len(facts) >= 9
    for kind in facts:
        table = kind.__table__
        assert table.name in APPEND_ONLY
        assert {key.target_fullname for key in table.c.sequence.foreign_keys} == {"entries.sequence"}


def test_a_proposal_can_have_one_decision_and_an_ask_one_answer() -> None:
    tables = Base.metadata.tables
    assert tables["decisions"].c.proposal_id.unique
    assert tables["withdrawals"].c.proposal_id.unique
    assert tables["proposals"].c.ask_id.unique
