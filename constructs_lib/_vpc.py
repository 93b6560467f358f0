"""The network as data: what a VPC has, and which addresses each subnet gets."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from constructs_lib._log_group import RetentionDays
from constructs_lib._names import AvailabilityZone, VpcCidr, overlap, partition_of, private_range
from provisioners.spec import Items, Problem, Spec, text

Tier = Literal["public", "private", "pods"]

PRIVATE_NODES_NEED = (
    "autoscaling",
    "ec2",
    "ecr.api",
    "ecr.dkr",
    "eks",
    "eks-auth",
    "emr-containers",
    "glue",
    "logs",
    "sqs",
    "ssm",
    "sts",
)
"""Services that nodes, controllers, EMR and its jobs call, as far as the platform knows:
https://docs.aws.amazon.com/eks/latest/userguide/private-clusters.html"""
EVERY_NODE_NEEDS = ("ec2", "ecr.api", "ecr.dkr", "eks-auth", "sts")
"""Those of them without which no node, and no job, can start."""

_CHINAS_OWN = frozenset(
    (
        *("athena", "autoscaling", "cloudformation", "ebs", "ec2", "ecr.api", "ecr.dkr", "eks", "eks-auth"),
        *("elasticfilesystem", "emr-containers", "fsx", "kinesis-streams", "lambda", "monitoring", "rds"),
        *("redshift", "redshift-data", "s3", "sqs", "states", "sts", "xray"),
    )
)
"""Services whose interface endpoints are called `cn.com.amazonaws` in China; those of others, such as `logs` and
`glue`, and all gateway endpoints are called as elsewhere:
https://github.com/aws/aws-cdk/blob/main/packages/aws-cdk-lib/aws-ec2/lib/vpc-endpoint.ts"""

_SMALLEST_SUBNET = 28
_MORE_ROOM = "choose another `first`, other `newbits` or a larger network"
_BLOCKS_DEPEND_ON = (
    ("availability_zones",),
    ("cidr",),
    ("pod_cidr",),
    ("private_subnets",),
    ("public_subnets",),
)

ServiceName = Annotated[
    str,
    text(
        r"(?!com\.amazonaws\.)[a-z0-9][a-z0-9.-]*",
        "must be the last part of an endpoint service's name",
        "for example 'ecr.api', which is com.amazonaws.<region>.ecr.api",
    ),
]
VpcId = Annotated[str, text(r"vpc-[0-9a-f]{8,17}", "must be the id of a VPC", "for example 'vpc-0123456789abcdef0'")]
SubnetId = Annotated[
    str, text(r"subnet-[0-9a-f]{8,17}", "must be the id of a subnet", "for example 'subnet-0123456789abcdef0'")
]


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


class SubnetRange(Spec):
    """Where a tier's subnets lie: zone `a` gets block `first`, `b` the next, each *newbits* longer than the VPC.

    The letter of a zone chooses its block, not its place in a list, so adding or removing a zone leaves the
    addresses of the others alone.
    """

    newbits: Annotated[int, Field(ge=1, le=12)] = Field(
        description="Bits added to the prefix, as in `cidrsubnet`.", examples=[4]
    )
    first: Annotated[int, Field(ge=0, le=4095)] = Field(default=0, description="Number of the block of zone `a`.")


_POD_BLOCKS = SubnetRange(newbits=3, first=0)


class FlowLogsSpec(Spec):
    """The record of accepted and rejected connections, kept in CloudWatch Logs."""

    retention_days: RetentionDays = 90
    traffic_type: Literal["ALL", "ACCEPT", "REJECT"] = "ALL"


