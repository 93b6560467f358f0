"""What people are told when AWS refuses, or cannot be asked."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.stub import Stubber
from urllib3 import HTTPResponse

from emr_eks.job.client import Jobs
from emr_eks.job.request import workplace
from emr_eks.local.home import Cloud, Home
from stacks.platform import load

from .conftest import ACCOUNT, BUCKET, CLUSTER, REGION, Cli, Emr

TEAM = ("--team", "analytics")
ROLE = f"arn:aws:iam::{ACCOUNT}:role/{CLUSTER}.analytics.job.{REGION}"
WHERE = f"virtual cluster '{CLUSTER}.analytics' of team analytics on the EKS cluster '{CLUSTER}' in {REGION}"


Refuse = Callable[..., None]


@pytest.fixture
def refuse(emr: Emr, monkeypatch: pytest.MonkeyPatch) -> Refuse:
    """Return a function that lets one call fail as AWS lets it fail; all others reach AWS in this process."""

    def one_call(service: str, operation: str, code: str, message: str, status: int = 400) -> None:
        genuine, stubbed = (boto3.client(service, region_name=REGION) for _ in range(2))
        stub = Stubber(stubbed)
        stub.add_client_error(operation, code, message, http_status_code=status)
        stub.activate()

        class Client:
            def __getattr__(self, name: str) -> Any:
                return getattr(stubbed if name == operation else genuine, name)

        client = Jobs.client
        monkeypatch.setattr(Jobs, "client", lambda jobs, name: Client() if name == service else client(jobs, name))

    return one_call


@pytest.mark.parametrize(
    ("code", "said", "message"),
    [
        (
            "ThrottlingException",
            "Rate exceeded",
            "AWS is throttling StartJobRun; wait a minute and try again (ThrottlingException: Rate exceeded)",
        ),
        (
            "ExpiredTokenException",
            "The security token included in the request is expired",
            "the credentials have expired; sign in again, for example with `aws sso login` "
            "(ExpiredTokenException: The security token included in the request is expired)",
        ),
        (
            "UnrecognizedClientException",
            "The security token included in the request is invalid.",
            "AWS does not know these credentials; check profile, region and endpoint "
            "(UnrecognizedClientException: The security token included in the request is invalid.)",
        ),
        (
            "AccessDeniedException",
            "User: me is not authorized to perform: emr-containers:StartJobRun",
            f"you may not start jobs under the role {ROLE}; ask the platform team for `grant_start_job_run` on the "
            "team's virtual cluster (AccessDeniedException: User: me is not authorized to perform: "
            "emr-containers:StartJobRun)",
        ),
        (
            "ValidationException",
            "Virtual cluster abc is not in RUNNING state",
            "AWS refused StartJobRun: ValidationException: Virtual cluster abc is not in RUNNING state",
        ),
        (
            "InternalServerException",
            "",
            "AWS refused StartJobRun: InternalServerException: ",
        ),
    ],
)
def test_refused_starts_are_told(cli: Cli, refuse: Refuse, code: str, said: str, message: str) -> None:
    refuse("emr-containers", "start_job_run", code, said)
    answer = cli("submit", "threadsleep.yaml")
    assert (answer.code, answer.out, answer.err) == (1, "", f"error: {message}\n")


@pytest.mark.parametrize(("refusals", "code"), [(5, 0), (6, 1)])
def test_throttling_is_sat_out_for_a_while(
    cli: Cli, emr: Emr, refusals: int, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same request is sent again, token and all: even where EMR took each of them, one run comes of it."""
    bodies: list[bytes] = []

    def throttle(request: AWSPreparedRequest, **_: Any) -> AWSResponse | None:
        bodies.append(request.body)
        if len(bodies) > refusals:
            return None
        raw = HTTPResponse(body=BytesIO(b'{"message": "Rate exceeded"}'), status=400, preload_content=False)
        return AWSResponse(request.url, 400, {"x-amzn-errortype": "ThrottlingException"}, raw)

    client = Jobs.client

    def listened(jobs: Jobs, service: str) -> Any:
        found = client(jobs, service)
        if service == "emr-containers":
            found.meta.events.register_first("before-send.emr-containers.StartJobRun", throttle, unique_id="throttle")
        return found

    monkeypatch.setattr(Jobs, "client", listened)
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    answer = cli("submit", "threadsleep.yaml")
    assert answer.code == code
    assert len(set(bodies)) == 1
    assert len(bodies) == 6
    assert len(emr.backend.job_runs) == 1


def test_what_one_may_not_look_at_is_told(cli: Cli, emr: Emr, refuse: Refuse) -> None:
    run = emr.start()
    refuse("emr-containers", "describe_job_run", "AccessDeniedException", "no")
    answer = cli("show", *TEAM, run)
    assert answer.code == 1
    assert answer.err == "error: you may not call DescribeJobRun; ask the platform team (AccessDeniedException: no)\n"


def test_a_bucket_that_one_may_not_write_is_told(cli: Cli, refuse: Refuse) -> None:
    refuse("s3", "put_object", "AccessDenied", "Access Denied", 403)
    answer = cli("submit", "threadsleep.yaml")
    assert answer.code == 1
    assert answer.err == "error: you may not call PutObject; ask the platform team (AccessDenied: Access Denied)\n"


def test_a_platform_that_was_changed_and_not_deployed_is_told(cli: Cli, emr: Emr, folder: Path) -> None:
    """EMR would look in vain for the pod templates, and fail the job minutes later."""
    file = folder / "platform.yaml"
    file.write_text(file.read_text().replace("analytics:", "analytics:\n    driver_pool: spark-executor"))
    answer = cli("submit", "threadsleep.yaml")
    assert answer.code == 1
    key, _, said = answer.err.removeprefix(f"error: s3://{BUCKET}/").partition(" ")
    assert re.fullmatch(r"teams/analytics/pod-templates/[0-9a-f]{12}/driver\.yaml", key)
    assert said == (
        "is not there: the pod templates of team analytics are not deployed as the platform's file has them; "
        "deploy the platform first\n"
    )
    assert not emr.backend.job_runs


