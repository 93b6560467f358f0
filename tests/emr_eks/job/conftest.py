"""An AWS inside the test process, a clock that tests drive, and the command line as people call it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import pytest
from conftest import ROOT, Answer, command_line, edited

from emr_eks.job.request import workplace
from stacks.platform import load

REGION = "us-east-1"
CLUSTER = "emr-on-eks"
ACCOUNT = "123456789012"
BUCKET = f"{CLUSTER}-{ACCOUNT}-{REGION}"
LOG_GROUP = f"/emr-eks/{CLUSTER}/analytics"


Cli = Callable[..., Answer]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in a folder with the default platform and a job, as a data team does."""
    edited(tmp_path)
    for name in ("threadsleep.yaml", "threadsleep.py"):
        (tmp_path / name).write_bytes((ROOT / "examples" / "jobs" / name).read_bytes())
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def cli(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    """Run `emr-eks job ...` in *folder*."""
    monkeypatch.setenv("COLUMNS", "200")
    return lambda *words: command_line(capsys, "job", *words)


class TestClock:
    """A clock that stands still until somebody sleeps; `plans` happen when their time has come."""

    __test__ = False

    def __init__(self) -> None:
        self.start = self.time = datetime.now(timezone.utc)
        self.plans: list[tuple[float, Callable[[], None]]] = []
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self.time

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.slept.append(seconds)
        assert len(self.slept) < 10_000, "nobody ends this"
        self.time += timedelta(seconds=seconds)
        passed = (self.time - self.start).total_seconds()
        due = [plan for plan in self.plans if plan[0] <= passed]
        self.plans = [plan for plan in self.plans if plan[0] > passed]
        for _, act in due:
            act()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> TestClock:
    """Put the test's clock in the place of the real one."""
    from emr_eks.job import watch

    found = TestClock()
    monkeypatch.setattr(watch, "Clock", lambda: found)
    return found


class Emr:
    """The platform as it stands in AWS, and what happens to its job runs."""

    def __init__(self, virtual_cluster: str, client: Any) -> None:
        self.virtual_cluster, self.client = virtual_cluster, client

    @property
    def backend(self) -> Any:
        from moto.emrcontainers.models import emrcontainers_backends

        return emrcontainers_backends[ACCOUNT][REGION]

    def run(self, run_id: str) -> Any:
        return self.backend.job_runs[run_id]

    def started(self, run_id: str, at: datetime) -> None:
        self.run(run_id).created_at = at.replace(tzinfo=None)  # moto's times are in UTC without saying so

    def start(self, name: str = "nightly", **changes: Any) -> str:
        request = {
            "name": name,
            "executionRoleArn": f"arn:aws:iam::{ACCOUNT}:role/{CLUSTER}.analytics.job.{REGION}",
            "releaseLabel": "emr-7.13.0-latest",
            "jobDriver": {"sparkSubmitJobDriver": {"entryPoint": "s3://bucket/job.py"}},
            "configurationOverrides": {
                "monitoringConfiguration": {
                    "persistentAppUI": "ENABLED",
                    "cloudWatchMonitoringConfiguration": {"logGroupName": LOG_GROUP, "logStreamNamePrefix": name},
                    "s3MonitoringConfiguration": {"logUri": f"s3://{BUCKET}/logs/analytics/"},
                }
            },
            **changes,
        }
        return str(self.client.start_job_run(virtualClusterId=self.virtual_cluster, **request)["id"])


@pytest.fixture(scope="module")
def aws() -> Iterator[Callable[[str], Any]]:
    """Put AWS into this process; return a function that returns the client of a service, always the same."""
    from moto import mock_aws

    from emr_eks.local.aws import emrcontainers, install

    with pytest.MonkeyPatch.context() as patched:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patched.setenv(name, "test")
        patched.delenv("AWS_PROFILE", raising=False)
        install()
        # Job runs stay as they are until a test moves them: a clock drives them here, and not who looks.
        patched.setattr(emrcontainers.JobRun, "advance", lambda run: None)
        with mock_aws():
            yield cache(lambda service: boto3.client(service, region_name=REGION))


@pytest.fixture(scope="module")
def platform_in_aws(aws: Callable[[str], Any]) -> str:
    """Make what the platform's Terraform makes of team analytics; return its virtual cluster."""
    found = aws("ec2").describe_subnets()["Subnets"]
    role = aws("iam").create_role(RoleName="eks", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    aws("eks").create_cluster(
        name=CLUSTER,
        version="1.35",
        roleArn=role,
        resourcesVpcConfig={"subnetIds": [each["SubnetId"] for each in found[:2]]},
        accessConfig={"authenticationMode": "API"},
    )
    made = aws("emr-containers").create_virtual_cluster(
        name=f"{CLUSTER}.analytics",
        containerProvider={"type": "EKS", "id": CLUSTER, "info": {"eksInfo": {"namespace": "analytics"}}},
    )
    return str(made["id"])


@pytest.fixture
def emr(platform_in_aws: str, aws: Callable[[str], Any]) -> Iterator[Emr]:
    """Return the platform in AWS with a bucket that holds its pod templates, an empty log group, and no job run yet."""
    found = Emr(platform_in_aws, aws("emr-containers"))
    s3, logs = aws("s3"), aws("logs")
    s3.create_bucket(Bucket=BUCKET)
    for key in workplace(load(ROOT / "platform.yaml"), "analytics").pod_template_keys.values():
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"{}")
    logs.create_log_group(logGroupName=LOG_GROUP)
    yield found
    found.backend.job_runs.clear()
    found.backend.virtual_clusters[platform_in_aws].state = "RUNNING"
    logs.delete_log_group(logGroupName=LOG_GROUP)
    for version in s3.list_object_versions(Bucket=BUCKET).get("Versions", []):
        s3.delete_object(Bucket=BUCKET, Key=version["Key"], VersionId=version["VersionId"])
    s3.delete_bucket(Bucket=BUCKET)
