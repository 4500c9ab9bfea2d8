"""Presets: the laws a cohort is drawn from, read from the files beside this module or from one's own."""

import tomllib
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from importlib import resources
from pathlib import Path

from optimizer import canonical
from optimizer.errors import DataError, OptimizerError
from optimizer.simulate.law import Law

FOUNDATION = "_"
"""First letter of a file that others extend and that is no preset of its own."""
PEOPLE = "_people"


class Response(StrEnum):
    """Which surface the settings act through."""

    PARAESTHESIA = "paraesthesia"
    SUB_PERCEPTION = "sub_perception"
    VAGUS = "vagus"


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """A kind of patients."""

    name: str
    title: str
    response: Response
    levels: int
    """Number of contact levels along the lead."""
    laws: dict[str, Law]


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    """The shape of a preset file; what it leaves out is taken from the one it extends."""

    name: str
    title: str
    extends: str | None = None
    response: Response | None = None
    levels: int | None = None
    laws: dict[str, Law] = field(default_factory=dict)


def preset_names() -> tuple[str, ...]:
    """Return the names of the presets that ship with Titrate."""
    folder = resources.files(__package__) / "presets"
    files = (entry.name for entry in folder.iterdir() if entry.name.endswith(".toml"))
    return tuple(sorted(name.removesuffix(".toml") for name in files if not name.startswith(FOUNDATION)))


@cache
def load_preset(name_or_path: str) -> Preset:
    """Read a preset.

    Args:
        name_or_path: The name of a shipped preset (``tonic``) or the path of one's own, which ends in ``.toml``.

    Returns:
        The preset, with what it inherits filled in.

    Raises:
        DataError: If there is no such preset, or its file is not what it should be.
    """
    try:
        file = canonical.from_builtins(_File, tomllib.loads(_read(name_or_path)))
    except tomllib.TOMLDecodeError as error:
        raise DataError(name_or_path, f"is not TOML: {error}") from error
    except OptimizerError as error:
        raise DataError(f"{name_or_path}: {error.field}", error.problem, limit=error.limit) from error
    base = None if file.extends is None else load_preset(file.extends)
    laws = ({} if base is None else base.laws) | file.laws
    _check_laws(name_or_path, base, file)
    return Preset(
        name=file.name,
        title=file.title,
        response=file.response or (Response.PARAESTHESIA if base is None else base.response),
        levels=file.levels or (8 if base is None else base.levels),
        laws=laws,
    )


def _check_laws(name: str, base: Preset | None, file: _File) -> None:
    """Refuse a law nobody reads: a misspelt name would silently leave the inherited one in force."""
    if base is None or base.name.startswith(FOUNDATION):
        return
    unknown = sorted(set(file.laws) - set(base.laws))
    if unknown:
        raise DataError(f"{name}: laws.{unknown[0]}", "is not a law of the preset it extends")


def _read(name_or_path: str) -> str:
    if name_or_path.endswith(".toml"):
        path = Path(name_or_path)
        if not path.is_file():
            raise DataError(name_or_path, "is not a file", remedy="Give the path of a preset file.")
        return path.read_text(encoding="utf-8")
    if name_or_path not in (*preset_names(), PEOPLE):
        raise DataError(name_or_path, "is not a shipped preset", limit=", ".join(preset_names()))
    return (resources.files(__package__) / "presets" / f"{name_or_path}.toml").read_text(encoding="utf-8")
