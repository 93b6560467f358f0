"""Jobs in AWS: finds a team's virtual cluster, uploads code, starts and reads job runs."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from constructs_lib._team import virtual_cluster_name
from emr_eks.failures import Failure
from emr_eks.job.request import Workplace, code_key, start_job_run, workplace
from emr_eks.job.spec import JobSpec
from provisioners.source import InvalidFile, Located
from stacks.platform import PlatformSpec

LIVE_STATES = ("PENDING", "SUBMITTED", "RUNNING")


class Jobs:
    """The jobs of one team.

    Raises `Failure` where AWS refuses or cannot be reached, with what AWS said.
    """

    def __init__(self, platform: PlatformSpec, team: str, session: boto3.Session, endpoint_url: str | None) -> None:
        self._platform, self._team = platform, team
        self._client: Callable[[str], Any] = lambda service: session.client(
            service,
            region_name=platform.region,
            endpoint_url=endpoint_url,
            # Path style, because a bucket's name is no host name on this machine.
            config=Config(retries={"mode": "standard"}, s3={"addressing_style": "path"} if endpoint_url else None),
        )
        self._emr = self._client("emr-containers")

    def submit(self, job: JobSpec, file: Path) -> dict[str, Any]:
        """Start *job*, described in *file*, and return what EMR answers."""
        with _told():
            place = self._workplace()
            request = start_job_run(job, place, entry_point=self._entry_point(job, file, place))
            answer: dict[str, Any] = self._emr.start_job_run(clientToken=str(uuid.uuid4()), **request)
            return answer

    def runs(self) -> list[dict[str, Any]]:
        """Return the team's job runs, the newest first."""
        with _told():
            pages = self._emr.get_paginator("list_job_runs").paginate(virtualClusterId=self._virtual_cluster())
            found = [run for page in pages for run in page["jobRuns"]]
            return sorted(found, key=lambda run: run["createdAt"], reverse=True)

    def describe(self, run_id: str) -> dict[str, Any]:
        """Return one job run."""
        with _told():
            run: dict[str, Any] = self._emr.describe_job_run(id=run_id, virtualClusterId=self._virtual_cluster())[
                "jobRun"
            ]
            return run

    def _workplace(self) -> Workplace:
        account_id = self._client("sts").get_caller_identity()["Account"]
        return workplace(self._platform, self._team, account_id=account_id, virtual_cluster_id=self._virtual_cluster())

    def _virtual_cluster(self) -> str:
        cluster, name = (
            self._platform.cluster_name,
            virtual_cluster_name(self._platform.cluster_name, self._team),
        )
        pages = self._emr.get_paginator("list_virtual_clusters").paginate(
            containerProviderId=cluster, containerProviderType="EKS", states=["RUNNING"]
        )
        for page in pages:
            for found in page["virtualClusters"]:
                if found["name"] == name:
                    return str(found["id"])
        raise Failure(
            f"no running virtual cluster {name!r} on the cluster {cluster!r} in {self._platform.region}; "
            "deploy the platform first, or check region and credentials"
        )

    def _entry_point(self, job: JobSpec, file: Path, place: Workplace) -> str:
        """Return the URI of what the job runs, uploaded if it is a file."""
        if "://" in job.entry_point:
            return job.entry_point
        path = file.parent / job.entry_point
        try:
            content = path.read_bytes()
        except OSError as error:
            rule = f"must be a file beside {file.name} or a URI, got {job.entry_point!r}: {error.strerror}"
            raise InvalidFile([Located(str(file), 1, 1, ("entry_point",), rule)]) from None
        key = code_key(job, content)
        self._client("s3").put_object(Bucket=place.bucket, Key=key, Body=content)
        return f"s3://{place.bucket}/{key}"


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        said = error.response["Error"]
        raise Failure(f"AWS refused {error.operation_name}: {said['Code']}: {said['Message']}") from None
    except BotoCoreError as error:
        raise Failure(f"AWS could not be asked: {error}; check credentials, region and network") from None
