"""What tests, notebooks, the demonstration and the arena need of a scenario, whatever its patients are made of."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from optimizer.problem import PostureUse, Problem
from optimizer.simulate.encounter import Context, Programmed, Spell, SyntheticPatient
from optimizer.simulate.streams import Array
from optimizer.space.search_space import Indices
from optimizer.space.settings import Settings
from optimizer.trial import Posture


class PatientTruth(Protocol):
    """One patient as nobody sees it: for the arena and for checking, never for a policy."""

    def relief_nrs(self, indices: Indices, day: float | None = None) -> Array:
        """Return the expected relief that depends on the settings, ``(c,)``, in points against no stimulation."""
        ...

    def grade(self, indices: Indices, day: float | None = None) -> Array:
        """Return the expected grade of the worst kind in the worst posture, ``(c,)``."""
        ...

    def relief_of(self, settings: Settings, day: float | None = None) -> float:
        """Return the expected setting-dependent relief at one setting."""
        ...

    def grade_of(self, settings: Programmed, day: float | None = None) -> float:
        """Return the expected grade at one setting, on the grid or off it."""
        ...

    def best(self, legal: Indices, day: float | None = None) -> Settings:
        """Return the tolerable settings of most expected relief, found by exhaustion."""
        ...


class Scenario(Protocol):
    """A kind of course: who is treated, with what, how it starts and what is asked."""

    @property
    def name(self) -> str:
        """Short and stable; stored with every result."""
        ...

    @property
    def title(self) -> str:
        """What is different about it, in words."""
        ...

    @property
    def device(self) -> str:
        """Device file."""
        ...

    @property
    def envelope(self) -> Mapping[str, tuple[float, float] | tuple[str, ...]]:
        """Parameter name -> lowest and highest allowed value, or the allowed categories."""
        ...

    @property
    def postures(self) -> tuple[Posture, ...]:
        """In which the patient is asked; trials take them in turn."""
        ...

    @property
    def posture_use(self) -> PostureUse:
        """What the course declares."""
        ...

    @property
    def started_at(self) -> datetime:
        """Instant of the first trial."""
        ...

    @property
    def ramps(self) -> bool:
        """Whether settings are climbed to; a policy otherwise jumps to what it asks."""
        ...

    @property
    def judged_on_day(self) -> float:
        """Day on which best and recommended settings are compared."""
        ...

    @property
    def problem(self) -> Problem:
        """What a policy is told."""
        ...

    @property
    def legal(self) -> Indices:
        """Every grid point inside hard limits and envelope, ``(c, d)``."""
        ...

    def patient(self, seed: int) -> SyntheticPatient:
        """Return the patient of a seed."""
        ...

    def truth(self, seed: int) -> PatientTruth:
        """Return what is true of the patient of a seed."""
        ...

    def begins_at(self, number: int) -> datetime:
        """Return when the trial of that number begins, counted from 0."""
        ...

    def context(self, number: int = 0) -> Context:
        """Return the circumstances of the trial of that number."""
        ...

    def questions(self, number: int, earlier: tuple[Spell, ...] = ()) -> tuple[tuple[Context, datetime], ...]:
        """Return in which context and when the trial of that number is rated, in order of time."""
        ...

    def best(self, seed: int) -> Settings:
        """Return the best settings inside limits and tolerance, found by exhaustion."""
        ...

    def start(self, seed: int) -> Settings:
        """Return where the clinician stands when the search begins."""
        ...
