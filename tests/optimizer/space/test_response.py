"""The therapeutic region of a device: a prior that can be one, and absent from documents where a file has none."""

from dataclasses import replace
from pathlib import Path

import pytest

from optimizer import canonical
from optimizer.errors import DeviceFileError, ParameterDefinitionError
from optimizer.problem import Problem, stimulation_problem
from optimizer.space.device import SHIPPED, load_device
from optimizer.space.response import TONIC


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("rate_best_hz", {"median": 0.0}),
        ("onset_width", {"median": -0.1}),
        ("onset", {"sd": 0.0}),
        ("start_margin", {"median": float("nan")}),
    ],
)
def test_a_fact_that_is_no_prior_is_refused(field: str, change: dict[str, float]) -> None:
    with pytest.raises(ParameterDefinitionError, match="response"):
        replace(TONIC, **{field: replace(getattr(TONIC, field), **change)})


@pytest.mark.parametrize("duty", [0.0, 1.5])
def test_a_reference_that_is_no_duty_cycle_is_refused(duty: float) -> None:
    with pytest.raises(ParameterDefinitionError, match="duty_reference"):
        replace(TONIC, duty_reference=duty)


def test_a_device_file_with_a_fact_that_is_no_prior_is_refused_with_its_place(tmp_path: Path) -> None:
    text = (SHIPPED / "tens.toml").read_text(encoding="utf-8")
    path = tmp_path / "own.toml"
    path.write_text(
        text.replace("rate_best_hz = { median = 100.0", "rate_best_hz = { median = -1.0"), "utf-8"
    )
    with pytest.raises(DeviceFileError, match=r"own\.toml: response\.rate_best_hz"):
        load_device(str(path))


def test_a_problem_says_nothing_of_what_its_devices_file_leaves_out() -> None:
    assert b"response" not in canonical.encode(stimulation_problem(load_device("scs-tonic")))
    problem = stimulation_problem(load_device("vns-implanted"))
    assert canonical.decode(Problem, canonical.encode(problem)) == problem
