"""Who may be compared and on whom: what ``titrate evaluate --list`` shows."""

from collections.abc import Mapping
from typing import Final

from rich.box import SIMPLE_HEAD
from rich.console import Group
from rich.table import Table

from optimizer.evaluate.entrants import GUARDED
from optimizer.evaluate.peers import PEERS
from optimizer.evaluate.report.words import label
from optimizer.simulate.scenarios import load_scenario, scenario_names

OURS: Final[Mapping[str, str]] = {
    "safe_bo": "Titrate: what the service proposes",
    "gentle": "the clinic's ladder, one small step at a time, back where it hurts",
    "brisk": "the clinic's ladder with large steps",
    "random_safe": "at random among what our safety layer admits",
    "random": "at random among everything inside the hard limits",
    "stay": "the start, unchanged",
}


def names() -> Group:
    """Return tables of scenarios and policies; no peer is imported for it."""
    scenarios = Table("--scenario", "patients and treatment", box=SIMPLE_HEAD)
    for scenario in map(load_scenario, scenario_names()):
        scenarios.add_row(scenario.name, scenario.title)
    policies = Table("--policies", "what it is", box=SIMPLE_HEAD)
    for name, words in OURS.items():
        policies.add_row(name, words)
    for name in PEERS:
        policies.add_row(name, f"{label(name)}, a peer")
    policies.add_row(f"{GUARDED}NAME", "any of them inside the model-free part of our safety layer")
    policies.add_row("PACKAGE.MODULE:NAME", "one of your own")
    return Group(scenarios, policies)
