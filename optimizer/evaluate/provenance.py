"""Which code, which libraries and which scenario made a result: what may stand in one table, and what may not."""

import hashlib
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any, Final, Protocol

import optimizer
from optimizer import canonical, source
from optimizer.problem import Problem
from optimizer.simulate.preset import load_preset
from optimizer.source import DIGITS, PACKAGE

DRAWN: Final = ("figures", "evaluate/metrics", "evaluate/report")
"""What only reads results: another figure does not make another result."""
DISTRIBUTION: Final = "titrate"
PEERS: Final = "peers"
COMPARED: Final = ("code", "lock", "scenario")
"""Fields in which results of one table agree."""


class Named(Protocol):
    """What every scenario has that its fingerprint needs."""

    @property
    def name(self) -> str:
        """By which it is loaded."""
        ...

    @property
    def problem(self) -> Problem:
        """What a policy is told."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Where a result comes from."""

    code: str
    """Version of the package and a digest of its sources, for example ``0.1.0+5f0c1d2e3a4b``."""
    lock: str
    """Digest of names and versions of the libraries installed."""
    scenario: str
    """Fingerprint of the scenario. The patients that ship are data of the package, and so part of the code."""
    commit: str = ""
    """A name for people where the code lies in a repository; one commit may have been edited, so the digest decides."""


def provenance_of(scenario: Named) -> Provenance:
    """Return what a result made here and now on a scenario rests on."""
    return Provenance(
        code=f"{optimizer.__version__}+{source_digest(PACKAGE)}",
        lock=lock_fingerprint(),
        scenario=scenario_fingerprint(scenario),
        commit=_commit(),
    )


def mixed(entries: Iterable[Provenance]) -> dict[str, tuple[str, ...]]:
    """Return the fields in which results differ, with the values met; empty where they may stand in one table."""
    met = list(entries)
    values = {name: tuple(sorted({getattr(entry, name) for entry in met})) for name in COMPARED}
    return {name: found for name, found in values.items() if len(found) > 1}


def scenario_fingerprint(scenario: Named) -> str:
    """Return a digest of what a scenario states and of the problem a policy is told."""
    stated = {"problem": scenario.problem.fingerprint, "name": scenario.name}
    for name in getattr(scenario, "__dataclass_fields__", ()):
        # private fields lead to the patients, which the digest of the sources covers
        if not name.startswith("_"):
            stated[name] = canonical.to_builtins(getattr(scenario, name))
    preset = str(getattr(scenario, "preset", ""))
    if preset.endswith(".toml"):  # patients of one's own are no data of the package
        stated["preset"] = canonical.to_builtins(load_preset(preset))
    return canonical.digest(_Stated(fields=stated))[:DIGITS]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stated:
    fields: dict[str, Any]


@cache
def source_digest(folder: Path) -> str:
    """Return a digest of the sources and data that decide results, patients and comparison included."""
    return source.digest(folder, without=DRAWN)


@cache
def lock_fingerprint() -> str:
    """Return a digest of the installed versions of everything the package and its peers need.

    A build's local label (``+cpu``) is left out: the lock file names versions only.
    """
    lines = (f"{name}=={version.partition('+')[0]}" for name, version in sorted(set(_installed())))
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:DIGITS]


def _installed() -> Iterator[tuple[str, str]]:
    waiting, seen = [(DISTRIBUTION, True)], set[str]()
    while waiting:
        name, ours = waiting.pop()
        name = re.sub(r"[-_.]+", "-", name).lower()
        if name in seen:
            continue
        seen.add(name)
        try:
            distribution = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue  # for another platform, or an extra that was not asked for
        if not ours:
            yield name, distribution.version
        for requirement in distribution.requires or ():
            extra = re.search(r"extra\s*==\s*['\"]([\w-]+)", requirement)
            if extra is None or (ours and extra[1] == PEERS):
                found = re.match(r"[\w.-]+", requirement)
                waiting.append((found[0] if found else requirement, False))


@cache
def _commit() -> str:
    """Return the last commit of the package's folder, or nothing outside a repository."""
    git = shutil.which("git")
    if git is None:
        return ""
    command = [git, "-C", str(PACKAGE), "log", "-1", "--format=%h", "--", "."]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""
