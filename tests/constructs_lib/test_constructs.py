"""Each construct alone, in somebody else's stack."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest
from cdktf import Fn, ITerraformDependable, TerraformStack
from cdktf_cdktf_provider_aws.data_aws_caller_identity import DataAwsCallerIdentity
from cdktf_cdktf_provider_helm.provider import HelmProvider
from synthesised import Document, listed, policy, stack_of

from constructs_lib.account import Account, Refused
from constructs_lib.addon import Addon, AddonSpec, addons_after_nodes, addons_before_nodes, vpc_cni
from constructs_lib.alarms import Alarms, AlarmsSpec
from constructs_lib.bucket import Bucket, BucketSpec
from constructs_lib.cluster import (
    AccessEntrySpec,
    Cluster,
    ClusterSpec,
    CorednsAutoscalingSpec,
    EksClusterLike,
    ExistingCluster,
    ExistingClusterSpec,
)
from constructs_lib.cluster_autoscaler import ClusterAutoscalerAccess, ClusterAutoscalerChart, ClusterAutoscalerSpec
from constructs_lib.job_role import JobRole, JobRoleSpec
from constructs_lib.job_template import JobTemplate, JobTemplateSpec
from constructs_lib.karpenter_access import KarpenterAccess, KarpenterSpec
from constructs_lib.karpenter_charts import KarpenterCharts
from constructs_lib.log_group import LogGroup, adopt_log_groups
from constructs_lib.namespace import Namespace, QuotaSpec
from constructs_lib.node_group import NodeGroup, NodeGroupSpec, TaintSpec
from constructs_lib.node_termination_handler import (
    NodeTerminationHandlerAccess,
    NodeTerminationHandlerChart,
    NodeTerminationHandlerSpec,
)
from constructs_lib.role import Role, Statement
from constructs_lib.service_account_role import ServiceAccountRole
from constructs_lib.team import Placement, Team, TeamSpec
from constructs_lib.virtual_cluster import VirtualCluster
from constructs_lib.vpc import ExistingVpc, ExistingVpcSpec, Network, Vpc, VpcSpec
from provisioners.manifest import Metadata
from provisioners.node_pool import NodeClassRef, NodePool, NodePoolSpec, Taint, Template, TemplateSpec

ACCOUNT = "123456789012"
ZONES = ["eu-west-1a", "eu-west-1b"]
Build = Callable[[TerraformStack], Any]
Synthesise = Callable[[Build], Document]

ANYWHERE = Placement({})
NETWORK = ExistingVpc(
    ExistingVpcSpec(
        vpc_id="vpc-0123456789abcdef0",
        private_subnets={"eu-west-1a": "subnet-aaaaaaaaaaaaaaaaa", "eu-west-1b": "subnet-bbbbbbbbbbbbbbbbb"},
    )
)


@pytest.fixture
def synth(tmp_path: Path) -> Synthesise:
    return lambda build: stack_of(build, tmp_path)


def unknown(stack: TerraformStack) -> str:
    """Return what only Terraform knows."""
    return str(DataAwsCallerIdentity(stack, "unknown").user_id)


def account(stack: TerraformStack) -> Account:
    """Return the stack's account, the same one each time."""
    found = stack.node.try_find_child("account")
    return found if isinstance(found, Account) else Account(stack, "account", region="eu-west-1", account_id=ACCOUNT)


def existing(stack: TerraformStack) -> ExistingCluster:
    return ExistingCluster(stack, "eks", spec=ExistingClusterSpec(name="data"), account=account(stack))


def vpc(cluster_name: str = "data", **spec: Any) -> Build:
    return lambda stack: Vpc(
        stack,
        "vpc",
        name="data",
        cluster_name=cluster_name,
        spec=VpcSpec(**{"availability_zones": ZONES, **spec}),
        account=account(stack),
    )


def test_subnets_carry_the_tags_that_load_balancers_and_karpenter_look_for(synth: Synthesise) -> None:
    document = synth(vpc())
    private = document.only("aws_subnet", availability_zone="eu-west-1a", cidr_block="10.0.0.0/19")["tags"]
    public = document.only("aws_subnet", availability_zone="eu-west-1a", cidr_block="10.0.224.0/22")["tags"]
    assert private["kubernetes.io/role/internal-elb"] == "1"
    assert private["karpenter.sh/discovery"] == "data"
    assert public["kubernetes.io/role/elb"] == "1"
    assert "karpenter.sh/discovery" not in public
    assert private["kubernetes.io/cluster/data"] == public["kubernetes.io/cluster/data"] == "shared"


@pytest.mark.parametrize(("mode", "gateways"), [("single", 1), ("per_az", 2), ("none", 0)])
def test_private_subnets_reach_the_internet_as_asked(synth: Synthesise, mode: str, gateways: int) -> None:
    document = synth(vpc(nat_gateways=mode))
    assert len(document.resources("aws_nat_gateway")) == len(document.resources("aws_eip")) == gateways
    routes = [r for r in document.resources("aws_route") if "nat_gateway_id" in r]
    assert len(routes) == (len(ZONES) if gateways else 0)
    assert len({route["nat_gateway_id"] for route in routes}) == gateways
    assert len(document.resources("aws_route_table")) == len(ZONES) + 1


def test_a_zones_private_subnet_uses_the_nat_gateway_of_the_same_zone(synth: Synthesise) -> None:
    document = synth(vpc(nat_gateways="per_az"))
    gateways = {g["tags"]["Name"]: document.address(g) for g in document.resources("aws_nat_gateway")}
    tables = {document.address(t): t["tags"]["Name"] for t in document.resources("aws_route_table")}
    for route in document.resources("aws_route"):
        if "nat_gateway_id" in route:
            table = tables[route["route_table_id"].removeprefix("${").removesuffix(".id}")]
            zone = table.removeprefix("data-private-")
            assert route["nat_gateway_id"] == f"${{{gateways[f'data-{zone}']}.id}}"


def test_endpoints_are_reached_from_inside_the_vpc_only(synth: Synthesise) -> None:
    document = synth(vpc(nat_gateways="none", interface_endpoints=["sts"], gateway_endpoints=["s3"]))
    s3 = document.only("aws_vpc_endpoint", service_name="com.amazonaws.eu-west-1.s3")
    assert s3["vpc_endpoint_type"] == "Gateway"
    assert len(s3["route_table_ids"]) == len(ZONES)
    sts = document.only("aws_vpc_endpoint", service_name="com.amazonaws.eu-west-1.sts")
    assert sts["private_dns_enabled"] is True
    rule = document.only("aws_vpc_security_group_ingress_rule")
    assert (rule["from_port"], rule["to_port"], rule["cidr_ipv4"]) == (443, 443, "10.0.0.0/16")


