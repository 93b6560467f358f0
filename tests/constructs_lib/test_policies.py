"""Policies as data: what IAM accepts, who may assume what, and what Karpenter may do."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from synthesised import policy

from constructs_lib._karpenter import (
    ControllerScope,
    controller_policies,
    node_role_name,
    policy_name,
)
from constructs_lib._names import Region, checked, fit, partition_of
from constructs_lib._policy import Statement, check_size, document, sid, size

ACCOUNT = "123456789012"


@pytest.mark.parametrize(
    ("region", "partition"),
    [
        ("eu-west-1", "aws"),
        ("cn-north-1", "aws-cn"),
        ("eusc-de-east-1", "aws-eusc"),
        ("eu-isoe-west-1", "aws-iso-e"),
        ("us-gov-west-1", "aws-us-gov"),
        ("us-iso-east-1", "aws-iso"),
        ("us-isob-east-1", "aws-iso-b"),
        ("us-isof-south-1", "aws-iso-f"),
    ],
)
def test_each_region_has_its_partition(region: str, partition: str) -> None:
    assert checked(Region, region, lambda: "here") == region
    assert partition_of(region) == partition


def karpenter(cluster: str = "analytics", region: str = "eu-west-1", version: str = "1.14.1") -> dict[str, str]:
    partition = partition_of(region)
    scope = ControllerScope(
        cluster_name=cluster,
        region=region,
        account_id=ACCOUNT,
        partition=partition,
        node_role_arn=f"arn:{partition}:iam::{ACCOUNT}:role/{node_role_name(cluster)}",
        queue_arn=f"arn:{partition}:sqs:{region}:{ACCOUNT}:{fit(cluster, 80)}",
    )
    return {name: document(statements) for name, statements in controller_policies(scope, version).items()}


@pytest.mark.parametrize("version", ["1.0.5", "1.14.1"])
@pytest.mark.parametrize("region", ["ap-southeast-2", "us-gov-west-1", "cn-northwest-1"])
def test_each_karpenter_policy_stays_under_iams_limits_for_any_cluster_name(region: str, version: str) -> None:
    """In each partition; EKS takes names of 1 to 100 characters, and IAM attaches ten policies to a role."""
    for length in range(1, 101):
        cluster = "c" * length
        policies = karpenter(cluster, region, version)
        assert len(policies) <= 10
        for name, text in policies.items():
            assert len(text) <= 6144, f"{name} has {len(text)} characters"
            assert len(policy_name(name, cluster)) <= 128
        assert len(node_role_name(cluster)) <= 64


def test_karpenters_permissions_are_those_of_its_own_template() -> None:
    """The statements, and a figure for each policy, of the template that Karpenter 1.14 publishes."""
    policies = karpenter("c" * 25, "ap-southeast-2")
    del policies["SpotIntegration"]
    assert {name: len(json.loads(text)["Statement"]) for name, text in policies.items()} == {
        "NodeLifecycle": 6,
        "IAMIntegration": 4,
        "EKSIntegration": 1,
        "Interruption": 1,
        "ZonalShift": 1,
        "ResourceDiscovery": 5,
    }
    published = {"NodeLifecycle": 2977, "IAMIntegration": 1881, "EKSIntegration": 215, "Interruption": 244}
    for name, length in published.items():
        assert abs(len(policies[name]) - length) <= 8, f"{name} has {len(policies[name])} characters"


def test_karpenter_launches_and_ends_only_what_is_its_own() -> None:
    statements = policy(karpenter()["NodeLifecycle"])
    owned = {"aws:ResourceTag/kubernetes.io/cluster/analytics": "owned"}
    assert statements["AllowScopedDeletion"]["Condition"]["StringEquals"] == owned
    assert statements["AllowScopedDeletion"]["Condition"]["StringLike"] == {
        "aws:ResourceTag/karpenter.sh/nodepool": "*"
    }
    passing = policy(karpenter()["IAMIntegration"])["AllowPassingInstanceRole"]
    assert passing["Resource"] == f"arn:aws:iam::{ACCOUNT}:role/KarpenterNodeRole-analytics"
    assert passing["Condition"] == {
        "StringEquals": {"iam:PassedToService": ["ec2.amazonaws.com", "ec2.amazonaws.com.cn"]}
    }


@pytest.mark.parametrize(
    ("region", "partition"), [("eu-west-1", "aws"), ("us-gov-west-1", "aws-us-gov"), ("cn-northwest-1", "aws-cn")]
)
def test_karpenter_can_launch_spot_in_an_account_that_never_had_any(region: str, partition: str) -> None:
    """Else CreateFleet fails with ServiceLinkedRoleCreationNotPermitted; it can make this one role and no other."""
    statements = policy(karpenter(region=region, version="1.0.5")["SpotIntegration"]).values()
    assert [
        (each["Action"], each["Resource"], each["Condition"]) for each in statements if each["Effect"] == "Allow"
    ] == [
        (
            "iam:CreateServiceLinkedRole",
            f"arn:{partition}:iam::{ACCOUNT}:role/aws-service-role/spot.amazonaws.com/AWSServiceRoleForEC2Spot",
            {"StringEquals": {"iam:AWSServiceName": "spot.amazonaws.com"}},
        )
    ]


@pytest.mark.parametrize(
    ("action", "since"),
    [
        ("iam:ListInstanceProfiles", "1.7.0"),
        ("ec2:DescribePlacementGroups", "1.11.0"),
        ("ec2:DescribeInstanceStatus", "1.12.0"),
        ("arc-zonal-shift:GetManagedResource", "1.12.0"),
    ],
)
def test_permissions_come_with_the_version_that_needs_them(action: str, since: str) -> None:
    minor = int(since.split(".")[1])
    before, after = (" ".join(karpenter(version=f"1.{each}.0").values()) for each in (minor - 1, minor))
    assert f'"{action}"' not in before
    assert f'"{action}"' in after


def test_a_document_reads_the_same_whatever_the_order_of_its_parts() -> None:
    one = Statement("Read", ["s3:GetObject", "s3:ListBucket"], ["b", "a"])
    other = Statement("Read", ["s3:ListBucket", "s3:GetObject"], ["a", "b"])
    assert document([one]) == document([other])
    assert policy(document([one]))["Read"] == {
        "Sid": "Read",
        "Effect": "Allow",
        "Action": ["s3:GetObject", "s3:ListBucket"],
        "Resource": ["a", "b"],
    }


def test_a_policy_over_its_limit_is_refused_with_where_and_how_long() -> None:
    with pytest.raises(ValueError, match=r"teams/etl: the policy must have at most 10 characters, got 11"):
        check_size("x" * 11, 10, lambda: "teams/etl")
    assert check_size("x" * 10, 10, lambda: "teams/etl") == "x" * 10


def test_a_token_counts_as_much_as_what_may_stand_in_its_place() -> None:
    issuer = "oidc.eks.ap-southeast-2.amazonaws.com/id/" + "A" * 32
    assert size("${TfToken[TOKEN.7]}") >= len(f"arn:aws-us-gov:iam::{ACCOUNT}:oidc-provider/{issuer}")


@pytest.mark.parametrize(
    "name", ["arn:aws:glue:eu-west-1:{}:catalog", "emr-containers-sa-*-*-{}-2p", "arn:aws:s3:::data-{}-eu-west-1/x"]
)
def test_an_account_that_is_not_known_yet_counts_its_twelve_digits(name: str) -> None:
    assert size(name.format("${TfToken[TOKEN.7]}")) == len(name.format(ACCOUNT))


@given(st.text(min_size=0, max_size=80))
def test_statement_ids_have_letters_and_digits_only(text: str) -> None:
    assert all(c.isascii() and c.isalnum() for c in sid(text))


def test_statement_ids_of_different_things_differ() -> None:
    texts = ["sales_eu", "sales-eu", "SalesEu", "a/b-c", "a-b/c", "ab", "aB", ""]
    assert len({sid(text) for text in texts}) == len(texts)


@given(st.text("abc-", min_size=1, max_size=200), st.integers(20, 128))
def test_names_are_made_to_fit_and_stay_different(name: str, limit: int) -> None:
    assert len(fit(name, limit)) <= limit
    assert fit(name, limit) == name or fit(name, limit) != fit(name + "x", limit)
