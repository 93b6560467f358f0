"""Karpenter as data: its settings, what its controller may do, and which events it hears.

The permissions follow the template that Karpenter publishes with each release:
https://karpenter.sh/docs/reference/cloudformation/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field

from constructs_lib._interruption_queue import INSTANCE_EVENTS, Event
from constructs_lib._names import AvailabilityZone, ImageRepository, fit
from constructs_lib._policy import Statement
from constructs_lib._versions import DEFAULT_KARPENTER, KarpenterVersion, numbers
from provisioners.landing.capacity import KARPENTER_MEMORY_OVERHEAD
from provisioners.spec import DnsLabel, Problem, Spec, text

Duration = Annotated[
    str,
    text(r"(\d+(ms|s|m))+", "must be a length of time in minutes, seconds or milliseconds", "for example '10s'"),
]

Folder = Annotated[
    str,
    text(
        r"[^/\\\0][^\\\0]*",
        "must be the path of a folder, relative to this file's",
        "for example 'provisioners/prod'",
    ),
]

FEATURE_GATES: Mapping[str, tuple[str, tuple[int, ...]]] = {
    "node_repair": ("nodeRepair", (1, 1)),
    "reserved_capacity": ("reservedCapacity", (1, 3)),
    "spot_to_spot_consolidation": ("spotToSpotConsolidation", (1, 0)),
    "static_capacity": ("staticCapacity", (1, 8)),
}
"""By our name: the chart's, and the first Karpenter that has it (https://karpenter.sh/docs/reference/settings/)."""


class KarpenterSpec(Spec):
    """The Karpenter controller and where its node pools run."""

    version: KarpenterVersion = Field(default=DEFAULT_KARPENTER, description="The release of both charts.")
    namespace: DnsLabel = Field(default="kube-system", description="Where the controller runs.")
    identity: Literal["pod_identity", "irsa"] = Field(
        default="pod_identity", description="How the controller gets its AWS credentials."
    )
    availability_zone: AvailabilityZone | None = Field(
        default=None,
        description="What `${az}` stands for in node pools: one zone, so that a job's shuffle stays in it; "
        "by default the first.",
    )
    image_repository: ImageRepository | None = Field(
        default=None,
        description="Where the controller's image is, such as a copy in ECR; by default `public.ecr.aws`.",
    )
    replicas: Annotated[int, Field(ge=1, le=5)] = Field(
        default=2, description="Copies of the controller, one of them active."
    )
    batch_idle_duration: Duration = Field(
        default="1s", description="How long no new pod must come before nodes are launched."
    )
    batch_max_duration: Duration = Field(
        default="10s", description="How long pods are gathered at most; longer packs the executors of a job better."
    )
    vm_memory_overhead_percent: Annotated[float, Field(ge=0, lt=1)] = Field(
        default=KARPENTER_MEMORY_OVERHEAD,
        description="The share of a machine's memory that nodes are taken to lack. Too little, and a node comes out "
        "too small for its pods, and another is launched; `emr-eks check` reckons with it too.",
    )
    reserved_enis: Annotated[int, Field(ge=0, le=14)] | None = Field(
        default=None,
        description="Network interfaces of each node that hold no pods; by default 1 where pods have subnets of their "
        "own (`vpc.pod_cidr`), and none otherwise.",
    )
    node_repair: bool = Field(
        default=False, description="Feature gate: whether nodes that are not well are replaced. Karpenter 1.1 or newer."
    )
    reserved_capacity: bool = Field(
        default=True, description="Feature gate: whether capacity reservations are used. An effect since Karpenter 1.3."
    )
    spot_to_spot_consolidation: bool = Field(
        default=False, description="Feature gate: whether Spot nodes may be replaced by cheaper Spot nodes."
    )
    static_capacity: bool = Field(
        default=False,
        description="Feature gate: whether pools may have `replicas`, a fixed size. Karpenter 1.8 or newer.",
    )
    provisioners: Folder = Field(
        default="provisioners", description="The folder of the node pools' manifests, seen from this file's."
    )

    def rules(self) -> Iterator[Problem]:
        for name, (_, since) in FEATURE_GATES.items():
            asked = name in self.model_fields_set and getattr(self, name)
            if asked and numbers(self.version) < since:
                yield Problem(
                    (name,),
                    f"needs Karpenter {'.'.join(map(str, since))} or newer",
                    self.version,
                    "leave it out, or raise `version`",
                    reads=(("version",),),
                )