def test_in_china_s3s_gateway_is_called_as_everywhere_and_its_interface_is_not(synth: Synthesise) -> None:
    # https://github.com/aws/aws-cdk/blob/main/packages/aws-cdk-lib/aws-ec2/lib/vpc-endpoint.ts
    def in_china(stack: TerraformStack) -> Vpc:
        spec = VpcSpec(availability_zones=("cn-north-1a", "cn-north-1b"), interface_endpoints=("s3",))
        at = Account(stack, "account", region="cn-north-1", account_id=ACCOUNT)
        return Vpc(stack, "vpc", name="data", cluster_name="data", spec=spec, account=at)

    endpoints = synth(in_china).resources("aws_vpc_endpoint")
    assert {each["vpc_endpoint_type"]: each["service_name"] for each in endpoints} == {
        "Gateway": "com.amazonaws.cn-north-1.s3",
        "Interface": "cn.com.amazonaws.cn-north-1.s3",
    }


def test_pods_with_addresses_of_their_own_reach_the_endpoints_too(synth: Synthesise) -> None:
    document = synth(vpc(nat_gateways="none", pod_cidr="100.64.0.0/16"))
    rules = document.resources("aws_vpc_security_group_ingress_rule")
    assert {rule["cidr_ipv4"] for rule in rules} == {"10.0.0.0/16", "100.64.0.0/16"}


@pytest.mark.parametrize("gateways", [["s3"], []])
def test_a_gateway_takes_the_vpcs_own_way_to_s3_where_there_is_one(synth: Synthesise, gateways: list[str]) -> None:
    document = synth(vpc(gateway_endpoints=gateways, interface_endpoints=["s3"]))
    interface = document.only("aws_vpc_endpoint", vpc_endpoint_type="Interface")
    assert interface["private_dns_enabled"] is True
    # https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DnsOptionsSpecification.html
    assert interface["dns_options"] == {"private_dns_only_for_inbound_resolver_endpoint": bool(gateways)}
    waits = [document.only("aws_vpc_endpoint", vpc_endpoint_type=kind) for kind in ("Gateway",) if gateways]
    assert interface.get("depends_on", []) == [document.address(each) for each in waits]


def test_dynamodb_may_have_both_endpoints_and_no_private_names(synth: Synthesise) -> None:
    document = synth(vpc(gateway_endpoints=["dynamodb"], interface_endpoints=["dynamodb"]))
    interface = document.only("aws_vpc_endpoint", vpc_endpoint_type="Interface")
    assert interface["private_dns_enabled"] is False
    assert "dns_options" not in interface


def test_nat_gateways_and_their_addresses_wait_for_the_way_to_the_internet(synth: Synthesise) -> None:
    document = synth(vpc())
    way = [document.address(document.only("aws_internet_gateway"))]
    assert document.only("aws_nat_gateway")["depends_on"] == document.only("aws_eip")["depends_on"] == way


def test_pods_may_have_addresses_of_their_own(synth: Synthesise) -> None:
    document = synth(vpc(pod_cidr="100.64.0.0/16"))
    association = document.only("aws_vpc_ipv4_cidr_block_association", cidr_block="100.64.0.0/16")
    subnet = document.only("aws_subnet", cidr_block="100.64.0.0/19")
    # Without this edge Terraform may make the subnet before its addresses belong to the VPC.
    assert subnet["vpc_id"] == f"${{{document.address(association)}.vpc_id}}"
    configuration = vpc_cni({"eu-west-1a": "subnet-1"}, "sg-1")
    assert configuration["eniConfig"]["subnets"] == {"eu-west-1a": {"id": "subnet-1", "securityGroups": ["sg-1"]}}
    assert vpc_cni({}, "sg-1") == {"enableNetworkPolicy": "true"}


def test_the_default_security_group_lets_nothing_through(synth: Synthesise) -> None:
    group = synth(vpc()).only("aws_default_security_group")
    assert not group.get("ingress")
    assert not group.get("egress")


def test_flow_logs_wait_for_the_group_that_they_may_not_make(synth: Synthesise) -> None:
    """Their role cannot create it, and AWS does not ask for it until it delivers."""
    document = synth(vpc())
    group = document.address(document.only("aws_cloudwatch_log_group", name="/aws/vpc/data/flow-logs"))
    destination = f"arn:aws:logs:eu-west-1:{ACCOUNT}:log-group:${{{group}.name}}"
    assert document.only("aws_flow_log")["log_destination"] == destination
    (statements,) = [policy(each["policy"]) for each in document.resources("aws_iam_role_policy")]
    assert not [each for each in statements.values() if "logs:CreateLogGroup" in listed(each["Action"])]


def test_flow_logs_can_be_turned_off(synth: Synthesise) -> None:
    assert not synth(vpc(flow_logs=None)).resources("aws_flow_log")


def cluster(**spec: Any) -> Build:
    return lambda stack: Cluster(
        stack, "eks", name="data", spec=ClusterSpec(**spec), network=NETWORK, account=account(stack)
    )


def test_a_cluster_is_private_encrypted_and_logged_by_default(synth: Synthesise) -> None:
    document = synth(cluster())
    eks = document.only("aws_eks_cluster", name="data")
    assert eks["vpc_config"]["endpoint_private_access"] is True
    assert eks["vpc_config"]["endpoint_public_access"] is False
    assert eks["access_config"]["authentication_mode"] == "API"
    assert eks["encryption_config"]["resources"] == ["secrets"]
    assert all(key["enable_key_rotation"] is True for key in document.resources("aws_kms_key"))
    assert set(eks["enabled_cluster_log_types"]) == {
        "api",
        "audit",
        "authenticator",
        "controllerManager",
        "scheduler",
    }
    logs = document.only("aws_cloudwatch_log_group", name="/aws/eks/data/cluster")
    # EKS makes the group itself, without retention, unless it is there first.
    assert document.address(logs) in eks["depends_on"]


def test_control_plane_and_flow_logs_are_encrypted_with_keys_that_cloudwatch_may_use_for_nothing_else(
    synth: Synthesise,
) -> None:
    for build, group in ((cluster(), "/aws/eks/data/cluster"), (vpc(), "/aws/vpc/data/flow-logs")):
        document = synth(build)
        logs = document.only("aws_cloudwatch_log_group", name=group)
        key = next(each for each in document.resources("aws_kms_key") if document.address(each) in logs["kms_key_id"])
        assert policy(key["policy"])["AllowCloudWatchLogs"]["Condition"] == {
            "ArnLike": {"kms:EncryptionContext:aws:logs:arn": f"arn:aws:logs:eu-west-1:{ACCOUNT}:log-group:{group}"}
        }
    secrets = synth(cluster()).only("aws_kms_key", description="Kubernetes secrets of the EKS cluster data")
    assert set(policy(secrets["policy"])) == {"AdministerThroughIam"}


def test_the_api_server_is_opened_to_named_networks_only(synth: Synthesise) -> None:
    eks = synth(cluster(public_access_cidrs=["203.0.113.0/24"])).only("aws_eks_cluster")
    assert eks["vpc_config"]["endpoint_public_access"] is True
    assert eks["vpc_config"]["public_access_cidrs"] == ["203.0.113.0/24"]


