"""How a trial is lived: jumped or climbed to, rated when the scenario asks, and part of what the next one follows on."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from optimizer.simulate.encounter import Context, Programmed, Spell, SyntheticPatient
from optimizer.simulate.ramp import rungs_ma
from optimizer.simulate.scenario import Scenario
from optimizer.space.parameter import Value
from optimizer.space.settings import Settings, number
from optimizer.trial import Applied, Report, Rung, RungOutcome, Trial, TrialKind

SWITCHED_ON_BEFORE = timedelta(minutes=30)
"""How long before the visit's rating the settings are on; the ramp, where there is one, lies before it."""
AMPLITUDE = "amplitude_ma"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lived:
    """One trial as it went."""

    trial: Trial
    reports: tuple[Report, ...]
    settings: Settings | None
    """What was applied in the end; None: stimulation off."""
    passed: tuple[Mapping[str, Value], ...]
    """Settings of the rungs felt on the way, without those that stayed on."""
    spell: Spell
    """For the trials after it."""


def live_trial(
    scenario: Scenario,
    patient: SyntheticPatient,
    place: int,
    settings: Settings | None,
    in_force: Settings,
    *,
    ramps: bool = False,
    earlier: tuple[Spell, ...] = (),
) -> Lived:
    """Let a patient live one trial.

    Args:
        scenario: Says when the trial begins and when and how it is rated.
        patient: Who lives it.
        place: Of the trial in its course, counted from 0.
        settings: What was decided; None: stimulation off.
        in_force: What was programmed until then.
        ramps: Whether settings are climbed to, from zero. A ramp that meets discomfort ends one rung lower.
        earlier: Spells of all trials before, oldest first.

    Returns:
        The trial with its ramp, its reports, and what the patient was exposed to on the way.
    """
    rungs: tuple[Rung, ...] = ()
    # a ramp felt uncomfortable from its first rung was still one of the settings it climbed to
    programmed = settings or in_force
    if ramps and settings is not None and number(settings.as_dict(), AMPLITUDE) > 0:
        rungs = _climb(scenario, patient, place, settings)
        settings = _reached(scenario, settings, rungs)
        programmed = settings or programmed
    switched_on_at = scenario.begins_at(place) - SWITCHED_ON_BEFORE
    trial = Trial(
        id=f"trial-{place:03d}",
        applied=Applied(values=programmed.as_dict(), settings=programmed),
        occurred_at=switched_on_at,
        recorded_at=switched_on_at,
        kind=TrialKind.NORMAL if settings is not None else TrialKind.STIMULATION_OFF,
        ramp=rungs,
    )
    lasted = scenario.begins_at(place + 1) - scenario.begins_at(place)
    ran: Programmed = programmed
    if settings is None:
        ran = {**programmed.as_dict(), AMPLITUDE: 0.0}
    return Lived(
        trial=trial,
        reports=_reports(scenario, patient, place, programmed, trial, earlier),
        settings=settings,
        passed=tuple(
            {**programmed.as_dict(), AMPLITUDE: rung.amplitude_ma}
            for rung in rungs
            if settings is None or rung.amplitude_ma != settings[AMPLITUDE]
        ),
        spell=Spell(settings=ran, lasted_days=lasted / timedelta(days=1)),
    )


def _reports(
    scenario: Scenario,
    patient: SyntheticPatient,
    place: int,
    programmed: Settings,
    trial: Trial,
    earlier: tuple[Spell, ...],
) -> tuple[Report, ...]:
    said = []
    for context, at in scenario.questions(place, earlier):
        asked = _in_which(context, trial)
        said += [answer.report(trial.id) for answer in patient.respond(programmed, asked, at)]
    return tuple(said)


def _in_which(context: Context, trial: Trial) -> Context:
    return replace(context, stimulation_on=trial.kind is not TrialKind.STIMULATION_OFF)


def _climb(scenario: Scenario, patient: SyntheticPatient, place: int, settings: Settings) -> tuple[Rung, ...]:
    levels = scenario.problem.space.parameter(AMPLITUDE).numbers
    amplitudes = rungs_ma(levels, number(settings.as_dict(), AMPLITUDE))
    at = scenario.begins_at(place) - SWITCHED_ON_BEFORE
    return patient.ramp_to(settings, amplitudes, scenario.context(place), at)


def _reached(scenario: Scenario, settings: Settings, rungs: tuple[Rung, ...]) -> Settings | None:
    """Return the strongest rung without discomfort; None where the first one is uncomfortable."""
    borne = [rung.amplitude_ma for rung in rungs if rung.outcome is not RungOutcome.DISCOMFORT]
    if not borne:
        return None
    return scenario.problem.space.find({**settings.as_dict(), AMPLITUDE: max(borne)})
