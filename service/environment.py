"""Read the one configuration from the environment, and say clearly what in it is no setting or no value."""

import os
import re
from difflib import get_close_matches

from pydantic import ValidationError
from pydantic_settings import SettingsError
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from service.command_errors import SettingError
from service.settings import Settings

PREFIX = "TITRATE_"
NO_SETTINGS = frozenset(
    {"TITRATE_ACCEPTANCE", "TITRATE_CONFORMANCE", "TITRATE_DATA", "TITRATE_NOTEBOOK_SMALL"}
)
"""Ours too, but of the tests and notebooks."""
DATABASES = frozenset({"postgresql", "postgresql+psycopg", "sqlite", "sqlite+pysqlite"})
"""Kinds of database, as an address begins."""
ADDRESS = (
    "Write postgresql://USER:PASSWORD@HOST:PORT/NAME, with %40 for an @ in the password; or sqlite:///FILE."
)


def read_settings() -> Settings:
    """Return the settings as the environment states them, with defaults for what it does not; values are never shown.

    Raises:
        SettingError: If a name begins like one of ours and is none, or a value is not one of its setting.
    """
    known = {PREFIX + field.upper() for field in Settings.model_fields}
    for name in sorted(os.environ):
        stated = name.upper()  # settings are read in either case
        if stated.startswith(PREFIX) and stated not in known | NO_SETTINGS:
            nearest = get_close_matches(stated, sorted(known), n=1, cutoff=0.0)[0]
            raise SettingError(name, "is no setting", remedy=f"Did you mean {nearest}?")
    try:
        settings = Settings()
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(str(part) for part in first["loc"][1:])
        field = PREFIX + str(first["loc"][0]).upper() + (f" at {place}" if place else "")
        raise SettingError(field, f"has no legal value ({first['type']})") from None
    except SettingsError as error:
        named = re.search(r'field "(\w+)"', str(error))
        raise SettingError(PREFIX + (named[1].upper() if named else ""), "is not JSON") from None
    _check_database(settings)
    return settings


def _check_database(settings: Settings) -> None:
    """Refuse an address that no message could tell without its password, or that names no database of ours.

    Raises:
        SettingError: If it is one; no part of it is repeated.
    """
    field = PREFIX + "DATABASE"
    try:
        address = make_url(settings.database_url)
    except (ArgumentError, ValueError):  # the latter of a port that is no number: it may be half a password
        raise SettingError(field, "is no address of a database", remedy=ADDRESS) from None
    named = address.database or ""
    if address.drivername not in DATABASES or not named:
        raise SettingError(field, "names no PostgreSQL and no file of SQLite", remedy=ADDRESS)
    if address.get_backend_name() == "postgresql" and set(named) & set("@:/"):
        raise SettingError(field, "seems to have a password with an @ in it", remedy=ADDRESS)
    if "password" in address.query:
        raise SettingError(
            field, "has its password among the options, where messages show it", remedy=ADDRESS
        )
