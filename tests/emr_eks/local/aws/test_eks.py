"""https://docs.aws.amazon.com/eks/latest/APIReference/API_Operations_Amazon_Elastic_Kubernetes_Service.html."""

import base64
import re
from typing import Any

import pytest
from cryptography import x509

from .conftest import Aws, Network, Refused

POLICY = "arn:aws:eks::aws:cluster-access-policy/"


def described(aws: Aws, cluster: str) -> Any:
    return aws("eks").describe_cluster(name=cluster)["cluster"]


def create(aws: Aws, network: Network, name: str, **arguments: Any) -> Any:
    vpc_config = {"subnetIds": network.subnets, **arguments.pop("resourcesVpcConfig", {})}
    arguments = {"name": name, "roleArn": network.role, "resourcesVpcConfig": vpc_config, **arguments}
    return aws("eks").create_cluster(**arguments)["cluster"]


class TestClusters:
    """Clusters and what EKS makes with them."""

    def test_is_active_with_identifiers_like_awss(self, aws: Aws, cluster: str, network: Network) -> None:
        found = described(aws, cluster)
        assert found["status"] == "ACTIVE"
        assert found["version"] == "1.34"
        issuer = found["identity"]["oidc"]["issuer"]
        identifier = issuer.rpartition("/")[2]
        assert re.fullmatch(r"https://oidc\.eks\.eu-west-1\.amazonaws\.com/id/[0-9A-F]{32}", issuer)
        endpoint = rf"https://{identifier}\.[a-z0-9]{{3}}\.eu-west-1\.eks\.amazonaws\.com"
        assert re.fullmatch(endpoint, found["endpoint"])
        assert found["resourcesVpcConfig"]["vpcId"] == network.vpc
        certificate = x509.load_pem_x509_certificate(base64.b64decode(found["certificateAuthority"]["data"]))
        assert certificate.subject.rfc4514_string() == "CN=kubernetes"

    def test_clusters_differ_in_their_identifiers(self, aws: Aws, network: Network, name: str) -> None:
        one, other = create(aws, network, name), create(aws, network, f"{name}-b")
        assert one["identity"] != other["identity"]
        assert one["certificateAuthority"] != other["certificateAuthority"]

    def test_defaults(self, aws: Aws, network: Network, name: str) -> None:
        made = create(aws, network, name)
        assert made["version"] == "1.35"
        assert made["accessConfig"]["authenticationMode"] == "CONFIG_MAP"
        assert made["kubernetesNetworkConfig"]["ipFamily"] == "ipv4"
        assert made["upgradePolicy"] == {"supportType": "EXTENDED"}
        assert [one["enabled"] for one in made["logging"]["clusterLogging"]] == [False]
        config = made["resourcesVpcConfig"]
        assert (config["endpointPublicAccess"], config["endpointPrivateAccess"]) == (True, False)
        assert config["publicAccessCidrs"] == ["0.0.0.0/0"]

    def test_security_group_is_real_and_goes_with_the_cluster(self, aws: Aws, cluster: str, network: Network) -> None:
        group_id = described(aws, cluster)["resourcesVpcConfig"]["clusterSecurityGroupId"]
        (group,) = aws("ec2").describe_security_groups(GroupIds=[group_id])["SecurityGroups"]
        assert group["VpcId"] == network.vpc
        assert group["GroupName"].startswith(f"eks-cluster-sg-{cluster}-")
        (ingress,) = group["IpPermissions"]
        assert [pair["GroupId"] for pair in ingress["UserIdGroupPairs"]] == [group_id]
        aws("eks").delete_cluster(name=cluster)
        groups = aws("ec2").describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [network.vpc]}])
        assert group_id not in [one["GroupId"] for one in groups["SecurityGroups"]]

    @pytest.mark.parametrize("version", ["1.31", "1.32", "1.33", "1.34", "1.35", "1.36"])
    def test_supported_versions(self, aws: Aws, network: Network, name: str, version: str) -> None:
        assert create(aws, network, name, version=version)["version"] == version

    @pytest.mark.parametrize("version", ["1.22", "1.30", "1.99", "latest"])
    def test_other_versions_are_refused(
        self, aws: Aws, network: Network, name: str, version: str, refused: Refused
    ) -> None:
        message = refused("InvalidParameterException", create, aws=aws, network=network, name=name, version=version)
        assert "unsupported Kubernetes version" in message

    def test_name_is_taken_once(self, aws: Aws, network: Network, cluster: str, refused: Refused) -> None:
        refused("ResourceInUseException", create, aws=aws, network=network, name=cluster)

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"roleArn": "arn:aws:iam::123456789012:role/missing"}, "could not be assumed"),
            ({"resourcesVpcConfig": {"subnetIds": ["subnet-00000000"]}}, "does not exist"),
            (
                {"resourcesVpcConfig": {"endpointPublicAccess": False, "endpointPrivateAccess": False}},
                "cannot be false",
            ),
        ],
    )
    def test_arguments_are_checked(
        self, aws: Aws, network: Network, name: str, changes: dict[str, Any], words: str, refused: Refused
    ) -> None:
        message = refused("InvalidParameterException", create, aws=aws, network=network, name=name, **changes)
        assert words in message

    def test_subnets_must_be_in_two_zones(self, aws: Aws, network: Network, name: str, refused: Refused) -> None:
        config = {"resourcesVpcConfig": {"subnetIds": network.subnets[:1]}}
        message = refused("InvalidParameterException", create, aws=aws, network=network, name=name, **config)
        assert "two different AZs" in message

    def test_unknown_cluster_is_not_found(self, aws: Aws, refused: Refused) -> None:
        refused("ResourceNotFoundException", aws("eks").describe_cluster, name="nowhere")
        refused("ResourceNotFoundException", aws("eks").list_nodegroups, clusterName="nowhere")

    def test_are_listed_page_by_page(self, aws: Aws, network: Network, name: str) -> None:
        names = {create(aws, network, f"{name}-{number}")["name"] for number in range(3)}
        pages = aws("eks").get_paginator("list_clusters").paginate(PaginationConfig={"PageSize": 2})
        listed = [one for page in pages for one in page["clusters"]]
        assert names <= set(listed)
        assert len(listed) == len(set(listed))

    def test_deletion_protection(self, aws: Aws, network: Network, name: str, refused: Refused) -> None:
        create(aws, network, name, deletionProtection=True)
        refused("InvalidRequestException", aws("eks").delete_cluster, name=name)
        aws("eks").update_cluster_config(name=name, deletionProtection=False)
        aws("eks").delete_cluster(name=name)


