"""A patient's body at an instant: what settings do there, before anybody reports anything."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from optimizer.simulate import course_of_time as time
from optimizer.simulate.cohort import Cohort
from optimizer.simulate.course_of_time import Phase
from optimizer.simulate.effect import goodness
from optimizer.simulate.side_effects import expected_grade
from optimizer.simulate.stimulus import Lead, Stimulus
from optimizer.simulate.streams import Array
from optimizer.simulate.thresholds import perception_ma
from optimizer.space.parameter import Value
from optimizer.space.search_space import Indices
from optimizer.trial import Posture


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Body:
    """``p`` patients with their leads, from the first trial on."""

    cohort: Cohort
    lead: Lead
    phase: Phase
    started_at: datetime
    """Day zero; a UTC day stands for the patient's own."""

    def stimulus(self, indices: Indices) -> Stimulus:
        """Return grid points as stimuli."""
        return self.lead.of(indices)

    def stimulus_of(self, values: Mapping[str, Value]) -> Stimulus:
        """Return one raw setting, on the grid or off it, as a stimulus."""
        return self.lead.of_values(values)

    def perception_ma(self, stimulus: Stimulus, posture: Posture, day: float) -> Array:
        """Return the perception threshold on a day, ``(p, c)``."""
        return perception_ma(self.cohort, stimulus, posture, self._threshold_shift(day))

    def specific_share(self, stimulus: Stimulus, posture: Posture, day: float) -> Array:
        """Return the share of pain these settings take away once washed in, ``(p, c)``."""
        moved = 0.0 if self.phase is Phase.SCREENING else time.level_shift(self.cohort, day)
        good = goodness(self.cohort, stimulus, self.perception_ma(stimulus, posture, day), moved)
        kept = time.persistence(self.cohort, day, self.phase)
        return np.asarray(self.cohort["achievable_share"] * kept * good)

    def expected_pain_nrs(self, specific_share: Array, day: float) -> Array:
        """Return pain without noise, rhythm or flare, ``(p, c)``, for a share taken away by the settings."""
        untreated = time.baseline_nrs(self.cohort, day, self.phase)
        return np.asarray(
            untreated * (1.0 - time.non_specific_share(self.cohort, day)) * (1.0 - specific_share)
        )

    def expected_grade(self, stimulus: Stimulus, posture: Posture, kind: str, day: float) -> Array:
        """Return the expected grade of one kind of side effect, ``(p, c)``."""
        return expected_grade(self.cohort, stimulus, self.perception_ma(stimulus, posture, day), kind)

    def _threshold_shift(self, day: float) -> Array | float:
        # trial leads are in for days; the monthly walk is for implanted ones
        return 0.0 if self.phase is Phase.SCREENING else time.threshold_shift(self.cohort, day)
