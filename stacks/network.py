"""The network: VPC, subnets, NAT gateways, endpoints and flow logs."""

from __future__ import annotations

from constructs import Construct

from constructs_lib.vpc import Vpc, VpcSpec
from stacks._stack import PlatformStack
from stacks.platform import PlatformSpec


class NetworkStack(PlatformStack):
    """Holds the VPC that the platform builds."""

    def __init__(self, scope: Construct, platform: PlatformSpec, spec: VpcSpec) -> None:
        super().__init__(scope, platform, "network")
        account = self.add_aws()
        vpc = self.vpc = Vpc(
            self, "vpc", name=platform.name, cluster_name=platform.cluster_name, spec=spec, account=account
        )
        self.add_output("vpc_id", vpc.id, "The VPC.")
        self.add_output("vpc_cidr_block", vpc.cidr, "Its addresses.")
        self.add_output("azs", spec.zones, "Its availability zones.")
        self.add_output("private_subnets", list(vpc.private_subnet_ids.values()), "Private subnets, by zone.")
        self.add_output("public_subnets", list(vpc.public_subnet_ids.values()), "Public subnets, by zone.")
        self.add_output(
            "nat_public_ips",
            list(vpc.nat_public_ips.values()),
            "The addresses that the platform's traffic comes from.",
        )