class TestUpdates:
    """Changes to a cluster."""

    def test_version_goes_up_by_one(self, aws: Aws, cluster: str, refused: Refused) -> None:
        eks = aws("eks")
        update = eks.update_cluster_version(name=cluster, version="1.35")["update"]
        assert (update["status"], update["type"]) == ("Successful", "VersionUpdate")
        assert described(aws, cluster)["version"] == "1.35"
        for version in ("1.34", "1.35", "1.37"):
            refused("InvalidParameterException", eks.update_cluster_version, name=cluster, version=version)

    def test_version_is_not_skipped(self, aws: Aws, cluster: str, refused: Refused) -> None:
        update = aws("eks").update_cluster_version
        assert "1.36" in refused("InvalidParameterException", update, name=cluster, version="1.36")

    def test_are_described_and_listed(self, aws: Aws, cluster: str, refused: Refused) -> None:
        eks = aws("eks")
        made = eks.update_cluster_version(name=cluster, version="1.35")["update"]
        assert eks.list_updates(name=cluster)["updateIds"] == [made["id"]]
        found = eks.describe_update(name=cluster, updateId=made["id"])["update"]
        assert {"type": "Version", "value": "1.35"} in found["params"]
        assert found["errors"] == []
        unknown = {"name": cluster, "updateId": "00000000-0000-0000-0000-000000000000"}
        refused("ResourceNotFoundException", eks.describe_update, **unknown)

    def test_logging_changes_the_types_named_only(self, aws: Aws, cluster: str, refused: Refused) -> None:
        def log(*types: str, enabled: bool) -> Any:
            logging = {"clusterLogging": [{"types": list(types), "enabled": enabled}]}
            return {"name": cluster, "logging": logging}

        eks = aws("eks")
        eks.update_cluster_config(**log("api", "audit", enabled=True))
        eks.update_cluster_config(**log("api", enabled=False))
        setups = described(aws, cluster)["logging"]["clusterLogging"]
        assert [setup["types"] for setup in setups if setup["enabled"]] == [["audit"]]
        refused("InvalidParameterException", eks.update_cluster_config, **log("audit", enabled=True))

    def test_endpoint_access(self, aws: Aws, cluster: str, refused: Refused) -> None:
        eks = aws("eks")
        change = {"endpointPrivateAccess": True, "publicAccessCidrs": ["192.0.2.0/24"]}
        before = described(aws, cluster)["resourcesVpcConfig"]
        update = eks.update_cluster_config(name=cluster, resourcesVpcConfig=change)["update"]
        assert update["type"] == "EndpointAccessUpdate"
        assert described(aws, cluster)["resourcesVpcConfig"] == {**before, **change}
        arguments = {"name": cluster, "resourcesVpcConfig": change}
        refused("InvalidParameterException", eks.update_cluster_config, **arguments)

    def test_one_kind_at_a_time(self, aws: Aws, cluster: str, refused: Refused) -> None:
        arguments = {
            "name": cluster,
            "resourcesVpcConfig": {"endpointPrivateAccess": True},
            "upgradePolicy": {"supportType": "STANDARD"},
        }
        refused("InvalidParameterException", aws("eks").update_cluster_config, **arguments)

    def test_upgrade_policy(self, aws: Aws, cluster: str) -> None:
        aws("eks").update_cluster_config(name=cluster, upgradePolicy={"supportType": "STANDARD"})
        assert described(aws, cluster)["upgradePolicy"] == {"supportType": "STANDARD"}

    def test_authentication_mode_goes_one_way(self, aws: Aws, network: Network, name: str, refused: Refused) -> None:
        """https://docs.aws.amazon.com/eks/latest/userguide/setting-up-access-entries.html."""
        create(aws, network, name)

        def change(mode: str) -> dict[str, Any]:
            return {"name": name, "accessConfig": {"authenticationMode": mode}}

        eks = aws("eks")
        eks.update_cluster_config(**change("API_AND_CONFIG_MAP"))
        refused("InvalidParameterException", eks.update_cluster_config, **change("CONFIG_MAP"))
        eks.update_cluster_config(**change("API"))
        refused("InvalidParameterException", eks.update_cluster_config, **change("API_AND_CONFIG_MAP"))
        assert described(aws, name)["accessConfig"]["authenticationMode"] == "API"

    def test_encryption_is_added_once(self, aws: Aws, cluster: str, refused: Refused) -> None:
        key = {"keyArn": "arn:aws:kms:eu-west-1:123456789012:key/1"}
        encryption = {"clusterName": cluster, "encryptionConfig": [{"resources": ["secrets"], "provider": key}]}
        eks = aws("eks")
        assert eks.associate_encryption_config(**encryption)["update"]["type"] == "AssociateEncryptionConfig"
        assert described(aws, cluster)["encryptionConfig"] == encryption["encryptionConfig"]
        refused("InvalidParameterException", eks.associate_encryption_config, **encryption)


