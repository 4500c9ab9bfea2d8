"""Scenarios by name, used alike by tests, notebooks, the demonstration and the arena; the files beside say what each is."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
from msgspec import UNSET

from optimizer import canonical
from optimizer.errors import DataError, OptimizerError
from optimizer.outcomes.objective import Objective
from optimizer.outcomes.side_effect import COMMON_SIDE_EFFECTS, Nature, SideEffect
from optimizer.problem import PostureUse, Problem, stimulation_problem
from optimizer.simulate.body import Body
from optimizer.simulate.cohort import Cohort, draw_cohort
from optimizer.simulate.course_of_time import Phase
from optimizer.simulate.effect_size_scenario import EFFECT_SIZE_SCENARIOS
from optimizer.simulate.encounter import Context, Spell, SyntheticPatient
from optimizer.simulate.preset import load_preset
from optimizer.simulate.ratings import Completeness
from optimizer.simulate.scenario import Scenario
from optimizer.simulate.streams import stream
from optimizer.simulate.therapy import TreatedBody, body_of, patient_of
from optimizer.simulate.truth import Truth
from optimizer.simulate.two_sites import TwoSiteBody
from optimizer.simulate.vagus_body import VagusBody
from optimizer.space.device import load_device
from optimizer.space.parameter import CONFIGURATION
from optimizer.space.search_space import Indices
from optimizer.space.settings import Settings
from optimizer.trial import Posture, Recall

STARTED_AT = datetime(2030, 1, 7, 10, 0, tzinfo=UTC)
"""A Monday at ten; day zero of every synthetic course."""

ASKED_FOR = (*COMMON_SIDE_EFFECTS, SideEffect(name="skin_irritation", nature=Nature.FADING))
"""Kinds a scenario may ask for; skin under an electrode heals while the stimulation stays as it is."""

DRAWS_PER_SEED = 64
"""Patients drawn for a seed, of which the first eligible one is taken."""

SHIPPED: Final = Path(__file__).parent / "scenario_files"
"""Folder of the scenario files, one a scenario; ``extends`` takes what a file leaves out from another."""


@dataclass(frozen=True, kw_only=True)
class TherapyScenario:
    """A course of a therapy: who is treated, with what, how it starts and what is asked."""

    name: str
    title: str
    preset: str
    device: str
    envelope: dict[str, tuple[float, float]]
    start_values: dict[str, float]
    """Every parameter of the start but amplitude and configuration."""
    start_intensity: float
    """Amplitude of the start over the perception threshold there."""
    phase: Phase = Phase.SCREENING
    kinds: tuple[str, ...] = ("discomfort",)
    postures: tuple[Posture, ...] = (Posture.STANDING,)
    posture_use: PostureUse = PostureUse.UPRIGHT
    min_gain_nrs: float = 0.0
    """A comparison runs to its end; nobody stops early."""
    completeness: Completeness = Completeness.COMPLETE
    drift_expected: bool = False
    """Whether whoever opens the course says that pain may change slowly by itself."""
    jitters: bool = False
    """Whether thresholds move within a posture, as in daily life."""
    interval_days: float = 1.0
    """From one trial to the next, or from one day with trials to the next."""
    hours: tuple[float, ...] = ()
    """Hours of the day (UTC) at which trials begin, where there are several a day."""
    sites: dict[str, float] = field(default_factory=dict)
    """Two pain sites and their weights, where both are asked about; empty: one pain."""
    recall: Recall = Recall.NOW
    """The span a question about pain looks back on."""
    rated_after_days: tuple[float, ...] = (0.0,)
    """When a trial is rated, counted from its start; 0: in the visit, once the settings have their full effect."""
    ramps: bool = False
    """Whether settings are reached rung by rung, and the rungs count as lived through."""
    judged_on_day: float = 0.0
    """Day on which best and recommended settings are compared; later where benefit and tolerance take weeks."""
    started_at: datetime = field(default=STARTED_AT)

    @cached_property
    def problem(self) -> Problem:
        """What a policy is told."""
        effects = tuple(effect for effect in ASKED_FOR if effect.name in self.kinds)
        return stimulation_problem(
            load_device(self.device),
            envelope=self.envelope,
            side_effects=effects,
            postures=(self.posture_use,),
            start_borne_in_use=True,  # as of _bears_start
            drift_expected=self.drift_expected or UNSET,
            min_gain_nrs=self.min_gain_nrs,
            objective=Objective(sites=self.sites) if self.sites else Objective(),
        )

    @property
    def interval(self) -> timedelta:
        """From one trial to the next, or from one day with trials to the next."""
        return timedelta(days=self.interval_days)

    def begins_at(self, number: int) -> datetime:
        """Return when the trial of that number begins, counted from 0."""
        if not self.hours:
            return self.started_at + number * self.interval
        days, place = divmod(number, len(self.hours))
        midnight = self.started_at.replace(hour=0, minute=0)
        return midnight + days * self.interval + timedelta(hours=self.hours[place])

    def patient(self, seed: int) -> SyntheticPatient:
        """Return the patient of a seed."""
        body = self._body(seed)
        return patient_of(body, kinds=self.kinds, completeness=self.completeness, jitters=self.jitters)

    def truth(self, seed: int) -> Truth:
        """Return what is true of the patient of a seed."""
        return self._truth(self._body(seed))

    def context(self, number: int = 0) -> Context:
        """Return the context of the trial of that number: stimulation on, long enough; postures take turns."""
        return Context(posture=self.postures[number % len(self.postures)], recall=self.recall)

    def questions(self, number: int, earlier: tuple[Spell, ...] = ()) -> tuple[tuple[Context, datetime], ...]:
        """Return in which context and when the trial of that number is rated.

        Args:
            number: Of the trial, counted from 0.
            earlier: What ran before, oldest first; it plays no part where a trial is rated in the visit.

        Returns:
            One entry a rating, in order of time.
        """
        began_at, in_visit = self.begins_at(number), self.context(number)
        before = earlier[-1].settings if earlier else None
        found = []
        for days in self.rated_after_days:
            context = in_visit
            if days > 0:
                on_for_s = days * timedelta(days=1).total_seconds()
                context = replace(in_visit, on_for_s=on_for_s, before=before, earlier=earlier)
            found.append((context, began_at + timedelta(days=days)))
        return tuple(found)

    def best(self, seed: int) -> Settings:
        """Return the best settings inside limits and tolerance, found by exhaustion, and once: every start asks again."""
        if seed not in self._bests:
            self._bests[seed] = self.truth(seed).best(self.legal)
        return self._bests[seed]

    @cached_property
    def _bests(self) -> dict[int, Settings]:
        """Best settings by patient, as they were found."""
        return {}

    def start(self, seed: int) -> Settings:
        """Return where the clinician stands when the search begins.

        A configuration next to the one of the best settings (of two either, or it would always be the wrong one), the usual
        width and rate, and an amplitude just above perception there (or the share of it that the scenario says).
        """
        space = self.problem.space
        if CONFIGURATION not in space.names:
            return self._at_start_intensity(self.truth(seed), 0)
        axis = space.names.index(CONFIGURATION)
        best = self.best(seed).indices[axis]
        size = space.sizes[axis]
        beside = [0, 1] if size == 2 else [index for index in (best - 1, best + 1) if 0 <= index < size]
        chosen = beside[int(stream(seed, "start configuration").integers(len(beside)))]
        return self._at_start_intensity(self.truth(seed), chosen)

    @cached_property
    def legal(self) -> Indices:
        """Every grid point inside hard limits and envelope, ``(c, d)``."""
        return np.concatenate(list(self._legal_by_configuration()))

    def _legal_by_configuration(self) -> Iterator[Indices]:
        """Walk the envelope one configuration at a time: a million settings fit in memory, their contacts do not."""
        masks, names = self.problem.index_masks, self.problem.space.names
        axis = names.index(CONFIGURATION) if CONFIGURATION in names else 0
        for level in np.flatnonzero(masks[axis]):
            levels = [np.array([level]) if i == axis else np.flatnonzero(m) for i, m in enumerate(masks)]
            grid = np.stack([g.ravel() for g in np.meshgrid(*levels, indexing="ij")], axis=1).astype(np.int64)
            yield grid[self.problem.allowed(grid)]

    def _body(self, seed: int) -> Body | TwoSiteBody | VagusBody:
        """Return the first patient drawn who feels the start on every configuration inside the envelope, and bears it.

        Whoever needs more current than the envelope has would have the lead moved, not the settings optimised; whoever
        does not bear the start would not be sent home with it.
        """
        drawn = draw_cohort(load_preset(self.preset), seed, DRAWS_PER_SEED)
        places = range(len(self.problem.space.configurations))
        for index in range(drawn.size):
            body = self._treated(drawn.patient(index))
            truth = self._truth(body)
            if all(self._bears_start(truth, place) for place in places):
                return body
        raise DataError("scenario", f"found no eligible patient among {drawn.size}")

    def _bears_start(self, truth: Truth, configuration: int) -> bool:
        if self._start_ma(truth, configuration) > self.envelope["amplitude_ma"][1]:
            return False
        tolerability = self.problem.tolerability
        start = self._at_start_intensity(truth, configuration)
        return tolerability is None or truth.grade_of(start, day=0.0) <= tolerability.limit_grade

    def _treated(self, cohort: Cohort) -> Body | TwoSiteBody | VagusBody:
        return body_of(
            cohort, self.problem.space, phase=self.phase, started_at=self.started_at, sites=self.sites
        )

    def _truth(self, body: TreatedBody) -> Truth:
        return Truth(
            _body=body,
            problem=self.problem,
            postures=self.postures,
            kinds=self.kinds,
            judged_on_day=self.judged_on_day,
        )

    def _start_ma(self, truth: Truth, configuration: int) -> float:
        settings = self._at_start_values(configuration, 0)
        return self.start_intensity * truth.perception_of(settings, day=0.0)

    def _at_start_intensity(self, truth: Truth, configuration: int) -> Settings:
        amplitude = self.problem.space.parameter("amplitude_ma")
        return self._at_start_values(configuration, amplitude.nearest(self._start_ma(truth, configuration)))

    def _at_start_values(self, configuration: int, amplitude_index: int) -> Settings:
        space = self.problem.space
        index_of = {name: space.parameter(name).index_of(value) for name, value in self.start_values.items()}
        index_of |= {CONFIGURATION: configuration, "amplitude_ma": amplitude_index}
        return space.at([index_of[name] for name in space.names])


def scenario_names() -> tuple[str, ...]:
    """Return the names of the scenarios that ship with Titrate."""
    return (*sorted(path.stem for path in SHIPPED.glob("*.toml")), *EFFECT_SIZE_SCENARIOS)


@cache
def load_scenario(name_or_path: str) -> Scenario:
    """Return a scenario.

    Args:
        name_or_path: The name of a shipped scenario (``scs-tonic``) or the path of one's own, which ends in ``.toml`` and is
            its name from then on. Such a file extends a shipped scenario or another path, and may name a device and a preset by
            path.

    Raises:
        DataError: If there is no such scenario, or its file is not what it should be.
    """
    if name_or_path in EFFECT_SIZE_SCENARIOS:
        return EFFECT_SIZE_SCENARIOS[name_or_path]
    content = _content(name_or_path) | {"name": name_or_path}
    unknown = sorted(content.keys() - {entry.name for entry in fields(TherapyScenario)})
    if unknown:
        raise DataError(f"{name_or_path}: {unknown[0]}", "is not a field of a scenario")
    try:
        return canonical.from_builtins(TherapyScenario, content)
    except OptimizerError as error:
        raise DataError(f"{name_or_path}: {error.field}", error.problem, limit=error.limit) from error


def _content(name_or_path: str) -> dict[str, Any]:
    """Read a file, over what it extends."""
    try:
        content = tomllib.loads(_read(name_or_path))
    except tomllib.TOMLDecodeError as error:
        raise DataError(name_or_path, f"is not TOML: {error}") from error
    base = content.pop("extends", None)
    return content if base is None else _content(str(base)) | content


def _read(name_or_path: str) -> str:
    path, shipped = Path(name_or_path), scenario_names()
    if path.suffix != ".toml":
        if name_or_path not in shipped:
            raise DataError(name_or_path, "is not a scenario", limit=", ".join(shipped))
        path = SHIPPED / f"{name_or_path}.toml"
    elif not path.is_file():
        raise DataError(name_or_path, "is not a file", remedy="Give the path of a scenario file.")
    elif path.stem in shipped:
        raise DataError(name_or_path, "is called like a shipped scenario", remedy="Rename the file.")
    return path.read_text(encoding="utf-8")
