"""Hypothesis strategies for stimulation problems: every kind of grid, limit, envelope and configuration."""

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from optimizer.outcomes.side_effect import Tolerability
from optimizer.problem import Envelope, Problem, TitrationRule
from optimizer.space.configuration import CASE, Configuration, Contact
from optimizer.space.constraint import Evidence, Limit, Quantity
from optimizer.space.device import Excitability
from optimizer.space.parameter import CONFIGURATION, Parameter, categorical, listed, piecewise, uniform
from optimizer.space.search_space import SearchSpace

# quantity -> bounds from hardly to strongly binding on the grids below
BOUNDS = {
    Quantity.TOTAL_CURRENT: (12.0, 6.0, 2.5),
    Quantity.CONTACT_CURRENT: (12.7, 4.0, 1.0),
    Quantity.CHARGE_PER_PHASE: (6.0, 2.0, 0.5),
    Quantity.CHARGE_DENSITY: (30.0, 15.0, 5.0),
    Quantity.SHANNON_K: (1.75, 1.5, 0.5),
    Quantity.CHARGE_PER_SECOND: (500.0, 100.0, 20.0),
    Quantity.COMPLIANCE: (20.0, 5.0),
    Quantity.DUTY_CYCLE: (1.0, 0.5),
    Quantity.ON_OFF_RATIO: (1.0, 0.5),
    Quantity.CHARGE_IMBALANCE: (0.0,),
}


@st.composite
def amplitudes(draw: DrawFn) -> Parameter:
    """Uniform, piecewise or irregular currents in mA."""
    kind = draw(st.sampled_from(("uniform", "piecewise", "listed")))
    if kind == "uniform":
        step = draw(st.sampled_from((0.1, 0.2, 0.25, 0.5)))
        return uniform("amplitude_ma", "mA", 0.0, 10.0, step)
    if kind == "piecewise":
        return piecewise("amplitude_ma", "mA", [(0.0, 2.0, 0.125), (2.0, 8.0, 0.25)])
    levels = draw(st.sets(st.integers(0, 100), min_size=3, max_size=30))
    return listed("amplitude_ma", "mA", sorted(level / 10 for level in levels))


@st.composite
def other_parameters(draw: DrawFn) -> tuple[Parameter, ...]:
    """Widths, rates and ON/OFF times; each may be missing."""
    widths = draw(
        st.sampled_from(
            (
                uniform("pulse_width_us", "us", 60.0, 600.0, 20.0),
                listed("pulse_width_us", "us", [130.0, 250.0, 500.0]),
                piecewise("pulse_width_us", "us", [(50.0, 100.0, 10.0), (100.0, 500.0, 50.0)]),
                None,
            )
        )
    )
    rates = draw(
        st.sampled_from(
            (
                listed("frequency_hz", "Hz", [2.0, 20.0, 30.0, 50.0, 130.0, 1000.0]),
                piecewise("frequency_hz", "Hz", [(10.0, 100.0, 10.0), (100.0, 1200.0, 100.0)]),
                None,
            )
        )
    )
    cycle: tuple[Parameter, ...] = ()
    if draw(st.booleans()):
        cycle = (
            listed("on_s", "s", [7.0, 14.0, 30.0, 60.0]),
            listed("off_s", "s", [12.0, 30.0, 66.0, 180.0, 300.0]),
        )
    return tuple(parameter for parameter in (widths, rates) if parameter is not None) + cycle


@st.composite
def leads(draw: DrawFn) -> tuple[tuple[Contact, ...], tuple[Configuration, ...]]:
    """Contacts, some of unknown area, and configurations on them, some with an anode beside the cathode."""
    n = draw(st.integers(2, 5))
    contacts = tuple(
        Contact(
            name=f"E{k}",
            position_mm=draw(st.sampled_from((0.0, 4.0, 8.0))) + 8.0 * k,
            lateral_mm=draw(st.sampled_from((-1.5, 0.0, 1.5))),
            area_cm2=draw(st.sampled_from((0.1225, 0.1225, 0.1225, 0.06, 0.039, None))),
        )
        for k in range(n)
    )
    configurations = []
    for number in range(draw(st.integers(1, 4))):
        first, second = draw(st.permutations(range(n)))[:2]
        shares = draw(
            st.sampled_from(
                (
                    {f"E{first}": -1.0, CASE: 1.0},
                    {f"E{first}": -0.75, f"E{second}": -0.25, CASE: 1.0},
                    {f"E{first}": -1.0, f"E{second}": 1.0},
                    {f"E{first}": -1.0, f"E{second}": 0.5, CASE: 0.5},
                )
            )
        )
        configurations.append(Configuration(name=f"C{number}", shares=shares))
    return contacts, tuple(configurations)