class TestClusterVersions:
    """The versions of Kubernetes on offer."""

    def test_newest_first_with_one_default(self, aws: Aws) -> None:
        found = aws("eks").describe_cluster_versions(includeAll=True)["clusterVersions"]
        assert [one["clusterVersion"] for one in found] == ["1.36", "1.35", "1.34", "1.33", "1.32", "1.31"]
        assert [one["clusterVersion"] for one in found if one["defaultVersion"]] == ["1.35"]

    def test_dates_and_filters(self, aws: Aws) -> None:
        eks = aws("eks")
        (found,) = eks.describe_cluster_versions(clusterVersions=["1.34"])["clusterVersions"]
        assert found["endOfStandardSupportDate"].date().isoformat() == "2026-12-02"
        assert found["endOfExtendedSupportDate"].date().isoformat() == "2027-12-02"
        (default,) = eks.describe_cluster_versions(defaultOnly=True)["clusterVersions"]
        assert default["clusterVersion"] == "1.35"


@pytest.fixture
def node_group(network: Network, cluster: str) -> dict[str, Any]:
    return {
        "clusterName": cluster,
        "nodegroupName": "system",
        "nodeRole": network.role,
        "subnets": network.subnets,
        "scalingConfig": {"minSize": 1, "desiredSize": 2, "maxSize": 3},
    }


