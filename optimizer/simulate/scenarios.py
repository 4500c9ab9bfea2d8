"""Scenarios by name, used alike by tests, notebooks, the demonstration and the arena."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property

import numpy as np

from optimizer.errors import DataError
from optimizer.outcomes.side_effect import COMMON_SIDE_EFFECTS
from optimizer.problem import PostureUse, Problem, stimulation_problem
from optimizer.simulate.body import Body
from optimizer.simulate.cohort import Cohort, draw_cohort
from optimizer.simulate.course_of_time import Phase
from optimizer.simulate.encounter import Context
from optimizer.simulate.patient import SpinalCordPatient
from optimizer.simulate.preset import load_preset
from optimizer.simulate.ratings import Completeness
from optimizer.simulate.stimulus import Lead
from optimizer.simulate.streams import stream
from optimizer.simulate.truth import Truth
from optimizer.space.device import load_device
from optimizer.space.parameter import CONFIGURATION
from optimizer.space.search_space import Indices
from optimizer.space.settings import Settings
from optimizer.trial import Posture

STARTED_AT = datetime(2030, 1, 7, 10, 0, tzinfo=UTC)
"""A Monday at ten; day zero of every synthetic course."""

DRAWS_PER_SEED = 64
"""Patients drawn for a seed, of which the first eligible one is taken."""


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A kind of course: who is treated, with what, how it starts and what is asked."""

    name: str
    title: str
    preset: str
    device: str
    envelope: dict[str, tuple[float, float]]
    start_values: dict[str, float]
    """Width and rate of the start."""
    start_intensity: float
    """Amplitude of the start over the perception threshold there."""
    phase: Phase = Phase.SCREENING
    kinds: tuple[str, ...] = ("discomfort",)
    postures: tuple[Posture, ...] = (Posture.STANDING,)
    posture_use: PostureUse = PostureUse.UPRIGHT
    min_gain_nrs: float = 0.0
    """A comparison runs to its end; nobody stops early."""
    completeness: Completeness = Completeness.COMPLETE
    started_at: datetime = field(default=STARTED_AT)

    @cached_property
    def problem(self) -> Problem:
        """What a policy is told."""
        effects = tuple(effect for effect in COMMON_SIDE_EFFECTS if effect.name in self.kinds)
        return stimulation_problem(
            load_device(self.device),
            envelope=self.envelope,
            side_effects=effects,
            postures=(self.posture_use,),
            min_gain_nrs=self.min_gain_nrs,
        )

    def patient(self, seed: int) -> SpinalCordPatient:
        """Return the patient of a seed."""
        return SpinalCordPatient(_body=self._body(seed), kinds=self.kinds, completeness=self.completeness)

    def truth(self, seed: int) -> Truth:
        """Return what is true of the patient of a seed."""
        return Truth(_body=self._body(seed), problem=self.problem, postures=self.postures, kinds=self.kinds)

    def context(self, number: int = 0) -> Context:
        """Return the context of the trial of that number: stimulation on, long enough; postures take turns."""
        return Context(posture=self.postures[number % len(self.postures)])

    def best(self, seed: int) -> Settings:
        """Return the best settings inside limits and tolerance, found by exhaustion."""
        return self.truth(seed).best(self.legal)

    def start(self, seed: int) -> Settings:
        """Return where the clinician stands when the search begins.

        A configuration next to the one of the best settings, the usual width and rate, and an amplitude just above
        perception there.
        """
        space = self.problem.space
        axis = space.names.index(CONFIGURATION)
        best = self.best(seed).indices[axis]
        beside = [index for index in (best - 1, best + 1) if 0 <= index < space.sizes[axis]]
        chosen = beside[int(stream(seed, "start configuration").integers(len(beside)))]
        return self._just_felt(self.truth(seed), chosen)

    @cached_property
    def legal(self) -> Indices:
        """Every grid point inside hard limits and envelope, ``(c, d)``."""
        return np.concatenate(list(self._legal_by_configuration()))

    def _legal_by_configuration(self) -> Iterator[Indices]:
        """Walk the envelope one configuration at a time: a million settings fit in memory, their contacts do not."""
        masks = self.problem.index_masks
        axis = self.problem.space.names.index(CONFIGURATION)
        for category in np.flatnonzero(masks[axis]):
            levels = [np.array([category]) if i == axis else np.flatnonzero(m) for i, m in enumerate(masks)]
            grid = np.stack([g.ravel() for g in np.meshgrid(*levels, indexing="ij")], axis=1).astype(np.int64)
            yield grid[self.problem.allowed(grid)]

    def _body(self, seed: int) -> Body:
        lead = Lead(space=self.problem.space, levels=load_preset(self.preset).levels)
        cohort = self._eligible(draw_cohort(load_preset(self.preset), seed, DRAWS_PER_SEED), lead)
        return Body(cohort=cohort, lead=lead, phase=self.phase, started_at=self.started_at)

    def _eligible(self, drawn: Cohort, lead: Lead) -> Cohort:
        """Return the first patient who feels the start on every configuration inside the envelope.

        Whoever needs more current than the envelope has would have the lead moved, not the settings optimised.
        """
        for index in range(drawn.size):
            cohort = drawn.patient(index)
            body = Body(cohort=cohort, lead=lead, phase=self.phase, started_at=self.started_at)
            truth = Truth(_body=body, problem=self.problem, postures=self.postures, kinds=self.kinds)
            highest_ma = self.envelope["amplitude_ma"][1]
            if all(self._felt_ma(truth, c) <= highest_ma for c in range(len(lead.space.configurations))):
                return cohort
        raise DataError("scenario", f"found no eligible patient among {drawn.size}")

    def _felt_ma(self, truth: Truth, configuration: int) -> float:
        settings = self._at_width_and_rate(configuration, 0)
        return self.start_intensity * truth.perception_of(settings)

    def _just_felt(self, truth: Truth, configuration: int) -> Settings:
        amplitude = self.problem.space.parameter("amplitude_ma")
        return self._at_width_and_rate(configuration, amplitude.nearest(self._felt_ma(truth, configuration)))

    def _at_width_and_rate(self, configuration: int, amplitude_index: int) -> Settings:
        space = self.problem.space
        index_of = {name: space.parameter(name).index_of(value) for name, value in self.start_values.items()}
        index_of |= {CONFIGURATION: configuration, "amplitude_ma": amplitude_index}
        return space.at([index_of[name] for name in space.names])


