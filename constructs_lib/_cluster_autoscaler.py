"""Cluster Autoscaler as data: its settings, what it may do, and what it must be told of node groups.

https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/cloudprovider/aws/README.md
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import Field

from constructs_lib._names import ImageRepository
from constructs_lib._node_group import LabelKey, LabelValue, NodeGroupSpec, NodesSpec
from constructs_lib._policy import Statement
from provisioners.spec import DnsLabel, Problem, Spec

SERVICE_ACCOUNT = "cluster-autoscaler"
_TAG = "k8s.io/cluster-autoscaler"
_TAG_KEY_LIMIT = 128
"""Characters: https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_Tag.html"""

Duration = Annotated[str, Field(pattern=r"^(\d+(s|m|h))+$")]


class ClusterAutoscalerSpec(Spec):
    """Cluster Autoscaler, which scales the managed node groups between their smallest and largest size."""

    chart_version: Annotated[str, Field(pattern=r"^9\.\d+\.\d+$")] = Field(
        default="9.59.0", description="The chart's release."
    )
    image_tag: Annotated[str, Field(pattern=r"^v1\.\d+\.\d+$")] | None = Field(
        default=None,
        description="The controller's release, by default `v<Kubernetes version>.0`: the two belong together.",
    )
    image_repository: ImageRepository | None = Field(
        default=None,
        description="Where the controller's image is, such as a copy in ECR; by default `registry.k8s.io`.",
    )
    namespace: DnsLabel = Field(default="kube-system", description="Where the controller runs.")
    identity: Literal["pod_identity", "irsa"] = Field(
        default="pod_identity", description="How the controller gets its AWS credentials."
    )
    replicas: Annotated[int, Field(ge=1, le=5)] = Field(
        default=2, description="Copies of the controller, one of them active."
    )
    node_selector: dict[LabelKey, LabelValue] = Field(default={}, description="Labels of the nodes that it runs on.")
    # No `price`: the controller ends at once where its cloud tells no prices, as AWS does not.
    expander: Literal["least-waste", "most-pods", "priority", "random"] = Field(
        default="least-waste",
        description="Which group grows when several would do; `priority` goes by a ConfigMap of your own, "
        "`cluster-autoscaler-priority-expander`, and is `random` without it.",
    )
    balance_similar_node_groups: bool = Field(
        default=True, description="Whether groups alike are kept at the same size."
    )
    skip_nodes_with_system_pods: bool = Field(
        default=False, description="Whether a node with a pod of kube-system stays."
    )
    skip_nodes_with_local_storage: bool = Field(
        default=False, description="Whether a node stays while a pod there uses emptyDir, as every Spark pod does."
    )
    scale_down_unneeded_time: Duration = Field(default="10m", description="How long a node is idle before it goes.")
    scale_down_unready_time: Duration = Field(default="20m", description="How long a node is not ready before it goes.")
    log_level: Annotated[int, Field(ge=0, le=10)] = Field(default=4, description="The higher, the more it tells.")


def controller_policy(cluster_name: str) -> list[Statement]:
    """Return what the controller may do: see every group, and scale those of this cluster."""
    return [
        Statement(
            "ReadGroups",
            [
                "autoscaling:DescribeAutoScalingGroups",
                "autoscaling:DescribeAutoScalingInstances",
                "autoscaling:DescribeLaunchConfigurations",
                "autoscaling:DescribeScalingActivities",
                "ec2:DescribeImages",
                "ec2:DescribeInstanceTypes",
                "ec2:DescribeLaunchTemplateVersions",
                "ec2:GetInstanceTypesFromInstanceRequirements",
                "eks:DescribeNodegroup",
            ],
            ["*"],
        ),
        Statement(
            "ScaleGroupsOfThisCluster",
            ["autoscaling:SetDesiredCapacity", "autoscaling:TerminateInstanceInAutoScalingGroup"],
            ["*"],
            conditions={"StringEquals": {f"aws:ResourceTag/{_TAG}/{cluster_name}": "owned"}},
        ),
    ]


def group_tags(name: str, spec: NodeGroupSpec) -> dict[str, str]:
    """Return the tags from which the controller knows what a node of an empty group would be like.

    EKS tags the group for discovery itself, but says nothing of labels, taints and disk:
    https://github.com/aws/containers-roadmap/issues/724
    """
    labels = {**spec.node_labels(name), "eks.amazonaws.com/capacityType": spec.capacity_type}
    return {
        **{f"{_TAG}/node-template/label/{key}": value for key, value in sorted(labels.items())},
        **{
            f"{_TAG}/node-template/taint/{taint.key}": f"{taint.value}:{taint.kubernetes_effect}"
            for taint in sorted(spec.taints, key=lambda each: each.key)
        },
        f"{_TAG}/node-template/resources/ephemeral-storage": _ephemeral_storage(spec),
    }


def _ephemeral_storage(spec: NodeGroupSpec) -> str:
    """Return the disk for pods that every node of a group has at least."""
    disks = [each.nvme_gb for each in spec.facts.values()]
    if spec.instance_store_policy and len(disks) == len(spec.instance_types) and all(disks):
        return f"{min(disks)}G"
    return f"{spec.disk_size_gib}Gi"


def unequal(spec: NodeGroupSpec) -> Iterator[Problem]:
    """Yield that instance types differ: the controller takes a new node for one of the first type.

    https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/cloudprovider/aws/README.md#using-mixed-instances-policies-and-spot-instances
    """
    by_shape: dict[str, str] = {}
    for name, each in spec.facts.items():
        by_shape.setdefault(f"{each.vcpus} vCPU and {each.memory_mib / 1024:g} GiB", name)
    if spec.scales and len(by_shape) > 1:
        yield Problem(
            ("instance_types",),
            "must all have the same vCPUs and memory for Cluster Autoscaler, which takes each for the first and so "
            "starts too many nodes or ones too small",
            ", ".join(f"{name} with {shape}" for shape, name in by_shape.items()),
            "give each shape a group of its own, as `node_group_families` does",
        )


def too_long(spec: NodesSpec) -> Iterator[Problem]:
    """Yield the labels and taints of nodes whose tags for the controller would pass AWS's limit."""
    for kind, keys in (("labels", sorted(spec.labels)), ("taints", [taint.key for taint in spec.taints])):
        longest = _TAG_KEY_LIMIT - len(f"{_TAG}/node-template/{kind[:-1]}/")
        for index, key in enumerate(keys):
            if len(key) > longest:
                yield Problem(
                    (kind, key if kind == "labels" else index),
                    f"must have a key of at most {longest} characters for Cluster Autoscaler, "
                    "which reads it from a tag",
                    key,
                )


