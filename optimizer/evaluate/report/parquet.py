"""Every trial of every run as Parquet: one row a trial, enough to compute each figure of a report again."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet

from optimizer.evaluate.trace import Trace

SCHEMA = pa.schema(
    [
        ("scenario", pa.string()),
        ("policy", pa.string()),
        ("patient", pa.int64()),
        ("seed", pa.int64()),
        ("trial", pa.int64()),
        ("decision", pa.string()),
        ("reason", pa.string()),
        ("tried_nrs", pa.float64()),
        ("tried_grade", pa.float64()),
        ("at_edge", pa.bool_()),
        ("recommended_nrs", pa.float64()),
        ("recommended_grade", pa.float64()),
        ("recommended_uc_per_s", pa.float64()),
        ("claim_low_nrs", pa.float64()),
        ("claim_high_nrs", pa.float64()),
        ("ask_s", pa.float64()),
        ("ratings", pa.list_(pa.float64())),
        ("rating_probabilities", pa.list_(pa.float64())),
        ("achievable_nrs", pa.float64()),
        ("limit_grade", pa.float64()),
        ("severe_grade", pa.float64()),
        ("n_breaches", pa.int64()),
        ("failure", pa.string()),
        ("code", pa.string()),
        ("commit", pa.string()),
        ("lock", pa.string()),
        ("scenario_fingerprint", pa.string()),
    ]
)
"""What holds for a whole run (achievable relief, limits, breaches, failure, origin) is repeated on each of its rows."""


def write_parquet(traces: Sequence[Trace], path: Path) -> None:
    """Write one row per run and trial, in the order of policy, patient, seed, trial."""
    ordered = sorted(traces, key=lambda trace: (trace.policy, trace.patient, trace.seed))
    rows = [row for trace in ordered for row in _rows(trace)]
    pyarrow.parquet.write_table(pa.Table.from_pylist(rows, schema=SCHEMA), path, compression="zstd")


def _rows(trace: Trace) -> Iterator[dict[str, Any]]:
    whole = {
        "scenario": trace.scenario,
        "policy": trace.policy,
        "patient": trace.patient,
        "seed": trace.seed,
        "achievable_nrs": trace.achievable_nrs,
        "limit_grade": trace.limit_grade,
        "severe_grade": trace.severe_grade,
        "n_breaches": trace.n_breaches,
        "failure": trace.failure,
        "code": trace.provenance.code,
        "commit": trace.provenance.commit,
        "lock": trace.provenance.lock,
        "scenario_fingerprint": trace.provenance.scenario,
    }
    for trial, decision in enumerate(trace.decisions):
        rated = [entry for entry in trace.rated if entry.trial == trial]
        claim = trace.claims[trial]
        yield whole | {
            "trial": trial,
            "decision": decision,
            "reason": trace.reasons[trial],
            "tried_nrs": trace.tried_nrs[trial],
            "tried_grade": trace.tried_grade[trial],
            "at_edge": trace.at_edge[trial],
            "recommended_nrs": trace.recommended_nrs[trial],
            "recommended_grade": trace.recommended_grade[trial],
            "recommended_uc_per_s": trace.recommended_uc_per_s[trial],
            "claim_low_nrs": None if claim is None else claim.low,
            "claim_high_nrs": None if claim is None else claim.high,
            # the ask that led to this trial; the start was not asked for
            "ask_s": trace.ask_s[trial - 1] if 0 < trial <= len(trace.ask_s) else None,
            "ratings": [entry.rating for entry in rated],
            "rating_probabilities": list(rated[0].probabilities)
            if rated and rated[0].probabilities
            else None,
        }
