"""The rules of the design read a second time: one setting at a time, plain arithmetic, none of the code under test.

``breaches`` names every rule that one proposed setting breaks. Chronaxies are swept, not solved; thresholds and charges are
computed from raw values; the record is read from its raw facts. Only the data types are shared.
"""

import math

from optimizer.ask import Ask
from optimizer.history import History
from optimizer.outcomes.side_effect import Nature
from optimizer.problem import Problem
from optimizer.trial import Facts, Measure, Posture, ReviewSubject, RungOutcome, Trial, TrialKind

CHRONAXIES_US = tuple(150.0 + 50.0 * k for k in range(7))
SLACK = 1e-6
Values = dict[str, float | str]


def breaches(problem: Problem, history: History, ask: Ask, values: Values) -> list[str]:
    """Return the rules one setting breaks; empty means it may be proposed."""
    found = []
    found += ["grid"] * (not on_grid(problem, values))
    found += ["envelope"] * (not in_envelope(problem, values))
    found += [f"limit {name}" for name in broken_limits(problem, values)]
    found += ["locked"] * any(values[name] != ask.in_force.values.get(name) for name in ask.locked)
    found += ["closure"] * is_closed(problem, history, values)
    found += ["bar"] * is_barred(problem, history, values)
    found += ["titration"] * (not is_titrated(problem, history, ask, values))
    found += ["place"] * (not fits_the_place(problem, ask, values))
    return found


def on_grid(problem: Problem, values: Values) -> bool:
    return all(values[parameter.name] in parameter.levels for parameter in problem.space.parameters)


def in_envelope(problem: Problem, values: Values) -> bool:
    bounds = problem.envelope.bounds.items()
    choices = problem.envelope.choices.items()
    inside = all(low - SLACK <= float(values[name]) <= high + SLACK for name, (low, high) in bounds)
    return inside and all(values[name] in allowed for name, allowed in choices)


# --- hard limits ----------------------------------------------------------------------------------


def shares_of(problem: Problem, values: Values) -> list[tuple[float, float | None]]:
    """Share of the current and area of every active contact; the housing is none."""
    chosen = values.get("configuration", problem.space.configurations[0].name)
    configuration = next(entry for entry in problem.space.configurations if entry.name == chosen)
    areas = {contact.name: contact.area_cm2 for contact in problem.space.contacts}
    return [(abs(share), areas[name]) for name, share in configuration.shares.items() if name in areas]


def quantities(problem: Problem, values: Values) -> dict[str, float | None]:
    """Every bounded quantity; None where it cannot be known."""
    current_ma = float(values["amplitude_ma"])
    width_us = values.get("pulse_width_us")
    rate_hz = values.get("frequency_hz")
    on_s, off_s = (
        v if isinstance(v := values.get(name), int | float) else None for name in ("on_s", "off_s")
    )
    charge_uc = None if width_us is None else current_ma * float(width_us) / 1000
    duty: float | None = 1.0
    ratio: float | None = 0.0
    if "on_s" in problem.space.names:
        known = on_s is not None and off_s is not None
        duty = (float(on_s) + 4) / (float(on_s) + float(off_s)) if known else None
        ratio = float(on_s) / float(off_s) if known else None
    contacts = shares_of(problem, values)
    measurable = charge_uc is not None and all(area is not None for _, area in contacts)
    densities, ks = [], []
    if measurable:
        for share, area_cm2 in contacts:
            charge = share * float(charge_uc or 0)
            densities.append(charge / float(area_cm2 or math.nan))
            ks.append(2 * math.log10(charge) - math.log10(area_cm2 or math.nan) if charge > 0 else -math.inf)
    impedance = problem.space.impedance_ohm
    return {
        "total_current_ma": current_ma,
        "contact_current_ma": max(share * current_ma for share, _ in contacts),
        "charge_per_phase_uc": charge_uc,
        "charge_density_uc_per_cm2": max(densities) if measurable else None,
        "shannon_k": max(ks) if measurable else None,
        "charge_per_second_uc": None
        if charge_uc is None or rate_hz is None or duty is None
        else charge_uc * float(rate_hz) * duty,
        "compliance_v": None if impedance is None else current_ma / 1000 * impedance,
        "duty_cycle": duty,
        "on_off_ratio": ratio,
        "charge_imbalance": 0.0 if problem.space.balanced else 1.0,
        "period_share": None
        if width_us is None or rate_hz is None
        else 2 * float(width_us) * float(rate_hz) / 1e6,
    }


def broken_limits(problem: Problem, values: Values) -> list[str]:
    measured = quantities(problem, values)
    broken = []
    for limit in problem.space.limits:
        value = measured[limit.quantity]
        if value is None:
            broken += [limit.quantity] * limit.required
        elif value > limit.bound + SLACK or (limit.exclusive and value >= limit.bound):
            broken.append(limit.quantity)
    return broken


