"""What a policy did with a patient, beside what was true: a line of results."""

from dataclasses import dataclass

from optimizer.decision import Interval
from optimizer.evaluate.provenance import Provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class Rated:
    """A rating as it was given, beside what had been predicted of it before."""

    trial: int
    """Place of its trial in the lists of the trace; the start is 0."""
    rating: float
    probabilities: tuple[float, ...] = ()
    """Predicted before the trial: probability of each whole number of the scale; empty where nothing was predicted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """What one policy did with one patient; lists have one entry a trial, the first is the start."""

    scenario: str
    policy: str
    patient: int
    seed: int
    provenance: Provenance
    limit_grade: float
    severe_grade: float
    rating_ends: tuple[float, float]
    """Lowest and highest rating of the scale."""
    achievable_nrs: float
    """Relief at the best settings inside limits and tolerance, against no stimulation."""
    decisions: tuple[str, ...]
    """``start``, ``proposal``, ``hold``, ``stop`` or ``failed``: what the trial rests on."""
    reasons: tuple[str, ...]
    """Why a trial is one of a hold or a stop; empty for the others."""
    tried_nrs: tuple[float, ...]
    """True relief at the settings applied."""
    tried_grade: tuple[float, ...]
    """True expected side-effect grade there."""
    at_edge: tuple[bool, ...]
    """Whether an ordered parameter applied stands at an end of what the envelope allows."""
    recommended_nrs: tuple[float, ...]
    """True relief at the settings recommended once the trial was reported."""
    recommended_grade: tuple[float, ...]
    recommended_uc_per_s: tuple[float, ...]
    """Charge per second there."""
    claims: tuple[Interval | None, ...]
    """Relief of the recommendation against the start as the policy states it then; None where it states nothing."""
    n_breaches: int
    """Trials past a hard limit or the envelope; anything but 0 is a defect."""
    ask_s: tuple[float, ...]
    """Time of each ask; the first is for the second trial."""
    cheapest_uc_per_s: tuple[float, ...] = ()
    """Per recommendation, the least charge per second of legal, tolerable settings that truly relieve as much."""
    n_rung_exposures: int = 0
    """Rungs of ramps felt on the way to other settings, truly above the tolerability limit."""
    n_rung_severe: int = 0
    rated: tuple[Rated, ...] = ()
    failure: str = ""
    """Why the policy failed; empty where it did not. From then on the start settings stay on."""