def test_a_key_of_ones_own_is_used(synth: Synthesise) -> None:
    key = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555"
    document = synth(cluster(kms_key_arn=key))
    assert document.only("aws_eks_cluster")["encryption_config"]["provider"] == {"key_arn": key}
    descriptions = [each["description"] for each in document.resources("aws_kms_key")]
    assert not [text for text in descriptions if "secrets" in text.lower()]


def test_an_access_entry_comes_before_its_policy(synth: Synthesise) -> None:
    admin = AccessEntrySpec(
        principal_arn=f"arn:aws:iam::{ACCOUNT}:role/dev", policy="AmazonEKSViewPolicy", namespaces=("b", "a")
    )
    document = synth(cluster(access={"developers": admin}))
    entry = document.only("aws_eks_access_entry")
    association = document.only("aws_eks_access_policy_association")
    assert association["principal_arn"] == f"${{{document.address(entry)}.principal_arn}}"
    assert association["policy_arn"] == "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy"
    assert association["access_scope"] == {"type": "namespace", "namespaces": ["a", "b"]}


def test_karpenter_finds_the_security_group_of_nodes(synth: Synthesise) -> None:
    tag = synth(cluster()).only("aws_ec2_tag")
    assert (tag["key"], tag["value"]) == ("karpenter.sh/discovery", "data")
    assert "cluster_security_group_id" in tag["resource_id"]


def node_group(
    name: str = "spark",
    cluster: EksClusterLike | None = None,
    network: Network = NETWORK,
    tags: Mapping[str, str] = {"Team": "data"},
    after: Sequence[ITerraformDependable] = (),
    **spec: Any,
) -> Build:
    whole = {"instance_types": ["m6i.xlarge"], "min_size": 1, "max_size": 3, **spec}
    return lambda stack: NodeGroup(
        stack,
        "nodes",
        name=name,
        spec=NodeGroupSpec(**whole),
        cluster=cluster or existing(stack),
        network=network,
        account=account(stack),
        tags=tags,
        after=after,
    )


def test_nodes_have_encrypted_disks_and_keep_their_credentials(synth: Synthesise) -> None:
    template = synth(node_group()).only("aws_launch_template")
    (disk,) = template["block_device_mappings"]
    assert disk["device_name"] == "/dev/xvda"
    assert (disk["ebs"]["volume_type"], disk["ebs"]["encrypted"], disk["ebs"]["volume_size"]) == ("gp3", "true", 100)
    assert template["metadata_options"]["http_tokens"] == "required"
    assert template["metadata_options"]["http_put_response_hop_limit"] == 1
    tagged = {each["resource_type"]: each["tags"]["Team"] for each in template["tag_specifications"]}
    assert tagged == {"instance": "data", "volume": "data", "network-interface": "data"}


def test_tags_may_hold_what_only_terraform_knows(synth: Synthesise) -> None:
    def build(stack: TerraformStack) -> None:
        tags = {"Creator": unknown(stack), "Price": "${5}"}
        group = node_group(tags=tags)(stack)
        group.tag_autoscaling_group(tags)

    document = synth(build)
    expected = {"Creator": "${data.aws_caller_identity.unknown.user_id}", "Price": "$${5}"}
    for launched in document.only("aws_launch_template")["tag_specifications"]:
        assert launched["tags"].items() >= expected.items()
    tags = [each["tag"] for each in document.resources("aws_autoscaling_group_tag")]
    assert {tag["key"]: tag["value"] for tag in tags} == expected


def test_the_number_of_nodes_is_left_to_the_autoscaler(synth: Synthesise) -> None:
    group = synth(node_group(desired_size=2)).only("aws_eks_node_group")
    assert group["scaling_config"] == {"min_size": 1, "max_size": 3, "desired_size": 2}
    assert group["lifecycle"]["ignore_changes"] == ["scaling_config[0].desired_size"]


def test_a_spot_group_says_so_and_keeps_its_labels_and_taints(synth: Synthesise) -> None:
    group = synth(
        node_group(
            capacity_type="SPOT",
            instance_types=["m6i.xlarge", "m5.xlarge"],
            labels={"tier": "spot"},
            taints=[TaintSpec(key="spot", value="true", effect="NO_SCHEDULE")],
            availability_zones=["eu-west-1b"],
        )
    ).only("aws_eks_node_group")
    assert group["capacity_type"] == "SPOT"
    assert group["instance_types"] == ["m6i.xlarge", "m5.xlarge"]
    assert group["labels"]["tier"] == "spot"
    assert group["taint"] == [{"key": "spot", "value": "true", "effect": "NO_SCHEDULE"}]
    assert group["subnet_ids"] == ["subnet-bbbbbbbbbbbbbbbbb"]
    assert group["ami_type"] == "AL2023_x86_64_STANDARD"


def test_nodes_wait_for_the_policies_of_their_role(synth: Synthesise) -> None:
    document = synth(node_group())
    group = document.only("aws_eks_node_group")
    attachments = document.resources("aws_iam_role_policy_attachment")
    names = {each["policy_arn"].rsplit("/", 1)[-1] for each in attachments}
    # https://docs.aws.amazon.com/eks/latest/userguide/create-node-role.html
    assert names >= {"AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly", "AmazonEKS_CNI_Policy"}
    assert {document.address(each) for each in attachments} <= set(group["depends_on"])


def test_an_addon_gives_its_service_account_a_role(synth: Synthesise) -> None:
    def build(stack: TerraformStack) -> None:
        role = Role(stack, "role", name="ebs", trust="{}")
        Addon(
            stack,
            "ebs",
            name="aws-ebs-csi-driver",
            cluster=existing(stack),
            spec=AddonSpec(version="v1.50.0-eksbuild.1", configuration={"node": {"tolerateAllTaints": True}}),
            service_account="ebs-csi-controller-sa",
            role=role,
        )

    addon = synth(build).only("aws_eks_addon")
    assert addon["addon_version"] == "v1.50.0-eksbuild.1"
    assert json.loads(addon["configuration_values"]) == {"node": {"tolerateAllTaints": True}}
    (identity,) = addon["pod_identity_association"]
    assert identity["service_account"] == "ebs-csi-controller-sa"
    assert identity["role_arn"].startswith("${aws_iam_role.")


def configured(synth: Synthesise, ours: dict[str, Any], theirs: dict[str, Any]) -> dict[str, Any]:
    document = synth(
        lambda stack: Addon(
            stack,
            "addon",
            name="addon",
            cluster=existing(stack),
            spec=AddonSpec(configuration=theirs),
            configuration=ours,
        )
    )
    return dict(json.loads(document.only("aws_eks_addon")["configuration_values"]))