# --- strength -------------------------------------------------------------------------------------


def threshold(values: Values, chronaxie_us: float) -> float:
    """Weiss, relative; 1 where the device has no width."""
    return 1 + chronaxie_us / float(values["pulse_width_us"]) if "pulse_width_us" in values else 1.0


def rate_threshold(problem: Problem, values: Values) -> float:
    """Threshold relative to a low rate; 1 where the device file states no dependence."""
    corner_hz = problem.excitability.rate_corner_hz
    if corner_hz is None or "frequency_hz" not in values:
        return 1.0
    return 1 / (1 + (min(max(float(values["frequency_hz"]), 40.0), 1200.0) / corner_hz) ** 1.5)


def worst_ratio(problem: Problem, values: Values, other: Values, *, rate: bool) -> float:
    """Largest intensity of one setting over another's that a chronaxie allows; a lower rate earns no credit."""
    mine, theirs = float(values["amplitude_ma"]), float(other["amplitude_ma"])
    if theirs == 0:
        return math.inf if mine > 0 else 1.0
    by_rate = max(1.0, rate_threshold(problem, other) / rate_threshold(problem, values)) if rate else 1.0
    return max(mine / theirs * threshold(other, c) / threshold(values, c) for c in CHRONAXIES_US) * by_rate


def is_knowable(problem: Problem, values: Values) -> bool:
    """Whether every quantity that strength depends on is there and can be."""
    for name in ("amplitude_ma", "pulse_width_us", "frequency_hz"):
        if name in problem.space.names:
            value = values.get(name)
            if not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
                return False
            if value == 0 and name != "amplitude_ma":
                return False
    return True


def place(problem: Problem, values: Values) -> str | None:
    """Name of the configuration, or None where the device has not got it."""
    if "configuration" not in problem.space.names:
        return problem.space.configurations[0].name
    name = values.get("configuration")
    return name if isinstance(name, str) and name in problem.space.parameter("configuration").levels else None


def distance_mm(problem: Problem, one: str, other: str) -> float:
    centroids = []
    for name in (one, other):
        configuration = next(entry for entry in problem.space.configurations if entry.name == name)
        contacts = {contact.name: contact for contact in problem.space.contacts}
        cathodes = [(contacts[c], -s) for c, s in configuration.shares.items() if s < 0 and c in contacts]
        weight = sum(share for _, share in cathodes)
        centroids.append(
            (
                sum(contact.position_mm * share for contact, share in cathodes) / weight,
                sum(contact.lateral_mm * share for contact, share in cathodes) / weight,
            )
        )
    return math.dist(*centroids)


# --- what was tolerated ---------------------------------------------------------------------------


def is_severe(problem: Problem, kind: str, grade: float) -> bool:
    nature = next(effect.nature for effect in problem.side_effects if effect.name == kind)
    assert problem.tolerability is not None
    return grade >= problem.tolerability.severe_grade or (nature is Nature.HARD_STOP and grade > 0)


def is_intolerable(problem: Problem, kind: str, grade: float) -> bool:
    assert problem.tolerability is not None
    return grade > problem.tolerability.limit_grade or is_severe(problem, kind, grade)


def was_tolerated(problem: Problem, facts: Facts) -> bool:
    if facts.trial.kind in (TrialKind.BASELINE, TrialKind.STIMULATION_OFF):
        return False
    reports = [*facts.pain, *facts.side_effects]
    if not any(report.stimulation_on for report in reports):
        return False
    if any(is_intolerable(problem, r.kind, r.value) for r in facts.side_effects if r.value is not None):
        return False
    applied = facts.trial.applied.values.get("amplitude_ma", -math.inf)
    return not any(
        rung.outcome is RungOutcome.DISCOMFORT and rung.amplitude_ma <= float(applied) + SLACK
        for rung in facts.trial.ramp
        if not isinstance(applied, str)
    )


def not_tolerated(problem: Problem, history: History) -> list[tuple[Values, object, Posture, str]]:
    """Settings, time, posture and subject of every intolerable report and every discomfort on a ramp."""
    found: list[tuple[Values, object, Posture, str]] = []
    for facts in history.facts:
        values = dict(facts.trial.applied.values)
        # a ramp was felt whatever was left on after it; a report speaks of what was left on
        was_on = facts.trial.kind not in (TrialKind.BASELINE, TrialKind.STIMULATION_OFF)
        found += [
            (values, report.occurred_at, report.posture, report.id)
            for report in facts.side_effects
            if was_on and report.value is not None and is_intolerable(problem, report.kind, report.value)
        ]
        for rung in facts.trial.ramp:
            if rung.outcome is RungOutcome.DISCOMFORT:
                at_rung = {**values, "amplitude_ma": rung.amplitude_ma}
                found.append((at_rung, facts.trial.occurred_at, Posture.UNKNOWN, facts.trial.id))
    return found


