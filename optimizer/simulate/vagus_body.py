"""The body of a patient with an implanted vagus stimulator at an instant: what settings do there in the long run."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from optimizer.simulate import course_of_time as time
from optimizer.simulate import vagus
from optimizer.simulate.cohort import Cohort
from optimizer.simulate.course_of_time import Phase
from optimizer.simulate.streams import Array
from optimizer.simulate.vagus import Dose
from optimizer.space.constraint import Columns
from optimizer.space.parameter import Value
from optimizer.space.search_space import Indices, SearchSpace
from optimizer.trial import Posture


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class VagusBody:
    """``p`` patients with a cuff around the vagus; posture plays no part."""

    cohort: Cohort
    space: SearchSpace
    started_at: datetime
    """Day zero: the first stimulation."""

    def stimulus(self, indices: Indices) -> Dose:
        """Return grid points as doses."""
        return _dose(self.space.columns(indices))

    def stimulus_of(self, values: Mapping[str, Value]) -> Dose:
        """Return one raw setting, on the grid or off it, as a dose."""
        return _dose(self.space.columns_of([values]))

    def perception_ma(self, stimulus: Dose, posture: Posture, day: float) -> Array:  # noqa: ARG002
        """Return the A-fibre threshold at the width, ``(p, c)``; it is where the throat begins to notice."""
        return vagus.threshold_ma(self.cohort, stimulus)

    def specific_share(self, stimulus: Dose, posture: Posture, day: float) -> Array:  # noqa: ARG002
        """Return the share of pain these settings take away in the long run, ``(p, c)``; negative where they harm."""
        return vagus.target_share(self.cohort, stimulus, time.persistence(self.cohort, day, Phase.IMPLANTED))

    def expected_pain_nrs(self, specific_share: Array, day: float) -> Array:
        """Return pain without noise, rhythm or flare, ``(p, c)``."""
        return vagus.expected_pain_nrs(self.cohort, specific_share, day)

    def expected_grade(self, stimulus: Dose, posture: Posture, kind: str, day: float) -> Array:  # noqa: ARG002
        """Return the expected grade of one kind, ``(p, c)``, so many days after the first stimulation."""
        return vagus.expected_grade(self.cohort, stimulus, kind, day)


def _dose(columns: Columns) -> Dose:
    return Dose(
        amplitude_ma=columns.amplitude_ma,
        pulse_width_us=columns.pulse_width_us,
        frequency_hz=columns.frequency_hz,
        duty=columns.duty,
    )
