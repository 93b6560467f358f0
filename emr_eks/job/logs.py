"""Logs of a job run, from CloudWatch or from S3; both are read on from where the last reading ended.

Where EMR writes them: https://docs.aws.amazon.com/emr/latest/EMR-on-EKS-DevelopmentGuide/emr-eks-jobs-s3.html
and https://aws.github.io/aws-emr-containers-best-practices/troubleshooting/docs/where-to-look-for-spark-logs/
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from datetime import datetime, timezone
from enum import Enum
from typing import Any, NamedTuple, Protocol

from emr_eks.failures import USER_MISTAKE, Failure
from emr_eks.job.watch import Run


class Component(str, Enum):
    """Who writes a log; the controller is the pod that submits the job."""

    driver = "driver"
    executor = "executor"
    controller = "controller"
    all = "all"


class Place(str, Enum):
    """Where logs are read."""

    cloudwatch = "cloudwatch"
    s3 = "s3"


class Source(NamedTuple):
    """One stream of one pod."""

    component: str
    pod: str
    stream: str

    @classmethod
    def of(cls, path: str) -> Source | None:
        """Return the source whose logs are at *path*, the part of a name after `/containers/`.

        A driver's and an executor's pod stand below their application's id, a controller's pod does not.
        """
        *application, pod, stream = ["", *path.removesuffix(".gz").split("/")][-3:]
        if not stream.startswith(("stdout", "stderr")):
            return None
        if not any(application):
            return cls("controller", pod, stream)
        return cls("driver" if pod.endswith("-driver") else "executor", pod, stream)


class Line(NamedTuple):
    """A line of a log; S3 does not say when it was written."""

    source: Source
    text: str
    at: datetime | None = None


class Logs(Protocol):
    """Logs of one run somewhere."""

    where: str

    def read(self, component: Component) -> Iterator[Line]:
        """Yield the lines that came since the last call."""


class CloudWatchLogs:
    """The log streams of one run."""

    def __init__(self, client: Any, group: str, prefix: str) -> None:
        self._client, self._group, self._prefix = client, group, prefix
        self._next: dict[str, str] = {}
        self.where = f"log group {group}, streams {prefix}*"

    def read(self, component: Component) -> Iterator[Line]:
        """Yield the events that came since the last call, stream by stream."""
        for name in self._streams():
            source = Source.of(name[len(self._prefix) :])
            if source and component in (Component.all, source.component):
                for event in self._events(name):
                    at = datetime.fromtimestamp(event["timestamp"] / 1000, timezone.utc)
                    yield from (Line(source, text, at) for text in event["message"].splitlines())

    def _streams(self) -> list[str]:
        pages = self._client.get_paginator("describe_log_streams").paginate(
            logGroupName=self._group, logStreamNamePrefix=self._prefix
        )
        try:
            return [stream["logStreamName"] for page in pages for stream in page["logStreams"]]
        except self._client.exceptions.ResourceNotFoundException:
            raise Failure(f"there is no log group {self._group}; deploy the platform first") from None

    def _events(self, stream: str) -> Iterator[dict[str, Any]]:
        while True:
            token = self._next.get(stream)
            page = self._client.get_log_events(
                logGroupName=self._group,
                logStreamName=stream,
                startFromHead=True,
                **({"nextToken": token} if token else {}),
            )
            yield from page["events"]
            self._next[stream] = page["nextForwardToken"]
            # The end is where the token stays the same.
            if page["nextForwardToken"] == token:
                return


class S3Logs:
    """The log files of one run; EMR writes a file anew, and longer, while its pod runs."""

    def __init__(self, client: Any, bucket: str, prefix: str) -> None:
        self._client, self._bucket, self._prefix = client, bucket, prefix
        self._seen: dict[str, tuple[str, int]] = {}
        self.where = f"s3://{bucket}/{prefix}"

    def read(self, component: Component) -> Iterator[Line]:
        """Yield the lines that came since the last call, file by file; a line that was cut off then comes whole."""
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=self._prefix)
        for found in (each for page in pages for each in page.get("Contents", [])):
            key, version = found["Key"], found["ETag"]
            source = Source.of(key[len(self._prefix) :])
            seen_version, seen_lines = self._seen.get(key, ("", 0))
            if source is None or component not in (Component.all, source.component) or version == seen_version:
                continue
            text = self._text(key)
            self._seen[key] = (version, len(text[: text.rfind("\n") + 1].splitlines()))
            yield from (Line(source, line) for line in text.splitlines()[seen_lines:])

    def _text(self, key: str) -> str:
        content: bytes = self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        return (gzip.decompress(content) if key.endswith(".gz") else content).decode("utf-8", "replace")


def logs_of(run: Run, place: Place | None, clients: Any) -> Logs:
    """Return the logs of *run* in *place*, by default CloudWatch if they go there; *clients* makes AWS's clients.

    The run itself says where they are, whoever started it. Raises `Failure` when they are not kept there.
    """
    monitoring = run.get("configurationOverrides", {}).get("monitoringConfiguration", {})
    path = f"{run['virtualClusterId']}/jobs/{run['id']}/containers/"
    cloudwatch = monitoring.get("cloudWatchMonitoringConfiguration")
    s3 = monitoring.get("s3MonitoringConfiguration")
    if cloudwatch and place in (None, Place.cloudwatch):
        prefix = cloudwatch.get("logStreamNamePrefix")
        return CloudWatchLogs(clients("logs"), cloudwatch["logGroupName"], f"{prefix}/{path}" if prefix else path)
    if s3 and place in (None, Place.s3):
        bucket, _, prefix = s3["logUri"].removeprefix("s3://").partition("/")
        return S3Logs(clients("s3"), bucket, "/".join(filter(None, [prefix.strip("/"), path])))
    kept = [name for name, part in (("cloudwatch", cloudwatch), ("s3", s3)) if part]
    wanted = f"no logs in {place.value}" if place else "no logs"
    hint = f"; use --from {kept[0]}" if kept else ""
    raise Failure(f"{run['id']} keeps {wanted}{hint}", exit_code=USER_MISTAKE)