def interruption_events(version: str) -> dict[str, Event]:
    """Return the events that Karpenter *version* acts on, by the name of their rule."""
    reclaimed = Event("aws.ec2", "EC2 Capacity Reservation Instance Interruption Warning")
    return {**INSTANCE_EVENTS} | ({"CapacityReservation": reclaimed} if numbers(version) >= (1, 10) else {})


class ControllerScope(NamedTuple):
    """What the controller's permissions are limited to."""

    cluster_name: str
    region: str
    account_id: str
    partition: str
    node_role_arn: str
    queue_arn: str

    def ec2(self, account: str, *kinds: str) -> list[str]:
        """Return the ARNs of all EC2 resources of *kinds*; *account* is empty for those that AWS owns."""
        return [f"arn:{self.partition}:ec2:{self.region}:{account}:{kind}/*" for kind in kinds]

    @property
    def cluster_arn(self) -> str:
        """The cluster's ARN."""
        return f"arn:{self.partition}:eks:{self.region}:{self.account_id}:cluster/{self.cluster_name}"

    @property
    def instance_profiles(self) -> list[str]:
        """All instance profiles of the account."""
        return [f"arn:{self.partition}:iam::{self.account_id}:instance-profile/*"]


def controller_policies(scope: ControllerScope, version: str) -> dict[str, list[Statement]]:
    """Return the controller's permissions in Karpenter *version*, by the name of the policy that holds them.

    They are split because all together pass IAM's limit for one policy as soon as the cluster's name is long.
    """
    release = numbers(version)
    return {
        "NodeLifecycle": _node_lifecycle(scope, release),
        "IAMIntegration": _iam_integration(scope),
        "EKSIntegration": [Statement("AllowAPIServerEndpointDiscovery", ["eks:DescribeCluster"], [scope.cluster_arn])],
        "Interruption": [
            Statement(
                "AllowInterruptionQueueActions",
                ["sqs:DeleteMessage", "sqs:GetQueueUrl", "sqs:ReceiveMessage"],
                [scope.queue_arn],
            )
        ],
        "ResourceDiscovery": _resource_discovery(scope, release),
        "SpotIntegration": [_first_spot_launch(scope)],
    } | ({"ZonalShift": [_zonal_shift(scope)]} if release >= (1, 12) else {})


def policy_name(name: str, cluster_name: str) -> str:
    """Return the name of the managed policy *name* of a cluster, within IAM's 128 characters."""
    return fit(f"KarpenterController{name}Policy-{cluster_name}", 128)


_LAUNCHES = ["ec2:CreateFleet", "ec2:RunInstances"]
_LAUNCHED = ("fleet", "instance", "launch-template", "network-interface", "spot-instances-request", "volume")
_LAUNCHED_FROM = ("capacity-reservation", "placement-group", "security-group", "subnet")