def tolerated_since(problem: Problem, history: History, barred: Values, at: object, posture: Posture) -> bool:
    """Whether later settings of that configuration, surely as strong, were tolerated in that posture."""
    if not is_knowable(problem, barred) or place(problem, barred) is None:
        return False
    for facts in history.facts:
        values = facts.trial.applied.values
        if not was_tolerated(problem, facts) or not is_knowable(problem, values):
            continue
        rated = any(
            report.stimulation_on
            and report.occurred_at > at  # type: ignore[operator]
            and posture in (Posture.UNKNOWN, report.posture)
            for report in (*facts.pain, *facts.side_effects)
        )
        as_strong = worst_ratio(problem, barred, values, rate=True) <= 1 + SLACK
        same = place(problem, values) == place(problem, barred)
        if rated and same and as_strong and facts.trial.occurred_at > at:  # type: ignore[operator]
            return True
    return False


def unlifted(problem: Problem, history: History) -> list[tuple[Values, object, Posture, str]]:
    """What was not tolerated, not since, and not released."""
    released = {r.subject_id for r in history.reviews if r.subject is ReviewSubject.CLOSURE}
    return [
        entry
        for entry in not_tolerated(problem, history)
        if entry[3] not in released and not tolerated_since(problem, history, *entry[:3])
    ]


def is_barred(problem: Problem, history: History, values: Values) -> bool:
    """Whether a setting may be as strong as one of its configuration that was not tolerated."""
    for barred, *_ in unlifted(problem, history):
        if place(problem, barred) not in (None, place(problem, values)):
            continue
        known = is_knowable(problem, barred) and is_knowable(problem, values)
        if not known or worst_ratio(problem, values, barred, rate=True) >= 1 - SLACK / 1000:
            return True
    return False


# --- titration ------------------------------------------------------------------------------------


def is_sound(problem: Problem, values: Values) -> bool:
    """Whether a point can be built on: known, in the device's range and inside the hard limits."""
    if not is_knowable(problem, values) or place(problem, values) is None:
        return False
    for parameter in problem.space.parameters:
        value = values.get(parameter.name)
        if isinstance(value, float) and not parameter.numbers[0] <= value <= parameter.numbers[-1]:
            return False
    return not broken_limits(problem, values)


def next_level(problem: Problem, current_ma: float) -> float:
    levels = problem.space.parameter("amplitude_ma").numbers
    return min((level for level in levels if level > current_ma + SLACK), default=current_ma)


def inside_caps(problem: Problem, values: Values, anchor: Values, roof_ma: float) -> bool:
    """Raw caps on current, charge and width; one device step is never forbidden."""
    rule = problem.titration
    assert rule is not None
    current, tolerated = float(values["amplitude_ma"]), float(anchor["amplitude_ma"])
    width = float(values.get("pulse_width_us", 1.0))
    old_width = float(anchor.get("pulse_width_us", 1.0))
    return (
        current <= max(tolerated * rule.current_ratio, roof_ma) + SLACK
        and current * width <= max(tolerated * rule.charge_ratio, roof_ma) * old_width * (1 + SLACK) + SLACK
        and 1 / rule.width_ratio - SLACK <= width / old_width <= rule.width_ratio + SLACK
    )


def is_titrated(problem: Problem, history: History, ask: Ask, values: Values) -> bool:
    """Whether a setting is one step from a tolerated one, a careful start elsewhere, or a step down."""
    rule = problem.titration
    assert rule is not None
    in_force = dict(ask.in_force.values)
    points = [dict(facts.trial.applied.values) for facts in history.facts if was_tolerated(problem, facts)]
    stopped = is_barred(problem, history, in_force)
    anchors = [point for point in [*points, *[in_force] * (not stopped)] if is_sound(problem, point)]
    share = share_left(problem, history, in_force)
    if stopped and is_sound(problem, in_force) and steps_down(problem, in_force, values, share):
        return True
    here = place(problem, values)
    for anchor in [point for point in anchors if place(problem, point) == here]:
        tolerated = float(anchor["amplitude_ma"])
        roof_ma = next_level(problem, tolerated)
        raised = {**anchor, "amplitude_ma": max(tolerated * (1 + rule.step_fraction), roof_ma)}
        no_stronger = worst_ratio(problem, values, raised, rate=True) <= 1 + SLACK
        if no_stronger and inside_caps(problem, values, anchor, roof_ma):
            return True
    if here in {place(problem, anchor) for anchor in anchors} or not ask.in_clinic:
        return False
    failed = [
        barred for barred, *_ in unlifted(problem, history) if place(problem, barred) not in (None, here)
    ]
    return starts_carefully(problem, anchors, failed, values)


