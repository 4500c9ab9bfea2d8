"""Decisions are data: every kind comes back exactly from its canonical JSON."""

import json
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

import pytest
import rfc8785

from optimizer import canonical
from optimizer.decision import (
    Basis,
    Change,
    Decision,
    Explanation,
    Hold,
    HoldReason,
    Influence,
    Interval,
    Proposal,
    Purpose,
    Step,
    Stop,
    StopReason,
    decode_decision,
)
from optimizer.errors import MalformedDocumentError
from optimizer.problem import stimulation_problem
from optimizer.space.device import load_device

PROBLEM = stimulation_problem(load_device("scs-tonic"))
HERE = PROBLEM.space.settings(
    {"amplitude_ma": 5.0, "pulse_width_us": 300.0, "frequency_hz": 40.0, "configuration": "level-4"}
)
THERE = PROBLEM.space.settings({**HERE.as_dict(), "amplitude_ma": 5.3})
BASIS = Basis(
    titrate_version="0.1.0",
    torch_version="2.13.0",
    processor="avx2",
    policy="safe_bo",
    problem_fingerprint=PROBLEM.fingerprint,
    history_digest="0" * 64,
    prior_version="none",
    seed=7,
    effective_sample_size=41.25,
)
GAIN = Interval(mean=0.1 + 0.2, low=-1.0, high=1.6)
STEP = Step(
    settings=THERE,
    amplitude_range_ma=(4.8, 5.3),
    relief_nrs=GAIN,
    outcome=Interval(mean=4.7, low=3.1, high=6.3),
    side_effect_grade=None,
    explanation=Explanation(
        purpose=Purpose.IMPROVE,
        gain_nrs=GAIN,
        p_intolerable={"all_day": 0.03125},
        changes=(Change(parameter="amplitude_ma", unit="mA", before=5.0, after=5.3),),
        influences=(Influence(report_id="r", weight=0.5),),
        doubts=("few-reports",),
    ),
    limits=PROBLEM.check(THERE),
)
DECISIONS: list[Decision] = [
    Proposal(
        steps=(STEP, STEP),
        recommendation=HERE,
        recommendation_relief_nrs=GAIN,
        valid_until=datetime(2025, 3, 8, tzinfo=UTC),
        basis=BASIS,
    ),
    Hold(reason=HoldReason.NO_RATING, subject_ids=("r", "t"), release="rate", meanwhile=HERE, basis=BASIS),
    Hold(reason=HoldReason.UNREVIEWED_ADVERSE_EVENT),
    Stop(
        reason=StopReason.NO_SETTING_HELPS, keep=HERE, relief_nrs=GAIN, remaining_gain_nrs=0.125, basis=BASIS
    ),
]


@pytest.mark.parametrize("decision", DECISIONS, ids=lambda d: type(d).__name__)
@pytest.mark.parametrize("form", ["bytes", "text"])
def test_every_kind_comes_back_exactly(decision: Decision, form: str) -> None:
    written = canonical.encode(decision)
    back = decode_decision(written if form == "bytes" else written.decode())
    assert back == decision
    assert type(back) is type(decision)
    assert canonical.encode(back) == written


def test_the_values_of_settings_come_back_though_equality_is_by_index() -> None:
    back = canonical.decode(Proposal, canonical.encode(DECISIONS[0]))
    assert back.settings.as_dict() == THERE.as_dict()
    assert back.steps[0].limits == STEP.limits


ADDED = {"rating_probabilities", "recommendation_over_start_nrs", "over_start_nrs", "programmes"}
"""Fields that documents stored before the first release lack."""


def as_stored_before(content: Any) -> Any:
    """A document's content as a release wrote it that knew none of the added fields."""
    if isinstance(content, dict):
        return {name: as_stored_before(entry) for name, entry in content.items() if name not in ADDED}
    return [as_stored_before(entry) for entry in content] if isinstance(content, list) else content


@pytest.mark.parametrize("decision", DECISIONS, ids=lambda d: type(d).__name__)
def test_a_document_stored_before_a_field_was_added_reads_and_writes_bit_for_bit(decision: Decision) -> None:
    full = {"rating_probabilities": [0.5, 0.5], "over_start_nrs": None, "recommendation_over_start_nrs": None}
    known = {field.name for field in fields(decision)} & ADDED
    today = json.loads(canonical.encode(decision))
    today["content"] |= {name: full[name] for name in known}
    assert canonical.encode(decode_decision(json.dumps(today))) == rfc8785.dumps(today)
    before = rfc8785.dumps(as_stored_before(today))
    assert canonical.encode(decode_decision(before)) == before


@pytest.mark.parametrize(
    "data", [canonical.encode(PROBLEM), b"{}", b"", "nonsense", b'{"format":"titrate.Proposals"}']
)
def test_what_is_not_a_decision_is_refused(data: bytes | str) -> None:
    with pytest.raises(MalformedDocumentError):
        decode_decision(data)


def test_a_document_that_mentions_a_decision_inside_is_still_read_by_its_own_format() -> None:
    hold = Hold(reason=HoldReason.NO_RATING, subject_ids=('"format":"titrate.Proposal"',))
    assert decode_decision(canonical.encode(hold)) == hold


def test_whitespace_does_not_matter() -> None:
    loose = canonical.encode(DECISIONS[1]).replace(b'"format":', b'"format" : ')
    assert decode_decision(loose) == DECISIONS[1]
