"""What a device's file says of its therapy is what the surrogate believes before the first report."""

from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
import torch
from msgspec import UNSET

from optimizer.models.dataset import points_of
from optimizer.models.hyperprior import Belief, Hyperprior, log_normal, normal
from optimizer.models.intensity import intensity_of
from optimizer.models.relief import StimulationRelief, relief_of
from optimizer.problem import Problem, stimulation_problem
from optimizer.space.device import device_names, load_device
from optimizer.space.response import UNTREATED, Fact, Response
from tests.optimizer.models.courses import indices

TYPICAL: dict[str, dict[str, Any]] = {
    # settings in practice, one per device, from its literature and not from the simulator
    "scs-tonic": {"amplitude_ma": 6.0, "pulse_width_us": 400.0, "frequency_hz": 50.0},
    "scs-sub-perception": {"amplitude_ma": 4.0, "pulse_width_us": 250.0, "frequency_hz": 90.0},
    "scs-ten-khz": {"amplitude_ma": 3.0, "pulse_width_us": 30.0, "frequency_hz": 10_000.0},
    "drg": {"amplitude_ma": 0.7, "pulse_width_us": 200.0, "frequency_hz": 20.0},
    "pns": {"amplitude_ma": 2.0, "pulse_width_us": 100.0, "frequency_hz": 100.0},
    "vns-implanted": {
        "amplitude_ma": 1.25, "pulse_width_us": 250.0, "frequency_hz": 20.0, "on_s": 30.0, "off_s": 180.0,
    },
    "tavns": {"amplitude_ma": 2.2, "pulse_width_us": 250.0, "frequency_hz": 25.0},
    "tens": {"amplitude_ma": 20.0, "pulse_width_us": 200.0, "frequency_hz": 80.0},
}  # fmt: skip
TONIC_BELIEFS = {
    "rate_best_hz": log_normal(55.0, 0.40),
    "rate_width": log_normal(0.95, 0.30),
    "width_best_us": log_normal(380.0, 0.40),
    "width_width": log_normal(1.0, 0.30),
    "onset": normal(-0.22, 0.10),
    "onset_width": log_normal(0.06, 0.5),
    "start_margin": normal(0.25, 0.20),
}
SIGNED = ("onset", "start_margin", "duty_exponent")


def typical(name: str) -> tuple[Problem, dict[str, Any]]:
    """A device, and the settings its literature calls typical, in the middle of its contacts."""
    device = load_device(name)
    configurations = [entry.name for entry in device.space.configurations]
    place = {"configuration": configurations[len(configurations) // 2]} if len(configurations) > 1 else {}
    return stimulation_problem(device), TYPICAL[name] | place


def surface(problem: Problem, start: dict[str, Any]) -> tuple[StimulationRelief, dict[str, Belief]]:
    """The prior over response surfaces of a course that starts there, and all that it believes."""
    intensity = intensity_of(problem, points_of(problem, indices(problem, start)))
    relief = relief_of(problem, intensity, None, 1.0)
    assert isinstance(relief, StimulationRelief)
    return relief, relief.beliefs | intensity.beliefs


def share_of_best(problem: Problem, start: dict[str, Any]) -> float:
    """Expected goodness of the start over the largest of 3,000 settings of the device."""
    relief, beliefs = surface(problem, start)
    hyperprior = Hyperprior(beliefs)
    white = torch.randn(128, hyperprior.size, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    drawn = problem.space.draw(np.random.default_rng(0), 3000)
    points = points_of(problem, np.concatenate([indices(problem, start), drawn]))
    good = relief.goodness(hyperprior.values(white), points).mean(dim=0)
    return float(good[0] / good.max())


@pytest.mark.parametrize("name", device_names())
def test_the_beliefs_are_those_of_the_devices_file(name: str) -> None:
    problem, start = typical(name)
    relief, beliefs = surface(problem, start)
    if name == "scs-tonic":
        assert problem.response is UNSET
        assert {key: beliefs[key] for key in TONIC_BELIEFS} == TONIC_BELIEFS
        return
    assert isinstance(problem.response, Response)
    facts = {f.name: getattr(problem.response, f.name) for f in fields(Response)}
    facts = {key: fact for key, fact in facts.items() if isinstance(fact, Fact)}
    assert facts.keys() >= TONIC_BELIEFS.keys()
    untreated = facts.pop("untreated", UNTREATED)
    assert (-relief.untreated, relief.untreated_sd) == (untreated.median, untreated.sd)
    for key, fact in facts.items():
        assert beliefs[key] == (normal if key in SIGNED else log_normal)(fact.median, fact.sd)
        assert len(fact.source) > 15
    assert ("duty_exponent" in beliefs) == ("duty_exponent" in facts)


@pytest.mark.parametrize("name", device_names())
def test_a_file_that_does_not_say_is_believed_to_be_like_tonic_stimulation(name: str) -> None:
    problem, start = typical(name)
    _, beliefs = surface(replace(problem, response=UNSET), start)
    assert {key: beliefs[key] for key in TONIC_BELIEFS} == TONIC_BELIEFS
    assert "duty_exponent" not in beliefs


@pytest.mark.parametrize("name", device_names())
def test_relief_is_expected_at_the_settings_a_device_is_typically_used_at(name: str) -> None:
    problem, start = typical(name)
    assert share_of_best(problem, start) > 0.2


def test_tonic_beliefs_expect_nothing_of_a_kilohertz_device() -> None:
    problem, start = typical("scs-ten-khz")
    relief, beliefs = surface(replace(problem, response=UNSET), start)
    values = Hyperprior(beliefs).values(torch.zeros(1, len(beliefs), dtype=torch.float64))
    drawn = points_of(problem, problem.space.draw(np.random.default_rng(0), 1000))
    assert float(relief.goodness(values, drawn).max()) < 0.05


def test_a_longer_duty_cycle_is_a_larger_dose_where_the_file_says_so() -> None:
    problem, start = typical("vns-implanted")
    relief, beliefs = surface(problem, start)
    values = Hyperprior(beliefs).values(torch.zeros(1, len(beliefs), dtype=torch.float64))
    cycles = points_of(problem, indices(problem, start, start | {"off_s": 1800.0}, start | {"off_s": 66.0}))
    usual, rare, often = relief.goodness(values, cycles)[0].tolist()
    assert rare < usual < often


@pytest.mark.parametrize("name", [name for name in device_names() if name != "scs-tonic"])
def test_the_residual_acts_where_relief_sets_in(name: str) -> None:
    problem, start = typical(name)
    relief, beliefs = surface(problem, start)
    values = Hyperprior(beliefs).values(torch.zeros(1, len(beliefs), dtype=torch.float64))
    here = points_of(problem, indices(problem, start))
    without = points_of(problem, indices(problem, start | {"amplitude_ma": 0.0}))
    untreated, variance = (relief.variance(relief.at(values, points).inputs) for points in (without, here))
    felt = float((variance - untreated).sqrt())
    assert felt > 0.5 * float(values["residual_sd"])
