"""How the command line ends when something is wrong: with a sentence and an exit code."""

from __future__ import annotations

import errno
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from provisioners.source import InvalidFile

USER_MISTAKE = 2


class Failure(Exception):  # noqa: N818 - it need not be an error of anybody
    """Something went wrong outside this program; the message says what, and what to do."""

    def __init__(self, message: str, *, exit_code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = exit_code


@contextmanager
def told() -> Iterator[None]:
    """Print what went wrong to standard error, and exit with 2 for a user's mistake, 1 for the world's."""
    try:
        yield
    except InvalidFile as invalid:
        print(invalid, file=sys.stderr)
        sys.exit(USER_MISTAKE)
    except Failure as failure:
        print(f"error: {failure}", file=sys.stderr)
        sys.exit(failure.exit_code)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        print(f"error: cannot write all of it: {error.strerror}", file=sys.stderr)
        sys.exit(1)
