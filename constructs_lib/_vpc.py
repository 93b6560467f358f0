"""The network as data: what a VPC has, and which addresses each subnet gets."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from constructs_lib._log_group import RetentionDays
from constructs_lib._names import AvailabilityZone, VpcCidr
from provisioners.spec import Items, Problem, Spec

Tier = Literal["public", "private", "pods"]

PRIVATE_NODES_NEED = (
    "autoscaling",
    "ec2",
    "ecr.api",
    "ecr.dkr",
    "eks",
    "eks-auth",
    "emr-containers",
    "logs",
    "sqs",
    "ssm",
    "sts",
)
"""Services that nodes, Karpenter and EMR call: https://docs.aws.amazon.com/eks/latest/userguide/private-clusters.html"""

_SMALLEST_SUBNET = 28
_MORE_ROOM = "choose another `first`, more `newbits` or a larger network"


class Subnet(NamedTuple):
    """One planned subnet."""

    tier: Tier
    availability_zone: str
    cidr: str


def cidrsubnet(network: str, newbits: int, number: int) -> str | None:
    """Return block *number* of *network* split by *newbits*, as Terraform's function of that name; else `None`."""
    whole = ipaddress.IPv4Network(network)
    prefix = whole.prefixlen + newbits
    if prefix > _SMALLEST_SUBNET or number >= 2**newbits:
        return None
    return str(ipaddress.IPv4Network((int(whole.network_address) + (number << (32 - prefix)), prefix)))


def _letter(zone: str) -> int:
    return ord(zone[-1]) - ord("a")


def _overlap(one: str, other: str) -> bool:
    return ipaddress.IPv4Network(one).overlaps(ipaddress.IPv4Network(other))


class SubnetRange(Spec):
    """Where a tier's subnets lie: zone `a` gets block `first`, `b` the next, each *newbits* longer than the VPC.

    The letter of a zone chooses its block, not its place in a list, so adding or removing a zone leaves the
    addresses of the others alone.
    """

    newbits: Annotated[int, Field(ge=1, le=12)] = Field(description="Bits added to the prefix, as in `cidrsubnet`.")
    first: Annotated[int, Field(ge=0, le=4095)] = Field(0, description="Number of the block of zone `a`.")


_POD_BLOCKS = SubnetRange(newbits=3, first=0)


class FlowLogsSpec(Spec):
    """The record of accepted and rejected connections, kept in CloudWatch Logs."""

    retention_days: RetentionDays = 90
    traffic_type: Literal["ALL", "ACCEPT", "REJECT"] = "ALL"


