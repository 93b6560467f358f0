"""What the embedded AWS does not answer is refused once, by name, in the service's own protocol."""

import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from .conftest import Aws


@pytest.mark.parametrize(
    ("service", "operation", "call"),
    [
        pytest.param("eks", "ListInsights", lambda a: a("eks").list_insights(clusterName="x"), id="rest-json"),
        pytest.param("ec2", "DescribeIpamPools", lambda a: a("ec2").describe_ipam_pools(), id="ec2"),
        pytest.param("cloudformation", "DescribeType", lambda a: a("cloudformation").describe_type(), id="query"),
        pytest.param(
            "glue",
            "GetMapping",
            lambda a: a("glue").get_mapping(Source={"DatabaseName": "d", "TableName": "t"}),
            id="json",
        ),
        pytest.param(
            "sqs",
            "StartMessageMoveTask",
            lambda a: a("sqs").start_message_move_task(SourceArn="x"),
            id="json-query-compatible",
        ),
        pytest.param(
            "lambda",
            "GetRuntimeManagementConfig",
            lambda a: a("lambda").get_runtime_management_config(FunctionName="x"),
            id="path-unknown-to-moto",
        ),
        pytest.param(
            "cloudfront",
            "ListAnycastIpLists",
            lambda a: a("cloudfront").list_anycast_ip_lists(),
            id="rest-xml",
        ),
        pytest.param("appfabric", "ListAppBundles", lambda a: a("appfabric").list_app_bundles(), id="unknown-service"),
        pytest.param(
            "emr-containers",
            "ListSecurityConfigurations",
            lambda a: a("emr-containers").list_security_configurations(),
            id="emr-security-configurations",
        ),
    ],
)
def test_error_names_the_call_and_is_not_retried(
    aws: Aws, service: str, operation: str, call: Callable[[Aws], Any]
) -> None:
    with pytest.raises(ClientError) as caught:
        call(aws)
    response = caught.value.response
    assert response["Error"]["Code"] == "NotAnsweredLocally"
    assert f"{service}:{operation}" in response["Error"]["Message"]
    assert 400 <= response["ResponseMetadata"]["HTTPStatusCode"] < 500
    assert response["ResponseMetadata"]["RetryAttempts"] == 0
    listed = [(one["service"], one["operation"]) for one in aws.status()["unanswered"]]
    assert (service, operation) in listed


def test_calls_are_counted(aws: Aws) -> None:
    for _ in range(2):
        with pytest.raises(ClientError):
            aws("ec2").describe_ipams()
    (one,) = (c for c in aws.status()["unanswered"] if c["operation"] == "DescribeIpams")
    assert one["count"] == 2
    assert one["reason"]


def test_a_failure_inside_moto_is_an_error_of_the_client_too(aws: Aws) -> None:
    request = urllib.request.Request(
        f"{aws.url}/clusters",
        data=b"{no JSON",
        headers={
            "Authorization": "AWS4-HMAC-SHA256 Credential=test/20261121/eu-west-1/eks/aws4_request, Signature=0",
            "Content-Type": "application/json",
        },
    )
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request)
    with caught.value as answer:
        assert answer.code == 400
        assert "eks:CreateCluster (moto failed with" in answer.read().decode()


def test_what_is_missing_is_still_said_in_awss_own_words(aws: Aws) -> None:
    with pytest.raises(ClientError) as caught:
        aws("s3").get_bucket_policy(Bucket="no-such-bucket-anywhere")
    assert caught.value.response["Error"]["Code"] == "NoSuchBucket"
