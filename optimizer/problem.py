"""What is to be optimised for one course: space, envelope, outcomes, limits on harm. Frozen, with a fingerprint."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property

import numpy as np
from msgspec import UNSET, UnsetType
from numpy.typing import NDArray

from optimizer import canonical
from optimizer.errors import EnvelopeError, HardLimitError, ProblemDefinitionError
from optimizer.outcomes.objective import Objective
from optimizer.outcomes.scale import GRADE, PAIN_NRS, OutcomeScale
from optimizer.outcomes.side_effect import COMMON_SIDE_EFFECTS, Nature, SideEffect, Tolerability
from optimizer.space import constraint
from optimizer.space.constraint import Limit, Quantity, Reading
from optimizer.space.device import Device, Excitability
from optimizer.space.parameter import GRID_TOLERANCE, Parameter
from optimizer.space.response import Response
from optimizer.space.search_space import Indices, SearchSpace
from optimizer.space.settings import Settings


class PostureUse(StrEnum):
    """In which postures settings are meant to be used."""

    ALL_DAY = "all_day"
    UPRIGHT = "upright"
    LYING = "lying"


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What the clinician allows for this course, inside what the device can do."""

    bounds: dict[str, tuple[float, float]] = field(default_factory=dict)
    """Parameter name -> lowest and highest allowed value."""
    choices: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Categorical parameter name -> allowed categories, for example configurations."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TitrationRule:
    """How far a proposal may go beyond what was tolerated. Defaults are decisions 4 and 5 of the design [A]."""

    step_fraction: float = 0.10
    """Largest rise of intensity above the strongest tolerated trial, unless one device step is larger."""
    new_configuration_fraction: float = 0.9
    """Where a configuration starts, relative to the strongest intensity tolerated in the nearest tried one."""
    current_ratio: float = 1.5
    """Raw cap on current relative to the tolerated trial a step starts from."""
    charge_ratio: float = 1.5
    """Raw cap on charge per phase, likewise."""
    width_ratio: float = 2.0
    """Raw cap on the change of pulse width, either way, likewise."""

    def __post_init__(self) -> None:
        """Check that the rule restrains."""
        if not (0 < self.step_fraction <= 0.5 and 0 < self.new_configuration_fraction <= 1):
            raise ProblemDefinitionError(
                "titration", "does not restrain", limit="step <= 0.5, start fraction <= 1"
            )
        if not all(ratio >= 1 for ratio in (self.current_ratio, self.charge_ratio, self.width_ratio)):
            raise ProblemDefinitionError(
                "titration", "has a ratio below one, which forbids staying", limit=">= 1"
            )


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Everything about a course that is known before any outcome.

    A recorded map has no stimulation physics: it says so with ``tolerability=None`` and ``titration=None``, which have no
    default, so that nobody leaves them out by oversight.

    Raises:
        ProblemDefinitionError: If the envelope, the limits or the outcomes contradict the device or each other.
    """

    space: SearchSpace
    tolerability: Tolerability | None
    """None: not applicable."""
    titration: TitrationRule | None
    """None: not applicable."""
    envelope: Envelope = field(default_factory=Envelope)
    excitability: Excitability = field(default_factory=Excitability)
    outcome: OutcomeScale = PAIN_NRS
    side_effects: tuple[SideEffect, ...] = COMMON_SIDE_EFFECTS
    objective: Objective = field(default_factory=Objective)
    postures: tuple[PostureUse, ...] = (PostureUse.ALL_DAY,)
    """Declared uses; settings must be tolerable in each."""
    min_gain_nrs: float = 0.5
    """Expected gain, in points of a scale of 0 to 10, below which further search is not worth a visit; 0 in benchmarks."""
    device: str = ""
    """Name and revision of the device file."""
    device_digest: str = ""
    response: Response | UnsetType = UNSET
    """Where relief lies on devices of this family. Unset, and absent from documents, it is that of tonic stimulation."""
    start_borne_in_use: bool | UnsetType = UNSET
    """Whether the first settings of the course are known to be borne in every posture of their use, lying down for all day.
    Unset, and absent from documents, nobody said so: what is believed of them is believed of standing."""
    drift_expected: bool | UnsetType = UNSET
    """Whether pain is expected to change slowly by itself (a flare that passes, a medication being changed), so that what time
    does is not credited to settings. Unset, and absent from documents, nobody said so: what days near each other share is all
    that is left to time."""

    def __post_init__(self) -> None:
        """Check the envelope and the outcomes."""
        for name, (low, high) in self.envelope.bounds.items():
            parameter = self.space.parameter(name)
            if parameter.is_categorical or not any(low <= level <= high for level in parameter.numbers):
                raise ProblemDefinitionError(
                    f"envelope.{name}", "leaves no level of the device", limit=parameter.describe()
                )
        for name, choices in self.envelope.choices.items():
            unknown = set(choices) - set(self.space.parameter(name).levels)
            if unknown or not choices:
                raise ProblemDefinitionError(
                    f"envelope.{name}",
                    "names categories the device has not, or none",
                    limit=self.space.parameter(name).describe(),
                )
        self._check_side_effects()
        if self.titration is not None and "amplitude_ma" not in self.space.names:
            raise ProblemDefinitionError(
                "titration",
                "applies, but there is no amplitude_ma",
                remedy="Declare it None for a recorded map.",
            )
        if not self.postures:
            raise ProblemDefinitionError("postures", "are empty", limit="at least one declared use")
        if not set(self.postures) <= set(PostureUse):
            limit = "of " + ", ".join(PostureUse)
            raise ProblemDefinitionError("postures", "name a use there is not", limit=limit)
        if self.min_gain_nrs < 0:
            raise ProblemDefinitionError("min_gain_nrs", "is negative", limit=">= 0")

    def _check_side_effects(self) -> None:
        if any(map(_is_text, self.side_effects)):
            remedy = "State SideEffect(name=..., nature=...)."
            raise ProblemDefinitionError("side_effects", "hold a name alone", remedy=remedy)
        names = [effect.name for effect in self.side_effects]
        if len(set(names)) != len(names):
            raise ProblemDefinitionError("side_effects", "name one kind twice")
        for effect in () if self.tolerability is None else self.side_effects:
            scale = effect.scale
            # limits and severity are grades of this scale: on another one the worst would pass for mild
            if (scale.low, scale.high) != (GRADE.low, GRADE.high) or scale.larger_is_better:
                raise ProblemDefinitionError(
                    f"side_effects.{effect.name}", "is not graded 0 to 10", limit="0 none to 10 unbearable"
                )

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the canonical JSON."""
        return self._fingerprint

    @cached_property
    def _fingerprint(self) -> str:
        return canonical.digest(self)

    @property
    def has_stimulation(self) -> bool:
        """Whether the physics of stimulation applies."""
        return self.titration is not None

    def side_effect(self, name: str) -> SideEffect | None:
        """Return a declared kind by name, or None."""
        return next((effect for effect in self.side_effects if effect.name == name), None)

    def is_intolerable(self, kind: str, grade: float) -> bool:
        """Return whether a side-effect report is above the tolerable limit."""
        if self.tolerability is None:
            return False
        return grade > self.tolerability.limit_grade or self.is_severe(kind, grade)

    def is_severe(self, kind: str, grade: float) -> bool:
        """Return whether a side-effect report is severe: a high grade, or any occurrence of a hard stop."""
        if self.tolerability is None:
            return False
        effect = self.side_effect(kind)
        hard_stop = effect is None or effect.nature is Nature.HARD_STOP
        return grade >= self.tolerability.severe_grade or (hard_stop and grade > 0)

    @cached_property
    def index_masks(self) -> tuple[NDArray[np.bool_], ...]:
        """Per parameter, which levels the envelope allows, ``(levels,)`` each."""
        masks = []
        for parameter in self.space.parameters:
            if parameter.is_categorical:
                choices = self.envelope.choices.get(parameter.name, parameter.levels)
                masks.append(np.array([level in choices for level in parameter.levels]))
            else:
                low, high = self.envelope.bounds.get(parameter.name, (-np.inf, np.inf))
                numbers = np.array(parameter.numbers)
                masks.append((numbers >= low - GRID_TOLERANCE) & (numbers <= high + GRID_TOLERANCE))
        return tuple(masks)

    def inside_envelope(self, indices: Indices) -> NDArray[np.bool_]:
        """Return which grid points the envelope allows, ``(c,)``."""
        inside = np.ones(len(indices), dtype=np.bool_)
        for axis, mask in enumerate(self.index_masks):
            inside &= mask[indices[:, axis]]
        return inside

    def allowed(self, indices: Indices) -> NDArray[np.bool_]:
        """Return which grid points meet every hard limit and the envelope, ``(c,)``."""
        return self.inside_envelope(indices) & self.space.allowed(indices)

    def check(self, settings: Settings) -> tuple[Reading, ...]:
        """Hold settings against envelope and hard limits: the gate of every proposal, edit and approval.

        Args:
            settings: A grid point of this problem's space.

        Returns:
            A reading per hard limit, each with its source and evidence.

        Raises:
            EnvelopeError: If a value lies outside the course's envelope.
            HardLimitError: If a limit is broken, or a required check could not run.
        """
        for axis, (name, mask) in enumerate(zip(self.space.names, self.index_masks, strict=True)):
            if not mask[settings.indices[axis]]:
                raise EnvelopeError(
                    name, "lies outside the course's envelope", limit=self._bounds_in_words(name)
                )
        found = self.space.readings(settings.as_dict())
        for reading in found:
            if not reading.met:
                problem = "could not be checked" if reading.value is None else "exceeds a hard limit"
                raise HardLimitError(
                    reading.quantity,
                    problem,
                    limit=f"{reading.bound:g}, {reading.source}",
                    remedy="There is no override.",
                )
        return found

    def _bounds_in_words(self, name: str) -> str:
        if name in self.envelope.bounds:
            low, high = self.envelope.bounds[name]
            return f"{low:g} to {high:g} {self.space.parameter(name).unit}"
        return "one of " + ", ".join(self.envelope.choices.get(name, ()))