def test_an_addons_own_configuration_comes_into_ours_and_wins(synth: Synthesise) -> None:
    ours = vpc_cni({"eu-west-1a": "subnet-1"}, "sg-1")
    theirs = {"env": {"ENABLE_PREFIX_DELEGATION": "true"}, "eniConfig": {"create": False}}
    values = configured(synth, ours, theirs)
    assert values["env"] == {**ours["env"], "ENABLE_PREFIX_DELEGATION": "true"}
    assert values["eniConfig"] == {**ours["eniConfig"], "create": False}


def test_of_an_addons_configuration_only_mappings_are_mixed(synth: Synthesise) -> None:
    values = configured(synth, {"a": {"b": 1}, "c": [1], "d": 1}, {"a": "x", "c": [2], "d": {"e": 2}})
    assert values == {"a": "x", "c": [2], "d": {"e": 2}}


def test_a_cluster_in_ones_own_stack_gets_what_makes_it_one(synth: Synthesise) -> None:
    def build(stack: TerraformStack) -> None:
        addons = {"kube-proxy": AddonSpec(version="v1.35.0-eksbuild.2"), "metrics-server": AddonSpec()}
        eks = cluster(addons=addons, coredns_autoscaling=CorednsAutoscalingSpec())(stack)
        first = addons_before_nodes(stack, cluster=eks, network=NETWORK)
        nodes = node_group(cluster=eks, after=first)(stack)
        addons_after_nodes(stack, cluster=eks, account=account(stack), nodes=[nodes.resource])

    document = synth(build)
    by_name = {each["addon_name"]: each for each in document.resources("aws_eks_addon")}
    group = document.only("aws_eks_node_group")
    before = {"eks-pod-identity-agent", "kube-proxy", "vpc-cni"}
    assert {document.address(by_name[name]) for name in before} <= set(group["depends_on"])
    after = {"aws-ebs-csi-driver", "coredns", "metrics-server"}
    assert by_name.keys() == before | after
    assert all(document.address(group) in by_name[name]["depends_on"] for name in after)
    assert by_name["kube-proxy"]["addon_version"] == "v1.35.0-eksbuild.2"
    assert json.loads(by_name["coredns"]["configuration_values"])["autoScaling"]["enabled"] is True
    assert by_name["aws-ebs-csi-driver"]["pod_identity_association"]


@dataclass(frozen=True)
class TheirCluster:
    """A cluster as another program knows it."""

    name: str = "theirs"
    id: str = "theirs"
    version: str = "1.35"
    endpoint: str = "https://theirs"
    certificate_authority: str = "PEM"
    oidc_issuer: str = "oidc"
    oidc_provider_arn: str = "arn:oidc"


class TheirNetwork:
    """A network as another program knows it."""

    def __init__(self) -> None:
        self.private_subnet_ids = {zone: f"subnet-{zone}" for zone in ZONES}
        self.pod_subnet_ids: dict[str, str] = {}


def test_clusters_and_networks_of_other_kinds_will_do(synth: Synthesise) -> None:
    group = synth(node_group(cluster=TheirCluster(), network=TheirNetwork())).only("aws_eks_node_group")
    assert (group["cluster_name"], group["subnet_ids"]) == ("theirs", ["subnet-eu-west-1a", "subnet-eu-west-1b"])


KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1"


def controller(identity: str) -> Build:
    return lambda stack: ServiceAccountRole(
        stack,
        "role",
        name="x",
        cluster=existing(stack),
        namespace="x",
        service_account="x",
        identity=cast("Any", identity),
        account=account(stack),
    )


def named_bucket(name: str = "data-1", expirations: dict[str, int] | None = None) -> Build:
    return lambda stack: Bucket(
        stack, "x", name=name, spec=BucketSpec(), kms_key_arn=KEY, account=account(stack), expirations=expirations
    )


def autoscaler_chart(region: str) -> Build:
    def build(stack: TerraformStack) -> None:
        HelmProvider(stack, "helm")
        spec, cluster = ClusterAutoscalerSpec(), existing(stack)
        access = ClusterAutoscalerAccess(stack, "access", spec=spec, cluster=cluster, account=account(stack))
        ClusterAutoscalerChart(stack, "x", spec=spec, cluster=cluster, access=access, region=region)

    return build


def handler_chart(region: str) -> Build:
    def build(stack: TerraformStack) -> None:
        HelmProvider(stack, "helm")
        spec, cluster = NodeTerminationHandlerSpec(autoscaling_groups=["gpu"]), existing(stack)
        access = NodeTerminationHandlerAccess(stack, "access", spec=spec, cluster=cluster, account=account(stack))
        NodeTerminationHandlerChart(stack, "x", spec=spec, cluster=cluster, access=access, region=region)

    return build


def karpenter_charts(spec: KarpenterSpec, **arguments: Any) -> Build:
    def build(stack: TerraformStack) -> None:
        HelmProvider(stack, "helm")
        cluster = existing(stack)
        access = KarpenterAccess(stack, "access", spec=spec, cluster=cluster, account=account(stack))
        KarpenterCharts(stack, "x", spec=spec, cluster=cluster, access=access, **arguments)

    return build


def adopted_logs(name: Callable[[TerraformStack], str], **arguments: Any) -> Build:
    def build(stack: TerraformStack) -> None:
        logs = LogGroup(stack, "logs", name=name(stack), retention_days=30, account=account(stack))
        adopt_log_groups(stack, {logs.name: logs.resource}, **arguments)

    return build


def addon(**arguments: Any) -> Build:
    return lambda stack: Addon(stack, "addon", name="x", cluster=existing(stack), **arguments)


def job_template(**arguments: Any) -> Build:
    return lambda stack: JobTemplate(
        stack,
        "template",
        name="x",
        spec=JobTemplateSpec(entry_point="s3://code/x.py"),
        role=Role(stack, "role", name="x", trust="{}"),
        **arguments,
    )


def virtual_cluster(**arguments: Any) -> Build:
    return lambda stack: VirtualCluster(
        stack, "vc", name="data-etl", namespace="etl", cluster=existing(stack), **arguments
    )


def cluster_in_a_vpc(**spec: Any) -> Build:
    return lambda stack: Cluster(
        stack,
        "x",
        name="data",
        spec=ClusterSpec(**spec),
        network=vpc(pod_cidr="100.64.0.0/16")(stack),
        account=account(stack),
    )


