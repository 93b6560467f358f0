"""Which addresses subnets get."""

from __future__ import annotations

import ipaddress
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from constructs_lib._vpc import SubnetRange, VpcSpec, cidrsubnet, endpoint_name

LETTERS = string.ascii_lowercase[:6]
zone_sets = st.sets(st.sampled_from([f"eu-west-1{letter}" for letter in LETTERS]), min_size=2)
# A /22 still has a /28 for each zone's public subnet, which is six bits longer.
networks = st.builds(
    lambda first, prefix: str(ipaddress.IPv4Network((first << 16, prefix))),
    st.integers(0x0A00, 0x0AFF),
    st.integers(16, 22),
)


@pytest.mark.parametrize(
    ("network", "newbits", "number", "expected"),
    [
        # Terraform's documentation of cidrsubnet, and seed S3's network.
        ("172.16.0.0/12", 4, 2, "172.18.0.0/16"),
        ("10.1.2.0/24", 4, 15, "10.1.2.240/28"),
        ("10.0.0.0/16", 3, 0, "10.0.0.0/19"),
        ("10.0.0.0/16", 3, 5, "10.0.160.0/19"),
        ("10.0.0.0/16", 3, 8, None),
        ("10.1.2.0/24", 5, 0, None),
    ],
)
def test_cidrsubnet_is_terraforms(network: str, newbits: int, number: int, expected: str | None) -> None:
    assert cidrsubnet(network, newbits, number) == expected


def test_the_seeds_network_can_be_said() -> None:
    """S3: public 10.0.0.0/19 and its two neighbours, private 10.0.96.0/19 and its."""
    spec = VpcSpec(
        availability_zones=("ap-southeast-2a", "ap-southeast-2b", "ap-southeast-2c"),
        public_subnets=SubnetRange(newbits=3, first=0),
        private_subnets=SubnetRange(newbits=3, first=3),
    )
    cidrs = {tier: [s.cidr for s in spec.subnets() if s.tier == tier] for tier in ("public", "private")}
    assert cidrs == {
        "public": ["10.0.0.0/19", "10.0.32.0/19", "10.0.64.0/19"],
        "private": ["10.0.96.0/19", "10.0.128.0/19", "10.0.160.0/19"],
    }


@given(zones=zone_sets, cidr=networks, pods=st.booleans())
def test_subnets_are_disjoint_and_inside(zones: set[str], cidr: str, pods: bool) -> None:
    spec = VpcSpec(cidr=cidr, availability_zones=tuple(sorted(zones)), pod_cidr="100.64.0.0/16" if pods else None)
    subnets = [(s.tier, ipaddress.IPv4Network(s.cidr)) for s in spec.subnets()]
    assert len(subnets) == len(zones) * (3 if pods else 2)
    for index, (tier, network) in enumerate(subnets):
        home = "100.64.0.0/16" if tier == "pods" else cidr
        assert network.subnet_of(ipaddress.IPv4Network(home))
        assert not any(network.overlaps(other) for _, other in subnets[index + 1 :])


@given(zones=zone_sets, extra=st.sampled_from(LETTERS), cidr=networks)
def test_another_zone_leaves_the_addresses_of_the_others_alone(zones: set[str], extra: str, cidr: str) -> None:
    before = set(VpcSpec(cidr=cidr, availability_zones=tuple(sorted(zones))).subnets())
    after = set(VpcSpec(cidr=cidr, availability_zones=tuple(sorted(zones | {f"eu-west-1{extra}"}))).subnets())
    assert before <= after


@given(zones=st.permutations([f"eu-west-1{letter}" for letter in LETTERS]))
def test_the_order_of_zones_has_no_meaning(zones: list[str]) -> None:
    in_order = VpcSpec(availability_zones=tuple(sorted(zones)))
    assert VpcSpec(availability_zones=tuple(zones)).subnets() == in_order.subnets()


def test_a_network_without_room_is_refused() -> None:
    with pytest.raises(ValidationError, match="leaves no block of /28 or larger for eu-west-1a"):
        VpcSpec(cidr="10.0.0.0/24", availability_zones=("eu-west-1a", "eu-west-1b"))


def test_without_a_nat_gateway_nodes_get_the_endpoints_that_they_call() -> None:
    zones = ("eu-west-1a", "eu-west-1b")
    assert VpcSpec(availability_zones=zones).endpoint_services == []
    isolated = VpcSpec(availability_zones=zones, nat_gateways="none").endpoint_services
    # https://docs.aws.amazon.com/eks/latest/userguide/private-clusters.html
    assert {"ec2", "ecr.api", "ecr.dkr", "sts", "logs", "eks", "eks-auth"} <= set(isolated)
    chosen = VpcSpec(availability_zones=zones, nat_gateways="none", interface_endpoints=("sts", "ecr.api"))
    assert chosen.endpoint_services == ["ecr.api", "sts"]


@pytest.mark.parametrize(
    ("service", "gateway", "name"),
    [
        ("s3", True, "com.amazonaws.cn-north-1.s3"),
        ("dynamodb", True, "com.amazonaws.cn-north-1.dynamodb"),
        ("s3", False, "cn.com.amazonaws.cn-north-1.s3"),
        ("ecr.dkr", False, "cn.com.amazonaws.cn-north-1.ecr.dkr"),
        ("emr-containers", False, "cn.com.amazonaws.cn-north-1.emr-containers"),
        ("logs", False, "com.amazonaws.cn-north-1.logs"),
        ("glue", False, "com.amazonaws.cn-north-1.glue"),
    ],
)
def test_china_calls_some_endpoints_its_own_and_others_as_everywhere(service: str, gateway: bool, name: str) -> None:
    # https://github.com/aws/aws-cdk/blob/main/packages/aws-cdk-lib/aws-ec2/lib/vpc-endpoint.ts
    assert endpoint_name(service, "cn-north-1", gateway=gateway) == name
    elsewhere = endpoint_name(service, "us-gov-west-1", gateway=gateway)
    assert elsewhere == f"com.amazonaws.us-gov-west-1.{service}"