def test_only_the_pod_templates_of_the_jobs_tier_are_looked_for(cli: Cli, emr: Emr, folder: Path) -> None:
    file = folder / "platform.yaml"
    changed = file.read_text().replace("analytics:", "analytics:\n    tiers: [low, high]")
    file.write_text(changed + "priorities: {}\n")
    keys = workplace(load(file), "analytics").pod_template_keys
    for (tier, _), key in keys.items():
        if tier == "high":
            boto3.client("s3", region_name=REGION).put_object(Bucket=BUCKET, Key=key, Body=b"{}")
    job = folder / "threadsleep.yaml"
    job.write_text(job.read_text() + "tier: high\n")
    assert cli("submit", "threadsleep.yaml").code == 0
    job.write_text(job.read_text().replace("tier: high", "tier: low"))
    refused = cli("submit", "threadsleep.yaml")
    assert refused.code == 1
    assert refused.err.startswith(f"error: s3://{BUCKET}/{keys['low', 'driver']} is not there")
    assert len(emr.backend.job_runs) == 1


@pytest.mark.parametrize(
    ("state", "message"),
    [
        (
            "ARRESTED",
            f"the {WHERE} is ARRESTED: EMR has lost its access to the namespace; check that the cluster, the "
            "namespace and EMR's role binding in it exist, then deploy the platform again",
        ),
        ("TERMINATING", f"the {WHERE} is TERMINATING; deploy the platform again"),
        ("TERMINATED", f"the {WHERE} is TERMINATED; deploy the platform again"),
    ],
)
def test_a_virtual_cluster_that_does_not_run_takes_no_jobs(cli: Cli, emr: Emr, state: str, message: str) -> None:
    run = emr.start()
    emr.backend.virtual_clusters[emr.virtual_cluster].state = state
    answer = cli("submit", "threadsleep.yaml")
    assert (answer.code, answer.err) == (1, f"error: {message}\n")
    # What ran there before can still be looked at.
    assert run in cli("list", *TEAM).out


def test_a_team_that_is_not_deployed_is_told(cli: Cli, emr: Emr, folder: Path) -> None:
    with (folder / "platform.yaml").open("a") as file:
        file.write("  sales: {}\n")
    answer = cli("list", "--team", "sales")
    where = WHERE.replace("analytics", "sales")
    assert answer.code == 1
    assert answer.err == (
        f"error: there is no {where}; deploy the platform with this team first, or check region and credentials\n"
    )


def test_a_cluster_that_is_not_there_is_told(cli: Cli, emr: Emr) -> None:
    answer = cli("list", *TEAM, "--region", "eu-west-1")
    assert answer.code == 1
    assert answer.err == (
        f"error: there is no EKS cluster '{CLUSTER}' in eu-west-1; deploy the platform first, or check the region\n"
    )


def test_a_profile_that_is_not_there_is_told(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    answer = cli("list", *TEAM, "--profile", "sandbox")
    assert answer.code == 2
    assert answer.err == (
        "error: The config profile (sandbox) could not be found; `aws configure list-profiles` shows those there are\n"
    )


@pytest.mark.parametrize("broken", ["profile", "file"])
def test_what_needs_no_aws_reads_no_configuration_of_it(
    cli: Cli, broken: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor does anything for this machine go through a proxy."""
    from emr_eks.job import model

    (tmp_path / "config").write_text("[default\n" if broken == "file" else "", "utf-8")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    if broken == "profile":
        monkeypatch.setenv("AWS_PROFILE", "stale")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    model._service.cache_clear()
    assert cli("render", "threadsleep.yaml").code == 0
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        monkeypatch.setattr(Home, "running_cloud", lambda home: Cloud(url, 1))
        answer = cli("list", *TEAM, "--local")
    assert answer.err.startswith(f'error: AWS cannot be reached (Could not connect to the endpoint URL: "{url}/')
    # What does need AWS tells it.
    answer = cli("list", *TEAM)
    assert (answer.code, answer.err) == (
        2,
        "error: The config profile (stale) could not be found; `aws configure list-profiles` shows those there are\n"
        if broken == "profile"
        else f"error: Unable to parse config file: {tmp_path / 'config'}; correct it, or name another\n",
    )


@pytest.mark.parametrize("by", ["option", "variable"])
def test_an_endpoint_that_is_no_url_is_told(cli: Cli, by: str, monkeypatch: pytest.MonkeyPatch) -> None:
    options = ["--endpoint-url", "foo"] if by == "option" else []
    if by == "variable":
        monkeypatch.setenv("AWS_ENDPOINT_URL", "foo")
    answer = cli("list", *TEAM, *options)
    assert answer.code == 2
    assert answer.err == (
        "error: Invalid endpoint: foo; --endpoint-url and AWS_ENDPOINT_URL take a URL, for example "
        "'http://127.0.0.1:5000'\n"
    )


def test_missing_credentials_are_told(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    answer = cli("submit", "threadsleep.yaml")
    assert answer.code == 1
    assert answer.err == (
        "error: no credentials for AWS (Unable to locate credentials); sign in, or name a profile with --profile\n"
    )


def test_an_endpoint_that_nobody_answers_is_told(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        answer = cli("list", *TEAM, "--endpoint-url", f"http://127.0.0.1:{port}")
    assert answer.code == 1
    assert answer.err.startswith("error: AWS cannot be reached (Could not connect to the endpoint URL")
    assert answer.err.endswith("); check region, endpoint and network\n")