def test_a_zone_that_came_later_is_for_nodes_only(synth: Synthesise) -> None:
    """EKS takes no subnet in a zone that the cluster was not made with."""
    subnets = {f"eu-west-1{letter}": f"subnet-{letter * 8}" for letter in "abc"}
    network = ExistingVpc(ExistingVpcSpec(vpc_id="vpc-11111111", private_subnets=subnets))

    def build(stack: TerraformStack) -> None:
        spec = ClusterSpec(availability_zones=["eu-west-1b", "eu-west-1a"])
        eks = Cluster(stack, "eks", name="data", spec=spec, network=network, account=account(stack))
        nodes = NodeGroupSpec(instance_types=["m6i.large"], min_size=2, max_size=4)
        NodeGroup(stack, "n", name="n", spec=nodes, cluster=eks, network=network, account=account(stack))

    document = synth(build)
    assert document.only("aws_eks_cluster")["vpc_config"]["subnet_ids"] == ["subnet-aaaaaaaa", "subnet-bbbbbbbb"]
    assert "subnet-cccccccc" in document.only("aws_eks_node_group")["subnet_ids"]


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (
            lambda stack: Account(stack, "x", region="eu-west-1", account_id="123"),
            "test/x: must be an AWS account id: 12 digits in quotes, got '123'; for example",
        ),
        (
            lambda stack: Addon(stack, "x", name="x", cluster=existing(stack), service_account="sa"),
            "test/x: `service_account` and `role` must come together, got 'sa' and None; give both",
        ),
        *(
            (
                chart("us-east-1"),
                "test/x: `region` must be eu-west-1, that of `access`, got 'us-east-1'; pass the same",
            )
            for chart in (autoscaler_chart, handler_chart)
        ),
        (named_bucket("Data_1"), "test/x: must be a bucket name: .*, got 'Data_1'; for example"),
        (
            named_bucket(expirations={"teams/a": 3, "teams/a/": 5}),
            "test/x: `expirations` must name each prefix once, got 'teams/a' with and without a slash; keep one",
        ),
        *(
            (
                lambda stack, prefix=prefix: bucket(stack).grant_read(
                    Role(stack, "x", name="x", trust="{}"), prefix=prefix
                ),
                "test/bucket: `prefix` must be how keys begin, .*, got .*; write",
            )
            for prefix in ("/lake/", "lake/*", "lake-?", "${aws:username}/")
        ),
        (
            lambda stack: Role(stack, "x", name="x", trust="{}").add_statement(Statement("Read lake-1", ["s3:Get*"])),
            "test/x: the sid of a statement must be letters and digits, as IAM asks for, got 'Read lake-1'; leave",
        ),
        (
            cluster_in_a_vpc(service_ipv4_cidr="10.0.0.0/20"),
            "test/x: `service_ipv4_cidr` must not overlap the VPC's 10.0.0.0/16, got '10.0.0.0/20'; choose",
        ),
        (
            lambda stack: JobRole(
                stack, "x", name="x", namespace="Not a label", cluster=existing(stack), account=account(stack)
            ),
            "test/x: must be a DNS label: .*, got 'Not a label'; for example",
        ),
        (
            karpenter_charts(KarpenterSpec(version="1.8.0")),
            "test/x: `version` must be at least 1.9.0 for Kubernetes 1.35, got '1.8.0'; take 1",
        ),
        (
            lambda stack: LogGroup(stack, "x", name="a b", retention_days=30, account=account(stack)),
            "test/x: must be the name of a log group: .*, got 'a b'; for example",
        ),
        (
            adopted_logs(lambda stack: "/spark/a", prefix="/emr-eks/"),
            "test/logs/Resource: `name` must be a literal that begins with '/emr-eks/' to be adopted, got '/spark/a'",
        ),
        (
            adopted_logs(lambda stack: f"/spark/{unknown(stack)}"),
            "test/logs/Resource: `name` must be a literal that begins with '' to be adopted, got '/spark/\\${.*; write",
        ),
        (
            node_group("-spot"),
            "test/nodes: must be the name of a node group: .*, got '-spot'; for example",
        ),
        (
            cluster(availability_zones=["eu-west-1a", "eu-west-1z"]),
            r"test/eks: `availability_zones` must be among the network's .*, got \['eu-west-1z'\]; choose",
        ),
        (
            node_group(availability_zones=["eu-west-1c"]),
            r"test/nodes: `availability_zones` must be among the network's eu-west-1a, eu-west-1b, got "
            r"\['eu-west-1c'\]; choose",
        ),
        (
            controller("podidentity"),
            "test/role: `identity` must be one of pod_identity, irsa, got 'podidentity'; choose",
        ),
        (
            lambda stack: team(stack, placements={"driver": Placement({"pool": "d"})}),
            r"test/etl: `placements` must say where driver and executor run, got \['driver'\]; add 'executor'",
        ),
        (
            lambda stack: team(stack, placements={"driver": Placement({"pool": unknown(stack)}), "executor": ANYWHERE}),
            r"test/etl: `placements` must be literals, because .*, got Placement\(node_selector={'pool': '\$.*; write",
        ),
        *(
            (build, f"{place}: `{name}` must hold what Terraform can wait for, got a ExistingVpc; give its resource")
            for build, place, name in (
                (node_group(after=[cast(Any, NETWORK)]), "test/nodes", "after"),
                (addon(after=[cast(Any, NETWORK)]), "test/addon", "after"),
                (virtual_cluster(after=[cast(Any, NETWORK)]), "test/vc", "after"),
                (job_template(depends_on=[cast(Any, NETWORK)]), "test/template", "depends_on"),
            )
        ),
        (
            vpc("a b/c*"),
            "test/vpc: must be an EKS cluster name: .*, got 'a b/c[*]'; for example",
        ),
        (
            vpc(availability_zones=["us-east-1a", "us-east-1b"]),
            r"test/vpc: `availability_zones` must be zones of eu-west-1, .* got \['us-east-1a', .*; change",
        ),
    ],
)
def test_what_cannot_be_is_refused_with_its_place_and_what_to_do(synth: Synthesise, build: Build, message: str) -> None:
    with pytest.raises(Refused, match=message):
        synth(build)


def test_names_that_only_terraform_knows_pass(synth: Synthesise) -> None:
    def build(stack: TerraformStack) -> None:
        token = Fn.join("-", ["data", DataAwsCallerIdentity(stack, "caller").account_id])
        named_bucket(token)(stack)
        Account(stack, "other", region="eu-west-1", account_id=Fn.element([ACCOUNT], 0))

    assert synth(build).only("aws_s3_bucket")["bucket"].startswith('${join("-"')


@pytest.mark.parametrize(("spec", "argument", "expected"), [(None, 1, "1"), (2, 1, "2"), (0, 1, "0"), (None, 0, "0")])
def test_reserved_interfaces_are_those_of_the_spec_or_else_of_the_network(
    synth: Synthesise, spec: int | None, argument: int, expected: str
) -> None:
    document = synth(karpenter_charts(KarpenterSpec(reserved_enis=spec), reserved_enis=argument))
    (values,) = document.only("helm_release", chart="karpenter")["values"]
    assert json.loads(values)["settings"]["reservedENIs"] == expected


