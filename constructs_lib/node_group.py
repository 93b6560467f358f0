"""A managed node group."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence

from cdktf import ITerraformDependable, TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.autoscaling_group_tag import AutoscalingGroupTagA, AutoscalingGroupTagTag
from cdktf_cdktf_provider_aws.eks_node_group import (
    EksNodeGroup,
    EksNodeGroupLaunchTemplate,
    EksNodeGroupNodeRepairConfig,
    EksNodeGroupScalingConfig,
    EksNodeGroupTaint,
    EksNodeGroupUpdateConfig,
)
from cdktf_cdktf_provider_aws.launch_template import (
    LaunchTemplate,
    LaunchTemplateBlockDeviceMappings,
    LaunchTemplateBlockDeviceMappingsEbs,
    LaunchTemplateMetadataOptions,
    LaunchTemplateTagSpecifications,
)
from constructs import Construct

from constructs_lib._dependencies import dependable
from constructs_lib._literal import literal
from constructs_lib._names import checked, fit
from constructs_lib._node_group import NodeGroupName, NodeGroupSpec, TaintSpec
from constructs_lib._own_roles import node_group_role_name
from constructs_lib._policy import trust
from constructs_lib._user_data import RAID0, multipart
from constructs_lib.account import Account
from constructs_lib.cluster import EksClusterLike
from constructs_lib.role import Role
from constructs_lib.vpc import Network, subnets_in

__all__ = ["NodeGroup", "NodeGroupSpec", "TaintSpec"]

_POLICIES = ("AmazonEC2ContainerRegistryPullOnly", "AmazonEKSWorkerNodePolicy", "AmazonEKS_CNI_Policy")
_TAGGED_AT_LAUNCH = ("instance", "network-interface", "volume")


class NodeGroup(Construct):
    """Defines a managed node group with its role and launch template (AL2023, encrypted gp3, IMDSv2).

    A change that needs new nodes makes the new group before the old one goes, so its name is generated. The
    number of nodes is ours only at creation: afterwards it belongs to whoever scales. *tags* go to what EC2
    launches, which a provider's default tags do not reach. *after* names the add-ons that nodes need to be ready.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        spec: NodeGroupSpec,
        cluster: EksClusterLike,
        network: Network,
        account: Account,
        tags: Mapping[str, str] | None = None,
        after: Sequence[ITerraformDependable] = (),
    ) -> None:
        super().__init__(scope, id)
        checked(NodeGroupName, name, lambda: self.node.path)
        subnets = subnets_in(spec.availability_zones, network, lambda: self.node.path)
        full_name = f"{cluster.name}-{name}"
        role = Role(self, "Role", name=node_group_role_name(cluster.name, name), trust=trust("ec2.amazonaws.com"))
        for policy in _POLICIES:
            role.attach(policy, account.managed_policy_arn(policy))
        template = self._launch_template(full_name, spec, literal(tags or {}))
        self.resource: EksNodeGroup = EksNodeGroup(
            self,
            "Resource",
            cluster_name=cluster.id,
            node_group_name_prefix=f"{name[:36]}-",
            node_role_arn=role.arn,
            ami_type=spec.ami_type,
            capacity_type=spec.capacity_type,
            instance_types=list(spec.instance_types),
            labels=spec.node_labels(name),
            subnet_ids=subnets,
            version=cluster.version,
            launch_template=EksNodeGroupLaunchTemplate(
                id=template.id, version=template.get_string_attribute("latest_version")
            ),
            scaling_config=EksNodeGroupScalingConfig(
                min_size=spec.min_size, max_size=spec.max_size, desired_size=spec.desired
            ),
            taint=[EksNodeGroupTaint(key=t.key, value=t.value, effect=t.effect) for t in spec.taints] or None,
            update_config=EksNodeGroupUpdateConfig(max_unavailable_percentage=spec.max_unavailable_percentage),
            node_repair_config=EksNodeGroupNodeRepairConfig(enabled=True) if spec.node_repair else None,
            lifecycle=TerraformResourceLifecycle(
                create_before_destroy=True, ignore_changes=["scaling_config[0].desired_size"]
            ),
            depends_on=[*role.attachments, *dependable(after, "after", lambda: self.node.path)],
        )
        """What others that need nodes name in their `after`."""

    @property
    def name(self) -> str:
        """The name that EKS knows, by reference: the one given and what makes it unique."""
        return self.resource.node_group_name

    @property
    def arn(self) -> str:
        """The ARN, by reference."""
        return self.resource.arn

    def tag_autoscaling_group(self, tags: Mapping[str, str]) -> None:
        """Tag the auto-scaling group behind this one, which EKS makes and gives none of the group's own tags.

        Those that Cluster Autoscaler asks for come from `constructs_lib.cluster_autoscaler.group_tags`.
        """
        place = Construct(self, "AutoscalingGroupTag")
        name = self.resource.resources.get(0).autoscaling_groups.get(0).name
        for key, value in literal(tags).items():
            AutoscalingGroupTagA(
                place,
                key,
                autoscaling_group_name=name,
                # Nodes have these labels and taints already.
                tag=AutoscalingGroupTagTag(key=key, value=value, propagate_at_launch=False),
            )

    def _launch_template(self, name: str, spec: NodeGroupSpec, tags: Mapping[str, str]) -> LaunchTemplate:
        user_data = multipart([*([RAID0] if spec.instance_store_policy else []), *spec.user_data])
        return LaunchTemplate(
            self,
            "LaunchTemplate",
            name=fit(name, 128),
            update_default_version=True,
            block_device_mappings=[
                LaunchTemplateBlockDeviceMappings(
                    device_name="/dev/xvda",
                    ebs=LaunchTemplateBlockDeviceMappingsEbs(
                        volume_type="gp3",
                        volume_size=spec.disk_size_gib,
                        iops=spec.disk_iops,
                        throughput=spec.disk_throughput_mibps,
                        encrypted="true",
                        delete_on_termination="true",
                    ),
                )
            ],
            user_data=base64.b64encode(user_data.encode()).decode() or None,
            # One hop: the node itself reaches the metadata service, pods have identities of their own.
            metadata_options=LaunchTemplateMetadataOptions(
                http_endpoint="enabled", http_tokens="required", http_put_response_hop_limit=1
            ),
            tag_specifications=[
                LaunchTemplateTagSpecifications(resource_type=kind, tags={"Name": name, **tags})
                for kind in _TAGGED_AT_LAUNCH
            ],
        )