def _node_lifecycle(scope: ControllerScope, release: tuple[int, ...]) -> list[Statement]:
    owned = {f"aws:ResourceTag/kubernetes.io/cluster/{scope.cluster_name}": "owned"}
    of_a_pool = {"aws:ResourceTag/karpenter.sh/nodepool": "*"}
    requests_owned = {
        f"aws:RequestTag/kubernetes.io/cluster/{scope.cluster_name}": "owned",
        "aws:RequestTag/eks:eks-cluster-name": scope.cluster_name,
    }
    requests_a_pool = {"aws:RequestTag/karpenter.sh/nodepool": "*"}
    launched_from = [kind for kind in _LAUNCHED_FROM if kind != "placement-group" or release >= (1, 11)]
    return [
        Statement(
            "AllowScopedEC2InstanceAccessActions",
            _LAUNCHES,
            [*scope.ec2("", "image", "snapshot"), *scope.ec2("*", *launched_from)],
        ),
        Statement(
            "AllowScopedEC2LaunchTemplateAccessActions",
            _LAUNCHES,
            scope.ec2("*", "launch-template"),
            conditions={"StringEquals": owned, "StringLike": of_a_pool},
        ),
        Statement(
            "AllowScopedEC2InstanceActionsWithTags",
            [*_LAUNCHES, "ec2:CreateLaunchTemplate"],
            scope.ec2("*", *_LAUNCHED),
            conditions={"StringEquals": requests_owned, "StringLike": requests_a_pool},
        ),
        Statement(
            "AllowScopedResourceCreationTagging",
            ["ec2:CreateTags"],
            scope.ec2("*", *_LAUNCHED),
            conditions={
                "StringEquals": requests_owned
                | {"ec2:CreateAction": ["RunInstances", "CreateFleet", "CreateLaunchTemplate"]},
                "StringLike": requests_a_pool,
            },
        ),
        Statement(
            "AllowScopedResourceTagging",
            ["ec2:CreateTags"],
            scope.ec2("*", "instance"),
            conditions={
                "StringEquals": owned,
                "StringLike": of_a_pool,
                "StringEqualsIfExists": {"aws:RequestTag/eks:eks-cluster-name": scope.cluster_name},
                "ForAllValues:StringEquals": {
                    "aws:TagKeys": ["eks:eks-cluster-name", "karpenter.sh/nodeclaim", "Name"]
                },
            },
        ),
        Statement(
            "AllowScopedDeletion",
            ["ec2:DeleteLaunchTemplate", "ec2:TerminateInstances"],
            scope.ec2("*", "instance", "launch-template"),
            conditions={"StringEquals": owned, "StringLike": of_a_pool},
        ),
    ]


def _iam_integration(scope: ControllerScope) -> list[Statement]:
    def tags(kind: str, *, with_name: bool) -> dict[str, Any]:
        equals = {
            f"aws:{kind}/kubernetes.io/cluster/{scope.cluster_name}": "owned",
            f"aws:{kind}/topology.kubernetes.io/region": scope.region,
        }
        if with_name:
            equals[f"aws:{kind}/eks:eks-cluster-name"] = scope.cluster_name
        return {"StringEquals": equals, "StringLike": {f"aws:{kind}/karpenter.k8s.aws/ec2nodeclass": "*"}}

    requested, existing = tags("RequestTag", with_name=True), tags("ResourceTag", with_name=False)
    return [
        Statement(
            "AllowPassingInstanceRole",
            ["iam:PassRole"],
            [scope.node_role_arn],
            conditions={"StringEquals": {"iam:PassedToService": ["ec2.amazonaws.com", "ec2.amazonaws.com.cn"]}},
        ),
        Statement(
            "AllowScopedInstanceProfileCreationActions",
            ["iam:CreateInstanceProfile"],
            scope.instance_profiles,
            conditions=requested,
        ),
        Statement(
            "AllowScopedInstanceProfileTagActions",
            ["iam:TagInstanceProfile"],
            scope.instance_profiles,
            conditions={operator: existing[operator] | requested[operator] for operator in requested},
        ),
        Statement(
            "AllowScopedInstanceProfileActions",
            [
                "iam:AddRoleToInstanceProfile",
                "iam:DeleteInstanceProfile",
                "iam:RemoveRoleFromInstanceProfile",
            ],
            scope.instance_profiles,
            conditions=existing,
        ),
    ]


_DESCRIBED = (
    ("CapacityReservations", (1, 3)),
    ("Images", (1, 0)),
    ("InstanceStatus", (1, 12)),
    ("InstanceTypeOfferings", (1, 0)),
    ("InstanceTypes", (1, 0)),
    ("Instances", (1, 0)),
    ("LaunchTemplates", (1, 0)),
    ("PlacementGroups", (1, 11)),
    ("SecurityGroups", (1, 0)),
    ("SpotPriceHistory", (1, 0)),
    ("Subnets", (1, 0)),
)


