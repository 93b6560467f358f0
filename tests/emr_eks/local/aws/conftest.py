"""One embedded AWS for all tests of this directory; each test uses names of its own."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

REGION = "eu-west-1"
_numbers = itertools.count()


class Aws:
    """A running server and clients for it."""

    def __init__(self, process: subprocess.Popen[str], url: str) -> None:
        self.process, self.url = process, url
        self._clients: dict[str, Any] = {}

    def __call__(self, service: str) -> Any:
        """Return the boto3 client of a service."""
        if service not in self._clients:
            self._clients[service] = self.client(service)
        return self._clients[service]

    def client(self, service: str) -> Any:
        """Return a boto3 client of its own."""
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        return boto3.client(service, region_name=REGION, endpoint_url=self.url, **keys)

    def status(self) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self.url}/emr-eks/status") as response:
            return dict(json.load(response))


def start(ready: Path, *arguments: str) -> Aws:
    """Start a server of its own process and wait until it answers."""
    command = [sys.executable, "-m", "emr_eks.local.aws", "--ready-file", str(ready), *arguments]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while not ready.exists():
        assert process.poll() is None, process.stderr.read() if process.stderr else ""
        assert time.monotonic() < deadline, "the server did not become ready"
        time.sleep(0.05)
    return Aws(process, json.loads(ready.read_text())["url"])


def stop(aws: Aws) -> int:
    """Ask the server to end, and return its exit code."""
    aws.process.terminate()
    code = aws.process.wait(timeout=30)
    if aws.process.stderr:
        aws.process.stderr.close()
    return code


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aws]:
    running = start(tmp_path_factory.mktemp("aws") / "ready.json")
    yield running
    stop(running)


@pytest.fixture
def name() -> str:
    """Return a name that no other test uses."""
    return f"thing-{next(_numbers)}"


@dataclass(frozen=True)
class Network:
    """What a cluster is made of."""

    vpc: str
    subnets: list[str]
    role: str


@pytest.fixture(scope="session")
def network(aws: Aws) -> Network:
    """Make a VPC with subnets in two zones, and a role that anything may use."""
    ec2 = aws("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.7.{number}.0/24", AvailabilityZone=f"{REGION}{zone}")
        for number, zone in enumerate("ab")
    ]
    role = aws("iam").create_role(RoleName="anything", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    return Network(vpc, [subnet["Subnet"]["SubnetId"] for subnet in subnets], role)


@pytest.fixture
def cluster(aws: Aws, network: Network, name: str) -> str:
    """Make an EKS cluster that knows access entries."""
    aws("eks").create_cluster(
        name=name,
        version="1.34",
        roleArn=network.role,
        resourcesVpcConfig={"subnetIds": network.subnets},
        accessConfig={"authenticationMode": "API", "bootstrapClusterCreatorAdminPermissions": False},
    )
    return name


Refused = Callable[..., str]


@pytest.fixture
def refused() -> Refused:
    """Call something that must fail with an error code; return the message."""

    def check(code: str, call: Callable[..., Any], **arguments: Any) -> str:
        with pytest.raises(ClientError) as caught:
            call(**arguments)
        error: dict[str, Any] = caught.value.response["Error"]
        assert error["Code"] == code, error
        return str(error["Message"])

    return check
