"""Good and bad manifests: each is a small edit of a good one.

An edit is a place, its steps separated by spaces, and the value that is put there, or GONE.
"""

from __future__ import annotations

import copy
from typing import Any, NamedTuple

GONE: Any = object()

POOL: dict[str, Any] = {
    "apiVersion": "karpenter.sh/v1",
    "kind": "NodePool",
    "metadata": {"name": "spark"},
    "spec": {
        "template": {
            "metadata": {"labels": {"team": "etl"}},
            "spec": {
                "nodeClassRef": {"group": "karpenter.k8s.aws", "kind": "EC2NodeClass", "name": "spark"},
                "requirements": [{"key": "kubernetes.io/arch", "operator": "In", "values": ["amd64"]}],
            },
        },
        "disruption": {"consolidateAfter": "30s"},
    },
}

CLASS: dict[str, Any] = {
    "apiVersion": "karpenter.k8s.aws/v1",
    "kind": "EC2NodeClass",
    "metadata": {"name": "spark"},
    "spec": {
        "role": "KarpenterNodeRole-spark",
        "amiSelectorTerms": [{"alias": "al2023@v20261023"}],
        "subnetSelectorTerms": [{"tags": {"karpenter.sh/discovery": "spark"}}],
        "securityGroupSelectorTerms": [{"tags": {"karpenter.sh/discovery": "spark"}}],
    },
}


class Case(NamedTuple):
    """An edit of a good manifest."""

    base: dict[str, Any]
    place: str
    value: Any

    @property
    def manifest(self) -> dict[str, Any]:
        """The manifest with the edit in it."""
        return edited(self.base, (self.place, self.value))

    def __str__(self) -> str:
        shown = "gone" if self.value is GONE else repr(self.value)
        return f"{self.base['kind']} {self.place} = {shown[:90]}"


def edited(base: dict[str, Any], *edits: tuple[str, Any]) -> dict[str, Any]:
    """Return a copy of *base* with the *edits* in it."""
    result = copy.deepcopy(base)
    for place, value in edits:
        *above, last = [int(step) if step.isdigit() else step for step in place.split()]
        at: Any = result
        for step in above:
            at = at.setdefault(step, {}) if isinstance(at, dict) else at[step]
        if value is GONE:
            del at[last]
        else:
            at[last] = copy.deepcopy(value)
    return result


def requires(key: str, operator: str, *values: Any, **more: Any) -> list[dict[str, Any]]:
    """Return a list of one requirement; without values, without the key `values`."""
    return [{"key": key, "operator": operator, **({"values": list(values)} if values else {}), **more}]


def _pool(*edits: tuple[str, Any]) -> list[Case]:
    return [Case(POOL, place, value) for place, value in edits]


def _class(*edits: tuple[str, Any]) -> list[Case]:
    return [Case(CLASS, place, value) for place, value in edits]


META = "metadata"
TEMPLATE = "spec template"
NODE = "spec template spec"
ASKS = "spec template spec requirements"
LABELS = "spec template metadata labels"
ENDS = "spec disruption"
KUBELET = "spec kubelet"
DISKS = "spec blockDeviceMappings"
AWS = "karpenter.k8s.aws"

_PRIMARY = {"deviceIndex": 0, "networkCardIndex": 0, "interfaceType": "interface"}
_EFA = {"deviceIndex": 1, "networkCardIndex": 0, "interfaceType": "efa-only"}

