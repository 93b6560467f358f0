"""The table of what forces a replacement, held against the real AWS provider.

Terraform plans each change against a state made up here, without refreshing it: no AWS and no emulator is asked.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from local_lives import ran
from shared_providers import shared_providers

from emr_eks.local.terraform import find_provider_mirror, find_terraform, mirror_configuration
from emr_eks.review import facts

ROLE, OTHER_ROLE = "arn:aws:iam::123456789012:role/a", "arn:aws:iam::123456789012:role/b"
KEY, OTHER_KEY = "arn:aws:kms:us-east-1:123456789012:key/a", "arn:aws:kms:us-east-1:123456789012:key/b"
POLICY = json.dumps({"Version": "2012-10-17", "Statement": []})
ALLOW = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]})
VC = {"id": "c", "type": "EKS", "info": [{"eks_info": [{"namespace": "n"}]}]}
CLUSTER: dict[str, Any] = {
    "name": "c",
    "role_arn": ROLE,
    "version": "1.35",
    "bootstrap_self_managed_addons": False,
    "vpc_config": [{"subnet_ids": ["subnet-a"], "public_access_cidrs": ["10.0.0.0/8"], "endpoint_public_access": True}],
    "access_config": [{"authentication_mode": "API", "bootstrap_cluster_creator_admin_permissions": True}],
    "encryption_config": [{"resources": ["secrets"], "provider": [{"key_arn": KEY}]}],
}
GROUP: dict[str, Any] = {
    "ami_type": "AL2023_x86_64_STANDARD",
    "capacity_type": "ON_DEMAND",
    "cluster_name": "c",
    "instance_types": ["m6i.large", "m7i.large"],
    "launch_template": [{"id": "lt-1", "version": "1"}],
    "node_group_name": "g",
    "node_role_arn": ROLE,
    "scaling_config": [{"desired_size": 1, "max_size": 2, "min_size": 1}],
    "subnet_ids": ["subnet-a"],
    "version": "1.35",
    "labels": {"a": "b"},
}
# Type, what it is, and each argument with another value.
BASES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "aws_autoscaling_group_tag": (
        {"autoscaling_group_name": "a", "tag": [{"key": "k", "value": "v", "propagate_at_launch": False}]},
        {"autoscaling_group_name": "b"},
    ),
    "aws_budgets_budget": (
        {"name": "a", "budget_type": "COST", "time_unit": "MONTHLY", "limit_amount": "1", "limit_unit": "USD"},
        {"name": "b", "limit_amount": "2", "time_unit": "QUARTERLY"},
    ),
    "aws_sns_topic_policy": (
        {"arn": "arn:aws:sns:us-east-1:123456789012:a", "policy": POLICY},
        {"arn": "arn:aws:sns:us-east-1:123456789012:b", "policy": ALLOW},
    ),
    "aws_sns_topic_subscription": (
        {"topic_arn": "arn:aws:sns:us-east-1:123456789012:a", "protocol": "email", "endpoint": "a@example.com"},
        {
            "topic_arn": "arn:aws:sns:us-east-1:123456789012:b",
            "protocol": "email-json",
            "endpoint": "b@example.com",
            "filter_policy": '{"a":["b"]}',
        },
    ),
    "aws_cloudwatch_event_rule": (
        {"name": "a", "event_pattern": "{}"},
        {"name": "b", "event_pattern": '{"source":["x"]}'},
    ),
    "aws_cloudwatch_event_target": (
        {"rule": "a", "target_id": "t", "arn": "arn:aws:sqs:us-east-1:123456789012:a"},
        {"rule": "b", "target_id": "u", "arn": "arn:aws:sqs:us-east-1:123456789012:b"},
    ),
    "aws_cloudwatch_log_group": (
        {"name": "a", "retention_in_days": 30, "kms_key_id": KEY, "log_group_class": "STANDARD"},
        {"name": "b", "retention_in_days": 7, "kms_key_id": OTHER_KEY, "log_group_class": "INFREQUENT_ACCESS"},
    ),
    "aws_ec2_tag": (
        {"resource_id": "sg-1", "key": "a", "value": "b"},
        {"resource_id": "sg-2", "key": "c", "value": "d"},
    ),
    "aws_eip": ({"domain": "vpc"}, {"network_border_group": "us-east-1-wl1", "tags": {"a": "b"}}),
    "aws_eks_access_entry": (
        {"cluster_name": "c", "principal_arn": ROLE, "type": "STANDARD", "kubernetes_groups": ["a"]},
        {"cluster_name": "d", "principal_arn": OTHER_ROLE, "type": "EC2_LINUX", "kubernetes_groups": ["b"]},
    ),
    "aws_eks_access_policy_association": (
        {
            "cluster_name": "c",
            "principal_arn": ROLE,
            "policy_arn": "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy",
            "access_scope": [{"type": "cluster"}],
        },
        {
            "cluster_name": "d",
            "principal_arn": OTHER_ROLE,
            "policy_arn": "arn:aws:eks::aws:cluster-access-policy/AmazonEKSEditPolicy",
            "access_scope": [{"type": "namespace", "namespaces": ["a"]}],
        },
    ),
    "aws_eks_addon": (
        {"cluster_name": "c", "addon_name": "coredns", "addon_version": "v1.11.4-eksbuild.2"},
        {"cluster_name": "d", "addon_name": "vpc-cni", "addon_version": "v1.20.4-eksbuild.1"},
    ),
    "aws_eks_cluster": (
        CLUSTER,
        {
            "name": "d",
            "role_arn": OTHER_ROLE,
            "version": "1.36",
            "bootstrap_self_managed_addons": True,
            "vpc_config.public_access_cidrs": ["10.0.0.0/16"],
            "vpc_config.subnet_ids": ["subnet-b"],
            "access_config.authentication_mode": "API_AND_CONFIG_MAP",
            "access_config.bootstrap_cluster_creator_admin_permissions": False,
            "encryption_config": None,
            "encryption_config.provider.key_arn": OTHER_KEY,
            "kubernetes_network_config": [{"service_ipv4_cidr": "172.20.0.0/16"}],
            "enabled_cluster_log_types": ["api"],
        },
    ),
    "aws_eks_node_group": (
        GROUP,
        {
            "ami_type": "AL2023_ARM_64_STANDARD",
            "capacity_type": "SPOT",
            "cluster_name": "d",
            "instance_types": ["m7i.large", "m6i.large"],
            "launch_template.id": "lt-2",
            "launch_template.version": "2",
            "node_group_name": "h",
            "node_role_arn": OTHER_ROLE,
            "scaling_config.max_size": 3,
            "subnet_ids": ["subnet-b"],
            "version": "1.36",
            "labels": {"a": "c"},
        },
    ),
    "aws_eks_pod_identity_association": (
        {"cluster_name": "c", "namespace": "n", "service_account": "s", "role_arn": ROLE},
        {"cluster_name": "d", "namespace": "m", "service_account": "t", "role_arn": OTHER_ROLE},
    ),
    "aws_emrcontainers_virtual_cluster": (
        {"name": "v", "container_provider": [VC]},
        {
            "name": "w",
            "container_provider.id": "d",
            "container_provider.info.eks_info.namespace": "m",
            "tags": {"a": "b"},
        },
    ),
    "aws_flow_log": (
        {
            "vpc_id": "vpc-1",
            "traffic_type": "ALL",
            "log_destination": "arn:aws:logs:us-east-1:123456789012:log-group:a",
            "iam_role_arn": ROLE,
        },
        {"vpc_id": "vpc-2", "traffic_type": "REJECT", "iam_role_arn": OTHER_ROLE},
    ),
    "aws_iam_openid_connect_provider": (
        {"url": "https://a.example", "client_id_list": ["a"], "thumbprint_list": ["a" * 40]},
        {"url": "https://b.example", "client_id_list": ["b"]},
    ),
    "aws_iam_policy": (
        {"name": "a", "policy": POLICY, "description": "a", "path": "/"},
        {"name": "b", "policy": ALLOW, "description": "b", "path": "/b/"},
    ),
    "aws_iam_role": (
        {"name": "a", "assume_role_policy": POLICY, "description": "a", "path": "/"},
        {"name": "b", "assume_role_policy": ALLOW, "description": "b", "path": "/b/", "permissions_boundary": ROLE},
    ),
    "aws_iam_role_policy": ({"name": "a", "role": "r", "policy": POLICY}, {"name": "b", "role": "s", "policy": ALLOW}),
    "aws_iam_role_policy_attachment": (
        {"role": "r", "policy_arn": "arn:aws:iam::aws:policy/A"},
        {"role": "s", "policy_arn": "arn:aws:iam::aws:policy/B"},
    ),
    "aws_internet_gateway": ({"vpc_id": "vpc-1"}, {"vpc_id": "vpc-2"}),
    "aws_kms_alias": ({"name": "alias/a", "target_key_id": "k"}, {"name": "alias/b", "target_key_id": "l"}),
    "aws_kms_key": (
        {
            "description": "a",
            "key_usage": "ENCRYPT_DECRYPT",
            "enable_key_rotation": True,
            "multi_region": False,
            "policy": POLICY,
        },
        {
            "description": "b",
            "key_usage": "SIGN_VERIFY",
            "enable_key_rotation": False,
            "multi_region": True,
            "policy": ALLOW,
        },
    ),
    "aws_launch_template": (
        {"name": "one", "image_id": "ami-1", "metadata_options": [{"http_tokens": "required"}]},
        {"name": "two", "image_id": "ami-2", "metadata_options.http_tokens": "optional"},
    ),
    "aws_nat_gateway": (
        {"allocation_id": "eipalloc-1", "subnet_id": "subnet-1", "connectivity_type": "public"},
        {"allocation_id": "eipalloc-2", "subnet_id": "subnet-2"},
    ),
    "aws_route": (
        {"route_table_id": "rtb-1", "destination_cidr_block": "0.0.0.0/0", "nat_gateway_id": "nat-1"},
        {"route_table_id": "rtb-2", "destination_cidr_block": "10.0.0.0/8", "nat_gateway_id": "nat-2"},
    ),
    "aws_route_table": ({"vpc_id": "vpc-1"}, {"vpc_id": "vpc-2"}),
    "aws_route_table_association": (
        {"subnet_id": "subnet-1", "route_table_id": "rtb-1"},
        {"subnet_id": "subnet-2", "route_table_id": "rtb-2"},
    ),
    "aws_s3_bucket": (
        {"bucket": "aaa", "force_destroy": False, "object_lock_enabled": False},
        {"bucket": "bbb", "force_destroy": True, "object_lock_enabled": True},
    ),
    "aws_s3_bucket_ownership_controls": (
        {"bucket": "aaa", "rule": [{"object_ownership": "BucketOwnerEnforced"}]},
        {"bucket": "bbb", "rule.object_ownership": "ObjectWriter"},
    ),
    "aws_s3_bucket_policy": ({"bucket": "aaa", "policy": POLICY}, {"bucket": "bbb", "policy": ALLOW}),
    "aws_s3_bucket_public_access_block": (
        {"bucket": "aaa", "block_public_acls": True},
        {"bucket": "bbb", "block_public_acls": False},
    ),
    "aws_s3_bucket_server_side_encryption_configuration": (
        {
            "bucket": "aaa",
            "rule": [{"apply_server_side_encryption_by_default": [{"sse_algorithm": "aws:kms"}]}],
        },
        {"bucket": "bbb", "rule": [{"apply_server_side_encryption_by_default": [{"sse_algorithm": "AES256"}]}]},
    ),
    "aws_s3_bucket_versioning": (
        {"bucket": "aaa", "versioning_configuration": [{"status": "Enabled"}]},
        {"bucket": "bbb", "versioning_configuration.status": "Suspended"},
    ),
    "aws_s3_object": ({"bucket": "aaa", "key": "a", "content": "a"}, {"bucket": "bbb", "key": "b", "content": "b"}),
    "aws_security_group": (
        {"name": "a", "description": "a", "vpc_id": "vpc-1"},
        {"name": "b", "description": "b", "vpc_id": "vpc-2"},
    ),
    "aws_security_group_rule": (
        {
            "security_group_id": "sg-1",
            "type": "ingress",
            "protocol": "tcp",
            "from_port": 443,
            "to_port": 443,
            "cidr_blocks": ["10.0.0.0/8"],
        },
        {"security_group_id": "sg-2", "from_port": 80, "cidr_blocks": ["10.0.0.0/16"], "description": "b"},
    ),
    "aws_sqs_queue": (
        {"name": "a", "message_retention_seconds": 300, "sqs_managed_sse_enabled": True},
        {"name": "b", "message_retention_seconds": 600, "sqs_managed_sse_enabled": False},
    ),
    "aws_sqs_queue_policy": (
        {"queue_url": "https://sqs.us-east-1.amazonaws.com/1/a", "policy": POLICY},
        {"queue_url": "https://sqs.us-east-1.amazonaws.com/1/b", "policy": ALLOW},
    ),
    "aws_subnet": (
        {
            "vpc_id": "vpc-1",
            "cidr_block": "10.0.0.0/24",
            "availability_zone": "us-east-1a",
            "map_public_ip_on_launch": False,
        },
        {
            "vpc_id": "vpc-2",
            "cidr_block": "10.0.1.0/24",
            "availability_zone": "us-east-1b",
            "map_public_ip_on_launch": True,
        },
    ),
    "aws_vpc": (
        {"cidr_block": "10.0.0.0/16", "enable_dns_support": True, "instance_tenancy": "default"},
        {"cidr_block": "10.1.0.0/16", "enable_dns_support": False},
    ),
    "aws_vpc_endpoint": (
        {
            "vpc_id": "vpc-1",
            "service_name": "com.amazonaws.us-east-1.s3",
            "vpc_endpoint_type": "Gateway",
            "route_table_ids": ["rtb-1"],
        },
        {
            "vpc_id": "vpc-2",
            "service_name": "com.amazonaws.us-east-1.dynamodb",
            "vpc_endpoint_type": "Interface",
            "route_table_ids": ["rtb-2"],
        },
    ),
}
CHANGES = [(kind, path) for kind, (_, edits) in BASES.items() for path in edits]


def with_value(body: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """Return *body* with another *value* at the dotted *path*; blocks are lists of one."""
    first, _, rest = path.partition(".")
    if not rest:
        return {key: each for key, each in {**body, first: value}.items() if each is not None}
    return {**body, first: [with_value(body[first][0], rest, value)]}


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """Return the change that Terraform plans for each resource, by name."""
    mirror = find_provider_mirror()
    if mirror is None:
        pytest.skip("the AWS provider is not on this machine")
    folder = tmp_path_factory.mktemp("facts")
    environment = {
        "TF_CLI_CONFIG_FILE": str(folder / "rc"),
        "CHECKPOINT_DISABLE": "1",
        "GOGC": "400",
        "PATH": "/usr/bin:/bin",
    }
    (folder / "rc").write_text(mirror_configuration(mirror), "utf-8")
    with shared_providers(environment, folder, "aws", aws_types=BASES) as served:

        def terraform(*arguments: str) -> str:
            return ran([str(find_terraform()), *arguments], folder, {**environment, **served})

        write(folder, {})
        terraform("init", "-input=false", "-no-color")
        schemas = json.loads(terraform("providers", "schema", "-json"))["provider_schemas"]
        versions = {kind: each["version"] for kind, each in next(iter(schemas.values()))["resource_schemas"].items()}
        write(folder, versions)
        terraform("plan", "-refresh=false", "-input=false", "-no-color", "-out=plan")
        plan = json.loads(terraform("show", "-json", "plan"))
    return {each["address"]: each["change"] for each in plan["resource_changes"]}


def write(folder: Path, versions: dict[str, int]) -> None:
    """Write a program with one resource a change, and the state in which none of them has been made."""
    after: dict[str, Any] = {}
    state = []
    for kind, path in CHANGES if versions else ():
        before, edits = BASES[kind]
        name = path.replace(".", "_")
        after.setdefault(kind, {})[name] = with_value(before, path, edits[path])
        state.append(
            {
                "mode": "managed",
                "type": kind,
                "name": name,
                "provider": 'provider["registry.terraform.io/hashicorp/aws"]',
                "instances": [{"schema_version": versions[kind], "attributes": {"id": "some-id", **before}}],
            }
        )
    skips = ("credentials_validation", "requesting_account_id", "metadata_api_check", "region_validation")
    provider = {"region": "us-east-1", "access_key": "a", "secret_key": "b", **{f"skip_{each}": True for each in skips}}
    content = {
        "terraform": {"required_providers": {"aws": {"source": "aws"}}},
        "provider": {"aws": [provider]},
        **({"resource": after} if after else {}),
    }
    (folder / "main.tf.json").write_text(json.dumps(content), "utf-8")
    whole = {"version": 4, "terraform_version": "1.5.0", "serial": 1, "lineage": "x", "resources": state}
    (folder / "terraform.tfstate").write_text(json.dumps(whole), "utf-8")


@pytest.mark.terraform
@pytest.mark.parametrize(("kind", "path"), CHANGES, ids=lambda value: value)
def test_the_provider_agrees(planned: dict[str, Any], kind: str, path: str) -> None:
    forcing = planned[f"{kind}.{path.replace('.', '_')}"].get("replace_paths", ())
    steps = tuple(path.split("."))
    # An argument that the state above lacks may force a replacement too; only what was changed counts.
    keys = [tuple(step for step in each if isinstance(step, str)) for each in forcing]
    forced = any(each[: len(steps)] == steps or steps[: len(each)] == each for each in keys)
    assert facts.forces_replacement(kind, steps, BASES[kind][1][path]) == forced
