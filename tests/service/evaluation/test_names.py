"""What may be named is listed, all of it."""

from io import StringIO

from rich.console import Console

from optimizer.evaluate.entrants import POLICIES
from optimizer.evaluate.peers import PEERS
from optimizer.simulate.scenarios import scenario_names
from service.evaluation.names import OURS, names


def test_every_scenario_policy_and_peer_is_listed() -> None:
    shown = StringIO()
    Console(file=shown, width=200).print(names())
    listed = {line.split()[0] for line in shown.getvalue().splitlines() if line.strip()}
    assert {*scenario_names(), *POLICIES, *PEERS} <= listed
    assert set(OURS) == set(POLICIES)