GOOD = [
    *_pool(
        (f"{META} name", "a"),
        (f"{META} name", "a" * 63),
        (f"{META} name", "spark.v2-driver"),
        (f"{META} labels", {"app.kubernetes.io/part-of": "spark"}),
        (f"{META} annotations", {"example.com/note": "any text, of any length\nand shape"}),
        ("spec weight", 1),
        ("spec weight", 100),
        ("spec replicas", 0),
        ("spec limits", {}),
        ("spec limits", {"cpu": 1000, "memory": "1000Gi", "nodes": 10, "nvidia.com/gpu": "8"}),
        ("spec limits", {"cpu": "1.5"}),
        ("spec limits", {"memory": "1e12"}),
        ("spec", {**POOL["spec"], "replicas": 3, "limits": {"nodes": "5"}}),
        ("spec disruption", GONE),
        (f"{ENDS} consolidateAfter", "Never"),
        (f"{ENDS} consolidateAfter", "1h30m10s"),
        (f"{ENDS} consolidationPolicy", "WhenEmpty"),
        (f"{ENDS} consolidationPolicy", "WhenEmptyOrUnderutilized"),
        (f"{ENDS} consolidationPolicy", "Balanced"),
        (f"{ENDS} budgets", []),
        (f"{ENDS} budgets", [{"nodes": "0"}]),
        (
            f"{ENDS} budgets",
            [{"nodes": "100%"}, {"nodes": "5", "reasons": ["Empty", "Drifted", "Underutilized"]}],
        ),
        (f"{ENDS} budgets", [{"reasons": ["Empty"]}]),
        (f"{ENDS} budgets", [{"nodes": "0", "schedule": "0 9 * * mon-fri", "duration": "8h"}]),
        (f"{ENDS} budgets", [{"nodes": "0", "schedule": "@daily", "duration": "1h30m"}]),
        (f"{ENDS} budgets", [{"nodes": "0", "schedule": "*/15 0,12 1-7 jan-mar ?", "duration": "10m0s"}]),
        (f"{ENDS} budgets", [{"nodes": "1"}] * 50),
        (f"{TEMPLATE} metadata", GONE),
        (LABELS, {}),
        (LABELS, {"empty": ""}),
        (LABELS, {"karpenter.sh/capacity-type": "spot"}),
        (LABELS, {f"{AWS}/instance-family": "m5", "topology.kubernetes.io/zone": "eu-west-1a"}),
        (LABELS, {"node.kubernetes.io/role": "spark", "example.com/a.b_c": "X.y-Z_1"}),
        (LABELS, {"app.kubernetes.io/name": "spark"}),
        (LABELS, {f"label-{n}": "x" for n in range(100)}),
        (f"{TEMPLATE} metadata annotations", {"karpenter.sh/do-not-disrupt": "true"}),
        (f"{NODE} expireAfter", "Never"),
        (f"{NODE} expireAfter", "720h"),
        (f"{NODE} terminationGracePeriod", "30m"),
        (f"{NODE} taints", [{"key": "spark", "effect": "NoSchedule"}]),
        (f"{NODE} taints", [{"key": "example.com/a", "value": "b", "effect": "NoExecute"}]),
        (f"{NODE} taints", [{"key": "a", "effect": "NoSchedule"}, {"key": "a", "effect": "NoExecute"}]),
        (f"{NODE} taints", [{"key": "a", "effect": "PreferNoSchedule", "timeAdded": "2026-01-31T12:00:00Z"}]),
        (
            f"{NODE} startupTaints",
            [{"key": "node.cilium.io/agent-not-ready", "value": "true", "effect": "NoExecute"}],
        ),
        (ASKS, []),
        (ASKS, requires("example.com/team", "Exists")),
        (ASKS, requires("example.com/team", "DoesNotExist")),
        (ASKS, requires("karpenter.sh/capacity-type", "In", "spot", "on-demand", "reserved")),
        (ASKS, requires("topology.kubernetes.io/zone", "In", "eu-west-1a")),
        (ASKS, requires("topology.k8s.aws/zone-id", "NotIn", "euw1-az1")),
        (ASKS, requires("node.kubernetes.io/instance-type", "In", "m5.xlarge")),
        (ASKS, requires("kubernetes.io/os", "In", "linux")),
        (ASKS, requires("beta.kubernetes.io/arch", "In", "arm64")),
        (ASKS, requires(f"{AWS}/instance-generation", "Gt", "5")),
        (ASKS, requires(f"{AWS}/instance-cpu", "Lt", "33")),
        (ASKS, requires(f"{AWS}/instance-cpu", "Gte", "4")),
        (ASKS, requires(f"{AWS}/instance-memory", "Lte", "131072")),
        (ASKS, requires(f"{AWS}/instance-family", "In", "m5", "r5", minValues=2)),
        (ASKS, requires(f"{AWS}/instance-family", "Exists", minValues=50)),
        (ASKS, requires(f"{AWS}/instance-tenancy", "In", "dedicated")),
        (ASKS, requires(f"{AWS}/placement-group-partition", "In", "1")),
        (ASKS, requires("a", "Gt", "0")),
    ),
    *_class(
        ("spec role", "another"),
        ("spec amiFamily", "AL2023"),
        ("spec amiFamily", "Custom"),
        ("spec amiSelectorTerms", [{"alias": "bottlerocket@v1.62.0"}]),
        ("spec amiSelectorTerms", [{"alias": "windows2022@latest"}]),
        ("spec amiSelectorTerms", [{"alias": "windows2025@latest"}]),
        (
            "spec",
            {**CLASS["spec"], "amiFamily": "AL2023", "amiSelectorTerms": [{"id": "ami-0123456789abcdef0"}]},
        ),
        (
            "spec",
            {
                **CLASS["spec"],
                "amiFamily": "Custom",
                "amiSelectorTerms": [
                    {"name": "spark-*", "owner": "self", "tags": {"stage": "live"}},
                    {"ssmParameter": "/spark/ami"},
                    {"tags": {"any": "*"}},
                ],
            },
        ),
        ("spec subnetSelectorTerms", [{"id": "subnet-0a1b2c3d"}, {"tags": {"zone": "a"}}]),
        ("spec securityGroupSelectorTerms", [{"id": "sg-0a1b2c3d"}, {"name": "nodes"}, {"tags": {"a": "b"}}]),
        ("spec capacityReservationSelectorTerms", [{"id": "cr-0a1b2c3d"}, {"instanceMatchCriteria": "open"}]),
        ("spec capacityReservationSelectorTerms", [{"tags": {"a": "b"}, "ownerID": "012345678901"}]),
        ("spec associatePublicIPAddress", False),
        (
            "spec connectionTracking",
            {"udpTimeout": 30, "udpStreamTimeout": 180, "tcpEstablishedTimeout": 432000},
        ),
        ("spec context", "context-1"),
        ("spec cpuOptions", {"nestedVirtualization": "enabled"}),
        ("spec cpuOptions", {}),
        ("spec detailedMonitoring", True),
        ("spec instanceStorePolicy", "RAID0"),
        ("spec ipPrefixCount", 0),
        ("spec tags", {"team": "etl", "empty": ""}),
        ("spec userData", "#!/bin/bash\necho ${HOME}\n"),
        ("spec metadataOptions", {}),
        (
            "spec metadataOptions",
            {
                "httpEndpoint": "disabled",
                "httpProtocolIPv6": "enabled",
                "httpPutResponseHopLimit": 64,
                "httpTokens": "optional",
            },
        ),
        ("spec networkInterfaces", []),
        ("spec networkInterfaces", [_PRIMARY, _EFA, {**_EFA, "networkCardIndex": 1}]),
        ("spec placementGroupSelector", {"name": "close"}),
        ("spec placementGroupSelector", {"id": "pg-0a1b2c3d"}),
        (DISKS, []),
        (
            DISKS,
            [
                {
                    "deviceName": "/dev/xvda",
                    "ebs": {"volumeSize": "100Gi", "volumeType": "gp3", "encrypted": True},
                }
            ],
        ),
        (
            DISKS,
            [{"ebs": {"volumeSize": "64T", "iops": 3000, "throughput": 125, "deleteOnTermination": False}}],
        ),
        (
            DISKS,
            [
                {"ebs": {"volumeSize": "59000Gi", "kmsKeyID": "alias/ebs"}, "rootVolume": True},
                {"rootVolume": False},
            ],
        ),
        (DISKS, [{"deviceName": "/dev/xvda", "ebs": {"volumeSize": "20Gi"}}, {"deviceName": "/dev/xvdb"}]),
        (DISKS, [{"ebs": {"volumeSize": "100Gi", "volumeType": "gp3", "throughput": 750}}]),
        (DISKS, [{"ebs": {"volumeSize": "100Gi", "volumeType": "io2", "iops": 5000}}]),
        (DISKS, [{"ebs": {"volumeSize": "1Ti", "volumeType": "gp3", "throughput": 2000, "iops": 8000}}]),
        (DISKS, [{"ebs": {"snapshotID": "snap-1", "volumeInitializationRate": 300}}]),
        (KUBELET, {}),
        (KUBELET, {"clusterDNS": ["10.0.1.100"], "cpuCFSQuota": True, "maxPods": 0, "podsPerCore": 2}),
        (
            KUBELET,
            {"evictionHard": {"memory.available": "5%", "nodefs.available": "10.5%", "pid.available": "1k"}},
        ),
        (
            KUBELET,
            {
                "evictionSoft": {"memory.available": "500Mi"},
                "evictionSoftGracePeriod": {"memory.available": "1m30s"},
                "evictionMaxPodGracePeriod": 60,
            },
        ),
        (KUBELET, {"imageGCHighThresholdPercent": 85, "imageGCLowThresholdPercent": 80}),
        (KUBELET, {"imageGCHighThresholdPercent": 0}),
        (
            KUBELET,
            {"kubeReserved": {"cpu": "200m", "memory": "1Gi", "ephemeral-storage": "3Gi", "pid": "100"}},
        ),
        (KUBELET, {"systemReserved": {"cpu": "0.1"}}),
    ),
    Case(
        {**CLASS, "spec": {key: value for key, value in CLASS["spec"].items() if key != "role"}},
        "spec instanceProfile",
        "profile",
    ),
]

