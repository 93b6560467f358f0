"""What Terraform JSON does not say about resource types: what forces a replacement, what is a set, what holds state.

Neither cdk.tf.json nor `terraform providers schema` says which arguments force a replacement. These are those of
the AWS provider 5.100.0 to 6.25.0 (`ForceNew` in https://github.com/hashicorp/terraform-provider-aws, folder
internal/service), of the Kubernetes provider 2.38 and of the Helm provider 2.17, as of 2026-11-21, for the types that a
platform uses. A plan knows better, and the review says where it does. Sets are from the providers' schemas.
"""

from __future__ import annotations

from typing import NamedTuple

from emr_eks.review.paths import Path, matches

ANY = "*"
"""Stands for every argument, save those in `UPDATABLE`."""

FORCES_REPLACEMENT: dict[str, tuple[str, ...]] = {
    "aws_autoscaling_group_tag": ("autoscaling_group_name", "tag.key"),
    "aws_budgets_budget": ("name", "name_prefix", "account_id"),
    "aws_cloudwatch_event_rule": ("name", "name_prefix", "event_bus_name"),
    "aws_cloudwatch_event_target": ("rule", "target_id", "event_bus_name"),
    "aws_cloudwatch_log_group": ("name", "name_prefix", "log_group_class"),
    "aws_cloudwatch_metric_alarm": ("alarm_name",),
    "aws_default_security_group": ("vpc_id",),
    "aws_ec2_tag": ("key", "resource_id"),
    "aws_ecr_repository": ("name", "encryption_configuration"),
    "aws_eip": ("domain", "network_border_group", "public_ipv4_pool", "customer_owned_ipv4_pool", "address"),
    "aws_eks_access_entry": ("cluster_name", "principal_arn", "type"),
    "aws_eks_access_policy_association": ("cluster_name", "principal_arn", "policy_arn", "access_scope"),
    "aws_eks_addon": ("addon_name", "cluster_name"),
    "aws_eks_cluster": (
        "name",
        "role_arn",
        "bootstrap_self_managed_addons",
        "access_config.bootstrap_cluster_creator_admin_permissions",
        "kubernetes_network_config.ip_family",
        "kubernetes_network_config.service_ipv4_cidr",
        "outpost_config",
    ),
    "aws_eks_node_group": (
        "ami_type",
        "capacity_type",
        "cluster_name",
        "disk_size",
        "instance_types",
        "launch_template.id",
        "launch_template.name",
        "node_group_name",
        "node_group_name_prefix",
        "node_role_arn",
        "remote_access",
        "subnet_ids",
    ),
    "aws_eks_pod_identity_association": ("cluster_name", "namespace", "service_account"),
    "aws_emrcontainers_job_template": (ANY,),
    "aws_emrcontainers_virtual_cluster": (ANY,),
    "aws_flow_log": (ANY,),
    "aws_iam_instance_profile": ("name", "name_prefix", "path"),
    "aws_iam_openid_connect_provider": ("url",),
    "aws_iam_policy": ("name", "name_prefix", "path", "description"),
    "aws_iam_role": ("name", "name_prefix", "path"),
    "aws_iam_role_policy": ("name", "name_prefix", "role"),
    "aws_iam_role_policy_attachment": ("role", "policy_arn"),
    "aws_iam_service_linked_role": ("aws_service_name", "custom_suffix"),
    "aws_kms_alias": ("name", "name_prefix"),
    "aws_kms_key": ("customer_master_key_spec", "key_usage", "multi_region", "custom_key_store_id", "xks_key_id"),
    "aws_launch_template": ("name", "name_prefix"),
    "aws_nat_gateway": ("allocation_id", "connectivity_type", "private_ip", "subnet_id"),
    "aws_route": ("route_table_id", "destination_cidr_block", "destination_ipv6_cidr_block"),
    "aws_route_table": ("vpc_id",),
    "aws_route_table_association": ("subnet_id", "gateway_id"),
    "aws_s3_bucket": ("bucket", "bucket_prefix", "object_lock_enabled"),
    "aws_s3_bucket_lifecycle_configuration": ("bucket", "expected_bucket_owner"),
    "aws_s3_bucket_ownership_controls": ("bucket",),
    "aws_s3_bucket_policy": ("bucket",),
    "aws_s3_bucket_public_access_block": ("bucket",),
    "aws_s3_bucket_server_side_encryption_configuration": ("bucket", "expected_bucket_owner"),
    "aws_s3_bucket_versioning": ("bucket", "expected_bucket_owner"),
    "aws_s3_object": ("bucket", "key"),
    "aws_security_group": ("name", "name_prefix", "description", "vpc_id"),
    "aws_security_group_rule": (ANY,),
    "aws_sns_topic": ("name", "name_prefix", "fifo_topic"),
    "aws_sns_topic_policy": ("arn",),
    "aws_sns_topic_subscription": ("endpoint", "protocol", "topic_arn"),
    "aws_sqs_queue": ("name", "name_prefix", "fifo_queue"),
    "aws_sqs_queue_policy": ("queue_url",),
    "aws_subnet": ("availability_zone", "availability_zone_id", "cidr_block", "ipv6_native", "outpost_arn", "vpc_id"),
    "aws_vpc": ("cidr_block", "ipv4_ipam_pool_id", "ipv4_netmask_length"),
    "aws_vpc_endpoint": ("service_name", "service_region", "vpc_endpoint_type", "vpc_id"),
    "aws_vpc_ipv4_cidr_block_association": (ANY,),
    "aws_vpc_security_group_egress_rule": ("security_group_id",),
    "aws_vpc_security_group_ingress_rule": ("security_group_id",),
    "helm_release": ("name", "namespace"),
    "kubernetes_config_map_v1": ("metadata.name", "metadata.namespace"),
    "kubernetes_limit_range_v1": ("metadata.name", "metadata.namespace"),
    "kubernetes_manifest": (
        "manifest.apiVersion",
        "manifest.kind",
        "manifest.metadata.name",
        "manifest.metadata.namespace",
    ),
    "kubernetes_namespace_v1": ("metadata.name",),
    "kubernetes_network_policy_v1": ("metadata.name", "metadata.namespace"),
    "kubernetes_priority_class_v1": ("metadata.name", "value", "preemption_policy"),
    "kubernetes_resource_quota_v1": ("metadata.name", "metadata.namespace"),
    "kubernetes_role_binding_v1": ("metadata.name", "metadata.namespace", "role_ref"),
    "kubernetes_role_v1": ("metadata.name", "metadata.namespace"),
    "kubernetes_service_account_v1": ("metadata.name", "metadata.namespace"),
}

