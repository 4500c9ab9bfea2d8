"""Which body and which patient a therapy has: by the surface its settings act through."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol

from optimizer.errors import DataError
from optimizer.simulate.body import Body
from optimizer.simulate.cohort import Cohort
from optimizer.simulate.course_of_time import Phase
from optimizer.simulate.encounter import SyntheticPatient
from optimizer.simulate.patient import SomaticPatient
from optimizer.simulate.preset import Response
from optimizer.simulate.ratings import Completeness
from optimizer.simulate.stimulus import Lead
from optimizer.simulate.streams import Array
from optimizer.simulate.two_sites import TwoSiteBody, TwoSitePatient, second_site
from optimizer.simulate.vagus_body import VagusBody
from optimizer.simulate.vagus_patient import VagusPatient
from optimizer.space.parameter import Value
from optimizer.space.search_space import Indices, SearchSpace
from optimizer.trial import Posture


class TreatedBody(Protocol):
    """What settings do in ``p`` patients, before anybody reports anything; ``c`` settings as the body's own stimulus."""

    def stimulus(self, indices: Indices) -> Any:
        """Return grid points as a stimulus."""
        ...

    def stimulus_of(self, values: Mapping[str, Value]) -> Any:
        """Return one raw setting, on the grid or off it, as a stimulus."""
        ...

    def perception_ma(self, stimulus: Any, posture: Posture, day: float) -> Array:
        """Return the perception threshold, ``(p, c)``."""
        ...

    def specific_share(self, stimulus: Any, posture: Posture, day: float) -> Array:
        """Return the share of pain taken away once the settings have their full effect, ``(p, c)``."""
        ...

    def expected_pain_nrs(self, specific_share: Array, day: float) -> Array:
        """Return pain without noise, rhythm or flare, ``(p, c)``."""
        ...

    def expected_grade(self, stimulus: Any, posture: Posture, kind: str, day: float) -> Array:
        """Return the expected grade of one kind of side effect, ``(p, c)``."""
        ...


def body_of(
    cohort: Cohort,
    space: SearchSpace,
    *,
    phase: Phase,
    started_at: datetime,
    sites: Mapping[str, float] | None = None,
) -> Body | TwoSiteBody | VagusBody:
    """Return the body of a cohort on a stimulator.

    Args:
        cohort: Its preset says through which surface settings act.
        space: Of the stimulator.
        phase: Screening or implanted.
        started_at: Day zero; the first stimulation.
        sites: Two pain sites and their weights, where a course asks about two.

    Raises:
        DataError: If the therapy has no second site, or there are not two.
    """
    vagus = cohort.preset.response is Response.VAGUS
    if sites and (vagus or len(sites) != 2):
        raise DataError("sites", "are more than this therapy has", limit="two, along a lead")
    if vagus:
        return VagusBody(cohort=cohort, space=space, started_at=started_at)
    lead = Lead(space=space, levels=cohort.preset.levels)
    first = Body(cohort=cohort, lead=lead, phase=phase, started_at=started_at)
    if not sites:
        return first
    (here, weight), (there, other) = sites.items()
    return TwoSiteBody(
        sites=(here, there),
        weights=(weight / (weight + other), other / (weight + other)),
        first=first,
        second=replace(first, cohort=second_site(cohort)),
    )


def patient_of(
    body: Body | TwoSiteBody | VagusBody,
    *,
    kinds: tuple[str, ...],
    completeness: Completeness,
    jitters: bool = False,
) -> SyntheticPatient:
    """Return who lives in a body.

    Args:
        body: Of one patient.
        kinds: Side effects the patient is asked about.
        completeness: How often the patient answers.
        jitters: Whether thresholds move within a posture; a cuff around a nerve does not feel it.
    """
    if isinstance(body, VagusBody):
        return VagusPatient(_body=body, kinds=kinds, completeness=completeness)

    def living_in(part: Body) -> SomaticPatient:
        return SomaticPatient(_body=part, kinds=kinds, completeness=completeness, jitters=jitters)

    if isinstance(body, TwoSiteBody):
        return TwoSitePatient(sites=body.sites, _first=living_in(body.first), _second=living_in(body.second))
    return living_in(body)
