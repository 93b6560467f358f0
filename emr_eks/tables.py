"""Tables for people."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

_FILE_WIDTH = 200


def show(head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table; nothing in it is cut off, since people copy ids out of it."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in head:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*row)
    Console(width=None if sys.stdout.isatty() else _FILE_WIDTH).print(table)