UPDATABLE = ("tags", "tags_all", "timeouts", "description")
"""What `ANY` does not cover."""

RENEWED_BY_UPDATE = {"aws_launch_template": ("latest_version", "default_version")}
"""Attributes that get a new value when the resource is updated in place."""

NOT_REMOVABLE: dict[str, tuple[str, ...]] = {"aws_eks_cluster": ("encryption_config",)}
"""What can be added in place, but not taken out: that forces a replacement."""

META = ("depends_on", "lifecycle", "provider", "count", "for_each", "connection", "provisioner")
"""Arguments that speak to Terraform; a change to them alone changes nothing in the cloud."""

ORDERED: dict[str, tuple[str, ...]] = {
    "aws_eks_node_group": ("instance_types",),
    "aws_launch_template": ("block_device_mappings", "network_interfaces", "tag_specifications", "user_data"),
    "aws_security_group_rule": ("cidr_blocks", "ipv6_cidr_blocks", "prefix_list_ids"),
    "aws_iam_openid_connect_provider": ("thumbprint_list",),
    "aws_s3_object": ("content.**.args", "content.**.command"),
    "kubernetes_manifest": ("manifest.**.args", "manifest.**.command"),
}
"""Lists whose order Terraform or the cloud minds; in the AWS types above all others are sets, or policies."""

IDENTITIES = (
    ("Sid",),
    ("id",),
    ("name",),
    ("key", "operator", "effect"),
    ("key", "operator"),
    ("key", "effect"),
    ("key",),
    ("device_name",),
    ("deviceName",),
    ("resource_type",),
    ("alias",),
    ("service_account",),
    ("notification_type", "threshold_type", "threshold"),
)
"""Keys that tell the items of a list apart, the first that fit."""


class Held(NamedTuple):
    """What is lost with a resource."""

    severity: str
    loss: str


STATEFUL: dict[str, Held] = {
    "aws_cloudwatch_log_group": Held("high", "every log in it is deleted"),
    "aws_ecr_repository": Held("high", "the images in it are deleted"),
    "aws_eip": Held("high", "the address is given back to AWS and cannot be had again; who lets it in must be told"),
    "aws_eks_cluster": Held("critical", "the whole cluster goes, with every namespace, job and volume in it"),
    "aws_eks_node_group": Held("high", "its nodes are drained and ended, and what runs on them stops"),
    "aws_emrcontainers_virtual_cluster": Held(
        "high", "its running jobs must be cancelled first, and its job history is no longer listed"
    ),
    "aws_iam_openid_connect_provider": Held("high", "every pod that signs in through it (IRSA) loses its AWS access"),
    "aws_kms_key": Held("critical", "what it encrypted can never be read again once its waiting period is over"),
    "aws_nat_gateway": Held("high", "private subnets lose the internet until another gateway is there"),
    "aws_s3_bucket": Held("critical", "its objects are deleted, or the apply stops if it must not delete them"),
    "aws_sns_topic": Held("medium", "its subscribers go with it, and each has to confirm anew"),
    "aws_sqs_queue": Held("medium", "the messages in it are lost"),
    "aws_subnet": Held("high", "nothing may be left in it: nodes and network interfaces in it must go first"),
    "aws_vpc": Held("critical", "everything in the network has to go with it"),
    "kubernetes_namespace_v1": Held("critical", "Kubernetes deletes everything in the namespace"),
    "kubernetes_persistent_volume_claim_v1": Held("critical", "the volume's data is deleted"),
}
"""Types that hold what an apply cannot bring back, or serve what runs now."""


def forces_replacement(kind: str, path: Path, after: object) -> bool:
    """Tell whether *after* at *path* of a resource of type *kind* makes Terraform replace it, as far as is known."""
    if path[0] in META:
        return False
    if after is None and any(matches(path, each, whole=True) for each in NOT_REMOVABLE.get(kind, ())):
        return True
    forcing = FORCES_REPLACEMENT.get(kind, ())
    return (ANY in forcing and path[0] not in UPDATABLE) or any(matches(path, each) for each in forcing if each != ANY)


def is_ordered(kind: str, path: Path) -> bool:
    """Tell whether the order of the list at *path* has a meaning."""
    return any(matches(path, each, whole=True) for each in ORDERED.get(kind, ()))