def test_karpenters_definitions_stay_wherever_the_controller_moves(synth: Synthesise) -> None:
    # Another namespace takes another release, and a release takes its definitions, and so all node pools, with it.
    releases = [
        {
            each["chart"]: each
            for each in synth(karpenter_charts(KarpenterSpec(namespace=name))).resources("helm_release")
        }
        for name in ("kube-system", "karpenter")
    ]
    here, there = (each["karpenter-crd"] for each in releases)
    assert here == there
    assert [each["karpenter"]["namespace"] for each in releases] == ["kube-system", "karpenter"]
    assert all(each["karpenter"]["create_namespace"] for each in releases)


@pytest.mark.parametrize("chart", [autoscaler_chart, handler_chart])
def test_a_chart_makes_its_namespace(synth: Synthesise, chart: Callable[[str], Build]) -> None:
    assert synth(chart("eu-west-1")).only("helm_release")["create_namespace"] is True


@pytest.mark.parametrize("wanted", [True, False])
def test_failed_runs_are_told_where_the_spec_wants_them(synth: Synthesise, wanted: bool) -> None:
    def build(stack: TerraformStack) -> None:
        spec = AlarmsSpec(failed_runs=wanted)
        alarms = Alarms(stack, "x", spec=spec, cluster_name="data", account=account(stack), container_insights=False)
        alarms.tell_of_failed_runs("etl", team="etl", virtual_cluster_id="abc")

    assert len(synth(build).resources("aws_cloudwatch_event_rule")) == wanted


def karpenter(**spec: Any) -> Build:
    return lambda stack: KarpenterAccess(
        stack, "karpenter", spec=KarpenterSpec(**spec), cluster=existing(stack), account=account(stack)
    )


def test_karpenter_hears_of_interruptions_over_its_queue(synth: Synthesise) -> None:
    document = synth(karpenter())
    queue = document.only("aws_sqs_queue", name="data")
    assert queue["sqs_managed_sse_enabled"] is True
    assert queue["message_retention_seconds"] == 300
    targets = document.resources("aws_cloudwatch_event_target")
    assert len(targets) == 5
    assert {target["arn"] for target in targets} == {f"${{{document.address(queue)}.arn}}"}
    statements = policy(document.only("aws_sqs_queue_policy")["policy"])
    senders = [each for each in statements.values() if each["Effect"] == "Allow"]
    assert [set(each["Principal"]["Service"]) for each in senders] == [{"events.amazonaws.com", "sqs.amazonaws.com"}]
    denied = [each for each in statements.values() if each["Effect"] == "Deny"]
    assert [each["Condition"] for each in denied] == [{"Bool": {"aws:SecureTransport": "false"}}]


def test_karpenters_nodes_may_join_the_cluster(synth: Synthesise) -> None:
    document = synth(karpenter())
    entry = document.only("aws_eks_access_entry", type="EC2_LINUX")
    role = document.only("aws_iam_role", name="KarpenterNodeRole-data")
    assert entry["principal_arn"] == f"${{{document.address(role)}.arn}}"


@pytest.mark.parametrize("identity", ["pod_identity", "irsa"])
def test_karpenters_controller_signs_in_as_asked(synth: Synthesise, identity: str) -> None:
    document = synth(karpenter(identity=identity))
    (statement,) = policy(document.only("aws_iam_role", name="data-karpenter")["assume_role_policy"]).values()
    associations = document.resources("aws_eks_pod_identity_association")
    if identity == "pod_identity":
        assert statement["Principal"] == {"Service": "pods.eks.amazonaws.com"}
        assert set(statement["Action"]) == {"sts:AssumeRole", "sts:TagSession"}
        assert [(each["namespace"], each["service_account"]) for each in associations] == [("kube-system", "karpenter")]
    else:
        subjects = [v for k, v in statement["Condition"]["StringEquals"].items() if k.endswith(":sub")]
        assert subjects == ["system:serviceaccount:kube-system:karpenter"]
        assert not associations


def bucket(stack: TerraformStack) -> Bucket:
    return Bucket(stack, "bucket", name="data-1", spec=BucketSpec(), kms_key_arn=KEY, account=account(stack))


def test_a_bucket_is_private_versioned_encrypted_and_kept(synth: Synthesise) -> None:
    document = synth(bucket)
    assert document.only("aws_s3_bucket", bucket="data-1")["force_destroy"] is False
    assert document.only("aws_s3_bucket_versioning")["versioning_configuration"] == {"status": "Enabled"}
    blocked = document.only("aws_s3_bucket_public_access_block")
    assert all(
        blocked[key]
        for key in ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")
    )
    (rule,) = document.only("aws_s3_bucket_server_side_encryption_configuration")["rule"]
    assert rule["apply_server_side_encryption_by_default"]["sse_algorithm"] == "aws:kms"
    (statement,) = policy(document.only("aws_s3_bucket_policy")["policy"]).values()
    assert statement["Effect"] == "Deny"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert set(statement["Resource"]) == {"arn:aws:s3:::data-1", "arn:aws:s3:::data-1/*"}


def granted(document: Document) -> dict[str, dict[str, Any]]:
    return policy(document.only("aws_iam_role_policy")["policy"])


def allowed(document: Document, resource: str) -> set[str]:
    """Return the actions that the one role in *document* may do to *resource*."""
    return {
        action
        for statement in granted(document).values()
        for action in listed(statement["Action"])
        if resource in listed(statement["Resource"])
    }


def test_a_bucket_grants_a_prefix_and_no_more(synth: Synthesise) -> None:
    def build(stack: TerraformStack) -> None:
        shared = bucket(stack)
        role = Role(stack, "role", name="etl", trust="{}")
        shared.grant_read_write(role, prefix="etl/")
        shared.grant_read_write(role, prefix="etl/")
        shared.grant_read(role, prefix="common/")

    document = synth(build)
    assert {"s3:GetObject", "s3:PutObject", "s3:DeleteObject"} <= allowed(document, "arn:aws:s3:::data-1/etl/*")
    assert allowed(document, "arn:aws:s3:::data-1/common/*") == {"s3:GetObject"}
    assert allowed(document, "arn:aws:s3:::data-1/*") == set()
    listings = [s for s in granted(document).values() if s["Action"] == "s3:ListBucket"]
    prefixes = sorted(prefix for s in listings for prefix in listed(s["Condition"]["StringLike"]["s3:prefix"]))
    assert prefixes == ["common/", "common/*", "etl/", "etl/*"]


def test_a_statement_may_be_granted_twice_but_not_change(synth: Synthesise) -> None:
    def build(stack: TerraformStack) -> None:
        role = Role(stack, "role", name="etl", trust="{}")
        role.add_statement(Statement("Read", ["s3:GetObject"], ["*"]))
        role.add_statement(Statement("Read", ["s3:GetObject"], ["*"]))
        with pytest.raises(ValueError, match=r"test/role: statement 'Read' is there already"):
            role.add_statement(Statement("Read", ["s3:PutObject"], ["*"]))

    assert set(granted(synth(build))) == {"Read"}