class VpcSpec(Spec):
    """A VPC with a public and a private subnet in each availability zone."""

    cidr: VpcCidr = Field(
        default="10.0.0.0/16",
        description="The VPC's addresses, /16 to /28.",
    )
    availability_zones: Annotated[Items[AvailabilityZone], Field(min_length=2, max_length=6)] = Field(
        description="Names of at least two zones, as EKS asks for; the order has no meaning. Once there is a cluster, "
        "a zone more takes `cluster.availability_zones`.",
        examples=[["us-east-1a", "us-east-1b", "us-east-1c"]],
        json_schema_extra={"uniqueItems": True},
    )
    nat_gateways: Literal["single", "per_az", "none"] = Field(
        default="single",
        description="How private subnets reach the internet: through one gateway in the first zone, "
        "through one in each zone, or not at all.",
    )
    private_subnets: SubnetRange = Field(
        default=SubnetRange(newbits=3, first=0), description="Blocks of the private subnets, where nodes run."
    )
    public_subnets: SubnetRange = Field(
        default=SubnetRange(newbits=6, first=56),
        description="Blocks of the public subnets, for NAT gateways and load balancers.",
    )
    pod_cidr: VpcCidr | None = Field(
        default=None,
        description="Secondary addresses for pods, for example 100.64.0.0/16; the VPC CNI then gives pods "
        "addresses from here and nodes keep theirs.",
    )
    gateway_endpoints: Items[Literal["dynamodb", "s3"]] = Field(
        default=("s3",), description="Services reached through gateway endpoints, which cost nothing."
    )
    interface_endpoints: Items[ServiceName] | None = Field(
        default=None,
        description="Services reached through interface endpoints, such as `ecr.api`; by default none, "
        "and with `nat_gateways: none` those that nodes, controllers, EMR and jobs call.",
    )
    flow_logs: FlowLogsSpec | None = Field(default=FlowLogsSpec(), description="`null` turns flow logs off.")

    def rules(self) -> Iterator[Problem]:
        zones = self.availability_zones
        if len(set(zones)) < len(zones):
            yield Problem(("availability_zones",), "must name each zone once", list(zones), "remove the repeated ones")
        if len({zone[:-1] for zone in zones}) > 1:
            yield Problem(
                ("availability_zones",), "must be zones of one region", list(zones), "a VPC lies in one region"
            )
        if self.nat_gateways == "none" and "s3" not in self.gateway_endpoints:
            yield Problem(
                ("gateway_endpoints",),
                "must hold 's3' where there is no NAT gateway, because images come from S3",
                list(self.gateway_endpoints),
                "add s3",
                reads=(("nat_gateways",),),
            )
        yield from self._addresses()

    def _addresses(self) -> Iterator[Problem]:
        if self.pod_cidr:
            yield from self._pod_addresses(self.pod_cidr)
        taken: list[Subnet] = []
        for tier in self._tiers():
            planned = {zone: self._cidr(tier, zone) for zone in self.zones}
            if without := [zone for zone, cidr in planned.items() if cidr is None]:
                where = f"{', '.join(without)} in {self._network(tier)}"
                yield self._no_room(tier, f"leaves no block of /{_SMALLEST_SUBNET} or larger for {where}")
                continue
            subnets = [Subnet(tier, zone, cidr) for zone, cidr in planned.items() if cidr]
            clash = next(((own, o) for own in subnets for o in taken if overlap(own.cidr, o.cidr)), None)
            if clash and tier != "pods":
                own, other = clash
                yield self._no_room(
                    tier,
                    f"gives {own.availability_zone} {own.cidr}, which overlaps the {other.tier} {other.cidr} "
                    f"of {other.availability_zone}",
                )
            taken += subnets

    def _no_room(self, tier: Tier, rule: str) -> Problem:
        if tier == "pods":
            return Problem(("pod_cidr",), rule, self.pod_cidr, "choose a larger network", reads=_BLOCKS_DEPEND_ON)
        blocks = self._blocks(tier)
        got = {"newbits": blocks.newbits, "first": blocks.first}
        return Problem((f"{tier}_subnets",), rule, got, _MORE_ROOM, reads=_BLOCKS_DEPEND_ON)

    def _pod_addresses(self, cidr: str) -> Iterator[Problem]:
        if overlap(cidr, self.cidr):
            yield Problem(
                ("pod_cidr",),
                f"must not overlap the VPC's own {self.cidr}",
                cidr,
                "for example '100.64.0.0/16'",
                reads=(("cidr",),),
            )
        elif private_range(cidr) not in (None, private_range(self.cidr)) or overlap(cidr, "198.19.0.0/16"):
            # https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html#add-cidr-block-restrictions
            yield Problem(
                ("pod_cidr",),
                f"must be a network that AWS lets a VPC of {self.cidr} add",
                cidr,
                "for example '100.64.0.0/16'",
                reads=(("cidr",),),
            )

    def _tiers(self) -> list[Tier]:
        return ["private", "public", "pods"] if self.pod_cidr else ["private", "public"]

    def _blocks(self, tier: Tier) -> SubnetRange:
        return {"private": self.private_subnets, "public": self.public_subnets, "pods": _POD_BLOCKS}[tier]

    def _network(self, tier: Tier) -> str:
        return str(self.pod_cidr) if tier == "pods" else self.cidr

    def _cidr(self, tier: Tier, zone: str) -> str | None:
        blocks = self._blocks(tier)
        return cidrsubnet(self._network(tier), blocks.newbits, blocks.first + _letter(zone))

    def subnets(self) -> list[Subnet]:
        """Return the planned subnets, by tier and then by zone."""
        return [Subnet(tier, zone, self._cidr(tier, zone) or "") for tier in self._tiers() for zone in self.zones]

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

    vpc_id: VpcId = Field(description="The VPC's id.", examples=["vpc-0123456789abcdef0"])
    private_subnets: Annotated[dict[AvailabilityZone, SubnetId], Field(min_length=2)] = Field(
        description="Ids of the private subnets by zone. Karpenter finds them by their tag "
        "`karpenter.sh/discovery`, whose value is the platform's name.",
        examples=[{"us-east-1a": "subnet-0123456789abcdef0", "us-east-1b": "subnet-0fedcba9876543210"}],
    )

    def rules(self) -> Iterator[Problem]:
        first: dict[str, str] = {}
        for zone in self.zones:
            subnet = self.private_subnets[zone]
            if subnet in first:
                yield Problem(
                    ("private_subnets", zone),
                    f"must not be the subnet of {first[subnet]} too, because a subnet lies in one zone",
                    subnet,
                    "name the subnet of this zone",
                    reads=(("private_subnets", first[subnet]),),
                )
            first.setdefault(subnet, zone)

    @property
    def zones(self) -> list[str]:
        """The availability zones in alphabetical order."""
        return sorted(self.private_subnets)


def endpoint_name(service: str, region: str, *, gateway: bool = False) -> str:
    """Return what AWS calls the endpoint service of *service* in *region*."""
    own = partition_of(region) == "aws-cn" and not gateway and service in _CHINAS_OWN
    return f"{'cn.' if own else ''}com.amazonaws.{region}.{service}"
