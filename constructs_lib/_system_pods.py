"""The pods of controllers and add-ons as data: what they ask of their nodes, as their charts and EKS have it.

Karpenter: https://github.com/aws/karpenter-provider-aws/blob/v1.14.1/charts/karpenter/values.yaml.
CloudWatch agent: https://github.com/aws-observability/helm-charts/tree/main/charts/amazon-cloudwatch-observability.
EBS driver: https://github.com/kubernetes-sigs/aws-ebs-csi-driver/blob/master/charts/aws-ebs-csi-driver/values.yaml.
The others: `aws eks describe-addon-configuration` and what the add-on then installs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from constructs_lib._cluster import AFTER_NODES, BEFORE_NODES, AddonSpec
from constructs_lib._cluster_autoscaler import ClusterAutoscalerSpec, controller_pod
from constructs_lib._node_termination_handler import NodeTerminationHandlerSpec, handler_pod

_CRITICAL = {"key": "CriticalAddonsOnly", "operator": "Exists"}
_EVERYTHING = [{"operator": "Exists"}]


class SystemPod(NamedTuple):
    """A pod of a controller or add-on; one of each `daemon` runs on every node.

    `path` is where a user's configuration of it stands in `platform.yaml`; empty where there is none.
    """

    name: str
    spec: Mapping[str, Any]
    path: tuple[str, ...] = ()
    daemon: bool = False


def addon_pods(addons: Mapping[str, AddonSpec]) -> Iterator[SystemPod]:
    """Yield the pods of the EKS add-ons that every cluster has, and of those of *addons* that are known here.

    Where the configuration of an add-on has a node selector, affinity, tolerations or resources, these count.
    """
    for name in sorted({*BEFORE_NODES, *AFTER_NODES, *addons}):
        for part, standard, daemon in _PODS.get(name, ()):
            configuration: Any = addons.get(name, AddonSpec()).configuration
            path: tuple[str, ...] = ("cluster", "addons", name, "configuration")
            if part:
                configuration, path = configuration.get(part), (*path, part)
            spec = _configured(standard, configuration)
            yield SystemPod(f"{name} {part}".rstrip(), spec, path if configuration else (), daemon)


def karpenter_pod() -> SystemPod:
    """Return Karpenter's controller, which asks for no resources and runs on no node that it launches itself."""
    return SystemPod(
        "karpenter",
        {
            "nodeSelector": {"kubernetes.io/os": "linux"},
            "affinity": _affinity(("karpenter.sh/nodepool", "DoesNotExist", ())),
            "tolerations": [_CRITICAL],
        },
    )


def cluster_autoscaler_pod(spec: ClusterAutoscalerSpec) -> SystemPod:
    """Return Cluster Autoscaler's pod."""
    return SystemPod("cluster-autoscaler", controller_pod(spec), ("cluster_autoscaler",))


def node_termination_handler_pod(spec: NodeTerminationHandlerSpec) -> SystemPod:
    """Return AWS Node Termination Handler's pod."""
    return SystemPod("node-termination-handler", handler_pod(spec), ("node_termination_handler",))


def _affinity(*demands: tuple[str, str, tuple[str, ...]]) -> dict[str, Any]:
    expressions = [{"key": key, "operator": operator, "values": list(values)} for key, operator, values in demands]
    terms = {"nodeSelectorTerms": [{"matchExpressions": expressions}]}
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}}


def _containers(number: int, cpu: str, memory: str | None = None) -> list[dict[str, Any]]:
    requests = {"cpu": cpu} | ({"memory": memory} if memory else {})
    return [{"resources": {"requests": requests}}] * number


def _configured(standard: Mapping[str, Any], configuration: Any) -> dict[str, Any]:
    given = configuration if isinstance(configuration, Mapping) else {}
    said = {key: given[key] for key in ("affinity", "nodeSelector", "tolerations") if key in given}
    if isinstance(given.get("resources"), Mapping):
        said["containers"] = [{"resources": given["resources"]}] * len(standard["containers"])
    return {**standard, **said}


_LINUX = ("kubernetes.io/os", "In", ("linux",))
_ANY_ARCH = ("kubernetes.io/arch", "In", ("amd64", "arm64"))

_PODS: Mapping[str, tuple[tuple[str, dict[str, Any], bool], ...]] = {
    "amazon-cloudwatch-observability": (
        ("agent", {"tolerations": _EVERYTHING, "containers": _containers(1, "250m", "128Mi")}, True),
        # Fluent Bit, which goes by `containerLogs` and may be off; so little hardly decides where a pod lands.
        ("containerLogs", {"tolerations": _EVERYTHING, "containers": _containers(1, "50m", "25Mi")}, True),
        # It tolerates nothing, unlike the daemons: https://github.com/aws-observability/helm-charts/pull/154.
        (
            "manager",
            {"nodeSelector": {"kubernetes.io/os": "linux"}, "containers": _containers(1, "100m", "64Mi")},
            False,
        ),
    ),
    "aws-ebs-csi-driver": (
        (
            "controller",
            {
                "nodeSelector": {"kubernetes.io/os": "linux"},
                "tolerations": [_CRITICAL, {"operator": "Exists", "effect": "NoExecute"}],
                "containers": _containers(6, "10m", "40Mi"),
            },
            False,
        ),
        ("node", {"tolerations": _EVERYTHING, "containers": _containers(3, "10m", "40Mi")}, True),
    ),
    "coredns": (
        (
            "",
            {
                "affinity": _affinity(_LINUX, _ANY_ARCH),
                "tolerations": [_CRITICAL, {"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}],
                "containers": _containers(1, "100m", "70Mi"),
            },
            False,
        ),
    ),
    "eks-pod-identity-agent": (
        ("", {"affinity": _affinity(_LINUX, _ANY_ARCH), "tolerations": _EVERYTHING, "containers": [{}]}, True),
    ),
    "kube-proxy": (("", {"tolerations": _EVERYTHING, "containers": _containers(1, "100m")}, True),),
    "metrics-server": (("", {"containers": _containers(1, "100m", "200Mi")}, False),),
    # The node's network and the agent of network policies.
    "vpc-cni": (("", {"tolerations": _EVERYTHING, "containers": _containers(2, "25m")}, True),),
}
"""By add-on: the key of the part's own configuration, the pod, and whether it is a daemon."""