def share_left(problem: Problem, history: History, in_force: Values) -> float:
    """How much of settings in force that were not tolerated may be left on: half where they were severe."""
    rule = problem.titration
    assert rule is not None
    severe = {
        report.id
        for report in history.reports
        if report.measure is Measure.SIDE_EFFECT
        and report.value is not None
        and is_severe(problem, report.kind, report.value)
    }
    worse = any(
        name in severe
        and place(problem, barred) in (None, place(problem, in_force))
        and not (
            is_knowable(problem, barred)
            and worst_ratio(problem, in_force, barred, rate=True) < 1 - SLACK / 1000
        )
        for barred, _, _, name in unlifted(problem, history)
    )
    return 0.5 if worse else rule.new_configuration_fraction


def steps_down(problem: Problem, in_force: Values, values: Values, share: float) -> bool:
    """Whether a setting is clearly weaker than settings in force that were not tolerated."""
    same = place(problem, in_force) == place(problem, values)
    return same and worst_ratio(problem, values, in_force, rate=True) <= share + SLACK


def starts_carefully(problem: Problem, anchors: list[Values], failed: list[Values], values: Values) -> bool:
    """Whether a new configuration starts below what one of the nearest tried ones tolerated."""
    rule, nerve, here = problem.titration, problem.excitability, place(problem, values)
    assert rule is not None
    assert here is not None
    tried = {str(place(problem, point)) for point in (*anchors, *failed)}
    away = {there: distance_mm(problem, here, there) for there in tried}
    for anchor in anchors:
        distance = away[str(place(problem, anchor))]
        if distance > min(away.values()) + SLACK:
            continue
        alike = math.exp(-0.5 * (distance / nerve.configuration_length_mm) ** 2)
        upper = math.exp(1.644853 * nerve.configuration_log_sd * math.sqrt(2 * (1 - alike)))
        ratio = worst_ratio(problem, values, anchor, rate=True) * upper
        if float(values["amplitude_ma"]) == 0 == float(anchor["amplitude_ma"]):
            ratio = 0.0
        careful = ratio <= rule.new_configuration_fraction + SLACK
        if careful and inside_caps(problem, values, anchor, float(anchor["amplitude_ma"])):
            return True
    return False


def fits_the_place(problem: Problem, ask: Ask, values: Values) -> bool:
    """At most one structural change; at home none, and only inside the patient's own range."""
    names = [parameter.name for parameter in problem.space.parameters if parameter.is_categorical]
    changes = sum(values[name] != ask.in_force.values.get(name) for name in names)
    if ask.in_clinic:
        return changes <= 1
    if ask.patient_range_ma is None or changes:
        return False
    low, high = ask.patient_range_ma
    return low - SLACK <= float(values["amplitude_ma"]) <= high + SLACK


# --- closure --------------------------------------------------------------------------------------


def is_closed(problem: Problem, history: History, values: Values) -> bool:
    """Whether a severe report nobody released forbids a setting."""
    released = {r.subject_id for r in history.reviews if r.subject is ReviewSubject.CLOSURE}
    trials = {trial.id: trial for trial in history.trials}
    return any(
        report.id not in released
        and report.measure is Measure.SIDE_EFFECT
        and report.value is not None
        and is_severe(problem, report.kind, report.value)
        and closes(problem, history, trials[report.trial_id], values)
        for report in history.reports
    )


def closes(problem: Problem, history: History, trial: Trial, values: Values) -> bool:
    severe = dict(trial.applied.values)
    there, here = place(problem, severe), place(problem, values)
    if there is None:
        away = 0.0
        neighbours = 0.0
    else:
        away = distance_mm(problem, str(here), there)
        everywhere = [distance_mm(problem, entry.name, there) for entry in problem.space.configurations]
        neighbours = 1.5 * min((mm for mm in everywhere if mm > 0), default=0.0)
    if away > neighbours:
        return False
    if not is_knowable(problem, severe):
        return True
    faster = float(values.get("frequency_hz", 0)) > float(severe.get("frequency_hz", 0)) * (1 + SLACK)
    measured = any(
        rung.outcome is RungOutcome.PERCEPTION
        for other in history.trials
        if other.applied.values.get("frequency_hz") == values.get("frequency_hz")
        for rung in other.ramp
    )
    ratio = worst_ratio(problem, values, severe, rate=False)
    if faster and not measured:
        return True
    return ratio >= 1.0 - SLACK / 1000 if away == 0 else ratio > 0.5 + SLACK
