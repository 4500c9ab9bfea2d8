"""A comparison of policies -> what MLflow should show: one run for the comparison, one below it per policy.

Pure, as the projection of a course is: the same results give the same view, so that a comparison shown twice is there once.
"""

import dataclasses
import hashlib
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from optimizer.evaluate.metrics.estimate import Estimate
from optimizer.evaluate.metrics.summary import Summary, share_of, summarise
from optimizer.evaluate.trace import Trace
from service.tracking.project import KIND, NOTE
from service.tracking.view import CourseView, Point, RunView

EXPERIMENT = "evaluation"
COMPARISON = "titrate.comparison"
"""Tag on the runs of one comparison, with the digest of its results."""
EXPERIMENT_NOTE = (
    "Policies compared on synthetic patients: a run per comparison, below it a run per policy. Metrics with `after_trials` "
    "have the number of trials as their step. Nothing here is evidence of clinical benefit. **Research use.**"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A comparison and what is to stand beside its results."""

    traces: Sequence[Trace]
    command: str
    """What makes the same results again."""
    page: str
    """The report in Markdown."""
    files: Mapping[str, bytes]
    """The report's files by name."""
    started_at: datetime
    ended_at: datetime


def view_of(shown: Shown) -> CourseView:
    """Return what MLflow should show of a comparison.

    Args:
        shown: Traces of one scenario and one number of trials, and their report.

    Returns:
        A parent run with parameters and the report, a nested run with metrics per policy.
    """
    digest = digest_of(shown.traces)
    return CourseView(
        experiment=EXPERIMENT,
        experiment_tags={NOTE: EXPERIMENT_NOTE, KIND: "custom_model_development"},
        parent=_parent(shown, digest),
        trials=tuple(_policy(shown, digest, summary) for summary in summarise(shown.traces)),
        found_by=COMPARISON,
    )


def digest_of(traces: Sequence[Trace]) -> str:
    """Return a digest of results, the clock included; the order in which runs ended plays no part."""
    # as they are once kept: a whole number may be an int before and is a float after
    read = (msgspec.convert(msgspec.to_builtins(trace), Trace) for trace in traces)
    lines = sorted(msgspec.json.encode(trace) for trace in read)
    return hashlib.sha256(b"\n".join(lines)).hexdigest()[:16]


def metrics_of(summary: Summary) -> dict[str, float]:
    """Return every finite number of a summary by its name.

    The ends of an interval stand in groups of their own, so that MLflow's page shows the estimates first and together.
    """
    return {key: value for key, value in _numbers("", summary) if math.isfinite(value)}


def _numbers(name: str, value: Any) -> Iterator[tuple[str, float]]:
    match value:
        case bool() | str() | tuple() | None:
            return
        case int() | float():
            yield name, float(value)
        case Estimate():
            yield name, value.value
            yield f"interval_low/{name}", value.low
            yield f"interval_high/{name}", value.high
        case dict():
            for key, inner in value.items():
                yield from _numbers(f"{name}/{key}", inner)
        case _:
            for field in dataclasses.fields(value):
                inner_name = f"{name}/{field.name}" if name else field.name
                yield from _numbers(inner_name, getattr(value, field.name))


def _parent(shown: Shown, digest: str) -> RunView:
    first, policies = shown.traces[0], sorted({trace.policy for trace in shown.traces})
    cohort = {trace.patient for trace in shown.traces}
    return RunView(
        identifier=digest,
        name=f"{first.scenario}, {len(first.decisions)} trials, {len(cohort)} patients",
        started_at=shown.started_at,
        ended_at=shown.ended_at,
        parameters={
            **_parameters(shown),
            "n_patients": str(len(cohort)),
            "first_patient": str(min(cohort)),
            "policies": " ".join(policies),
        },
        tags={COMPARISON: digest, "titrate.kind": "comparison", NOTE: shown.page[:NOTE_LENGTH]},
        points=(),
        files=dict(shown.files),
    )


NOTE_LENGTH = 7_900
"""MLflow keeps 8000 characters of a description; the whole page is among the files."""


def _policy(shown: Shown, digest: str, summary: Summary) -> RunView:
    traces = [trace for trace in shown.traces if trace.policy == summary.policy]
    points = [
        Point(key=key, value=value, at=shown.ended_at, step=0) for key, value in metrics_of(summary).items()
    ]
    return RunView(
        identifier=f"{digest}/{summary.policy}",
        name=summary.policy,
        started_at=shown.started_at,
        ended_at=shown.ended_at,
        parameters={
            **_parameters(shown),
            "n_patients": str(summary.n_patients),
            "policy": summary.policy,
        },
        tags={COMPARISON: digest, "titrate.kind": "policy"},
        points=(*points, *_learning_curve(traces, shown.ended_at)),
    )


def _parameters(shown: Shown) -> dict[str, str]:
    first = shown.traces[0]
    return {
        "scenario": first.scenario,
        "n_trials": str(len(first.decisions)),
        "command": shown.command[:PARAMETER_LENGTH],
        "code": first.provenance.code,
        "commit": first.provenance.commit,
        "lock": first.provenance.lock,
    }


PARAMETER_LENGTH = 5_000


def _learning_curve(traces: Sequence[Trace], at: datetime) -> Iterator[Point]:
    """Walk the share of achievable relief at the recommended settings, trial by trial."""
    for after in range(1, len(traces[0].decisions) + 1):
        for key, value in _numbers("share_after_trials", share_of(traces, after).estimate()):
            yield Point(key=key, value=value, at=at, step=after)