class VpcSpec(Spec):
    """A VPC with a public and a private subnet in each availability zone."""

    cidr: VpcCidr = Field(
        "10.0.0.0/16",
        description="The VPC's addresses, /16 to /28.",
    )
    availability_zones: Annotated[Items[AvailabilityZone], Field(min_length=2, max_length=6)] = Field(
        description="Names of at least two zones, as EKS asks for; the order has no meaning.",
        examples=[["us-east-1a", "us-east-1b", "us-east-1c"]],
    )
    nat_gateways: Literal["single", "per_az", "none"] = Field(
        "single",
        description="How private subnets reach the internet: through one gateway in the first zone, "
        "through one in each zone, or not at all.",
    )
    private_subnets: SubnetRange = Field(
        SubnetRange(newbits=3, first=0), description="Blocks of the private subnets, where nodes run."
    )
    public_subnets: SubnetRange = Field(
        SubnetRange(newbits=6, first=56),
        description="Blocks of the public subnets, for NAT gateways and load balancers.",
    )
    pod_cidr: VpcCidr | None = Field(
        None,
        description="Secondary addresses for pods, for example 100.64.0.0/16; the VPC CNI then gives pods "
        "addresses from here and nodes keep theirs.",
    )
    gateway_endpoints: Items[Literal["dynamodb", "s3"]] = Field(
        ("s3",), description="Services reached through gateway endpoints, which cost nothing."
    )
    interface_endpoints: Items[Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]*$")]] | None = Field(
        None,
        description="Services reached through interface endpoints, such as `ecr.api`; by default none, "
        "and with `nat_gateways: none` those that nodes, Karpenter and EMR call.",
    )
    flow_logs: FlowLogsSpec | None = Field(FlowLogsSpec(), description="`null` turns flow logs off.")

    def rules(self) -> Iterator[Problem]:
        zones = self.availability_zones
        if len(set(zones)) < len(zones):
            yield Problem(("availability_zones",), "must name each zone once", list(zones))
        if len({zone[:-1] for zone in zones}) > 1:
            yield Problem(("availability_zones",), "must be zones of one region", list(zones))
        if self.nat_gateways == "none" and "s3" not in self.gateway_endpoints:
            yield Problem(
                ("gateway_endpoints",),
                "must hold 's3' where there is no NAT gateway, because images come from S3",
                list(self.gateway_endpoints),
            )
        yield from self._addresses()

    def _addresses(self) -> Iterator[Problem]:
        if self.pod_cidr and _overlap(self.pod_cidr, self.cidr):
            yield Problem(("pod_cidr",), f"must not overlap the VPC's {self.cidr}", self.pod_cidr)
        taken: list[Subnet] = []
        for tier, zone in self._places():
            cidr = self._cidr(tier, zone)
            field = "pod_cidr" if tier == "pods" else f"{tier}_subnets"
            if cidr is None:
                yield Problem((field,), f"leaves no block of /{_SMALLEST_SUBNET} or larger for {zone}", hint=_MORE_ROOM)
                continue
            for other in taken:
                if _overlap(cidr, other.cidr) and (tier == "pods") == (other.tier == "pods"):
                    rule = f"gives {zone} {cidr}, which overlaps the {other.tier} {other.cidr} of "
                    yield Problem((field,), rule + other.availability_zone, hint=_MORE_ROOM)
            taken.append(Subnet(tier, zone, cidr))

    def _places(self) -> list[tuple[Tier, str]]:
        tiers: list[Tier] = ["private", "public", "pods"] if self.pod_cidr else ["private", "public"]
        return [(tier, zone) for tier in tiers for zone in self.zones]

    def _cidr(self, tier: Tier, zone: str) -> str | None:
        if tier == "pods":
            return cidrsubnet(str(self.pod_cidr), _POD_BLOCKS.newbits, _letter(zone))
        blocks = self.private_subnets if tier == "private" else self.public_subnets
        return cidrsubnet(self.cidr, blocks.newbits, blocks.first + _letter(zone))

    def subnets(self) -> list[Subnet]:
        """Return the planned subnets, by tier and then by zone."""
        return [Subnet(tier, zone, self._cidr(tier, zone) or "") for tier, zone in self._places()]

    @property
    def zones(self) -> list[str]:
        """The availability zones in alphabetical order."""
        return sorted(self.availability_zones)

    @property
    def endpoint_services(self) -> list[str]:
        """The services that get an interface endpoint, in alphabetical order."""
        if self.interface_endpoints is not None:
            return sorted(set(self.interface_endpoints))
        return list(PRIVATE_NODES_NEED) if self.nat_gateways == "none" else []


class ExistingVpcSpec(Spec):
    """A VPC that is there already, named by its ids."""

    vpc_id: Annotated[str, Field(pattern=r"^vpc-[0-9a-f]{8,17}$")] = Field(description="The VPC's id.")
    private_subnets: Annotated[
        dict[AvailabilityZone, Annotated[str, Field(pattern=r"^subnet-[0-9a-f]{8,17}$")]], Field(min_length=2)
    ] = Field(
        description="Ids of the private subnets by zone. Karpenter finds them by their tag "
        "`karpenter.sh/discovery`, whose value is the platform's name.",
        examples=[{"us-east-1a": "subnet-0123456789abcdef0"}],
    )

    @property
    def zones(self) -> list[str]:
        """The availability zones in alphabetical order."""
        return sorted(self.private_subnets)
