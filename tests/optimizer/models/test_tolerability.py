"""The surrogate of side effects is monotone in intensity and its likelihood is one."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from optimizer.history import history_from_rows
from optimizer.models.dataset import dataset_of, points_of
from optimizer.models.hyperprior import Hyperprior
from optimizer.models.intensity import intensity_of
from optimizer.models.tolerability import Grades
from optimizer.outcomes.side_effect import Tolerability
from tests.optimizer.models.courses import START, conditioned, indices, tonic


def grades() -> tuple[Grades, Hyperprior]:
    problem = tonic()
    intensity = intensity_of(problem, points_of(problem, indices(problem, START)))
    model = Grades(intensity=intensity, tolerability=Tolerability())
    return model, Hyperprior(model.beliefs | intensity.beliefs)


def test_grade_and_risk_never_fall_when_only_the_current_rises() -> None:
    model, hyperprior = grades()
    problem = tonic()
    rising = points_of(
        problem, indices(problem, *[{**START, "amplitude_ma": step / 2} for step in range(24)])
    )
    white = torch.randn(64, hyperprior.size, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    values = hyperprior.values(white)
    assert float(model.expected(values, rising).diff(dim=1).min()) >= 0.0
    assert float(model.p_intolerable(values, rising).diff(dim=1).min()) >= 0.0


def test_above_a_limit_between_two_whole_numbers_is_the_higher_one_on() -> None:
    model, hyperprior = grades()
    between = replace(model, tolerability=Tolerability(limit_grade=4.5))
    values = hyperprior.values(torch.zeros(1, hyperprior.size, dtype=torch.float64))
    strong = points_of(tonic(), indices(tonic(), START | {"amplitude_ma": 5.5}))
    reported = torch.special.ndtr((between.expected(values, strong) - 4.5) / values["grade_noise"])
    assert float(between.p_intolerable(values, strong)) == pytest.approx(float(reported))
    fractions = replace(between, whole=False)
    assert float(fractions.p_intolerable(values, strong)) == pytest.approx(float(reported))


def test_the_limit_current_is_graded_at_the_limit() -> None:
    model, hyperprior = grades()
    values = hyperprior.values(torch.zeros(1, hyperprior.size, dtype=torch.float64))
    problem = tonic()
    start = points_of(problem, indices(problem, START))
    limit_ma = float(model.intensity.log_limit_current(values, start).exp())
    point = points_of(problem, indices(problem, {**START, "amplitude_ma": round(limit_ma, 1)}))
    assert float(model.expected(values, point)) == pytest.approx(4.0, abs=0.3)


def test_the_probabilities_of_all_grades_add_up_to_one() -> None:
    model, hyperprior = grades()
    problem = tonic()
    white = torch.randn(16, hyperprior.size, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    values = hyperprior.values(white)
    total = torch.zeros(16, dtype=torch.float64)
    for grade in range(11):
        history = history_from_rows(problem, [{**START, "pain": 5, "discomfort": grade}])
        total += model.log_densities(values, dataset_of(problem, history)).sum(1).exp()
    assert total.tolist() == pytest.approx([1.0] * 16)


def test_a_discomfort_report_lowers_what_is_held_tolerable_at_every_width() -> None:
    problem = tonic()
    calm = conditioned(problem, [{**START, "pain": 6, "discomfort": 0}])
    hurt = conditioned(problem, [{**START, "pain": 6, "discomfort": 5}])
    rng = np.random.default_rng(0)
    widths = rng.choice(problem.space.parameter("pulse_width_us").numbers[5:50], size=6)
    points = points_of(problem, indices(problem, *[{**START, "pulse_width_us": float(w)} for w in widths]))
    assert bool((hurt.p_intolerable(points) >= calm.p_intolerable(points)).all())
