"""Who a request speaks for, by whatever it shows: an API key, or a bearer token of an identity provider."""

from datetime import datetime

from service.auth import keys
from service.auth.principal import Principal
from service.auth.tokens import Tokens
from service.db.engine import Database
from service.errors import AuthenticationError

_REMEDY = (
    "Send 'Authorization: Bearer' and an API key ('titrate keys create') or a token of the identity provider."
)


class Callers:
    """Finds callers; what a header shows decides which way."""

    def __init__(self, database: Database, tokens: Tokens) -> None:
        """Know where keys are kept and whose tokens count.

        Args:
            database: Keeps the digests of API keys.
            tokens: Checks bearer tokens.
        """
        self._database = database
        self._tokens = tokens

    def principal_of(self, authorization: str | None, now: datetime) -> Principal:
        """Return who an Authorization header speaks for.

        Raises:
            AuthenticationError: If it shows nothing that works.
            IdentityProviderError: If a token cannot be checked at present.
        """
        scheme, _, shown = (authorization or "").strip().partition(" ")
        shown = shown.strip()
        if scheme.lower() != "bearer" or not shown:
            raise AuthenticationError("authorization", "shows neither key nor token", remedy=_REMEDY)
        if not shown.startswith(keys.PREFIX):
            return self._tokens.principal_of(shown, now)
        with self._database.read() as session:
            return keys.principal_of(session, shown, now)
