"""The server process: its address, its status, its end."""

import socket
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from .conftest import Aws, start, stop


def test_it_listens_on_loopback_only_and_ends_cleanly_on_sigterm(tmp_path: Path) -> None:
    ready = tmp_path / "ready.json"
    server = start(ready)
    address = urlsplit(server.url)
    assert address.hostname == "127.0.0.1"
    assert server.status()["pid"] == server.process.pid
    own_address = socket.gethostbyname(socket.gethostname())
    if not own_address.startswith("127."):
        with pytest.raises(OSError, match=r"refused|unreachable"):
            socket.create_connection((own_address, address.port or 0), timeout=2)
    assert stop(server) == 0
    assert not ready.exists()


def test_two_servers_do_not_collide(aws: Aws, tmp_path: Path) -> None:
    other = start(tmp_path / "ready.json")
    try:
        other("sns").create_topic(Name="only-there")
        assert other.status()["resources"] == {"topics": 1}
        assert not any(t["TopicArn"].endswith(":only-there") for t in aws("sns").list_topics()["Topics"])
    finally:
        stop(other)


def test_status_counts_calls_and_resources(aws: Aws, name: str) -> None:
    before = aws.status()
    aws("s3").create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    after = aws.status()
    assert after["account"] == aws("sts").get_caller_identity()["Account"]
    assert after["calls"]["s3"] == before["calls"].get("s3", 0) + 1
    assert after["resources"]["buckets"] == before["resources"].get("buckets", 0) + 1
    assert "eu-west-1" in after["regions"]
    assert after["uptime_seconds"] > 0


def test_aws_managed_policies_can_be_attached(aws: Aws, name: str) -> None:
    aws("iam").create_role(RoleName=name, AssumeRolePolicyDocument="{}")
    policy = "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPullOnly"
    aws("iam").attach_role_policy(RoleName=name, PolicyArn=policy)
    attached = aws("iam").list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    assert [one["PolicyArn"] for one in attached] == [policy]


def test_a_call_that_is_sent_again_does_nothing_more(aws: Aws) -> None:
    """An SDK sends a call again when its answer is lost, with the id that it gave the call."""
    network = aws.client("ec2")

    def send_twice(request: Any, **_: Any) -> None:
        network._endpoint.http_session.send(request)
        request.headers["amz-sdk-request"] = b"attempt=2; max=5"

    network.meta.events.register("before-send.ec2.CreateVpc", send_twice)
    made = [network.create_vpc(CidrBlock=range_)["Vpc"] for range_ in ("10.77.0.0/16", "10.77.0.0/16", "10.78.0.0/16")]
    found = network.describe_vpcs(Filters=[{"Name": "cidr", "Values": ["10.77.0.0/16", "10.78.0.0/16"]}])["Vpcs"]
    assert sorted(each["VpcId"] for each in found) == sorted(each["VpcId"] for each in made)


def test_a_call_that_was_refused_is_looked_at_again(aws: Aws, name: str) -> None:
    roles = aws.client("iam")
    seen: list[str] = []

    def make_it_after_the_first(request: Any, **_: Any) -> None:
        seen.append(request.headers["amz-sdk-invocation-id"])
        if len(seen) == 1:
            assert roles._endpoint.http_session.send(request).status_code == 404
            roles.create_role(RoleName=name, AssumeRolePolicyDocument="{}")

    roles.meta.events.register("before-send.iam.GetRole", make_it_after_the_first)
    assert roles.get_role(RoleName=name)["Role"]["RoleName"] == name
    assert len(seen) == 1
