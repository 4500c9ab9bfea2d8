"""What the service's role may do on PostgreSQL: add to the record and read it, never change it.

The triggers refuse a change by whoever may write; rights hold before them, and a role that does not own the tables can drop
no trigger. The owner migrates and grants; web and worker processes run under the role.
"""

import re

from sqlalchemy import inspect, text

from service.db.engine import Database
from service.errors import NotFoundError, SchemaError
from service.ledger.tables import APPEND_ONLY

_ROLE = re.compile(r"[a-z_][a-z0-9_]{0,62}")


def grant(database: Database, role: str) -> tuple[str, ...]:
    """Bring the schema up to date as its owner and give a role exactly what the service needs.

    Args:
        database: PostgreSQL, connected as the owner of the tables.
        role: A role that exists and can log in.

    Returns:
        The tables it may only add to.

    Raises:
        SchemaError: If the database is no PostgreSQL, or the name is no plain role name.
        NotFoundError: If there is no such role.
    """
    if database.engine.dialect.name != "postgresql":
        raise SchemaError("database", "knows no roles", limit="PostgreSQL")
    if not _ROLE.fullmatch(role):
        raise SchemaError("role", "is not a plain name", limit="a-z, 0-9 and _, at most 63 characters")
    database.migrate()
    with database.engine.begin() as connection:
        if connection.scalar(text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": role}) is None:
            raise NotFoundError("role", "is not known to the database", remedy="CREATE ROLE ... LOGIN first.")
        present = set(inspect(connection).get_table_names())
        for statement in _statements(role, present):
            connection.exec_driver_sql(statement)
    return APPEND_ONLY


def _statements(role: str, present: set[str]) -> list[str]:
    in_progress = sorted(present - {"alembic_version", *APPEND_ONLY})
    return [
        f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}",
        f"REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM {role}",
        f"GRANT USAGE ON SCHEMA public TO {role}",
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}",
        f"GRANT SELECT ON alembic_version TO {role}",
        f"GRANT SELECT, INSERT ON {', '.join(APPEND_ONLY)} TO {role}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON {', '.join(in_progress)} TO {role}",
    ]
