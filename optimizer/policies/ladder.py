"""The clinic's two ladders, fixed so that everyone compares with the same. Baselines; the service never serves them.

*Brisk*: the five configurations nearest the start, nearest first; on each, amplitude at start x1, x1.3, x1.69, x2.2,
leaving it when a side-effect report exceeds the limit minus 1; then, at the best tolerated configuration and amplitude,
rates 20, 80, 100, 120 Hz, the best kept; then widths 150, 210, 400, 500 us with amplitude x (.4 + .6 x 300 / width).
*Gentle*: the three nearest; from start x1, x0.9 on the others, rungs x1.1, at most six, leaving at the first report above
1; then rates 30, 50, 60, 80 Hz. Both round to the grid, skip what hard limits and envelope forbid, obey neither titration
rule nor closure, and then stay at the best tolerated report. Without contacts: the amplitude part only.

A rung is known by its settings: the place on the ladder is read off the history, and an unrated rung is tried again.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from optimizer.ask import Ask
from optimizer.decision import Decision
from optimizer.errors import PolicyError
from optimizer.history import History
from optimizer.policies.baseline import Tried, answer, best_tolerated, may_name, tried
from optimizer.prior import NO_PRIOR, Prior
from optimizer.problem import Problem
from optimizer.space.parameter import CONFIGURATION, Value
from optimizer.space.settings import Settings, number
from optimizer.trial import UNSTIMULATED, RungOutcome

WIDTH_FLOOR, WIDTH_SLOPE, WIDTH_REFERENCE_US = 0.4, 0.6, 300.0
"""Amplitude over that at 300 us: the ladder's own straight-line strength-duration rule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    """A fixed order of settings to try."""

    name: str
    n_configurations: int
    factors: tuple[float, ...]
    """Amplitudes on the start configuration, relative to the start."""
    elsewhere: float
    """First amplitude on other configurations, relative to the start."""
    leave_above: float | None
    """Side-effect grade above which a configuration is left; None: the course's limit minus 1."""
    rates_hz: tuple[float, ...]
    widths_us: tuple[float, ...] = ()

    def start(self, problem: Problem, *, prior: Prior = NO_PRIOR, seed: int = 0) -> "LadderSession":  # noqa: ARG002
        """Begin on one course; a prior plays no part.

        Raises:
            PolicyError: If the problem has no amplitude to climb.
        """
        if "amplitude_ma" not in problem.space.names:
            raise PolicyError(self.name, "needs an amplitude to climb", limit="a stimulation problem")
        return LadderSession(ladder=self, problem=problem, seed=seed)