def test_what_is_granted_at_once_is_written_at_the_end(synth: Synthesise) -> None:
    def build(stack: TerraformStack) -> None:
        role = Role(stack, "role", name="etl", trust="{}")
        with role.at_once():
            role.add_statement(Statement("Read", ["s3:GetObject"], ["*"]))
            assert role.attachments == []
            role.add_statement(Statement("Write", ["s3:PutObject"], ["*"]))
        assert len(role.attachments) == 1
        role.add_statement(Statement("Delete", ["s3:DeleteObject"], ["*"]))
        assert len(role.attachments) == 1

    assert set(granted(synth(build))) == {"Delete", "Read", "Write"}


def test_what_was_granted_at_once_before_an_error_is_written(synth: Synthesise) -> None:
    def build(stack: TerraformStack) -> None:
        role = Role(stack, "role", name="etl", trust="{}")
        read, other = (Statement("Read", [action], ["*"]) for action in ("s3:GetObject", "s3:PutObject"))

        def grant() -> None:
            with role.at_once():
                role.add_statement(read)
                role.add_statement(other)

        with pytest.raises(Refused, match="'Read' is there already"):
            grant()
        role.add_statement(Statement("Write", ["s3:PutObject"], ["*"]))

    assert set(granted(synth(build))) == {"Read", "Write"}


def test_of_statements_that_are_refused_none_is_added(synth: Synthesise) -> None:
    def build(stack: TerraformStack) -> None:
        role = Role(stack, "role", name="etl", trust="{}")
        role.add_statement(Statement("Read", ["s3:GetObject"], ["*"]))
        long = Statement("Long", ["s3:GetObject"], ["x" * 11_000])
        other = Statement("Read", ["s3:PutObject"], ["*"])
        for refused in ([Statement("New", ["s3:PutObject"], ["*"]), other], [long]):
            with pytest.raises(Refused):
                role.add_statements(refused)
        role.add_statement(Statement("Write", ["s3:PutObject"], ["*"]))

    assert set(granted(synth(build))) == {"Read", "Write"}


def test_a_role_that_grows_past_iams_limit_is_refused(synth: Synthesise) -> None:
    def build(stack: TerraformStack) -> None:
        role = Role(stack, "role", name="etl", trust="{}")
        with pytest.raises(ValueError, match=r"test/role: the policy must have at most 10240 characters, got \d+"):
            role.add_statements(Statement(f"S{n}", ["s3:GetObject"], ["x" * 500]) for n in range(30))

    synth(build)


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        *((name, "must be an IAM role name: .*, got '.*'; for") for name in ("x" * 65, "not a name", "rôle", "")),
        ("${TfToken[TOKEN.1]}", "must be a literal, known before synthesis, got '.*'; write the value itself"),
    ],
)
def test_role_names_must_be_literal_and_legal(synth: Synthesise, name: str, rule: str) -> None:
    def build(stack: TerraformStack) -> None:
        with pytest.raises(Refused, match=f"test/role: {rule}"):
            Role(stack, "role", name=name, trust="{}")

    synth(build)


def test_a_virtual_cluster_comes_after_what_emr_needs_in_its_namespace(synth: Synthesise) -> None:
    def build(stack: TerraformStack) -> None:
        VirtualCluster(stack, "vc", name="data-etl", namespace="etl", cluster=existing(stack))

    document = synth(build)
    virtual_cluster = document.only("aws_emrcontainers_virtual_cluster", name="data-etl")
    binding = document.only("kubernetes_role_binding_v1")
    namespace = document.only("kubernetes_namespace_v1")
    assert virtual_cluster["depends_on"] == [document.address(binding)]
    assert binding["subject"] == [{"kind": "User", "name": "emr-containers", "api_group": "rbac.authorization.k8s.io"}]
    provider = virtual_cluster["container_provider"]
    assert provider["type"] == "EKS"
    assert document.address(namespace) in provider["info"]["eks_info"]["namespace"]
    assert document.address(namespace) in binding["metadata"]["namespace"]


