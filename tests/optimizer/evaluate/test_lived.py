from dataclasses import replace
from datetime import timedelta

import pytest

from optimizer.ask import Ask
from optimizer.evaluate.lived import live_trial
from optimizer.history import History
from optimizer.safety.doubt import hold
from optimizer.simulate.encounter import Spell
from optimizer.simulate.scenarios import load_scenario
from optimizer.trial import Measure, Posture, Rung, RungOutcome, TrialKind

SURFACE = load_scenario("effect-0.6")


def at_grade(grade: float, seed: int = 2):
    """Settings of the start whose expected grade is about so high."""
    truth, start = SURFACE.truth(seed), SURFACE.start(seed)
    parameter = SURFACE.problem.space.parameter("amplitude_ma")
    levels = [start.as_dict() | {"amplitude_ma": level} for level in parameter.levels]
    nearest = min(levels, key=lambda values: abs(truth.grade_of(values) - grade))
    return SURFACE.problem.space.settings(nearest)


def test_whoever_jumps_feels_nothing_on_the_way() -> None:
    lived = live_trial(SURFACE, SURFACE.patient(2), 0, at_grade(9.0), SURFACE.start(2))
    assert lived.settings == at_grade(9.0)
    assert (lived.passed, lived.trial.ramp) == ((), ())


def test_a_ramp_feels_every_rung_and_stays_at_the_strongest_that_is_comfortable() -> None:
    truth, strong = SURFACE.truth(2), at_grade(9.0)
    lived = live_trial(SURFACE, SURFACE.patient(2), 0, strong, SURFACE.start(2), ramps=True)
    amplitudes = [rung.amplitude_ma for rung in lived.trial.ramp]
    assert amplitudes == sorted(amplitudes)
    assert lived.trial.ramp[-1].outcome is RungOutcome.DISCOMFORT
    assert lived.settings["amplitude_ma"] == amplitudes[-2] < strong["amplitude_ma"]
    assert lived.trial.applied.settings == lived.settings
    passed = [values["amplitude_ma"] for values in lived.passed]
    assert passed == [*amplitudes[:-2], amplitudes[-1]]  # what stays on counts as the trial itself
    assert [truth.grade_of(values) > 4.0 for values in lived.passed].count(True) == 1


def test_a_ramp_that_hurts_at_once_is_one_of_the_settings_it_climbed_to_and_leaves_stimulation_off() -> None:
    class Sore:
        def ramp_to(self, settings, amplitudes, context, at):
            return (Rung(amplitude_ma=amplitudes[0], outcome=RungOutcome.DISCOMFORT),)

        def respond(self, settings, context, at):
            return ()

    wish, in_force = at_grade(1.0), at_grade(0.2)
    lived = live_trial(SURFACE, Sore(), 1, wish, in_force, ramps=True)
    assert (lived.settings, lived.trial.kind) == (None, TrialKind.STIMULATION_OFF)
    assert lived.trial.applied.settings == wish != in_force
    assert lived.passed == ({**wish.as_dict(), "amplitude_ma": 0.1},)


def test_a_ramp_to_comfortable_settings_arrives_and_meets_no_doubt() -> None:
    settings = at_grade(1.0)
    lived = live_trial(SURFACE, SURFACE.patient(2), 0, settings, SURFACE.start(2), ramps=True)
    assert lived.settings == settings
    assert len(lived.passed) == len(lived.trial.ramp) - 1 > 3
    history = History().add(lived.trial, *lived.reports)
    ask = Ask(at=SURFACE.begins_at(1), in_force=lived.trial.applied)
    assert hold(SURFACE.problem, history, ask) is None


def test_without_settings_stimulation_is_off_and_the_spell_has_no_current() -> None:
    start = SURFACE.start(2)
    lived = live_trial(SURFACE, SURFACE.patient(2), 4, None, start, ramps=True)
    assert lived.trial.kind is TrialKind.STIMULATION_OFF
    assert not any(report.stimulation_on for report in lived.reports)
    assert lived.spell.settings["amplitude_ma"] == 0.0
    assert lived.passed == ()


def test_a_trial_of_weeks_is_rated_at_its_end_and_what_ran_before_matters() -> None:
    vns = load_scenario("vns")
    start = vns.start(1)
    strong = vns.best(1)

    def pain(earlier: tuple[Spell, ...]) -> float:
        lived = live_trial(vns, vns.patient(1), 8, start, start, earlier=earlier)
        rated = [report for report in lived.reports if report.measure is Measure.PAIN]
        assert [r.occurred_at - vns.begins_at(8) for r in rated] == [timedelta(days=d) for d in (11, 12, 13)]
        assert lived.spell.lasted_days == 14
        return sum(report.value for report in rated) / 3

    weeks = (Spell(settings=strong, lasted_days=14.0),) * 8
    nothing = tuple(replace(spell, settings=start.as_dict() | {"amplitude_ma": 0.0}) for spell in weeks)
    assert pain(weeks) < pain(nothing) - 0.5


def test_postures_take_turns_from_trial_to_trial() -> None:
    all_day = load_scenario("scs-tonic-all-day")
    start, patient = all_day.problem.space.at(all_day.legal[0]), all_day.patient(0)
    asked = [live_trial(all_day, patient, place, start, start).reports[0].posture for place in range(3)]
    assert asked == [Posture.STANDING, Posture.SITTING, Posture.LYING]


@pytest.mark.parametrize("name", ["scs-tonic", "scs-tonic-daily", "scs-tonic-weekly", "vns"])
def test_a_trial_is_on_record_before_it_is_rated_and_the_next_begins(name: str) -> None:
    scenario = load_scenario(name)
    start, patient = scenario.problem.space.at(scenario.legal[0]), scenario.patient(0)
    lived = live_trial(scenario, patient, 2, start, start)
    assert lived.trial.occurred_at < min(report.occurred_at for report in lived.reports)
    assert max(report.recorded_at for report in lived.reports) < scenario.begins_at(3) - timedelta(hours=1)