@dataclass(frozen=True, slots=True, kw_only=True)
class LadderSession:
    """A ladder on one course."""

    ladder: Ladder
    problem: Problem
    seed: int

    def decide(self, history: History, ask: Ask) -> Decision:
        """Propose the first rung that has no rating yet; at the end, the best tolerated settings."""
        history = history.as_of(ask.at)
        climb = _Climb(
            ladder=self.ladder,
            problem=self.problem,
            ask=ask,
            known=tried(self.problem, history),
            met=_discomforts(history),
        )
        stimulated = (trial for trial in history.trials if trial.kind not in UNSTIMULATED)
        first = next((trial.applied for trial in stimulated), ask.in_force)
        chosen = climb.next_from(dict(first.values))
        return answer(self.problem, history, ask, chosen, policy=self.ladder.name, seed=self.seed)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Climb:
    """The ladder held against what is known."""

    ladder: Ladder
    problem: Problem
    ask: Ask
    known: dict[tuple[int, ...], Tried]
    met: tuple[dict[str, Value], ...]
    """Where ramps met discomfort."""

    def next_from(self, start: dict[str, Value]) -> Settings | None:
        """Return the first unrated rung, else the best tolerated settings, else None."""
        for rung in self._rungs(start):
            if rung.indices not in self.known and not self._out_of_reach(rung):
                return rung
        best = best_tolerated(self.known.values())
        return None if best is None else best.settings

    def _rungs(self, start: dict[str, Value]) -> Iterator[Settings]:
        """Yield the rungs as far as what is known leads; each later part rests on the ratings of the earlier."""
        yield from self._amplitudes(start)
        if CONFIGURATION not in self.problem.space.names:
            return
        climbed = {rung.indices for rung in self._amplitudes(start)}
        best = best_tolerated(entry for key, entry in self.known.items() if key in climbed)
        if best is None:
            return
        rates = self._varied(best.settings, "frequency_hz", self.ladder.rates_hz)
        yield from rates
        best = best_tolerated(self._known(best.settings, *rates)) or best
        yield from self._varied(best.settings, "pulse_width_us", self.ladder.widths_us)

    def _amplitudes(self, start: dict[str, Value]) -> Iterator[Settings]:
        start_ma = number(start, "amplitude_ma")
        for order, configuration in enumerate(self._nearest(start)):
            first = 1.0 if order == 0 else self.ladder.elsewhere
            for factor in self.ladder.factors:
                values = {**start, **configuration, "amplitude_ma": start_ma * first * factor}
                rung = self._rung(values)
                if rung is None:
                    continue
                yield rung
                entry = self.known.get(rung.indices)
                if entry is not None and entry.worst_grade > self._leave_above():
                    break
                if entry is None and self._out_of_reach(rung):
                    break

    def _nearest(self, start: dict[str, Value]) -> list[dict[str, Value]]:
        """Return configurations nearest the start, itself first; ties in the order of the device file."""
        if CONFIGURATION not in self.problem.space.names:
            return [{}]
        parameter = self.problem.space.parameter(CONFIGURATION)
        here = parameter.index_of(start[CONFIGURATION])
        places = self.problem.space.places
        order = sorted(
            range(parameter.size), key=lambda there: (places[there].distance_mm(places[here]), there)
        )
        return [{CONFIGURATION: parameter.levels[index]} for index in order[: self.ladder.n_configurations]]

    def _varied(self, base: Settings, name: str, levels: tuple[float, ...]) -> list[Settings]:
        """Return settings that differ in one parameter; with the width the amplitude follows."""
        if name not in self.problem.space.names:
            return []
        rungs = []
        for level in levels:
            values = {**base.as_dict(), name: level}
            if name == "pulse_width_us":
                share = WIDTH_FLOOR + WIDTH_SLOPE * WIDTH_REFERENCE_US / level
                values["amplitude_ma"] = number(values, "amplitude_ma") * share
            rung = self._rung(values)
            rungs += [] if rung is None else [rung]
        return rungs

    def _rung(self, values: dict[str, Value]) -> Settings | None:
        """Return the nearest grid point, or None where limits, envelope or the ask forbid it."""
        parameters = self.problem.space.parameters
        indices = [
            p.index_of(values[p.name]) if p.is_categorical else p.nearest(number(values, p.name))
            for p in parameters
        ]
        settings = self.problem.space.at(indices)
        return settings if may_name(self.problem, self.ask, settings) else None

    def _out_of_reach(self, rung: Settings) -> bool:
        """Return whether a ramp met discomfort at this place, width and rate with no more current."""
        wanted = rung.as_dict()
        return any(
            {**values, "amplitude_ma": wanted["amplitude_ma"]} == wanted
            and number(values, "amplitude_ma") <= number(wanted, "amplitude_ma")
            for values in self.met
        )

    def _known(self, *rungs: Settings) -> list[Tried]:
        return [self.known[rung.indices] for rung in rungs if rung.indices in self.known]

    def _leave_above(self) -> float:
        if self.ladder.leave_above is not None:
            return self.ladder.leave_above
        tolerability = self.problem.tolerability
        return float("inf") if tolerability is None else tolerability.limit_grade - 1.0


def _discomforts(history: History) -> tuple[dict[str, Value], ...]:
    return tuple(
        {**trial.applied.values, "amplitude_ma": rung.amplitude_ma}
        for trial in history.trials
        for rung in trial.ramp
        if rung.outcome is RungOutcome.DISCOMFORT
    )


BRISK = Ladder(
    name="ladder_brisk/1",
    n_configurations=5,
    factors=(1.0, 1.3, 1.69, 2.2),
    elsewhere=1.0,
    leave_above=None,
    rates_hz=(20.0, 80.0, 100.0, 120.0),
    widths_us=(150.0, 210.0, 400.0, 500.0),
)
GENTLE = Ladder(
    name="ladder_gentle/1",
    n_configurations=3,
    factors=tuple(1.1**rung for rung in range(6)),
    elsewhere=0.9,
    leave_above=1.0,
    rates_hz=(30.0, 50.0, 60.0, 80.0),
)
