"""What EKS makes in EC2 and Auto Scaling: the cluster's security group and the groups behind node groups."""

from __future__ import annotations

from typing import Any

from moto.autoscaling.models import autoscaling_backends
from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models import ec2_backends
from moto.eks.exceptions import InvalidParameterException, InvalidRequestException
from moto.moto_api._internal import mock_random

from emr_eks.local.aws.eks.models import Nodegroup

DEFAULT_INSTANCE_TYPE = "t3.medium"


class Network:
    """EC2 and Auto Scaling of one account and region, as EKS uses them."""

    def __init__(self, account_id: str, region_name: str) -> None:
        self._ec2: Any = ec2_backends[account_id][region_name]
        self._autoscaling: Any = autoscaling_backends[account_id][region_name]

    def check_subnets(self, subnet_ids: list[str]) -> list[Any]:
        """Return the subnets; raises InvalidParameterException for one that does not exist."""
        try:
            return list(self._ec2.describe_subnets(subnet_ids=subnet_ids)) if subnet_ids else []
        except EC2ClientError as error:
            raise InvalidParameterException(message=error.message) from error

    def vpc_of_cluster(self, subnet_ids: list[str]) -> str:
        """Return the VPC of a cluster's subnets, which must lie in two availability zones of one VPC."""
        subnets = self.check_subnets(subnet_ids)
        if len({subnet.availability_zone for subnet in subnets}) < 2:
            raise InvalidParameterException(message="Subnets specified must be in at least two different AZs")
        vpcs = {subnet.vpc_id for subnet in subnets}
        if len(vpcs) != 1:
            raise InvalidParameterException(message="Subnets specified must be in the same VPC")
        return str(vpcs.pop())

    def create_cluster_security_group(self, cluster: str, vpc_id: str) -> str:
        """Make the group that EKS gives to the control plane and its nodes, open to itself only."""
        name = f"eks-cluster-sg-{cluster}-{mock_random.randint(10**9, 2 * 10**9)}"
        description = (
            "EKS created security group applied to ENI that is attached to EKS Control Plane master nodes, "
            "as well as any managed workloads."
        )
        tags = {
            "Name": name,
            "aws:eks:cluster-name": cluster,
            f"kubernetes.io/cluster/{cluster}": "owned",
        }
        group = self._ec2.create_security_group(name, description, vpc_id=vpc_id, tags=tags)
        self._ec2.authorize_security_group_ingress(
            group.id, "-1", None, None, [], source_groups=[{"GroupId": group.id}], vpc_id=vpc_id
        )
        return str(group.id)

    def delete_cluster_security_group(self, group_id: str) -> None:
        """Delete the group, if nobody did."""
        group = self._ec2.get_security_group_from_id(group_id)
        if group is not None:
            self._ec2.groups[group.vpc_id].pop(group_id)

    def launch_template_version(self, launch_template: dict[str, str]) -> tuple[dict[str, str], dict[str, Any]]:
        """Return the specification with id, name and version filled in, and the version's data."""
        try:
            if launch_template.get("id"):
                template = self._ec2.get_launch_template(launch_template["id"])
            else:
                template = self._ec2.get_launch_template_by_name(launch_template.get("name"))
            version = template.get_version(launch_template.get("version") or "$Default")
        except EC2ClientError as error:
            raise InvalidRequestException(message=error.message) from error
        found = {"id": template.id, "name": template.name, "version": str(version.number)}
        return found, dict(version.data)

    def create_auto_scaling_group(self, nodegroup: Nodegroup, security_group_id: str) -> None:
        """Start the nodes: EKS's own launch template, and an auto-scaling group over the subnets."""
        name, cluster = nodegroup.auto_scaling_group, nodegroup.cluster_name
        template = self._ec2.create_launch_template(name, "", self._node_data(nodegroup, security_group_id), {})
        scaling = nodegroup.scaling_config
        tags = {
            "eks:cluster-name": cluster,
            "eks:nodegroup-name": nodegroup.nodegroup_name,
            "k8s.io/cluster-autoscaler/enabled": "true",
            f"k8s.io/cluster-autoscaler/{cluster}": "owned",
            f"kubernetes.io/cluster/{cluster}": "owned",
        }
        self._autoscaling.create_auto_scaling_group(
            name=name,
            availability_zones=[],
            desired_capacity=scaling["desiredSize"],
            max_size=scaling["maxSize"],
            min_size=scaling["minSize"],
            launch_config_name="",
            launch_template={"LaunchTemplateId": template.id, "Version": "1"},
            vpc_zone_identifier=",".join(nodegroup.subnets),
            default_cooldown=None,
            health_check_period=15,
            health_check_type="EC2",
            load_balancers=[],
            target_group_arns=[],
            placement_group=None,
            termination_policies=[
                "AllocationStrategy",
                "OldestLaunchTemplate",
                "OldestInstance",
            ],
            tags=[
                {"Key": key, "Value": value, "PropagateAtLaunch": True, "ResourceId": name}
                for key, value in tags.items()
            ],
            capacity_rebalance=True,
        )

    def scale(self, nodegroup: Nodegroup) -> None:
        """Bring the auto-scaling group to the node group's sizes."""
        group = self._autoscaling.autoscaling_groups[nodegroup.auto_scaling_group]
        scaling = nodegroup.scaling_config
        group.min_size, group.max_size = scaling["minSize"], scaling["maxSize"]
        group.set_desired_capacity(scaling["desiredSize"])

    def delete_auto_scaling_group(self, nodegroup: Nodegroup) -> None:
        """Terminate the nodes and delete what `create_auto_scaling_group` made, if nobody did."""
        name = nodegroup.auto_scaling_group
        if name in self._autoscaling.autoscaling_groups:
            self._autoscaling.delete_auto_scaling_group(name)
        if name in self._ec2.launch_template_name_to_ids:
            self._ec2.delete_launch_template(name, None)

    def _node_data(self, nodegroup: Nodegroup, security_group_id: str) -> dict[str, Any]:
        """Return the launch-template data of a node: what the user's template says, and EKS's additions."""
        data: dict[str, Any] = {}
        if nodegroup.launch_template:
            data = self.launch_template_version(nodegroup.launch_template)[1]
        types = nodegroup.instance_types or [DEFAULT_INSTANCE_TYPE]
        return {
            "ImageId": self._any_image(),
            "InstanceType": types[0],
            "SecurityGroupIds": [security_group_id],
            **{key: data[key] for key in ("InstanceType", "TagSpecifications", "ImageId") if data.get(key)},
        }

    def _any_image(self) -> str:
        """Return an image that moto knows: its catalogue has none of EKS's own."""
        return str(next(iter(self._ec2.amis)))