@st.composite
def limits(draw: DrawFn) -> tuple[Limit, ...]:
    """Some limits; most required, some exclusive."""
    chosen = draw(st.sets(st.sampled_from(sorted(BOUNDS)), max_size=3))
    return tuple(
        Limit(
            quantity=quantity,
            bound=draw(st.sampled_from(BOUNDS[quantity])),
            exclusive=quantity is not Quantity.CHARGE_IMBALANCE and draw(st.booleans()),
            source="generated",
            evidence=Evidence.ASSUMED,
            required=quantity is not Quantity.COMPLIANCE and draw(st.integers(0, 4)) > 0,
        )
        for quantity in sorted(chosen)
    )


@st.composite
def envelopes(draw: DrawFn, parameters: tuple[Parameter, ...]) -> Envelope:
    """Bounds that leave at least one level, and choices."""
    bounds: dict[str, tuple[float, float]] = {}
    choices: dict[str, tuple[str, ...]] = {}
    for parameter in parameters:
        if not draw(st.booleans()):
            continue
        if parameter.is_categorical:
            kept = draw(st.sets(st.sampled_from(parameter.levels), min_size=1))
            choices[parameter.name] = tuple(sorted(map(str, kept)))
        else:
            ends = sorted(draw(st.tuples(*[st.integers(0, parameter.size - 1)] * 2)))
            low, high = parameter.numbers[ends[0]], parameter.numbers[ends[1]]
            bounds[parameter.name] = (low, high + draw(st.sampled_from((0.0, 0.01))))
    return Envelope(bounds=bounds, choices=choices)


def excitabilities() -> SearchStrategy[Excitability]:
    """With and without a dependence on the rate; neighbours alike or not."""
    return st.builds(
        Excitability,
        rate_corner_hz=st.sampled_from((None, 450.0)),
        configuration_log_sd=st.sampled_from((0.0, 0.12, 0.4)),
        configuration_length_mm=st.sampled_from((8.0, 16.0)),
    )


def titration_rules() -> SearchStrategy[TitrationRule]:
    """The default of the design and stricter or wider ones."""
    return st.builds(
        TitrationRule,
        step_fraction=st.sampled_from((0.1, 0.05, 0.3)),
        new_configuration_fraction=st.sampled_from((0.9, 0.7, 1.0)),
        current_ratio=st.sampled_from((1.5, 1.05)),
        charge_ratio=st.sampled_from((1.5, 1.05)),
        width_ratio=st.sampled_from((2.0, 1.2)),
    )


@st.composite
def problems(draw: DrawFn) -> Problem:
    """A stimulation problem that can be defined; it may leave nothing legal."""
    contacts, configurations = draw(leads())
    parameters = (draw(amplitudes()), *draw(other_parameters()))
    if len(configurations) > 1:
        parameters += (categorical(CONFIGURATION, [entry.name for entry in configurations]),)
    space = SearchSpace(
        parameters=parameters,
        limits=draw(limits()),
        contacts=contacts,
        configurations=configurations,
        impedance_ohm=draw(st.sampled_from((None, 500.0, 1500.0))),
        balanced=draw(st.integers(0, 19)) > 0,
    )
    return Problem(
        space=space,
        tolerability=draw(st.sampled_from((Tolerability(), Tolerability(limit_grade=2.0, severe_grade=5.0)))),
        titration=draw(titration_rules()),
        envelope=draw(envelopes(parameters)),
        excitability=draw(excitabilities()),
    )
