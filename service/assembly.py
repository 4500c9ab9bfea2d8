"""The composition root: every part the application needs, built once."""

from service.auth.callers import Callers
from service.auth.tokens import Tokens
from service.clock import Clock, system_clock
from service.db.engine import Database
from service.dependencies.context import Services
from service.proposals.compute import ComputeService
from service.settings import Settings


def assemble(settings: Settings, *, clock: Clock = system_clock) -> Services:
    """Build the parts; nothing is started and nothing is written yet."""
    database = Database(settings.database_url, busy_timeout_s=settings.busy_timeout_s)
    compute = ComputeService(
        database,
        clock,
        processes=settings.compute_processes,
        timeout_s=settings.compute_timeout_s,
        draft_after_s=settings.draft_after_s,
    )
    callers = Callers(database, Tokens(settings.token_issuers))
    return Services(settings=settings, database=database, clock=clock, compute=compute, callers=callers)
