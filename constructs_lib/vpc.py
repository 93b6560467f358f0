"""The network."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from cdktf_cdktf_provider_aws.default_security_group import DefaultSecurityGroup
from cdktf_cdktf_provider_aws.eip import Eip
from cdktf_cdktf_provider_aws.flow_log import FlowLog
from cdktf_cdktf_provider_aws.internet_gateway import InternetGateway
from cdktf_cdktf_provider_aws.nat_gateway import NatGateway
from cdktf_cdktf_provider_aws.route import Route
from cdktf_cdktf_provider_aws.route_table import RouteTable
from cdktf_cdktf_provider_aws.route_table_association import RouteTableAssociation
from cdktf_cdktf_provider_aws.subnet import Subnet as SubnetResource
from cdktf_cdktf_provider_aws.vpc import Vpc as VpcResource
from cdktf_cdktf_provider_aws.vpc_endpoint import VpcEndpoint, VpcEndpointDnsOptions
from constructs import Construct

from constructs_lib._names import ClusterName, Refused, Where, checked_if_known
from constructs_lib._own_roles import own_role_name
from constructs_lib._policy import Statement, trust
from constructs_lib._vpc import ExistingVpcSpec, FlowLogsSpec, Subnet, SubnetRange, Tier, VpcSpec, endpoint_name
from constructs_lib.account import Account
from constructs_lib.encryption_key import EncryptionKey, logs_may_use
from constructs_lib.log_group import LogGroup
from constructs_lib.role import Role

__all__ = ["ExistingVpc", "ExistingVpcSpec", "FlowLogsSpec", "Network", "SubnetRange", "Vpc", "VpcSpec"]


class Network(Protocol):
    """What a cluster needs to know of a VPC; nobody changes it."""

    @property
    def private_subnet_ids(self) -> Mapping[str, str]:
        """Ids of the private subnets by availability zone."""

    @property
    def pod_subnet_ids(self) -> Mapping[str, str]:
        """Ids of the subnets for pods by availability zone; empty where pods share the nodes' subnets."""


def subnets_in(zones: Iterable[str], network: Network, where: Where) -> list[str]:
    """Return the private subnets of *network* in its *zones*, or all. Raises `Refused` for zones that it has not."""
    subnets = network.private_subnet_ids
    if unknown := sorted(set(zones) - set(subnets)):
        raise Refused(
            f"{where()}: `availability_zones` must be among the network's {', '.join(subnets)}, "
            f"got {unknown}; choose some of these, or add the zone to the network"
        )
    return [subnets[zone] for zone in sorted(set(zones)) or subnets]


class ExistingVpc:
    """A VPC that is there already; nothing is created."""

    def __init__(self, spec: ExistingVpcSpec) -> None:
        self.private_subnet_ids: Mapping[str, str] = {zone: spec.private_subnets[zone] for zone in spec.zones}
        self.pod_subnet_ids: Mapping[str, str] = {}


