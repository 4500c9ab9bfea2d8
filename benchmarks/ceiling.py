# ruff: noqa: INP001, T201, SLF001 - a script that runs itself, talks to the terminal and looks inside a patient
"""How much of what the arena calls achievable can be had under the ceiling on intolerable reports.

The arena asks for the best settings whose *expected* grade is within the limit; a policy must also keep intolerable *reports*
under 5 % (under `CAUTION` of that, as the search is careful). Where thresholds move from one report to the next the two
part. Here an observer who knows the patient picks the best of all settings under each ceiling.
Run by ``python benchmarks/ceiling.py``; prints Markdown.
"""

import numpy as np
from numpy.typing import NDArray

from optimizer.safety.safe_set import CAUTION
from optimizer.simulate.body import Body
from optimizer.simulate.effect import sigmoid
from optimizer.simulate.scenarios import TherapyScenario, load_scenario
from optimizer.simulate.side_effects import discomfort_grade
from optimizer.simulate.stimulus import Stimulus
from optimizer.simulate.thresholds import window_position
from optimizer.trial import Posture

SCENARIOS = ("scs-tonic", "scs-tonic-narrow", "scs-tonic-all-day", "scs-tonic-jitter")
PATIENTS = range(1_000, 1_040)
"""Others than the tables report."""
CEILINGS = (0.10, 0.05, CAUTION * 0.05)
EVERY = 7
"""One legal setting in so many; neighbours differ little."""
SHIFTS, WEIGHTS = np.polynomial.hermite_e.hermegauss(15)

Array = NDArray[np.float64]


def main() -> None:
    """Print the table."""
    heads = [f"at most {100 * ceiling:g} %" for ceiling in CEILINGS]
    print("| scenario | patients | " + " | ".join(heads) + " | intolerable reports at the arena's best, % |")
    print("|---" * (3 + len(CEILINGS)) + "|")
    for name in SCENARIOS:
        found = np.array(
            [had for patient in PATIENTS if (had := reached(load_scenario(name), patient))[0] >= 1]
        )
        shares = found[:, 1:-1].sum(0) / found[:, 0].sum()
        cells = [f"{share:.2f}" for share in shares] + [f"{100 * found[:, -1].mean():.0f}"]
        print(f"| {name} | {len(found)} | " + " | ".join(cells) + " |", flush=True)


def reached(scenario: TherapyScenario, patient: int) -> list[float]:
    """Return the most relief in points as the arena counts it, under each ceiling, and how often its best is intolerable."""
    truth, body, legal = scenario.truth(patient), scenario._body(patient), scenario.legal[::EVERY]
    relief, grade = truth.relief_nrs(legal), truth.grade(legal)
    limit = scenario.problem.tolerability.limit_grade
    risk = p_intolerable(scenario, body, body.stimulus(legal), limit)
    best = int(np.where(grade <= limit, relief, -np.inf).argmax())
    under = [float(relief[risk <= ceiling].max(initial=0.0)) for ceiling in CEILINGS]
    return [float(relief[best]), *under, float(risk[best])]


def p_intolerable(scenario: TherapyScenario, body: Body, stimulus: Stimulus, limit: float) -> Array:
    """Return the probability of a report of discomfort above a limit, ``(c,)``, in the posture where it is highest."""
    jitter = float(body.cohort["posture_jitter_log_sd"].item()) if scenario.jitters else 0.0

    def mean(posture: Posture) -> Array:
        here = body.perception_ma(stimulus, posture, 0.0)
        moved = (at(body, stimulus, here * np.exp(jitter * shift), limit) for shift in SHIFTS)
        return sum(weight * risk for weight, risk in zip(WEIGHTS / WEIGHTS.sum(), moved, strict=True))

    return np.max([mean(posture) for posture in scenario.postures], axis=0)


def at(body: Body, stimulus: Stimulus, perception: Array, limit: float) -> Array:
    """Return the probability that a whole-number grade is above a limit, ``(c,)``, at perception thresholds ``(1, c)``."""
    cohort = body.cohort
    grade = discomfort_grade(cohort, window_position(cohort, stimulus.amplitude_ma, perception))
    scale = cohort["grades_per_window"] * cohort["uncomfortable_scale"]
    return sigmoid((grade - limit - 0.5) / scale)[0]


if __name__ == "__main__":
    main()
