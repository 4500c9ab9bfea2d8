"""Import contracts that tolerate modules not written yet.

import-linter stops when a contract names a module that does not exist. Ours name the whole house before every room
is built, so these look only at the rooms that stand. ``tests/architecture/test_import_contracts.py`` holds the list
of names that may be absent; it may only shrink.
"""

from grimp import ImportGraph
from importlinter import Contract, ContractCheck
from importlinter.contracts.forbidden import ForbiddenContract
from importlinter.contracts.protected import ProtectedContract

OURS = ("optimizer", "service")


class ForbiddenWherePresent(ForbiddenContract):
    """Forbid imports between those of the named modules that exist."""

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Drop the names that are absent, then check as usual."""
        keep_present(self, graph, "source_modules", "forbidden_modules")
        return super().check(graph, verbose)


class ProtectedWherePresent(ProtectedContract):
    """Protect those of the named modules that exist, for those of the importers that exist."""

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Drop the names that are absent, then check as usual."""
        keep_present(self, graph, "protected_modules", "allowed_importers")
        return super().check(graph, verbose)


def keep_present(contract: Contract, graph: ImportGraph, *fields: str) -> None:
    """Leave in the named fields of a contract only outside packages and modules of ours that exist."""
    for field in fields:
        given = getattr(contract, field)
        present = [
            entry
            for entry in given
            if entry.expression in graph.modules or entry.expression.split(".")[0] not in OURS
        ]
        setattr(contract, field, type(given)(present))