def _resource_discovery(scope: ControllerScope, release: tuple[int, ...]) -> list[Statement]:
    statements = [
        Statement(
            "AllowRegionalReadActions",
            [f"ec2:Describe{what}" for what, since in _DESCRIBED if release >= since],
            ["*"],
            conditions={"StringEquals": {"aws:RequestedRegion": scope.region}},
        ),
        Statement(
            "AllowSSMReadActions",
            ["ssm:GetParameter"],
            [f"arn:{scope.partition}:ssm:{scope.region}::parameter/aws/service/*"],
        ),
        Statement("AllowPricingReadActions", ["pricing:GetProducts"], ["*"]),
        Statement("AllowInstanceProfileReadActions", ["iam:GetInstanceProfile"], scope.instance_profiles),
    ]
    if release >= (1, 7):
        statements.append(Statement("AllowUnscopedInstanceProfileListAction", ["iam:ListInstanceProfiles"], ["*"]))
    return statements


def _first_spot_launch(scope: ControllerScope) -> Statement:
    """Return what the first Spot instance of an account takes: EC2 makes its role then, in the name of who launches.

    The published template leaves this to the reader: https://karpenter.sh/docs/troubleshooting/#missing-service-linked-role
    """
    role = "aws-service-role/spot.amazonaws.com/AWSServiceRoleForEC2Spot"
    return Statement(
        "AllowSpotServiceLinkedRoleCreation",
        ["iam:CreateServiceLinkedRole"],
        [f"arn:{scope.partition}:iam::{scope.account_id}:role/{role}"],
        conditions={"StringEquals": {"iam:AWSServiceName": "spot.amazonaws.com"}},
    )


def _zonal_shift(scope: ControllerScope) -> Statement:
    return Statement(
        "AllowZonalShiftStatusReadOnly",
        ["arc-zonal-shift:GetManagedResource"],
        ["*"],
        conditions={"StringEquals": {"arc-zonal-shift:ResourceIdentifier": scope.cluster_arn}},
    )


NODE_POLICIES = (
    "AmazonEC2ContainerRegistryPullOnly",
    "AmazonEKSWorkerNodePolicy",
    "AmazonEKS_CNI_Policy",
    "AmazonSSMManagedInstanceCore",
)
"""AWS managed policies of Karpenter's nodes."""


def node_role_name(cluster_name: str) -> str:
    """Return the name of the role of the nodes that Karpenter launches."""
    return fit(f"KarpenterNodeRole-{cluster_name}", 64)


def queue_name(cluster_name: str) -> str:
    """Return the name of the interruption queue of a cluster."""
    return fit(cluster_name, 80)


def controller_values(
    spec: KarpenterSpec, *, cluster_name: str, queue_name: str, role_arn: str, isolated: bool, reserved_enis: int
) -> dict[str, Any]:
    """Return the values of the controller's chart; an *isolated* VPC reaches no pricing service.

    Keys as in https://github.com/aws/karpenter-provider-aws/blob/v1.14.1/charts/karpenter/values.yaml
    """
    annotations = {"eks.amazonaws.com/role-arn": role_arn} if spec.identity == "irsa" else {}
    image = {"controller": {"image": {"repository": spec.image_repository}}} if spec.image_repository else {}
    return {
        **image,
        "replicas": spec.replicas,
        "serviceAccount": {"name": "karpenter", "annotations": annotations},
        "settings": {
            "clusterName": cluster_name,
            "interruptionQueue": queue_name,
            "isolatedVPC": isolated,
            "batchIdleDuration": spec.batch_idle_duration,
            "batchMaxDuration": spec.batch_max_duration,
            "reservedENIs": str(reserved_enis),
            "vmMemoryOverheadPercent": spec.vm_memory_overhead_percent,
            "featureGates": {
                gate: getattr(spec, name)
                for name, (gate, since) in FEATURE_GATES.items()
                if numbers(spec.version) >= since
            },
        },
    }