BAD = [
    *_pool(
        (f"{META} name", GONE),
        (f"{META} name", ""),
        (f"{META} name", "Spark"),
        (f"{META} name", "spark_driver"),
        (f"{META} name", "-spark"),
        (f"{META} name", 7),
        (f"{META} namespace", "default"),
        (f"{META} labels", {"a b": "c"}),
        (f"{META} labels", {"a": "-"}),
        (f"{META} labels", {"a": "x" * 64}),
        (f"{META} annotations", {"a": 1}),
        (META, GONE),
        ("spec", GONE),
        ("spec template", GONE),
        ("spec wieght", 10),
        ("spec weight", 0),
        ("spec weight", 101),
        ("spec weight", "10"),
        ("spec weight", True),
        ("spec weight", 1.5),
        ("spec replicas", -1),
        ("spec replicas", "2"),
        ("spec limits", {"cpu": "1000 cores"}),
        ("spec limits", {"cpu": "1,000"}),
        ("spec limits", {"memory": "64GiB"}),
        ("spec limits", {"cpu": 1.5}),
        ("spec limits", {"cpu": True}),
        ("spec limits", {"resources": {"cpu": "1000"}}),
        ("spec limits", ["cpu"]),
        ("spec", {**POOL["spec"], "replicas": 3, "limits": {"cpu": "5"}}),
        ("spec", {**POOL["spec"], "replicas": 3, "limits": {"cpu": "5", "nodes": "5"}}),
        ("spec", {**POOL["spec"], "replicas": 3, "weight": 5}),
        ("spec disruption", {}),
        (f"{ENDS} consolidateAfter", "30"),
        (f"{ENDS} consolidateAfter", "1hr"),
        (f"{ENDS} consolidateAfter", "1m | Never"),
        (f"{ENDS} consolidateAfter", "never"),
        (f"{ENDS} consolidateAfter", 30),
        (f"{ENDS} consolidationPolicy", "WhenUnderutilized"),
        (f"{ENDS} expireAfter", "720h"),
        (f"{ENDS} budgets", [{"nodes": "101%"}]),
        (f"{ENDS} budgets", [{"nodes": 5}]),
        (f"{ENDS} budgets", [{"nodes": "-1"}]),
        (f"{ENDS} budgets", [{"nodes": "1", "reasons": ["Expired"]}]),
        (f"{ENDS} budgets", [{"nodes": "1", "reasons": ["Empty", "Empty"]}]),
        (f"{ENDS} budgets", [{"nodes": "0", "schedule": "@daily"}]),
        (f"{ENDS} budgets", [{"nodes": "0", "duration": "8h"}]),
        (f"{ENDS} budgets", [{"nodes": "0", "schedule": "@daily", "duration": "30s"}]),
        (f"{ENDS} budgets", [{"nodes": "0", "schedule": "0 9 * *", "duration": "8h"}]),
        (f"{ENDS} budgets", [{"nodes": "0", "schedule": "@fortnightly", "duration": "8h"}]),
        (f"{ENDS} budgets", [{"nodes": "1"}] * 51),
        (LABELS, {"a": "not a value"}),
        (LABELS, {"a": "x" * 64}),
        (LABELS, {"a": 1}),
        (LABELS, {"karpenter.sh/nodepool": "spark"}),
        (LABELS, {"karpenter.sh/capacity": "spot"}),
        (LABELS, {"sub.karpenter.sh/x": "y"}),
        (LABELS, {"kubernetes.io/hostname": "one"}),
        (LABELS, {f"{AWS}/instance-famly": "m5"}),
        (LABELS, {f"label-{n}": "x" for n in range(101)}),
        (f"{NODE} nodeClassRef", GONE),
        (f"{NODE} nodeClassRef group", GONE),
        (f"{NODE} nodeClassRef group", "karpenter.k8s.aws/v1"),
        (f"{NODE} nodeClassRef group", ""),
        (f"{NODE} nodeClassRef kind", ""),
        (f"{NODE} nodeClassRef name", ""),
        (f"{NODE} nodeClassRef apiVersion", "karpenter.k8s.aws/v1"),
        (f"{NODE} kubelet", {"maxPods": 20}),
        (f"{NODE} expireAfter", "30d"),
        (f"{NODE} expireAfter", ""),
        (f"{NODE} terminationGracePeriod", "Never"),
        (f"{NODE} taints", [{"key": "a"}]),
        (f"{NODE} taints", [{"effect": "NoSchedule"}]),
        (f"{NODE} taints", [{"key": "", "effect": "NoSchedule"}]),
        (f"{NODE} taints", [{"key": "a", "effect": "NoScheduling"}]),
        (f"{NODE} taints", [{"key": "a", "effect": "NoSchedule", "value": ""}]),
        (f"{NODE} taints", [{"key": "a", "effect": "NoSchedule", "value": "not one"}]),
        (f"{NODE} taints", [{"key": "a", "effect": "NoSchedule", "timeAdded": "yesterday"}]),
        (f"{NODE} startupTaints", [{"key": "a/b/c", "effect": "NoSchedule"}]),
        (f"{NODE} taints", {"key": "a", "effect": "NoSchedule"}),
        (ASKS, GONE),
        (ASKS, requires("a", "Equals", "b")),
        (ASKS, requires("a", "in", "b")),
        (ASKS, [{"key": "a"}]),
        (ASKS, [{"operator": "Exists"}]),
        (ASKS, requires("a b", "Exists")),
        (ASKS, requires("Example.com/a", "Exists")),
        (ASKS, requires("a", "In")),
        (ASKS, [{"key": "a", "operator": "In", "values": []}]),
        (ASKS, requires("a", "In", 5)),
        (ASKS, requires("a", "Gt")),
        (ASKS, requires("a", "Gt", "four")),
        (ASKS, requires("a", "Gt", "4.5")),
        (ASKS, requires("a", "Lt", "1", "2")),
        (ASKS, requires("a", "Gte", "99999999999999999999")),
        (ASKS, requires("a", "Lte", "")),
        (ASKS, requires("a", "In", "b", minValues=2)),
        (ASKS, requires("a", "Exists", minValues=0)),
        (ASKS, requires("a", "Exists", minValues=51)),
        (ASKS, requires("a", "In", "b", value="c")),
        (ASKS, requires("karpenter.sh/nodepool", "In", "spark")),
        (ASKS, requires("karpenter.sh/provisioner-name", "In", "spark")),
        (ASKS, requires("kubernetes.io/hostname", "Exists")),
        (ASKS, requires(f"{AWS}/instance-famly", "In", "m5")),
        (ASKS, requires(f"{AWS}/cluster", "Exists")),
        (ASKS, requires("a", "Exists") * 101),
    ),
    *_class(
        ("spec role", GONE),
        ("spec role", ""),
        ("spec instanceProfile", "profile"),
        ("spec instanceProfile", ""),
        ("spec launchTemplate", "karpenter"),
        ("spec amiFamily", "AL2"),
        ("spec amiFamily", "Bottlerocket"),
        ("spec amiFamily", "Ubuntu"),
        ("spec amiSelectorTerms", GONE),
        ("spec amiSelectorTerms", []),
        ("spec amiSelectorTerms", [{}]),
        ("spec amiSelectorTerms", [{"owner": "self"}]),
        ("spec", {**CLASS["spec"], "amiFamily": "AL2023", "amiSelectorTerms": [{"owner": "self"}]}),
        ("spec amiSelectorTerms", [{"alias": "al2023"}]),
        ("spec amiSelectorTerms", [{"alias": "al2023@"}]),
        ("spec amiSelectorTerms", [{"alias": "ubuntu@latest"}]),
        ("spec amiSelectorTerms", [{"alias": "AL2023@latest"}]),
        ("spec amiSelectorTerms", [{"alias": "windows2022@v1"}]),
        ("spec amiSelectorTerms", [{"alias": "al2023@v20261023-with-a-long-tail"}]),
        ("spec amiSelectorTerms", [{"alias": "al2023@latest", "name": "spark"}]),
        ("spec amiSelectorTerms", [{"alias": "al2023@latest"}, {"tags": {"a": "b"}}]),
        ("spec amiSelectorTerms", [{"tags": {"a": "b"}}]),
        (
            "spec",
            {**CLASS["spec"], "amiFamily": "AL2023", "amiSelectorTerms": [{"id": "ami-1", "owner": "self"}]},
        ),
        ("spec", {**CLASS["spec"], "amiFamily": "AL2023", "amiSelectorTerms": [{"id": "i-1"}]}),
        ("spec", {**CLASS["spec"], "amiFamily": "AL2023", "amiSelectorTerms": [{"tags": {"a": ""}}]}),
        ("spec subnetSelectorTerms", []),
        ("spec subnetSelectorTerms", [{}]),
        ("spec subnetSelectorTerms", [{"name": "private"}]),
        ("spec subnetSelectorTerms", [{"id": "vpc-1"}]),
        ("spec subnetSelectorTerms", [{"id": "subnet-1", "tags": {"a": "b"}}]),
        ("spec subnetSelectorTerms", [{"tags": {"": "b"}}]),
        ("spec subnetSelectorTerms", [{"tags": {f"tag-{n}": "x" for n in range(21)}}]),
        ("spec subnetSelectorTerms", [{"id": f"subnet-{n}"} for n in range(31)]),
        ("spec securityGroupSelectorTerms", []),
        ("spec securityGroupSelectorTerms", [{}]),
        ("spec securityGroupSelectorTerms", [{"id": "sg-1", "name": "nodes"}]),
        ("spec securityGroupSelectorTerms", [{"name": "nodes", "tags": {"a": "b"}}]),
        ("spec capacityReservationSelectorTerms", []),
        ("spec capacityReservationSelectorTerms", [{"ownerID": "012345678901"}]),
        ("spec capacityReservationSelectorTerms", [{"id": "cr-1", "instanceMatchCriteria": "open"}]),
        ("spec capacityReservationSelectorTerms", [{"instanceMatchCriteria": "closed"}]),
        ("spec capacityReservationSelectorTerms", [{"tags": {"a": "b"}, "ownerID": "1234"}]),
        ("spec capacityReservationSelectorTerms", [{"tags": {"a": "b"}, "ownerId": "012345678901"}]),
        ("spec connectionTracking", {}),
        ("spec connectionTracking", {"udpTimeout": 29}),
        ("spec connectionTracking", {"udpStreamTimeout": 181}),
        ("spec connectionTracking", {"tcpEstablishedTimeout": 432001}),
        ("spec cpuOptions", {"nestedVirtualization": True}),
        ("spec detailedMonitoring", "true"),
        ("spec instanceStorePolicy", "raid0"),
        ("spec ipPrefixCount", -1),
        ("spec tags", {"": "x"}),
        ("spec tags", {"eks:eks-cluster-name": "x"}),
        ("spec tags", {"kubernetes.io/cluster/spark": "owned"}),
        ("spec tags", {"karpenter.sh/nodepool": "x"}),
        ("spec tags", {"karpenter.sh/nodeclaim": "x"}),
        ("spec tags", {"karpenter.k8s.aws/ec2nodeclass": "x"}),
        ("spec tags", {"team": 5}),
        ("spec userData", ["#!/bin/bash"]),
        ("spec metadataOptions", {"httpTokens": "require"}),
        ("spec metadataOptions", {"httpPutResponseHopLimit": 0}),
        ("spec metadataOptions", {"httpPutResponseHopLimit": 65}),
        ("spec metadataOptions", {"httpEndpoint": True}),
        ("spec metadataOptions", {"httpProtocolIpv6": "enabled"}),
        ("spec networkInterfaces", [_EFA]),
        ("spec networkInterfaces", [_PRIMARY, _PRIMARY]),
        ("spec networkInterfaces", [_PRIMARY, _EFA, {**_EFA, "deviceIndex": 2}]),
        ("spec networkInterfaces", [{"deviceIndex": 0, "networkCardIndex": 0}]),
        ("spec networkInterfaces", [{**_PRIMARY, "interfaceType": "efa"}]),
        ("spec placementGroupSelector", {}),
        ("spec placementGroupSelector", {"name": "a", "id": "pg-1"}),
        ("spec placementGroupSelector", {"name": ""}),
        ("spec placementGroupSelector", {"id": "close"}),
        (DISKS, [{"ebs": {"volumeType": "gp3"}}]),
        (DISKS, [{"ebs": {"volumeSize": "100"}}]),
        (DISKS, [{"ebs": {"volumeSize": "0Gi"}}]),
        (DISKS, [{"ebs": {"volumeSize": "59001Gi"}}]),
        (DISKS, [{"ebs": {"volumeSize": 100}}]),
        (DISKS, [{"ebs": {"volumeSize": "100Gi", "volumeType": "gp4"}}]),
        (DISKS, [{"ebs": {"volumeSize": "100Gi", "volumeInitializationRate": 100}}]),
        (DISKS, [{"ebs": {"snapshotID": "snap-1", "volumeInitializationRate": 99}}]),
        (DISKS, [{"ebs": {"volumeSize": "100Gi", "kmsKeyId": "alias/ebs"}}]),
        (DISKS, [{"rootVolume": True}, {"rootVolume": True}]),
        (DISKS, [{}] * 51),
        (KUBELET, {"maxPods": -1}),
        (KUBELET, {"maxPods": 2**31}),
        (KUBELET, {"evictionHard": {"memory.free": "5%"}}),
        (KUBELET, {"evictionHard": {"memory.available": "101%"}}),
        (KUBELET, {"evictionHard": {"memory.available": "lots"}}),
        (KUBELET, {"evictionSoft": {"memory.available": "5%"}}),
        (KUBELET, {"evictionSoftGracePeriod": {"memory.available": "1m"}}),
        (
            KUBELET,
            {"evictionSoft": {"pid.available": "5%"}, "evictionSoftGracePeriod": {"memory.available": "1m"}},
        ),
        (KUBELET, {"imageGCHighThresholdPercent": 80, "imageGCLowThresholdPercent": 80}),
        (KUBELET, {"imageGCHighThresholdPercent": 101}),
        (KUBELET, {"kubeReserved": {"gpu": "1"}}),
        (KUBELET, {"kubeReserved": {"cpu": "-1"}}),
        (KUBELET, {"systemReserved": {"memory": "-1Gi"}}),
        (KUBELET, {"systemReserved": {"memory": "some"}}),
        (KUBELET, {"clusterDns": ["10.0.1.100"]}),
        (KUBELET, {"podsPerCore": "2"}),
    ),
]

