"""The only place a sign is flipped."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer import canonical
from optimizer.errors import ProblemDefinitionError
from optimizer.outcomes.objective import Objective
from optimizer.outcomes.scale import PAIN_NRS, OutcomeScale

RESPONSE = OutcomeScale(name="response", low=0, high=1, whole=False, larger_is_better=True)


def test_less_pain_is_more_relief() -> None:
    objective = Objective()
    assert objective.relief(3.0, PAIN_NRS) > objective.relief(5.0, PAIN_NRS)
    assert objective.relief(3.0, PAIN_NRS) - objective.relief(5.0, PAIN_NRS) == 2.0


def test_a_larger_response_is_better_where_the_scale_says_so() -> None:
    assert Objective().relief(0.9, RESPONSE) > Objective().relief(0.2, RESPONSE)


@pytest.mark.parametrize("scale", [PAIN_NRS, RESPONSE])
def test_outcome_undoes_relief(scale: OutcomeScale) -> None:
    assert Objective().outcome(Objective().relief(0.7, scale), scale) == 0.7


@pytest.mark.parametrize("field", ["bother_weight", "near_tie_nrs"])
@pytest.mark.parametrize("value", [-0.1, float("nan"), float("inf")])
def test_a_weight_is_finite_and_not_negative(field: str, value: float) -> None:
    with pytest.raises(ProblemDefinitionError, match=f"objective.{field}"):
        Objective(**{field: value})


SITES = st.dictionaries(st.sampled_from(["back", "leg", "foot"]), st.floats(0.1, 5.0), min_size=1)


@given(SITES, st.data())
def test_several_sites_are_one_outcome_on_their_own_scale(
    sites: dict[str, float], data: st.DataObject
) -> None:
    rated = {site: float(data.draw(st.integers(0, 10))) for site in sites}
    combined = Objective(sites=sites).combined(rated)
    assert min(rated.values()) - 1e-9 <= combined <= max(rated.values()) + 1e-9
    doubled = {site: 2.0 * weight for site, weight in sites.items()}
    assert Objective(sites=doubled).combined(rated) == pytest.approx(combined)


def test_a_site_counts_by_its_weight_and_one_that_counts_is_never_made_up() -> None:
    objective = Objective(sites={"back": 3.0, "leg": 1.0, "foot": 0.0})
    assert objective.combined({"back": 8.0, "leg": 4.0}) == 7.0
    assert objective.combined({"back": 8.0, "foot": 4.0}) is None


@pytest.mark.parametrize("sites", [{}, {"back": 0.0}, {"back": -1.0}, {"back": float("nan")}, {"": 1.0}])
def test_sites_that_count_for_nothing_are_refused(sites: dict[str, float]) -> None:
    with pytest.raises(ProblemDefinitionError, match="sites"):
        Objective(sites=sites)


def test_documents_without_sites_are_what_they_were_before_there_were_sites() -> None:
    assert b"sites" not in canonical.encode(Objective())
    several = Objective(sites={"back": 2.0, "leg": 1.0})
    assert canonical.decode(Objective, canonical.encode(several)) == several
    assert canonical.decode(Objective, canonical.encode(Objective())) == Objective()