_SCS_TONIC = Scenario(
    name="scs-tonic",
    title="Tonic spinal cord stimulation while screening, standing",
    preset="tonic",
    device="scs-tonic",
    envelope={
        "amplitude_ma": (0.0, 12.0),
        "pulse_width_us": (60.0, 600.0),
        "frequency_hz": (10.0, 120.0),
    },
    start_values={"pulse_width_us": 300.0, "frequency_hz": 40.0},
    start_intensity=1.05,
)


def _variant(suffix: str, title: str, preset: str = "tonic", **changes: object) -> Scenario:
    """The headline scenario with one thing different."""
    return replace(
        _SCS_TONIC,
        name=f"{_SCS_TONIC.name}-{suffix}",
        title=f"As {_SCS_TONIC.name}, {title}",
        preset=preset,
        **changes,  # type: ignore[arg-type]
    )


_DRG = Scenario(
    name="drg",
    title="Dorsal root ganglion stimulation while screening, standing",
    preset="drg",
    device="drg",
    envelope={"amplitude_ma": (0.0, 3.0), "pulse_width_us": (100.0, 500.0), "frequency_hz": (4.0, 60.0)},
    start_values={"pulse_width_us": 250.0, "frequency_hz": 20.0},
    start_intensity=1.05,
)

SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        _SCS_TONIC,
        _DRG,
        _variant("null", "in patients whom no setting helps", "null"),
        _variant("sceptical", "with a smaller effect", "sceptical"),
        _variant("placebo", "with an expectation that fades during the search", "strong-placebo"),
        _variant("drift", "under slow drift of pain", "wandering"),
        _variant("noisy", "with unsteady ratings", "noisy"),
        _variant("narrow", "with discomfort at 1.16 times perception", "narrow-window"),
        _variant("missing", "with 40 % of answers missing", "silent", completeness=Completeness.REAL_WORLD),
        _variant(
            "all-day",
            "for use in every posture",
            postures=(Posture.STANDING, Posture.SITTING, Posture.LYING),
            posture_use=PostureUse.ALL_DAY,
        ),
    )
}


def load_scenario(name: str) -> Scenario:
    """Return a scenario by name.

    Raises:
        DataError: If there is none of that name.
    """
    if name not in SCENARIOS:
        raise DataError(name, "is not a scenario", limit=", ".join(SCENARIOS))
    return SCENARIOS[name]
