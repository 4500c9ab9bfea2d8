import numpy as np
import pytest

from optimizer.errors import ParameterDefinitionError
from optimizer.simulate.stimulus import Lead
from optimizer.space.configuration import Configuration, Contact
from optimizer.space.device import load_device
from optimizer.space.parameter import listed
from optimizer.space.search_space import SearchSpace


def test_both_leads_of_one_level_are_one_place() -> None:
    lead = Lead(space=load_device("scs-tonic").space, levels=8)
    values = {"amplitude_ma": 5.0, "pulse_width_us": 300, "frequency_hz": 40, "configuration": "level-3"}
    stimulus = lead.of_values(values)
    assert stimulus.cathodes.tolist() == [[0, 0, 1, 0, 0, 0, 0, 0]]
    assert (stimulus.amplitude_ma, stimulus.pulse_width_us, stimulus.frequency_hz) == (5.0, 300.0, 40.0)


def test_grid_points_and_raw_values_are_felt_alike() -> None:
    lead = Lead(space=load_device("scs-tonic").space, levels=8)
    settings = lead.space.at([50, 28, 16, 4])
    by_index, by_value = lead.of(np.array([settings.indices])), lead.of_values(settings.as_dict())
    for name in ("amplitude_ma", "pulse_width_us", "frequency_hz", "cathodes"):
        assert np.array_equal(getattr(by_index, name), getattr(by_value, name))


def test_an_unknown_configuration_is_nowhere_rather_than_somewhere() -> None:
    lead = Lead(space=load_device("scs-tonic").space, levels=8)
    values = {"amplitude_ma": 5.0, "pulse_width_us": 300, "frequency_hz": 40, "configuration": "level-99"}
    assert np.isnan(lead.of_values(values).cathodes).all()


def test_a_cathode_beside_the_lead_is_refused() -> None:
    space = SearchSpace(
        parameters=(listed("amplitude_ma", "mA", [0, 1]),),
        contacts=(Contact(name="E1", position_mm=0.0), Contact(name="E9", position_mm=64.0)),
        configurations=(Configuration(name="only", shares={"case": -1.0, "E1": 1.0}),),
    )
    with pytest.raises(ParameterDefinitionError, match="beside the lead"):
        Lead(space=space, levels=8)
