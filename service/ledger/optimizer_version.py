"""Which optimiser is installed, by its code and not by its version number alone; the compute process needs no more."""

import json
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version

import rfc8785

from optimizer import source

PACKAGES = ("titrate", "torch", "botorch", "gpytorch", "linear_operator", "numpy", "scipy")
"""Whose versions decide the bits of an answer; read from what is installed, which is what the lock file put there."""
CODE = "optimizer"
"""Stands beside the packages for the digest of the optimiser's own sources: they may change under one version number."""


@cache
def installed() -> str:
    """Return the canonical JSON of package -> version, and of the code's digest, as this process found them first.

    Loads none of them, and no database either. A file that changes later changes nothing here: what runs is what was loaded.
    """
    return rfc8785.dumps({name: version(name) for name in PACKAGES} | {CODE: source.digest()}).decode()


def difference(recorded: str | None, present: str) -> dict[str, tuple[str, str]]:
    """Return package -> (recorded, present) version of every package that differs; ``unknown`` where none was kept."""
    before: Mapping[str, str] = json.loads(recorded) if recorded else {}
    now: Mapping[str, str] = json.loads(present)
    names = sorted(before.keys() | now.keys())
    pairs = {name: (before.get(name, "unknown"), now.get(name, "unknown")) for name in names}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