def test_a_namespace_is_closed_to_others_and_has_bounds(synth: Synthesise) -> None:
    document = synth(lambda stack: Namespace(stack, "home", name="etl", quota=QuotaSpec(cpu=10, memory_gib=40, pods=5)))
    labels = document.only("kubernetes_namespace_v1")["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "baseline"
    network = document.only("kubernetes_network_policy_v1")["spec"]
    # All pods, and from pods of the same namespace only: a peer without namespaceSelector.
    assert network["pod_selector"] == {}
    assert network["policy_types"] == ["Ingress"]
    assert network["ingress"] == [{"from": [{"pod_selector": {}}]}]
    hard = document.only("kubernetes_resource_quota_v1")["spec"]["hard"]
    assert hard == {
        "requests.cpu": "10",
        "requests.memory": "40Gi",
        "pods": "5",
        "services.loadbalancers": "0",
        "services.nodeports": "0",
    }
    limit = document.only("kubernetes_limit_range_v1")["spec"]["limit"][0]
    # A default limit would cut off executors that say only what they request.
    assert limit.keys() == {"type", "default_request"}


def test_a_namespace_without_quota_has_no_bounds(synth: Synthesise) -> None:
    document = synth(lambda stack: Namespace(stack, "home", name="etl", quota=None))
    assert not document.resources("kubernetes_resource_quota_v1")
    assert not document.resources("kubernetes_limit_range_v1")


def test_a_submitter_starts_jobs_under_one_role_and_follows_them(synth: Synthesise) -> None:
    def build(stack: TerraformStack) -> None:
        virtual_cluster = VirtualCluster(stack, "vc", name="data-etl", namespace="etl", cluster=existing(stack))
        submitter = Role(stack, "airflow", name="airflow", trust="{}")
        for name in ("daily", "hourly"):
            virtual_cluster.grant_start_job_run(submitter, run_as=Role(stack, name, name=name, trust="{}"))

    document = synth(build)
    statements = granted(document).values()
    starts = [each for each in statements if each["Action"] == "emr-containers:StartJobRun"]
    assert len(starts) == 2
    for start in starts:
        assert set(start["Condition"]) == {"ArnEquals"}
        assert start["Resource"].endswith(".arn}")
    # The service authorization reference puts these two on the job run, not on the virtual cluster.
    (follow,) = (each for each in statements if "emr-containers:DescribeJobRun" in listed(each["Action"]))
    # StartJobRun with tags asks for TagResource too.
    assert {action.removeprefix("emr-containers:") for action in follow["Action"]} == {
        "CancelJobRun",
        "DescribeJobRun",
        "TagResource",
    }
    assert follow["Resource"].endswith(".arn}/jobruns/*")


def test_a_submitter_starts_jobs_under_one_role_on_two_virtual_clusters(synth: Synthesise) -> None:
    def build(stack: TerraformStack) -> None:
        cluster = existing(stack)
        submitter, job = (Role(stack, name, name=name, trust="{}") for name in ("airflow", "job"))
        for name in ("etl", "ml"):
            there = VirtualCluster(stack, name, name=name, namespace=name, cluster=cluster)
            there.grant_start_job_run(submitter, run_as=job)

    starts = [each for each in granted(synth(build)).values() if each["Action"] == "emr-containers:StartJobRun"]
    assert len({start["Resource"] for start in starts}) == 2


def test_a_job_role_gets_what_its_spec_names(synth: Synthesise) -> None:
    def build(stack: TerraformStack) -> None:
        JobRole(
            stack,
            "role",
            name="etl-job",
            namespace="etl",
            cluster=existing(stack),
            account=account(stack),
            spec=JobRoleSpec(
                read_buckets=("arn:aws:s3:::raw/sales",),
                write_buckets=("arn:aws:s3:::lake",),
                read_databases=("raw",),
                write_databases=("lake",),
                policy_arns=("arn:aws:iam::aws:policy/CloudWatchReadOnlyAccess",),
            ),
        )

    document = synth(build)
    assert allowed(document, "arn:aws:s3:::raw/sales*") == {"s3:GetObject"}
    assert "s3:PutObject" in allowed(document, "arn:aws:s3:::lake/*")
    assert "glue:GetTable" in allowed(document, f"arn:aws:glue:eu-west-1:{ACCOUNT}:table/raw/*")
    assert "glue:UpdateTable" not in allowed(document, f"arn:aws:glue:eu-west-1:{ACCOUNT}:table/raw/*")
    assert "glue:UpdateTable" in allowed(document, f"arn:aws:glue:eu-west-1:{ACCOUNT}:table/lake/*")
    attachment = document.only("aws_iam_role_policy_attachment")
    assert attachment["policy_arn"] == "arn:aws:iam::aws:policy/CloudWatchReadOnlyAccess"


def test_a_log_group_is_kept_unless_told_otherwise(synth: Synthesise) -> None:
    def build(stack: TerraformStack) -> None:
        here = account(stack)
        for name, destroy in (("kept", False), ("gone", True)):
            LogGroup(stack, name, name=f"/x/{name}", retention_days=30, account=here, destroy=destroy)

    document = synth(build)
    assert document.only("aws_cloudwatch_log_group", name="/x/kept")["skip_destroy"] is True
    assert document.only("aws_cloudwatch_log_group", name="/x/gone")["skip_destroy"] is False


def test_terraform_goes_on_with_log_groups_that_are_there(synth: Synthesise) -> None:
    def build(stack: TerraformStack) -> None:
        groups = [LogGroup(stack, name, name=f"/x/{name}", retention_days=30, account=account(stack)) for name in "ab"]
        adopt_log_groups(stack, {each.name: each.resource for each in groups}, prefix="/x/")

    document = synth(build)
    names = "data.aws_cloudwatch_log_groups.kept.log_group_names"
    assert document.content["data"]["aws_cloudwatch_log_groups"] == {"kept": {"log_group_name_prefix": "/x/"}}
    assert document.content["import"] == [
        {
            "for_each": f'${{toset([for name in {names} : name if name == "{group["name"]}"])}}',
            "to": document.address(group),
            "id": "${each.key}",
        }
        for group in document.resources("aws_cloudwatch_log_group")
    ]


def test_a_role_may_write_to_two_log_groups(synth: Synthesise) -> None:
    def build(stack: TerraformStack) -> None:
        here, role = account(stack), Role(stack, "role", name="etl", trust="{}")
        for name in ("one", "two"):
            LogGroup(stack, name, name=f"/x/{name}", retention_days=30, account=here).grant_write(role)

    document = synth(build)
    for name in ("one", "two"):
        assert "logs:PutLogEvents" in allowed(document, f"arn:aws:logs:eu-west-1:{ACCOUNT}:log-group:/x/{name}")


def team(stack: TerraformStack, *, placements: dict[Any, Placement]) -> Team:
    return Team(
        stack,
        "etl",
        name="etl",
        spec=TeamSpec(log_retention_days=7),
        cluster=existing(stack),
        bucket=bucket(stack),
        placements=placements,
        account=account(stack),
        kms_key_arn=KEY,
    )


def test_a_placement_lands_pods_on_a_node_group_in_spite_of_its_taints(synth: Synthesise) -> None:
    taints = [TaintSpec(key="spark", value="x", effect="NO_SCHEDULE"), TaintSpec(key="gpu", effect="NO_EXECUTE")]
    group = NodeGroupSpec(instance_types=["m6i.large"], min_size=0, max_size=1, taints=taints)
    placement = Placement.on_node_group("spot", group)
    labels = synth(node_group("spot", taints=taints)).only("aws_eks_node_group")["labels"]
    assert placement.node_selector.items() <= labels.items()
    assert placement.tolerations == [
        {"key": "spark", "operator": "Equal", "value": "x", "effect": "NoSchedule"},
        {"key": "gpu", "operator": "Exists", "effect": "NoExecute"},
    ]


def test_a_placement_lands_pods_on_a_node_pool_in_spite_of_its_taints() -> None:
    template = TemplateSpec(
        node_class_ref=NodeClassRef(group="karpenter.k8s.aws", kind="EC2NodeClass", name="spark"),
        requirements=[],
        taints=[Taint(key="spark", effect="NoSchedule")],
    )
    pool = NodePool(metadata=Metadata(name="spot"), spec=NodePoolSpec(template=Template(spec=template)))
    assert Placement.on_node_pool(pool) == (
        {"karpenter.sh/nodepool": "spot"},
        [{"key": "spark", "operator": "Exists", "effect": "NoSchedule"}],
    )


def test_a_team_has_all_that_its_jobs_need(synth: Synthesise) -> None:
    toleration = {"key": "spark", "operator": "Exists", "effect": "NoSchedule"}
    driver, executor = Placement({"pool": "d"}, [toleration]), Placement({"pool": "e"})
    document = synth(lambda stack: team(stack, placements={"driver": driver, "executor": executor}))
    assert document.only("aws_cloudwatch_log_group", name="/emr-eks/data/etl")["retention_in_days"] == 7
    role = document.only("aws_iam_role", name="data.etl.job.eu-west-1")
    assert f"-{ACCOUNT}-" in role["assume_role_policy"]
    of_driver = document.pod_template("etl", "driver")
    assert of_driver["spec"]["nodeSelector"] == {"pool": "d"}
    assert of_driver["spec"]["tolerations"] == [toleration]
    # Spark finds its own container in a template by this name.
    assert of_driver["spec"]["containers"] == [{"name": "spark-kubernetes-driver"}]
    of_executor = document.pod_template("etl", "executor")
    assert of_executor["spec"]["containers"] == [{"name": "spark-kubernetes-executor"}]
    assert "s3:PutObject" in allowed(document, "arn:aws:s3:::data-1/teams/etl/*")
    assert allowed(document, "*") == {"logs:DescribeLogGroups"}
