"""THE table: error code -> HTTP status. The optimiser's codes stand in the same table."""

from collections.abc import Mapping
from types import MappingProxyType

from optimizer.errors import OptimizerError
from service.errors import ServiceError

STATUS: Mapping[str, int] = MappingProxyType(
    {
        "malformed-request": 400,
        "idempotency-key-missing": 400,
        "not-authenticated": 401,
        "forbidden": 403,
        "not-found": 404,
        "method-not-allowed": 405,
        "conflict": 409,
        "idempotency-key-running": 409,
        "pseudonym-taken": 409,
        "proposal-decided": 409,
        "proposal-expired": 409,
        "nothing-to-decide": 409,
        "nothing-to-review": 409,
        "settings-closed": 409,
        "settings-past-limit": 409,
        "proposal-withdrawn": 409,
        "proposal-not-approved": 409,
        "proposal-applied": 409,
        "step-unrated": 409,
        "site-stopped": 409,
        "patient-paused": 409,
        "adverse-event-elsewhere": 409,
        "preflight-due": 409,
        "contraindicated": 409,
        "stop-released": 409,
        "second-person-required": 409,
        "problem-replaced": 409,
        "course-ended": 409,
        "precondition-failed": 412,
        "request-too-large": 413,
        "invalid-request": 422,
        "idempotency-key-reused": 422,
        "reason-required": 422,
        "mixed-change": 422,
        "parameter-definition": 422,
        "definition-error": 422,
        "device-file": 422,
        "problem-definition": 422,
        "malformed-document": 422,
        "settings-error": 422,
        "unknown-parameter": 422,
        "off-grid": 422,
        "hard-limit": 422,
        "outside-envelope": 422,
        "history-error": 422,
        "off-scale": 422,
        "trial-order": 422,
        "precondition-required": 428,
        "too-many-requests": 429,
        "service-error": 500,
        "internal-error": 500,
        "setting": 500,
        "port-in-use": 500,
        "data-folder": 500,
        "checkpoint": 500,
        "optimizer-error": 500,
        "model-error": 500,
        "fit-failed": 500,
        "policy-broke-protocol": 500,
        "recorded-data": 500,
        "missing-extra": 500,
        "database-not-ready": 503,
        "database-busy": 503,
        "clock-off": 503,
        "database-unreachable": 503,
        "identity-provider": 503,
        "projection-busy": 503,
        "tracking-unavailable": 503,
    }
)
"""Every code a caller can meet; a test holds that none is missing."""


def status_of(error: ServiceError | OptimizerError) -> int:
    """Return the HTTP status of an error; its code alone decides."""
    return STATUS[error.code]
