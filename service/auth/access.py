"""Who may do what: one table, route by role. A route without a line here is open to nobody.

Roles say what kind of act is allowed; on whose data is decided where the data is found: rows of other sites do not exist
for a caller (``service.ledger.ledger``), and a patient app finds its one patient alone.
"""

from collections.abc import Mapping
from types import MappingProxyType

from service.auth.principal import Role

_LETTERS: Mapping[str, Role] = MappingProxyType(
    {
        "C": Role.CLINICIAN,
        "R": Role.RECORDER,
        "P": Role.PROGRAMMER,
        "A": Role.PATIENT_APP,
        "S": Role.RESEARCHER,
        "U": Role.AUDITOR,
        "M": Role.ADMINISTRATOR,
    }
)

_TABLE = """
    GET   /devices                                 C R P A S U M
    GET   /devices/{name}                          C R P A S U M
    POST  /patients                                C . . . . . M
    GET   /patients                                C R . . S . M
    GET   /patients/{patient_id}                   C R . . S . M
    POST  /courses                                 C . . . . . .
    GET   /courses                                 C R P . S . .
    GET   /courses/{course_id}                     C R P . S . .
    POST  /courses/{course_id}/end                 C . . . . . .
    POST  /courses/{course_id}/reviews             C . . . . . .
    GET   /courses/{course_id}/history             C R . . S . .
    GET   /courses/{course_id}/problem             C R . . S . .
    GET   /courses/{course_id}/recommendation      C R . . S . .
    GET   /courses/{course_id}/timeline            C R . . S . .
    POST  /courses/{course_id}/asks                C . . . . . .
    GET   /courses/{course_id}/asks/{ask_id}       C R . . S . .
    GET   /proposals/{proposal_id}                 C R . . S . .
    POST  /proposals/{proposal_id}/decisions       C . . . . . .
    GET   /proposals/{proposal_id}/program         C . P . . . .
    POST  /courses/{course_id}/problems            C . . . . . .
    POST  /courses/{course_id}/problems/{problem_id}/confirmations  C . . . . . .
    POST  /courses/{course_id}/preflights          C R . . . . .
    GET   /courses/{course_id}/preflights          C R P . S . .
    POST  /courses/{course_id}/migrations          C . . . . . .
    POST  /stops                                   C . . . . . M
    GET   /stops                                   C R P . . U M
    GET   /stops/{stop_id}                         C R P . . U M
    POST  /stops/{stop_id}/releases                C . . . . . .
    GET   /audit                                   . . . . . U .
    GET   /worklist                                C R . . . . .
    POST  /courses/{course_id}/trials              C R P . . . .
    POST  /trials/{trial_id}/amendments            C R . . . . .
    POST  /courses/{course_id}/reports             C R . A . . .
    POST  /trials/{trial_id}/reports               C R . A . . .
"""


def _read(table: str) -> dict[str, frozenset[Role]]:
    lines = (line.split() for line in table.strip().splitlines())
    return {
        f"{method} {path}": frozenset(_LETTERS[letter] for letter in letters if letter != ".")
        for method, path, *letters in lines
    }


ACCESS: Mapping[str, frozenset[Role]] = MappingProxyType(_read(_TABLE))
"""Method and path below ``/v1``, as the route states it -> the roles that may."""


def allowed(method: str, path: str) -> frozenset[Role]:
    """Return the roles a route is open to; none where the table has no line for it."""
    return ACCESS.get(f"{method} {path}", frozenset())