class TestNodegroups:
    """Managed node groups and their auto-scaling groups."""

    def group(self, aws: Aws, made: dict[str, Any]) -> Any:
        """Return the auto-scaling group behind a node group."""
        (named,) = made["resources"]["autoScalingGroups"]
        found = aws("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[named["name"]])
        return found["AutoScalingGroups"]

    def test_defaults(self, aws: Aws, node_group: dict[str, Any]) -> None:
        made = aws("eks").create_nodegroup(**node_group)["nodegroup"]
        assert made["status"] == "ACTIVE"
        assert made["version"] == "1.34"
        assert made["releaseVersion"].startswith("1.34.")
        assert made["amiType"] == "AL2023_x86_64_STANDARD"
        assert made["capacityType"] == "ON_DEMAND"
        assert made["instanceTypes"] == ["t3.medium"]
        assert made["diskSize"] == 20
        assert made["updateConfig"] == {"maxUnavailable": 1}
        assert "remoteAccess" not in made
        assert "launchTemplate" not in made

    def test_nodes_are_instances_of_an_auto_scaling_group(self, aws: Aws, node_group: dict[str, Any]) -> None:
        made = aws("eks").create_nodegroup(**node_group)["nodegroup"]
        (group,) = self.group(aws, made)
        assert (group["MinSize"], group["DesiredCapacity"], group["MaxSize"]) == (1, 2, 3)
        assert len(group["Instances"]) == 2
        tags = {tag["Key"]: tag["Value"] for tag in group["Tags"]}
        cluster = node_group["clusterName"]
        assert tags["eks:cluster-name"] == cluster
        assert tags["eks:nodegroup-name"] == "system"
        assert tags[f"k8s.io/cluster-autoscaler/{cluster}"] == "owned"

    def test_auto_scaling_group_takes_tags(self, aws: Aws, node_group: dict[str, Any]) -> None:
        made = aws("eks").create_nodegroup(**node_group)["nodegroup"]
        (named,) = made["resources"]["autoScalingGroups"]
        tag = {
            "ResourceId": named["name"],
            "ResourceType": "auto-scaling-group",
            "Key": "k8s.io/cluster-autoscaler/node-template/label/role",
            "Value": "system",
            "PropagateAtLaunch": False,
        }
        scaling = aws("autoscaling")
        scaling.create_or_update_tags(Tags=[tag])
        filters = [{"Name": "key", "Values": [tag["Key"]]}, {"Name": "auto-scaling-group", "Values": [named["name"]]}]
        assert [one["Value"] for one in scaling.describe_tags(Filters=filters)["Tags"]] == ["system"]
        scaling.delete_tags(Tags=[tag])
        assert scaling.describe_tags(Filters=filters)["Tags"] == []

    def test_deletion_takes_group_nodes_and_template_along(self, aws: Aws, node_group: dict[str, Any]) -> None:
        made = aws("eks").create_nodegroup(**node_group)["nodegroup"]
        (group,) = self.group(aws, made)
        nodes = [one["InstanceId"] for one in group["Instances"]]
        aws("eks").delete_nodegroup(clusterName=node_group["clusterName"], nodegroupName="system")
        assert self.group(aws, made) == []
        found = aws("ec2").describe_instances(InstanceIds=nodes)["Reservations"]
        states = {one["State"]["Name"] for reservation in found for one in reservation["Instances"]}
        assert states == {"terminated"}
        names = [t["LaunchTemplateName"] for t in aws("ec2").describe_launch_templates()["LaunchTemplates"]]
        assert group["AutoScalingGroupName"] not in names

    def test_cluster_with_node_groups_is_in_use(self, aws: Aws, node_group: dict[str, Any], refused: Refused) -> None:
        aws("eks").create_nodegroup(**node_group)
        refused("ResourceInUseException", aws("eks").delete_cluster, name=node_group["clusterName"])

    @pytest.mark.parametrize(
        ("code", "changes"),
        [
            ("InvalidParameterException", {"scalingConfig": {"minSize": 3, "desiredSize": 2, "maxSize": 4}}),
            ("InvalidParameterException", {"scalingConfig": {"minSize": 1, "desiredSize": 5, "maxSize": 4}}),
            ("InvalidParameterException", {"nodeRole": "arn:aws:iam::123456789012:role/missing"}),
            ("InvalidParameterException", {"subnets": ["subnet-00000000"]}),
            ("InvalidParameterException", {"version": "1.35"}),
            ("InvalidRequestException", {"launchTemplate": {"id": "lt-00000000000000000"}}),
            ("ResourceNotFoundException", {"clusterName": "nowhere"}),
        ],
    )
    def test_arguments_are_checked(
        self, aws: Aws, node_group: dict[str, Any], code: str, changes: dict[str, Any], refused: Refused
    ) -> None:
        refused(code, aws("eks").create_nodegroup, **{**node_group, **changes})

    def test_launch_template(self, aws: Aws, node_group: dict[str, Any], name: str, refused: Refused) -> None:
        ec2, eks = aws("ec2"), aws("eks")
        data = {"MetadataOptions": {"HttpTokens": "required"}}
        made = ec2.create_launch_template(LaunchTemplateName=name, LaunchTemplateData=data)
        template_id = made["LaunchTemplate"]["LaunchTemplateId"]
        template = {"id": template_id, "version": "1"}
        node_group["launchTemplate"] = template
        refused("InvalidParameterException", eks.create_nodegroup, **node_group, diskSize=50)
        found = eks.create_nodegroup(**node_group)["nodegroup"]
        assert found["launchTemplate"] == {**template, "name": name}
        assert "diskSize" not in found
        ec2.create_launch_template_version(LaunchTemplateId=template_id, LaunchTemplateData=data)
        group = {"clusterName": node_group["clusterName"], "nodegroupName": "system"}
        eks.update_nodegroup_version(**group, launchTemplate={"id": template_id, "version": "2"})
        assert eks.describe_nodegroup(**group)["nodegroup"]["launchTemplate"]["version"] == "2"

    def test_image_of_the_launch_template_makes_the_group_custom(
        self, aws: Aws, node_group: dict[str, Any], name: str
    ) -> None:
        image = aws("ec2").describe_images()["Images"][0]["ImageId"]
        data = {"ImageId": image, "InstanceType": "m5.large"}
        aws("ec2").create_launch_template(LaunchTemplateName=name, LaunchTemplateData=data)
        made = aws("eks").create_nodegroup(**node_group, launchTemplate={"name": name})["nodegroup"]
        assert made["amiType"] == "CUSTOM"
        assert made["releaseVersion"] == image
        assert "instanceTypes" not in made
        (group,) = self.group(aws, made)
        assert {one["InstanceType"] for one in group["Instances"]} == {"m5.large"}

    def test_configuration_is_updated(self, aws: Aws, node_group: dict[str, Any]) -> None:
        eks = aws("eks")
        taints = [{"key": "a", "value": "1", "effect": "NO_SCHEDULE"}, {"key": "b", "effect": "NO_EXECUTE"}]
        made = eks.create_nodegroup(**node_group, labels={"old": "1", "kept": "1"}, taints=taints)["nodegroup"]
        group = {"clusterName": node_group["clusterName"], "nodegroupName": "system"}
        changed = {"key": "a", "value": "2", "effect": "NO_SCHEDULE"}
        update = eks.update_nodegroup_config(
            **group,
            labels={"addOrUpdateLabels": {"new": "2"}, "removeLabels": ["old"]},
            taints={"addOrUpdateTaints": [changed], "removeTaints": [taints[1]]},
            scalingConfig={"minSize": 0, "desiredSize": 1, "maxSize": 5},
            updateConfig={"maxUnavailablePercentage": 50},
        )["update"]
        found = eks.describe_nodegroup(**group)["nodegroup"]
        assert found["labels"] == {"kept": "1", "new": "2"}
        assert found["taints"] == [changed]
        assert found["updateConfig"] == {"maxUnavailablePercentage": 50}
        (scaling_group,) = self.group(aws, made)
        assert (scaling_group["MinSize"], scaling_group["MaxSize"]) == (0, 5)
        assert len(scaling_group["Instances"]) == 1
        listed = eks.list_updates(name=group["clusterName"], nodegroupName="system")["updateIds"]
        assert listed == [update["id"]]
        assert eks.list_updates(name=group["clusterName"])["updateIds"] == []

    def test_version_follows_the_cluster(self, aws: Aws, node_group: dict[str, Any]) -> None:
        eks = aws("eks")
        eks.create_nodegroup(**node_group)
        group = {"clusterName": node_group["clusterName"], "nodegroupName": "system"}
        eks.update_cluster_version(name=group["clusterName"], version="1.35")
        assert eks.describe_nodegroup(**group)["nodegroup"]["version"] == "1.34"
        eks.update_nodegroup_version(**group)
        found = eks.describe_nodegroup(**group)["nodegroup"]
        assert found["version"] == "1.35"
        assert found["releaseVersion"].startswith("1.35.")

    def test_eks_lets_the_nodes_in_and_out(self, aws: Aws, node_group: dict[str, Any]) -> None:
        eks, cluster = aws("eks"), node_group["clusterName"]
        eks.create_nodegroup(**node_group)
        entry = {"clusterName": cluster, "principalArn": node_group["nodeRole"]}
        assert eks.describe_access_entry(**entry)["accessEntry"]["type"] == "EC2_LINUX"
        eks.delete_nodegroup(clusterName=cluster, nodegroupName="system")
        assert eks.list_access_entries(clusterName=cluster)["accessEntries"] == []


class TestAddons:
    """Add-ons, their versions and their identities."""

    def test_is_active_in_the_default_version(self, aws: Aws, cluster: str) -> None:
        eks = aws("eks")
        made = eks.create_addon(clusterName=cluster, addonName="vpc-cni")["addon"]
        assert made["status"] == "ACTIVE"
        (offer,) = eks.describe_addon_versions(addonName="vpc-cni", kubernetesVersion="1.34")["addons"]
        defaults = [
            version["addonVersion"]
            for version in offer["addonVersions"]
            if any(one["defaultVersion"] for one in version["compatibilities"])
        ]
        assert defaults == [made["addonVersion"]]
        assert eks.list_addons(clusterName=cluster)["addons"] == ["vpc-cni"]

    @pytest.mark.parametrize(
        "name", ["vpc-cni", "coredns", "kube-proxy", "eks-pod-identity-agent", "aws-ebs-csi-driver"]
    )
    def test_every_version_of_kubernetes_has_the_add_ons_of_a_platform(self, aws: Aws, name: str) -> None:
        for minor in range(31, 37):
            arguments = {"addonName": name, "kubernetesVersion": f"1.{minor}"}
            (offer,) = aws("eks").describe_addon_versions(**arguments)["addons"]
            assert offer["addonVersions"]
            if name == "kube-proxy":
                versions = [one["addonVersion"] for one in offer["addonVersions"]]
                assert all(version.startswith(f"v1.{minor}.") for version in versions)

    def test_unknown_ones_are_refused(self, aws: Aws, cluster: str, refused: Refused) -> None:
        eks = aws("eks")
        refused("InvalidParameterException", eks.create_addon, clusterName=cluster, addonName="no-such")
        arguments = {"clusterName": cluster, "addonName": "coredns", "addonVersion": "1.0"}
        refused("InvalidParameterException", eks.create_addon, **arguments)
        refused("ResourceNotFoundException", eks.describe_addon, clusterName=cluster, addonName="coredns")
        refused("ResourceNotFoundException", eks.describe_addon_versions, addonName="no-such")

    def test_same_add_on_twice_is_refused(self, aws: Aws, cluster: str, refused: Refused) -> None:
        addon = {"clusterName": cluster, "addonName": "coredns"}
        aws("eks").create_addon(**addon)
        refused("ResourceInUseException", aws("eks").create_addon, **addon)

    def test_configuration_must_be_an_object(self, aws: Aws, cluster: str, refused: Refused) -> None:
        eks, addon = aws("eks"), {"clusterName": cluster, "addonName": "coredns"}
        for values in ("[1]", "{", "words"):
            refused("InvalidParameterException", eks.create_addon, **addon, configurationValues=values)
        eks.create_addon(**addon, configurationValues='{"replicaCount":2}')
        assert eks.describe_addon(**addon)["addon"]["configurationValues"] == '{"replicaCount":2}'

    def test_update(self, aws: Aws, cluster: str, network: Network) -> None:
        eks, addon = aws("eks"), {"clusterName": cluster, "addonName": "vpc-cni"}
        eks.create_addon(**addon, serviceAccountRoleArn=network.role, addonVersion="v1.19.6-eksbuild.1")
        update = eks.update_addon(**addon, addonVersion="v1.20.4-eksbuild.2", configurationValues="a: 1")
        found = eks.describe_addon(**addon)["addon"]
        assert found["addonVersion"] == "v1.20.4-eksbuild.2"
        assert found["configurationValues"] == "a: 1"
        assert "serviceAccountRoleArn" not in found
        listed = eks.list_updates(name=cluster, addonName="vpc-cni")["updateIds"]
        assert listed == [update["update"]["id"]]

    def test_pod_identity_belongs_to_the_add_on(
        self, aws: Aws, cluster: str, network: Network, refused: Refused
    ) -> None:
        eks, addon = aws("eks"), {"clusterName": cluster, "addonName": "aws-ebs-csi-driver"}
        identity = {"serviceAccount": "ebs-csi-controller-sa", "roleArn": network.role}
        made = eks.create_addon(**addon, podIdentityAssociations=[identity])["addon"]
        (summary,) = eks.list_pod_identity_associations(clusterName=cluster)["associations"]
        assert made["podIdentityAssociations"] == [summary["associationArn"]]
        assert summary["ownerArn"] == made["addonArn"]
        one = {"clusterName": cluster, "associationId": summary["associationId"]}
        refused("InvalidRequestException", eks.delete_pod_identity_association, **one)
        eks.update_addon(**addon, podIdentityAssociations=[])
        assert eks.list_pod_identity_associations(clusterName=cluster)["associations"] == []
        eks.update_addon(**addon, podIdentityAssociations=[identity])
        eks.delete_addon(**addon)
        assert eks.list_pod_identity_associations(clusterName=cluster)["associations"] == []

    def test_recommended_policies(self, aws: Aws) -> None:
        arguments = {"addonName": "vpc-cni", "addonVersion": "v1.20.4-eksbuild.2"}
        (one,) = aws("eks").describe_addon_configuration(**arguments)["podIdentityConfiguration"]
        assert one["serviceAccount"] == "aws-node"
        assert one["recommendedManagedPolicies"] == ["arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy"]


class TestPodIdentities:
    """Roles for service accounts."""

    @pytest.fixture
    def identity(self, cluster: str, network: Network) -> dict[str, Any]:
        account = {"namespace": "kube-system", "serviceAccount": "karpenter"}
        return {"clusterName": cluster, **account, "roleArn": network.role}

    def test_life(self, aws: Aws, identity: dict[str, Any], name: str, refused: Refused) -> None:
        eks = aws("eks")
        made = eks.create_pod_identity_association(**identity, tags={"a": "1"})["association"]
        assert re.fullmatch(r"a-[a-z0-9]{17}", made["associationId"])
        one = {"clusterName": identity["clusterName"], "associationId": made["associationId"]}
        assert eks.describe_pod_identity_association(**one)["association"]["tags"] == {"a": "1"}
        role = aws("iam").create_role(RoleName=name, AssumeRolePolicyDocument="{}")["Role"]["Arn"]
        eks.update_pod_identity_association(**one, roleArn=role)
        assert eks.describe_pod_identity_association(**one)["association"]["roleArn"] == role
        eks.delete_pod_identity_association(**one)
        refused("ResourceNotFoundException", eks.describe_pod_identity_association, **one)

    def test_a_service_account_has_one_role(self, aws: Aws, identity: dict[str, Any], refused: Refused) -> None:
        aws("eks").create_pod_identity_association(**identity)
        refused("ResourceInUseException", aws("eks").create_pod_identity_association, **identity)

    def test_role_must_exist(self, aws: Aws, identity: dict[str, Any], refused: Refused) -> None:
        identity["roleArn"] = "arn:aws:iam::123456789012:role/missing"
        refused("InvalidParameterException", aws("eks").create_pod_identity_association, **identity)

    def test_are_listed_by_namespace_and_account(self, aws: Aws, identity: dict[str, Any]) -> None:
        eks = aws("eks")
        eks.create_pod_identity_association(**identity)
        eks.create_pod_identity_association(**{**identity, "namespace": "team"})

        def listed(**filters: str) -> list[str]:
            found = eks.list_pod_identity_associations(clusterName=identity["clusterName"], **filters)
            return [one["namespace"] for one in found["associations"]]

        assert listed() == ["kube-system", "team"]
        assert listed(namespace="team") == ["team"]
        assert listed(serviceAccount="other") == []


class TestAccessEntries:
    """Who may enter a cluster, and what for."""

    @pytest.fixture
    def entry(self, aws: Aws, cluster: str, name: str) -> dict[str, Any]:
        role = aws("iam").create_role(RoleName=f"{name}-admin", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
        return {"clusterName": cluster, "principalArn": role}

    def test_life(self, aws: Aws, entry: dict[str, Any], refused: Refused) -> None:
        eks = aws("eks")
        made = eks.create_access_entry(**entry, kubernetesGroups=["admins"])["accessEntry"]
        role = entry["principalArn"].rpartition("/")[2]
        assert made["type"] == "STANDARD"
        assert made["username"] == f"arn:aws:sts::123456789012:assumed-role/{role}/{{{{SessionName}}}}"
        eks.update_access_entry(**entry, kubernetesGroups=["viewers"])
        assert eks.describe_access_entry(**entry)["accessEntry"]["kubernetesGroups"] == ["viewers"]
        assert eks.list_access_entries(clusterName=entry["clusterName"])["accessEntries"] == [entry["principalArn"]]
        eks.delete_access_entry(**entry)
        refused("ResourceNotFoundException", eks.describe_access_entry, **entry)

    def test_nodes_get_the_group_of_nodes(self, aws: Aws, entry: dict[str, Any]) -> None:
        made = aws("eks").create_access_entry(**entry, type="EC2_LINUX")["accessEntry"]
        assert made["kubernetesGroups"] == ["system:nodes"]
        assert made["username"] == "system:node:{{EC2PrivateDNSName}}"

    def test_duplicate_is_refused(self, aws: Aws, entry: dict[str, Any], refused: Refused) -> None:
        aws("eks").create_access_entry(**entry)
        refused("ResourceInUseException", aws("eks").create_access_entry, **entry)

    @pytest.mark.parametrize(
        "changes",
        [
            {"principalArn": "arn:aws:iam::123456789012:role/missing"},
            {"principalArn": "somebody"},
            {
                "principalArn": "arn:aws:iam::123456789012:role/aws-service-role/"
                "emr-containers.amazonaws.com/AWSServiceRoleForAmazonEMRContainers"
            },
            {"type": "EC2_LINUX", "kubernetesGroups": ["admins"]},
            {"kubernetesGroups": ["system:masters"]},
            {"type": "UNKNOWN"},
        ],
    )
    def test_arguments_are_checked(
        self, aws: Aws, entry: dict[str, Any], changes: dict[str, Any], refused: Refused
    ) -> None:
        refused("InvalidParameterException", aws("eks").create_access_entry, **{**entry, **changes})

    def test_the_config_map_mode_has_none(
        self, aws: Aws, network: Network, name: str, entry: dict[str, Any], refused: Refused
    ) -> None:
        create(aws, network, f"{name}-old")
        entry["clusterName"] = f"{name}-old"
        message = refused("InvalidRequestException", aws("eks").create_access_entry, **entry)
        assert "authentication mode" in message

    def test_the_creator_is_admin_unless_told_otherwise(self, aws: Aws, network: Network, name: str) -> None:
        create(aws, network, name, accessConfig={"authenticationMode": "API"})
        eks = aws("eks")
        (creator,) = eks.list_access_entries(clusterName=name)["accessEntries"]
        found = eks.list_associated_access_policies(clusterName=name, principalArn=creator)
        assert [one["policyArn"] for one in found["associatedAccessPolicies"]] == [
            f"{POLICY}AmazonEKSClusterAdminPolicy"
        ]

    def test_policies_are_associated_changed_and_taken_away(
        self, aws: Aws, entry: dict[str, Any], refused: Refused
    ) -> None:
        eks, policy = aws("eks"), {"policyArn": f"{POLICY}AmazonEKSViewPolicy"}
        eks.create_access_entry(**entry)
        eks.associate_access_policy(**entry, **policy, accessScope={"type": "cluster"})
        scope = {"type": "namespace", "namespaces": ["team"]}
        eks.associate_access_policy(**entry, **policy, accessScope=scope)
        (found,) = eks.list_associated_access_policies(**entry)["associatedAccessPolicies"]
        assert found["policyArn"] == policy["policyArn"]
        assert found["accessScope"] == scope
        having = {"clusterName": entry["clusterName"], "associatedPolicyArn": policy["policyArn"]}
        assert eks.list_access_entries(**having)["accessEntries"] == [entry["principalArn"]]
        eks.disassociate_access_policy(**entry, **policy)
        assert eks.list_access_entries(**having)["accessEntries"] == []
        refused("ResourceNotFoundException", eks.disassociate_access_policy, **entry, **policy)

    def test_policy_and_scope_are_checked(self, aws: Aws, entry: dict[str, Any], refused: Refused) -> None:
        eks = aws("eks")
        eks.create_access_entry(**entry)
        everywhere = {"accessScope": {"type": "cluster"}}
        unknown = {**entry, "policyArn": f"{POLICY}NoSuchPolicy", **everywhere}
        refused("InvalidParameterException", eks.associate_access_policy, **unknown)
        nowhere = {"policyArn": f"{POLICY}AmazonEKSViewPolicy", "accessScope": {"type": "namespace"}}
        refused("InvalidParameterException", eks.associate_access_policy, **entry, **nowhere)

    def test_nodes_take_no_policy(self, aws: Aws, entry: dict[str, Any], refused: Refused) -> None:
        aws("eks").create_access_entry(**entry, type="EC2_LINUX")
        policy = {"policyArn": f"{POLICY}AmazonEKSViewPolicy", "accessScope": {"type": "cluster"}}
        refused("InvalidRequestException", aws("eks").associate_access_policy, **entry, **policy)

    def test_policies_are_listed(self, aws: Aws) -> None:
        listed = {one["arn"] for one in aws("eks").list_access_policies()["accessPolicies"]}
        assert {f"{POLICY}AmazonEKSClusterAdminPolicy", f"{POLICY}AmazonEMRJobPolicy"} <= listed


def test_everything_has_tags(
    aws: Aws, cluster: str, network: Network, node_group: dict[str, Any], name: str, refused: Refused
) -> None:
    eks = aws("eks")
    role = aws("iam").create_role(RoleName=f"{name}-tagged", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    identity = {"namespace": "n", "serviceAccount": "s", "roleArn": network.role}
    arns = [
        described(aws, cluster)["arn"],
        eks.create_nodegroup(**node_group)["nodegroup"]["nodegroupArn"],
        eks.create_addon(clusterName=cluster, addonName="coredns")["addon"]["addonArn"],
        eks.create_access_entry(clusterName=cluster, principalArn=role)["accessEntry"]["accessEntryArn"],
        eks.create_pod_identity_association(clusterName=cluster, **identity)["association"]["associationArn"],
    ]
    for arn in arns:
        eks.tag_resource(resourceArn=arn, tags={"a": "1", "b": "2"})
        eks.untag_resource(resourceArn=arn, tagKeys=["a"])
        assert eks.list_tags_for_resource(resourceArn=arn)["tags"] == {"b": "2"}
    assert described(aws, cluster)["tags"] == {"b": "2"}
    refused("NotFoundException", eks.list_tags_for_resource, resourceArn=f"{arns[0]}-unknown")
