"""A job run followed to its end, and what its end means to a shell."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

from emr_eks.failures import Failure

Run = dict[str, Any]
"""https://docs.aws.amazon.com/emr-on-eks/latest/APIReference/API_JobRun.html"""

ENDED = ("COMPLETED", "FAILED", "CANCELLED")
LIVE = ("PENDING", "SUBMITTED", "RUNNING", "CANCEL_PENDING")
EXIT_CODES = {"COMPLETED": 0, "FAILED": 3, "CANCELLED": 4}
"""1 and 2 are taken: https://docs.python.org/3/library/sys.html#sys.exit, and `emr_eks.failures`."""
TIMED_OUT = 5


class Clock:
    """The time, and waiting for it to pass; tests have another."""

    def now(self) -> datetime:
        """Return the time, in UTC."""
        return datetime.now(timezone.utc)

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


def follow(
    describe: Callable[[], Run], clock: Clock, *, every: float, timeout: float | None, since: datetime | None = None
) -> Iterator[Run]:
    """Yield the run as it is now, and again *every* so many seconds until it has ended.

    Raises `Failure` when it has not *timeout* seconds after *since*, by default now; the run itself goes on.
    """
    until = None if timeout is None else (since or clock.now()) + timedelta(seconds=timeout)
    while True:
        run = describe()
        yield run
        if run["state"] in ENDED:
            return
        left = every if until is None else min(every, (until - clock.now()).total_seconds())
        if left <= 0:
            raise Failure(f"{run['id']} is still {run['state']} after {timeout:g} s; it goes on", exit_code=TIMED_OUT)
        clock.sleep(left)


def state(run: Run) -> str:
    """Return the run's state in words, with what EMR says about it."""
    return ": ".join(filter(None, [run["state"], run.get("failureReason"), run.get("stateDetails")]))


def duration(run: Run, now: datetime) -> str:
    """Return how long the run has taken so far, or took: `1:02:03`."""
    return str(timedelta(seconds=int(((run.get("finishedAt") or now) - run["createdAt"]).total_seconds())))