_OUR_NULLS = "the server drops a null; here it is an unfinished line"
_RUN_TIME = "the server takes it, Karpenter's controller does not"
_QUIRK = "the server's rule asks whether all terms are wrong, so one right term hides a wrong one"
_LOOSE = "the server's pattern is looser than what it means"
_AWS = "the server takes it, and AWS has or makes nothing like it"
_USELESS = "the server takes it, and no machine could be made of it"

STRICTER = [
    (case, reason)
    for reason, cases in {
        _OUR_NULLS: _pool(("spec weight", None), (f"{NODE} taints", None)) + _class(("spec userData", None)),
        _RUN_TIME: [
            *_pool(
                (f"{META} name", "a" * 64),
                (f"{NODE} taints", [{"key": "a", "effect": "NoSchedule"}] * 2),
                (f"{NODE} taints", [{"key": "a" * 64, "effect": "NoSchedule"}]),
                (f"{NODE} taints", [{"key": "a", "effect": "NoSchedule", "value": "example.com/b"}]),
                (LABELS, {"not a key": "x"}),
                (LABELS, {"a/b/c": "x"}),
                (f"{TEMPLATE} metadata annotations", {"not a key": "x"}),
                (ASKS, requires("karpenter.sh/capacity-type", "In", "xspot")),
                (ASKS, requires("karpenter.sh/capacity-type", "In", "ON_DEMAND", "spot")),
                (ASKS, requires("karpenter.sh/capacity-type", "NotIn", "Spot")),
                (ASKS, requires(f"{AWS}/instance-tenancy", "In", "shared")),
                (ASKS, requires("a", "In", "not a value")),
                (ASKS, requires("a", "In", "x" * 64)),
                (ASKS, requires("a" * 64, "Exists")),
                (f"{ENDS} budgets", [{"nodes": "0", "schedule": "0 25 * * *", "duration": "8h"}]),
                (f"{ENDS} budgets", [{"nodes": "0", "schedule": "@dailyish", "duration": "8h"}]),
                (f"{ENDS} budgets", [{"nodes": "0", "schedule": "0 9 * * sunday", "duration": "8h"}]),
            ),
            *_class(
                (f"{META} name", "a" * 64),
                (
                    KUBELET,
                    {
                        "evictionSoft": {"pid.available": "5%"},
                        "evictionSoftGracePeriod": {"pid.available": "soon"},
                    },
                ),
            ),
        ],
        _QUIRK: _class(
            ("spec subnetSelectorTerms", [{"id": "subnet-1", "tags": {"a": "b"}}, {"id": "subnet-2"}]),
            ("spec securityGroupSelectorTerms", [{"id": "sg-1", "name": "nodes"}, {"id": "sg-2"}]),
            ("spec securityGroupSelectorTerms", [{"name": "n", "tags": {"a": "b"}}, {"id": "sg-2"}]),
            (
                "spec capacityReservationSelectorTerms",
                [{"id": "cr-1", "ownerID": "012345678901"}, {"id": "cr-2"}],
            ),
        ),
        _LOOSE: _class(
            ("spec subnetSelectorTerms", [{"id": "my-subnet-1"}]),
            ("spec securityGroupSelectorTerms", [{"id": "sg-1,sg-2"}]),
            (DISKS, [{"ebs": {"volumeSize": "Ti"}}]),
            (DISKS, [{"ebs": {"volumeSize": "T"}}]),
            (KUBELET, {"evictionHard": {"memory.available": ""}}),
        ),
        _USELESS: _class((DISKS, [{"ebs": {"volumeSize": "100Gi", "iops": 0}}]))
        + _class((DISKS, [{"ebs": {"volumeSize": "100Gi", "throughput": -1}}])),
        _AWS: _class(
            ("spec role", "arn:aws:iam::123456789012:role/nodes"),
            ("spec amiSelectorTerms", [{"alias": "al2023@20261023"}]),
            ("spec amiSelectorTerms", [{"alias": "al2@newest"}]),
            (DISKS, [{"deviceName": "/dev/xvda", "ebs": {"volumeSize": "19Gi"}}]),
            (DISKS, [{"deviceName": "/dev/xvda", "ebs": {"volumeSize": "20G"}}]),
            (DISKS, [{"ebs": {"volumeSize": "100Gi", "volumeType": "gp3", "throughput": 751}}]),
            (DISKS, [{"ebs": {"volumeSize": "100Gi", "volumeType": "gp3", "throughput": 1001, "iops": 4000}}]),
            (DISKS, [{"ebs": {"volumeSize": "100Gi", "volumeType": "gp3", "throughput": 2001, "iops": 16000}}]),
            (DISKS, [{"ebs": {"volumeSize": "100Gi", "volumeType": "gp2", "throughput": 200}}]),
            (DISKS, [{"ebs": {"volumeSize": "100Gi", "volumeType": "gp2", "iops": 3000}}]),
            (DISKS, [{"ebs": {"volumeSize": "1Ti", "volumeType": "io2", "throughput": 500, "iops": 5000}}]),
        ),
    }.items()
    for case in cases
]
"""What we refuse and the API server takes, with the reason. The other way about, there is nothing."""
