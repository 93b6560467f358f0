"""The Glue Data Catalog."""

from __future__ import annotations

from collections.abc import Sequence

from constructs_lib._glue_catalog import catalog_statement
from constructs_lib._names import DatabaseName, checked
from constructs_lib.account import Account
from constructs_lib.role import Role

__all__ = ["GlueCatalog"]


class GlueCatalog:
    """The catalog that an account has in a region. It is always there: nothing is made, permissions are granted.

    Each *database* is one name or several. Names are checked; there are no wildcards. Where Lake Formation guards a
    database, it must let the role in too.
    """

    def __init__(self, account: Account) -> None:
        self._account = account

    def grant_read(self, role: Role, *, database: str | Sequence[str]) -> None:
        """Let *role* read the tables, partitions and functions of *database*."""
        self._grant(role, database, write=False)

    def grant_read_write(self, role: Role, *, database: str | Sequence[str]) -> None:
        """Let *role* read *database*, and make, change and drop its tables and partitions."""
        self._grant(role, database, write=True)

    def _grant(self, role: Role, database: str | Sequence[str], *, write: bool) -> None:
        databases = [database] if isinstance(database, str) else database
        if databases:
            role.add_statement(
                catalog_statement(
                    [checked(DatabaseName, each, lambda: role.node.path) for each in databases],
                    write=write,
                    partition=self._account.partition,
                    region=self._account.region,
                    account_id=self._account.id,
                )
            )
