"""Who calls, and the one transaction a request gets."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Header
from fastapi.security import HTTPBearer
from sqlalchemy.orm import Session
from starlette.datastructures import State
from starlette.requests import Request
from starlette.responses import Response

from service.audit.record import record
from service.auth.access import allowed
from service.auth.principal import NOBODY, Principal
from service.dependencies.context import Services, path_of, services_of
from service.dependencies.strict_body import parse
from service.dependencies.strict_query import check_query
from service.dependencies.wire import View
from service.errors import (
    AuthenticationError,
    IdempotencyKeyMissingError,
    IdempotencyKeyReusedError,
    IdempotencyKeyRunningError,
)
from service.ledger.ledger import Ledger, canonical_text
from service.ledger.tables import IdempotencyRow

T = TypeVar("T")

REPLAYED = "Idempotent-Replayed"

bearer = HTTPBearer(
    auto_error=False,
    description="An API key from `titrate keys create`, or an access token of the site's identity provider.",
)
"""Documents the scheme; the header itself is read by ``caller``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a write answers, plain enough to be kept and given again."""

    status: int
    body: View | dict[str, Any]
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def replayed(self) -> bool:
        """Whether it was given before, and had its effect then."""
        return REPLAYED in self.headers

    @property
    def text(self) -> str:
        """The body as JSON text."""
        plain = self.body if isinstance(self.body, dict) else self.body.model_dump(mode="json")
        return json.dumps(plain, ensure_ascii=False, separators=(",", ":"), allow_nan=False)

    def response(self) -> Response:
        """Return it as an HTTP response."""
        return Response(self.text, self.status, self.headers, media_type="application/json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A known caller who reads."""

    services: Services
    principal: Principal

    def do(self, act: Callable[[Ledger], T]) -> T:
        """Run a use case in a session that commits nothing."""
        with self.services.database.read() as session:
            return act(ledger_for(session, self.principal, self.services))


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """A known caller who writes: everything in one transaction, once per idempotency key."""

    services: Services
    principal: Principal
    key: str
    method: str
    path: str
    request_id: str
    fingerprint: str
    state: State
    """Of the request; told when its line is on the trail."""

    def once(self, act: Callable[[Ledger], Answer]) -> Answer:
        """Run a use case, or give the answer it gave before.

        The only place of the web process that commits what a request wrote. Writes are serialised (see
        ``service.db.engine``), so a second request with the same key waits here and then finds the answer.

        Args:
            act: The use case; whatever it raises rolls everything back.

        Returns:
            Its answer, on record with the effect.

        Raises:
            IdempotencyKeyReusedError: If the key came with another body.
            IdempotencyKeyRunningError: If the first request with the key is still under way.
        """
        try:
            with self.services.running.turn(self._scope, self._route, self.key):
                answer = self._once(act)
        except IdempotencyKeyRunningError:
            self.state.on_trail = True  # by the line of the first, for which this one would have to wait
            raise
        self.state.on_trail = not answer.replayed
        return answer

    def _once(self, act: Callable[[Ledger], Answer]) -> Answer:
        with self.services.database.write() as session:
            kept = session.get(IdempotencyRow, (self._scope, self._route, self.key))
            if kept is not None:
                return self._again(kept)
            ledger = ledger_for(session, self.principal, self.services)
            answer = act(ledger)
            session.add(
                IdempotencyRow(
                    principal=self._scope,
                    route=self._route,
                    key=self.key,
                    fingerprint=self.fingerprint,
                    status=answer.status,
                    headers=json.dumps(answer.headers),
                    body=answer.text,
                    recorded_at=ledger.now,
                )
            )
            audit_write(session, self, status=answer.status, ledger=ledger)
            return answer

    @property
    def _scope(self) -> str:
        """The caller, within what the column holds."""
        plain = f"{self.principal.site}/{self.principal.name}"
        return plain if len(plain) <= 64 else hashlib.sha256(plain.encode()).hexdigest()

    @property
    def _route(self) -> str:
        return f"{self.method} {self.path}"[:255]

    def _again(self, kept: IdempotencyRow) -> Answer:
        if kept.fingerprint != self.fingerprint:
            raise IdempotencyKeyReusedError(
                "Idempotency-Key", "came before with another body", remedy="Take a new key for a new request."
            )
        headers = json.loads(kept.headers) | {REPLAYED: "true"}
        return Answer(status=kept.status, body=json.loads(kept.body), headers=headers)


def audit_write(session: Session, writing: Writing, *, status: int, ledger: Ledger) -> None:
    """Add the line of a write to the trail."""
    record(
        session,
        writing.principal,
        method=writing.method,
        path=writing.path,
        request_id=writing.request_id,
        status=status,
        at=ledger.now,
    )


def ledger_for(session: Session, principal: Principal, services: Services) -> Ledger:
    """Return the ledger as one principal sees it, now."""
    return Ledger(
        session,
        site=principal.site,
        principal=principal.name,
        now=services.clock(),
        sees_staff=principal.sees_staff,
    )


def reads() -> Any:
    """Return a dependency that gives a ``Reading`` to callers whom the table of access lets through."""

    def reading(request: Request, _scheme: Annotated[object, Depends(bearer)] = None) -> Reading:
        return Reading(services=services_of(request), principal=caller(request))

    return Depends(reading)


def writes() -> Any:
    """Return a dependency that gives a ``Writing`` to callers whom the table of access lets through."""

    async def writing(
        request: Request,
        principal: Annotated[Principal, Depends(caller)],
        idempotency_key: Annotated[
            str | None, Header(description="Any text of 1 to 128 characters, new for each new request.")
        ] = None,
        _scheme: Annotated[object, Depends(bearer)] = None,
    ) -> Writing:
        if not idempotency_key or len(idempotency_key) > 128 or not idempotency_key.isprintable():
            raise IdempotencyKeyMissingError(
                "Idempotency-Key",
                "is missing or not 1 to 128 printable characters",
                remedy="Send one per write.",
            )
        body = await request.body()
        return Writing(
            services=services_of(request),
            principal=principal,
            key=idempotency_key,
            method=request.method,
            path=path_of(request.scope),
            request_id=request.state.request_id,
            fingerprint=_fingerprint(body, request.headers.get("if-match", "")),
            state=request.state,
        )

    return Depends(writing)


def caller(request: Request) -> Principal:
    """Return who calls, where the table of access lets them and their rate does; ``Finish`` puts a refusal on the trail.

    Every route has its caller from here, so this is also where a query is held against what its route documents.
    """
    services = services_of(request)
    try:
        principal = services.callers.principal_of(request.headers.get("authorization"), services.clock())
    except AuthenticationError as error:
        services.refusals.take(request.client.host if request.client else "")
        if error.site:  # nobody's name, but the site whose door was tried
            request.state.principal = replace(NOBODY, site=error.site, credential=error.credential)
        raise
    request.state.principal = principal
    services.rate.take(f"{principal.site}/{principal.name}")
    principal.require(*allowed(request.method, request.scope["route"].path))
    check_query(request)
    return principal


def _fingerprint(body: bytes, if_match: str) -> str:
    """Return the SHA-256 of what was asked; white space and the order of keys do not matter."""
    plain = {"body": parse(body) if body else None, "if_match": if_match}
    return hashlib.sha256(canonical_text(plain).encode()).hexdigest()
