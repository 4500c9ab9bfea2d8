"""The composition root: every part the application needs, built once."""

from service.audit.access import AccessTrail
from service.auth.callers import Callers
from service.auth.tokens import Tokens
from service.clock import Clock, system_clock
from service.db.engine import Database
from service.dependencies.context import Computes, Services
from service.dependencies.rate import RateLimit
from service.dependencies.running import Running
from service.proposals.compute import ComputeService
from service.proposals.elsewhere import ComputeElsewhere
from service.settings import Settings

REFUSALS_PER_S, REFUSALS_AT_ONCE = 1.0, 60
"""Refused callers from one address that are told why and put on the trail; more only cost us a digest."""


def compute_service(settings: Settings, database: Database, clock: Clock) -> ComputeService:
    """Build the service that computes in processes of its own; nothing is started yet."""
    return ComputeService(
        database,
        clock,
        processes=settings.compute_processes,
        timeout_s=settings.compute_timeout_s,
        lost_s=settings.compute_lost_s,
        draft_after_s=settings.draft_after_s,
    )


def assemble(settings: Settings, *, clock: Clock = system_clock) -> Services:
    """Build the parts; nothing is started and nothing is written yet."""
    database = Database(settings.database_url, busy_timeout_s=settings.busy_timeout_s)
    compute: Computes = ComputeElsewhere(database, clock, lost_s=settings.compute_lost_s)
    if settings.compute_processes:
        compute = compute_service(settings, database, clock)
    return Services(
        settings=settings,
        database=database,
        clock=clock,
        compute=compute,
        callers=Callers(database, Tokens(settings.token_issuers)),
        access=AccessTrail(database),
        running=Running(settings.repeat_wait_s),
        rate=RateLimit(per_s=settings.rate_per_s, burst=settings.rate_burst),
        refusals=RateLimit(per_s=REFUSALS_PER_S, burst=REFUSALS_AT_ONCE),
    )
