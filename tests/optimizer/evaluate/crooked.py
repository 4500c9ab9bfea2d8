"""Policies that do what they must not; the arena is to record it and go on."""

import os
import signal
from dataclasses import dataclass, replace

from optimizer.ask import Ask
from optimizer.decision import Decision, Hold, HoldReason, Proposal
from optimizer.history import History
from optimizer.policies.stay import STAY
from optimizer.prior import NO_PRIOR, Prior
from optimizer.problem import Problem


@dataclass(frozen=True, kw_only=True)
class Crooked:
    """A policy that does something it must not; ``way`` says what."""

    way: str
    problem: Problem | None = None

    @property
    def name(self) -> str:
        return f"{self.way}/1"

    def start(self, problem: Problem, *, prior: Prior = NO_PRIOR, seed: int = 0) -> "Crooked":
        return replace(self, problem=problem)

    def decide(self, history: History, ask: Ask) -> Decision:
        assert self.problem is not None
        if self.way == "raises":
            raise RuntimeError("no idea")
        if self.way == "dies":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.way == "holds":
            return Hold(reason=HoldReason.UNREVIEWED_ADVERSE_EVENT, subject_ids=("x",), meanwhile=None)
        started = replace(ask, in_force=history.trials[0].applied)
        honest = STAY.start(self.problem).decide(history, started)
        assert isinstance(honest, Proposal)
        step = honest.steps[0]
        if self.way == "off-grid":
            names = step.settings.names
            values = tuple(4.03 if n == "amplitude_ma" else step.settings[n] for n in names)
            settings = replace(step.settings, values=values)
        else:  # past the envelope
            axis = step.settings.names.index("amplitude_ma")
            indices = list(step.settings.indices)
            indices[axis] = 200  # 20 mA
            settings = self.problem.space.at(indices)
        return replace(honest, steps=(replace(step, settings=settings),))


RAISES, OFF_GRID, DIES = Crooked(way="raises"), Crooked(way="off-grid"), Crooked(way="dies")