def stimulation_problem(
    device: Device,
    *,
    envelope: Mapping[str, tuple[float, float] | tuple[str, ...]] | None = None,
    limits: Mapping[Quantity, float] | None = None,
    impedance_ohm: float | None = None,
    **fields: object,
) -> Problem:
    """Build the problem of a course on a stimulator.

    Args:
        device: From ``load_device``.
        envelope: Parameter name -> lowest and highest value, or the allowed categories.
        limits: Quantity -> tighter bound than the device file's.
        impedance_ohm: Measured impedance in ohm; None where it was not.
        **fields: Further fields of :class:`Problem`, for example ``side_effects`` or ``min_gain_nrs``.

    Returns:
        The problem, with tolerability and titration at their defaults unless named.

    Raises:
        ProblemDefinitionError: If the envelope or a limit contradicts the device, or a range its own order.
    """
    bounds: dict[str, tuple[float, float]] = {}
    choices: dict[str, tuple[str, ...]] = {}
    for name, allowed in (envelope or {}).items():
        parameter = device.space.parameter(name)
        if parameter.is_categorical:
            # the name of one category is no list of letters
            choices[name] = (allowed,) if isinstance(allowed, str) else tuple(map(str, allowed))
        elif isinstance(allowed, Collection) and len(allowed) == 2 and not any(map(_is_text, allowed)):
            bounds[name] = _range_of(parameter, float(allowed[0]), float(allowed[1]))
        else:
            raise ProblemDefinitionError(
                f"envelope.{name}", "is not a pair of numbers", limit="(lowest, highest)"
            )
    fields.setdefault("tolerability", Tolerability())
    fields.setdefault("titration", TitrationRule())
    return Problem(
        space=replace(
            device.space, limits=tightened(device.space.limits, limits or {}), impedance_ohm=impedance_ohm
        ),
        envelope=Envelope(bounds=bounds, choices=choices),
        excitability=device.excitability,
        device=f"{device.name}/{device.revision}",
        device_digest=device.digest,
        response=device.response,
        **fields,  # type: ignore[arg-type]
    )


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _range_of(parameter: Parameter, low: float, high: float) -> tuple[float, float]:
    """Return a stated range; an end past the device is a slip (90 for 9.0) that would lift the clinician's bound unseen.

    Asked of what is stated anew alone: problems on record are read as they are.
    """
    field, numbers = f"envelope.{parameter.name}", parameter.numbers
    if low > high:
        raise ProblemDefinitionError(field, "has its lowest value above its highest")
    if not (numbers[0] - GRID_TOLERANCE <= low and high <= numbers[-1] + GRID_TOLERANCE):
        raise ProblemDefinitionError(
            field, "goes past what the device can be set to", limit=parameter.describe()
        )
    return low, high


def tightened(limits: tuple[Limit, ...], bounds: Mapping[Quantity, float]) -> tuple[Limit, ...]:
    """Return limits with tighter bounds.

    Args:
        limits: Limits of the device.
        bounds: Quantity -> bound of the course.

    Returns:
        The device's limits, the named ones tightened; one the device does not bound is added.

    Raises:
        ParameterDefinitionError: If a bound would loosen a limit of the device.
        ProblemDefinitionError: If a name is that of no quantity.
    """
    unknown = set(bounds) - set(Quantity)
    if unknown:
        raise ProblemDefinitionError("limits", "bound a quantity there is not", limit=", ".join(Quantity))
    present = {limit.quantity for limit in limits}
    changed = [
        limit.tightened(bounds[limit.quantity]) if limit.quantity in bounds else limit for limit in limits
    ]
    added = [
        Limit(
            quantity=Quantity(quantity),
            bound=bound,
            source="course limit",
            evidence=constraint.Evidence.ASSUMED,
        )
        for quantity, bound in bounds.items()
        if quantity not in present
    ]
    return tuple(changed + added)