def controller_pod(spec: ClusterAutoscalerSpec) -> dict[str, Any]:
    """Return what the controller's pod asks of its node, which no controller may take away."""
    owned = {"matchExpressions": [{"key": "karpenter.sh/nodepool", "operator": "DoesNotExist"}]}
    terms = {"nodeSelectorTerms": [owned]}
    return {
        "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}},
        "nodeSelector": dict(spec.node_selector),
        "containers": [{"resources": {"requests": {"cpu": "100m", "memory": "500Mi"}}}],
    }


def controller_values(
    spec: ClusterAutoscalerSpec, *, cluster_name: str, region: str, kubernetes_version: str, role_arn: str
) -> dict[str, Any]:
    """Return the values of the controller's chart.

    Keys as in https://github.com/kubernetes/autoscaler/blob/master/charts/cluster-autoscaler/values.yaml
    """
    annotations = {"eks.amazonaws.com/role-arn": role_arn} if spec.identity == "irsa" else {}
    pod = controller_pod(spec)
    return {
        "cloudProvider": "aws",
        "awsRegion": region,
        "autoDiscovery": {"clusterName": cluster_name},
        "replicaCount": spec.replicas,
        "image": {
            "tag": spec.image_tag or f"v{kubernetes_version}.0",
            **({"repository": spec.image_repository} if spec.image_repository else {}),
        },
        "rbac": {"serviceAccount": {"create": True, "name": SERVICE_ACCOUNT, "annotations": annotations}},
        "affinity": pod["affinity"],
        "nodeSelector": pod["nodeSelector"],
        "resources": pod["containers"][0]["resources"],
        # Itself it would move as soon as its node is hardly used.
        "podAnnotations": {"cluster-autoscaler.kubernetes.io/safe-to-evict": "false"},
        "extraArgs": {
            "balance-similar-node-groups": spec.balance_similar_node_groups,
            "expander": spec.expander,
            "scale-down-unneeded-time": spec.scale_down_unneeded_time,
            "scale-down-unready-time": spec.scale_down_unready_time,
            "skip-nodes-with-local-storage": spec.skip_nodes_with_local_storage,
            "skip-nodes-with-system-pods": spec.skip_nodes_with_system_pods,
            "stderrthreshold": "info",
            "v": spec.log_level,
        },
    }
