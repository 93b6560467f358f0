"""What still runs on a platform's virtual clusters: job runs and interactive endpoints."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from constructs_lib._team import virtual_cluster_name
from emr_eks.failures import Failure
from emr_eks.job.client import Jobs
from emr_eks.job.errors import told
from emr_eks.job.watch import LIVE, TIMED_OUT, Clock
from stacks.platform import PlatformSpec

_LIVE_ENDPOINT = ("CREATING", "ACTIVE", "TERMINATING")
_ENDING = ("CANCEL_PENDING", "TERMINATING")


class Live(NamedTuple):
    """A job run or an interactive endpoint that has not ended."""

    kind: str
    id: str
    name: str
    state: str
    virtual_cluster: str
    """The name of the virtual cluster that it runs on."""
    virtual_cluster_id: str

    @property
    def ending(self) -> bool:
        """Whether somebody has told it to end."""
        return self.state in _ENDING


class LiveThings:
    """What runs on the virtual clusters of one team or, without *team*, of the whole platform.

    On a cluster that the platform builds these are all there are, since they go with it; on an existing one only
    those of the platform's teams. Raises `Failure` where AWS refuses or cannot be reached.
    """

    def __init__(self, jobs: Jobs, platform: PlatformSpec, team: str | None) -> None:
        self._client: Any = jobs.client("emr-containers")
        self._eks = platform.cluster_name
        self._team = team
        self._names: set[str] | None = None
        if team or platform.existing_cluster:
            self._names = {virtual_cluster_name(self._eks, name) for name in ([team] if team else platform.teams)}

    @property
    def were_there(self) -> bool:
        """Whether there is such a virtual cluster, or was one."""
        return bool(self._virtual_clusters())

    def find(self) -> list[Live]:
        """Return all that has not ended, with what is ending."""
        return [each for place in self._virtual_clusters("RUNNING", "TERMINATING") for each in self._of(place)]

    def end(self, thing: Live) -> None:
        """Cancel a job run, or delete an endpoint; that it has ended meanwhile is no failure."""
        place = {"id": thing.id, "virtualClusterId": thing.virtual_cluster_id}
        end = self._client.cancel_job_run if thing.kind == "job run" else self._client.delete_managed_endpoint
        try:
            with told():
                end(**place)
        except Failure:
            if any(each.id == thing.id and not each.ending for each in self.find()):
                raise

    def check_access(self) -> None:
        """Raise `Failure` when EMR has lost its access to a namespace: then Terraform cannot delete what is there."""
        arrested = self._virtual_clusters("ARRESTED")
        if arrested:
            names = ", ".join(f"{each['name']} ({each['id']})" for each in arrested)
            raise Failure(
                f"ARRESTED: {names}. EMR has lost its access to the namespace, and can neither cancel what runs there "
                "nor let go of it. Deploy the platform again, which restores the namespace and EMR's role binding, and "
                "run this again; if the EKS cluster is gone: `aws emr-containers delete-virtual-cluster --id ID`"
            )

    def _virtual_clusters(self, *states: str) -> list[dict[str, Any]]:
        found = self._pages(
            "list_virtual_clusters",
            "virtualClusters",
            containerProviderId=self._eks,
            containerProviderType="EKS",
            **({"states": list(states)} if states else {}),
        )
        return [each for each in found if self._names is None or each["name"] in self._names]

    def _of(self, place: dict[str, Any]) -> list[Live]:
        runs = self._pages("list_job_runs", "jobRuns", virtualClusterId=place["id"], states=list(LIVE))
        endpoints = self._pages(
            "list_managed_endpoints", "endpoints", virtualClusterId=place["id"], states=list(_LIVE_ENDPOINT)
        )
        return [
            Live(kind, each["id"], each.get("name", ""), each["state"], place["name"], place["id"])
            for kind, things in (("job run", runs), ("endpoint", endpoints))
            for each in things
        ]

    def _pages(self, operation: str, key: str, **arguments: Any) -> list[dict[str, Any]]:
        with told():
            pages = self._client.get_paginator(operation).paginate(**arguments)
            return [each for page in pages for each in page[key]]


def wait_until_ended(things: LiveThings, asked: Sequence[Live], clock: Clock, *, every: float, timeout: float) -> None:
    """Wait until all has ended, and print what is left whenever that changes.

    Raises `Failure` when something runs that nobody was *asked* about, or after *timeout* seconds.
    """
    until, known, shown = clock.now() + timedelta(seconds=timeout), {each.id for each in asked}, ""
    while left := things.find():
        if new := [each for each in left if each.id not in known]:
            raise Failure(
                f"{', '.join(f'{each.kind} {each.id}' for each in new)}: started meanwhile; "
                "stop what starts them, and run this again"
            )
        if (said := counted(left)) != shown:
            print(f"{clock.now():%H:%M:%S} waiting for {said}", flush=True)
            shown = said
        seconds = min(every, (until - clock.now()).total_seconds())
        if seconds <= 0:
            raise Failure(
                f"after {timeout:g} s there are still {said}; they go on ending, run this again to wait on",
                exit_code=TIMED_OUT,
            )
        clock.sleep(seconds)


def counted(things: Sequence[Live]) -> str:
    """Return *things* in numbers: `2 job runs CANCEL_PENDING, 1 endpoint TERMINATING`."""
    numbers = Counter((each.kind, each.state) for each in things)
    return ", ".join(
        f"{number} {kind}{'s' if number > 1 else ''} {state}" for (kind, state), number in sorted(numbers.items())
    )
