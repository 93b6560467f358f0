"""Jobs in AWS: finds a team's virtual cluster, uploads code, starts, reads and cancels job runs."""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from constructs_lib._names import partition_of
from constructs_lib._team import virtual_cluster_name
from emr_eks.failures import USER_MISTAKE, Failure
from emr_eks.job.errors import code_of, told
from emr_eks.job.file import JobFile
from emr_eks.job.logs import Logs, Place, logs_of
from emr_eks.job.request import Workplace, workplace
from emr_eks.job.watch import ENDED, Clock, Run
from stacks.platform import Platform

_RUN_ID = re.compile(r"[0-9a-z]{19}")
_CONSOLES = {
    "aws": "console.aws.amazon.com",
    "aws-cn": "console.amazonaws.cn",
    "aws-us-gov": "console.amazonaws-us-gov.com",
}


class Jobs:
    """The jobs of one team.

    Raises `Failure` where AWS refuses or cannot be reached, with what AWS said and what to do.
    """

    def __init__(
        self,
        platform: Platform,
        team: str,
        session: boto3.Session,
        *,
        region: str | None = None,
        endpoint_url: str | None = None,
    ) -> None:
        self._platform, self._team, self._session = platform, team, session
        self._region = region or platform.spec.region
        self._endpoint_url = endpoint_url
        self._clients: dict[str, Any] = {}
        self._virtual_clusters: list[dict[str, Any]] | None = None

    def client(self, service: str) -> Any:
        """Return the client of a service, always the same."""
        if service not in self._clients:
            try:
                self._clients[service] = self._made(service)
            except ValueError as error:  # "Invalid endpoint: ..."
                rule = "--endpoint-url and AWS_ENDPOINT_URL take a URL, for example 'http://127.0.0.1:5000'"
                raise Failure(f"{error}; {rule}", exit_code=USER_MISTAKE) from None
        return self._clients[service]

    def request(self, file: JobFile) -> dict[str, Any]:
        """Return the StartJobRun request for the job in *file*, but for its client token; uploads nothing."""
        with told():
            return file.request(self._workplace())[0]

    def submit(self, file: JobFile, *, client_token: str | None = None, once: bool = False) -> dict[str, Any]:
        """Start the job in *file*, after uploading its code, and return what EMR answers.

        A second request with the same token starts nothing and gets the first one's answer; *once* makes the
        token from the request itself.
        """
        with told():
            place = self._workplace()
            request, uploads = file.request(place)
            self._check_pod_templates(place, request)
            for key, path in uploads.items():
                self._upload(path, place.bucket, key)
        token = client_token or (_token_of(request) if once else str(uuid.uuid4()))
        with told(role_arn=request["executionRoleArn"]):
            answer: dict[str, Any] = self.client("emr-containers").start_job_run(clientToken=token, **request)
            return answer

    def runs(self, *, states: Sequence[str] = (), name: str | None = None, since: datetime | None = None) -> list[Run]:
        """Return the team's job runs that fit, the newest first."""
        filters = {"states": list(states), "name": name, "createdAfter": since}
        with told():
            pages = (
                self.client("emr-containers")
                .get_paginator("list_job_runs")
                .paginate(
                    virtualClusterId=self._virtual_cluster()["id"],
                    **{key: value for key, value in filters.items() if value},
                )
            )
            found = [run for page in pages for run in page["jobRuns"]]
            return sorted(found, key=lambda run: run["createdAt"], reverse=True)

    def describe(self, run: str) -> Run:
        """Return a job run by its id, or the newest one by its job's name."""
        if _RUN_ID.fullmatch(run) and (found := self._described(run)):
            return found
        named = self.runs(name=run)
        if not named:
            raise Failure(
                f"team {self._team} has no job run {run!r}, and none of a job of that name; "
                f"`emr-eks job list --team {self._team}` shows those there are",
                exit_code=USER_MISTAKE,
            )
        return self._described(named[0]["id"]) or named[0]

    def cancel(self, run_id: str) -> str | None:
        """Cancel a job run, or return its state if it has ended by itself meanwhile."""
        place = {"id": run_id, "virtualClusterId": self._virtual_cluster()["id"]}
        try:
            with told():
                self.client("emr-containers").cancel_job_run(**place)
            return None
        except Failure:
            state: str = (self._described(run_id) or {}).get("state", "")
            if state in (*ENDED, "CANCEL_PENDING"):
                return state
            raise

    def logs(self, run: Run, place: Place | None) -> Logs:
        """Return the logs of *run*."""
        return logs_of(run, place, self.client)

    def console_url(self) -> str:
        """Return where the console shows the team's jobs; `View logs` there opens the Spark history of one."""
        host = _CONSOLES.get(partition_of(self._region), _CONSOLES["aws"])
        cluster = self._virtual_cluster()["id"]
        return f"https://{host}/elasticmapreduce/home?region={self._region}#virtual-cluster-jobs:{cluster}"

    def history_url(self, run: Run, clock: Clock, *, timeout: float = 120) -> str:
        """Return a URL, good for a short while, that opens the Spark history of *run* without the console.

        https://docs.aws.amazon.com/emr/latest/APIReference/API_CreatePersistentAppUI.html
        """
        emr = self.client("emr")
        with told():
            made = emr.create_persistent_app_ui(
                TargetResourceArn=self._virtual_cluster()["arn"],
                EMRContainersConfig={"JobRunId": run["id"]},
                ProfilerType="SHS",
            )
            for _ in range(int(timeout / 5)):
                answer = emr.get_persistent_app_ui_presigned_url(
                    PersistentAppUIId=made["PersistentAppUIId"], PersistentAppUIType="SHS"
                )
                if answer.get("PresignedURLReady") and answer.get("PresignedURL"):
                    return str(answer["PresignedURL"])
                clock.sleep(5)
        raise Failure(f"the Spark history of {run['id']} is not ready after {timeout:g} s; try again")

    def _made(self, service: str) -> Any:
        with told():
            return self._session.client(
                service,
                region_name=self._region,
                endpoint_url=self._endpoint_url,
                config=Config(
                    retries={"mode": "standard", "total_max_attempts": 6},
                    # Path style, because a bucket's name is no host name on this machine.
                    s3={"addressing_style": "path"} if self._endpoint_url else None,
                ),
            )

    def _workplace(self) -> Workplace:
        cluster = self._virtual_cluster(running=True)
        account_id = self.client("sts").get_caller_identity()["Account"]
        return workplace(self._platform, self._team, account_id=account_id, virtual_cluster_id=cluster["id"])

    def _virtual_cluster(self, *, running: bool = False) -> dict[str, Any]:
        """Return the team's virtual cluster, or if none runs the last one that did unless it must be *running*."""
        eks, name = self._platform.spec.cluster_name, virtual_cluster_name(self._platform.spec.cluster_name, self._team)
        if self._virtual_clusters is None:
            with told():
                pages = (
                    self.client("emr-containers")
                    .get_paginator("list_virtual_clusters")
                    .paginate(containerProviderId=eks, containerProviderType="EKS")
                )
                self._virtual_clusters = [
                    one for page in pages for one in page["virtualClusters"] if one["name"] == name
                ]
        found = self._virtual_clusters
        live = [one for one in found if one["state"] == "RUNNING"]
        if live or (found and not running):
            return dict(max(live or found, key=lambda one: one["createdAt"]))
        raise Failure(self._missing(eks, name, {one["state"] for one in found}))

    def _missing(self, eks: str, name: str, states: set[str]) -> str:
        where = f"virtual cluster {name!r} of team {self._team} on the EKS cluster {eks!r} in {self._region}"
        if "ARRESTED" in states:
            return (
                f"the {where} is ARRESTED: EMR has lost its access to the namespace; check that the cluster, the "
                "namespace and EMR's role binding in it exist, then deploy the platform again"
            )
        if states:
            return f"the {where} is {' and '.join(sorted(states))}; deploy the platform again"
        if not self._has_cluster(eks):
            return f"there is no EKS cluster {eks!r} in {self._region}; deploy the platform first, or check the region"
        return f"there is no {where}; deploy the platform with this team first, or check region and credentials"

    def _has_cluster(self, eks: str) -> bool:
        """Tell whether the cluster is there, as far as the caller may know."""
        try:
            self.client("eks").describe_cluster(name=eks)
        except ClientError as error:
            return code_of(error) != "ResourceNotFoundException"
        except BotoCoreError:
            pass
        return True

    def _described(self, run_id: str) -> Run | None:
        cluster = self._virtual_cluster()["id"]
        with told():
            try:
                run: Run = self.client("emr-containers").describe_job_run(id=run_id, virtualClusterId=cluster)["jobRun"]
            except ClientError as error:
                if code_of(error) == "ResourceNotFoundException":
                    return None
                raise
            return run

    def _check_pod_templates(self, place: Workplace, request: Mapping[str, Any]) -> None:
        """Raise `Failure` where the platform that is deployed has not the pod templates that *request* names."""
        named = json.dumps(request)
        for key in place.pod_template_keys.values():
            if f"s3://{place.bucket}/{key}" in named and not self._has_object(place.bucket, key):
                raise Failure(
                    f"s3://{place.bucket}/{key} is not there: the pod templates of team {self._team} are not deployed "
                    "as the platform's file has them; deploy the platform first"
                )

    def _has_object(self, bucket: str, key: str) -> bool:
        """Tell whether an object is there, as far as the caller may know."""
        try:
            self.client("s3").head_object(Bucket=bucket, Key=key)
        except ClientError as error:
            return code_of(error) != "404"
        return True

    def _upload(self, path: Path, bucket: str, key: str) -> None:
        """Upload a file unless it is there: its key is made from its content."""
        s3 = self.client("s3")
        try:
            s3.head_object(Bucket=bucket, Key=key)
        except ClientError:
            # Absent, or not to be seen by the caller, who may still write it.
            with path.open("rb") as content:
                s3.put_object(Bucket=bucket, Key=key, Body=content)


def _token_of(request: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()