class Vpc(Construct):
    """Defines a VPC with public and private subnets, NAT gateways, endpoints and flow logs.

    *name* must be the only one in the account, whatever its region: the role of the flow logs bears it.
    *cluster_name* goes into the tags by which load balancers and Karpenter find their subnets.
    Subnets are children of their tier and availability zone, so each zone comes and goes by itself.
    """

    def __init__(self, scope: Construct, id: str, *, name: str, cluster_name: str, spec: VpcSpec, account: Account):
        super().__init__(scope, id)
        self._name, self._cluster_name, self._spec, self._account = name, cluster_name, spec, account
        self._check()
        self.cidr: str = spec.cidr
        self.pod_cidr: str | None = spec.pod_cidr
        vpc = VpcResource(
            self,
            "Resource",
            cidr_block=spec.cidr,
            enable_dns_hostnames=True,
            enable_dns_support=True,
            tags={"Name": name},
        )
        self.id: str = vpc.id
        # A VPC's default group lets its members talk to each other; taken over without rules, it lets nothing through.
        DefaultSecurityGroup(self, "DefaultSecurityGroup", vpc_id=self.id, tags={"Name": f"{name}-default-unused"})
        self._tiers: dict[Tier, Construct] = {}
        self._subnets: dict[Tier, dict[str, str]] = {"public": {}, "private": {}, "pods": {}}
        self._private_route_tables: dict[str, str] = {}
        self.nat_public_ips: dict[str, str] = {}
        """Public addresses of the NAT gateways, by availability zone."""

        self._internet_gateway = InternetGateway(self, "InternetGateway", vpc_id=self.id, tags={"Name": name})
        self._public_tier()
        self._private_tier()
        if spec.pod_cidr:
            self._pod_tier(spec.pod_cidr)
        self._interface_endpoints(self._gateway_endpoints())
        if spec.flow_logs:
            self._flow_logs(spec.flow_logs)
        self.public_subnet_ids: Mapping[str, str] = self._subnets["public"]
        self.private_subnet_ids: Mapping[str, str] = self._subnets["private"]
        self.pod_subnet_ids: Mapping[str, str] = self._subnets["pods"]

    def _check(self) -> None:
        checked_if_known(ClusterName, self._cluster_name, lambda: self.node.path)
        region, zones = self._account.region, self._spec.zones
        if foreign := [zone for zone in zones if zone[:-1] != region]:
            raise Refused(
                f"{self.node.path}: `availability_zones` must be zones of {region}, the account's region, "
                f"got {foreign}; change the zones or the region"
            )

    def _public_tier(self) -> None:
        gateway = self._internet_gateway
        table_id = RouteTable(self, "PublicRouteTable", vpc_id=self.id, tags={"Name": f"{self._name}-public"}).id
        Route(
            self,
            "InternetRoute",
            route_table_id=table_id,
            destination_cidr_block="0.0.0.0/0",
            gateway_id=gateway.id,
        )
        for planned in self._planned("public"):
            subnet = self._subnet(planned, tags={"kubernetes.io/role/elb": "1"})
            self._route(planned, subnet, table_id)

    def _private_tier(self) -> None:
        gateways = self._nat_gateways()
        for planned in self._planned("private"):
            zone = planned.availability_zone
            subnet = self._subnet(
                planned, tags={"kubernetes.io/role/internal-elb": "1", "karpenter.sh/discovery": self._cluster_name}
            )
            table_id = self._private_route_tables[zone] = RouteTable(
                subnet, "RouteTable", vpc_id=self.id, tags={"Name": f"{self._name}-private-{zone}"}
            ).id
            self._route(planned, subnet, table_id)
            if gateways:
                Route(
                    subnet,
                    "NatRoute",
                    route_table_id=table_id,
                    destination_cidr_block="0.0.0.0/0",
                    nat_gateway_id=gateways.get(zone) or next(iter(gateways.values())),
                )

    def _pod_tier(self, cidr: str) -> None:
        # Bindings that few platforms use are loaded where they are used.
        from cdktf_cdktf_provider_aws.vpc_ipv4_cidr_block_association import VpcIpv4CidrBlockAssociation

        secondary = VpcIpv4CidrBlockAssociation(self, "PodCidr", vpc_id=self.id, cidr_block=cidr)
        for planned in self._planned("pods"):
            # `vpc_id` of the association, not of the VPC: a subnet must wait for its addresses.
            subnet = self._subnet(planned, tags={}, vpc_id=secondary.vpc_id)
            self._route(planned, subnet, self._private_route_tables[planned.availability_zone])

    def _nat_gateways(self) -> dict[str, str]:
        """Return the ids of the NAT gateways by availability zone."""
        if self._spec.nat_gateways == "none":
            return {}
        gateways = {}
        for zone in self._spec.zones[:1] if self._spec.nat_gateways == "single" else self._spec.zones:
            name = f"{self._name}-{zone}"
            # AWS takes neither an address nor a gateway for a VPC that has no way to the internet yet.
            after = [self._internet_gateway]
            address = Eip(self, f"nat-{zone}-address", domain="vpc", tags={"Name": name}, depends_on=after)
            gateway = NatGateway(
                self,
                f"nat-{zone}",
                allocation_id=address.id,
                subnet_id=self._subnets["public"][zone],
                tags={"Name": name},
                depends_on=after,
            )
            gateways[zone] = gateway.id
            self.nat_public_ips[zone] = address.public_ip
        return gateways

    def _subnet(self, subnet: Subnet, *, tags: dict[str, str], vpc_id: str | None = None) -> SubnetResource:
        """Return the subnet, in which all that belongs to its tier and zone has its place."""
        tier, zone = subnet.tier, subnet.availability_zone
        if tier not in self._tiers:
            self._tiers[tier] = Construct(self, tier)
        return SubnetResource(
            self._tiers[tier],
            zone,
            vpc_id=vpc_id or self.id,
            availability_zone=zone,
            cidr_block=subnet.cidr,
            tags={
                "Name": f"{self._name}-{tier}-{zone}",
                f"kubernetes.io/cluster/{self._cluster_name}": "shared",
            }
            | tags,
        )

    def _route(self, planned: Subnet, subnet: SubnetResource, route_table_id: str) -> None:
        subnet_id = self._subnets[planned.tier][planned.availability_zone] = subnet.id
        RouteTableAssociation(subnet, "RouteTableAssociation", subnet_id=subnet_id, route_table_id=route_table_id)

    def _gateway_endpoints(self) -> dict[str, VpcEndpoint]:
        """Return the gateway endpoints by service."""
        return {
            service: VpcEndpoint(
                self,
                f"{service}-endpoint",
                vpc_id=self.id,
                service_name=endpoint_name(service, self._account.region, gateway=True),
                vpc_endpoint_type="Gateway",
                route_table_ids=list(self._private_route_tables.values()),
                tags={"Name": f"{self._name}-{service}"},
            )
            for service in sorted(set(self._spec.gateway_endpoints))
        }

    def _interface_endpoints(self, gateways: Mapping[str, VpcEndpoint]) -> None:
        services = self._spec.endpoint_services
        if not services:
            return
        from cdktf_cdktf_provider_aws.security_group import SecurityGroup
        from cdktf_cdktf_provider_aws.vpc_security_group_ingress_rule import VpcSecurityGroupIngressRule

        group_id = SecurityGroup(
            self,
            "EndpointSecurityGroup",
            name=f"{self._name}-endpoints",
            description="HTTPS from the VPC to AWS services",
            vpc_id=self.id,
            tags={"Name": f"{self._name}-endpoints"},
        ).id
        # Within the VPC pods keep addresses of their own, where they have such.
        for id, source, cidr in (
            ("EndpointHttps", "the VPC", self.cidr),
            ("EndpointHttpsFromPods", "pods", self.pod_cidr),
        ):
            if cidr:
                VpcSecurityGroupIngressRule(
                    self,
                    id,
                    security_group_id=group_id,
                    description=f"HTTPS from {source}",
                    ip_protocol="tcp",
                    from_port=443,
                    to_port=443,
                    cidr_ipv4=cidr,
                )
        for service in services:
            gateway = gateways.get(service)
            VpcEndpoint(
                self,
                f"{service}-interface-endpoint" if gateway else f"{service}-endpoint",
                vpc_id=self.id,
                service_name=endpoint_name(service, self._account.region),
                vpc_endpoint_type="Interface",
                private_dns_enabled=service != _WITHOUT_PRIVATE_DNS,
                dns_options=_s3_dns(bool(gateway)) if service == "s3" else None,
                subnet_ids=list(self._subnets["private"].values()),
                security_group_ids=[group_id],
                tags={"Name": f"{self._name}-{service}"},
                depends_on=[gateway] if gateway else None,
            )

    def _flow_logs(self, spec: FlowLogsSpec) -> None:
        log_group = f"/aws/vpc/{self._name}/flow-logs"
        key = EncryptionKey(
            self,
            "FlowLogsKey",
            name=f"vpc/{self._name}/flow-logs",
            description=f"Flow logs of the VPC {self._name}",
            account=self._account,
            statements=[logs_may_use(self._account, log_group)],
        )
        logs = LogGroup(
            self,
            "FlowLogs",
            name=log_group,
            retention_days=spec.retention_days,
            account=self._account,
            kms_key_arn=key.arn,
            destroy=True,
        )
        role = Role(
            self,
            "FlowLogsRole",
            name=own_role_name(self._name, "flow-logs"),
            trust=trust(
                "vpc-flow-logs.amazonaws.com",
                conditions={"StringEquals": {"aws:SourceAccount": self._account.id}},
            ),
        )
        role.add_statements(
            [
                Statement(
                    "WriteFlowLogs",
                    ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
                    [f"{logs.arn}:*"],
                ),
                Statement("FindLogGroups", ["logs:DescribeLogGroups"], ["*"]),
            ]
        )
        FlowLog(
            self,
            "FlowLog",
            vpc_id=self.id,
            traffic_type=spec.traffic_type,
            # By reference: it comes after its group, and goes before it.
            log_destination=self._account.arn("logs", f"log-group:{logs.id}"),
            iam_role_arn=role.arn,
            tags={"Name": self._name},
            depends_on=role.attachments,
        )

    def _planned(self, tier: Tier) -> list[Subnet]:
        return [subnet for subnet in self._spec.subnets() if subnet.tier == tier]


_WITHOUT_PRIVATE_DNS = "dynamodb"
"""https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/privatelink-interface-endpoints.html"""


def _s3_dns(with_gateway: bool) -> VpcEndpointDnsOptions:
    """Return whom S3's usual names lead to the interface: beside a gateway, which costs nothing, only other networks.

    Unless told, AWS takes this for granted, and refuses it where the VPC has no gateway endpoint for S3:
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/privatelink-interface-endpoints.html#private-dns
    """
    return VpcEndpointDnsOptions(private_dns_only_for_inbound_resolver_endpoint=with_gateway)
