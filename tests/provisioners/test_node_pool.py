"""The models, used from Python."""

from __future__ import annotations

import pytest
from crd import judge
from manifests import CLASS, POOL, edited
from pydantic import ValidationError

from provisioners.manifest import Metadata
from provisioners.node_class import (
    AmiSelectorTerm,
    EC2NodeClass,
    EC2NodeClassSpec,
    Kubelet,
    SubnetSelectorTerm,
)
from provisioners.node_class import SecurityGroupSelectorTerm as GroupTerm
from provisioners.node_pool import (
    NodeClassRef,
    NodePool,
    NodePoolSpec,
    Requirement,
    Taint,
    Template,
    TemplateSpec,
)
from provisioners.versions import min_version, number


def test_a_pool_made_in_python_says_no_more_than_was_said() -> None:
    pool = NodePool(
        metadata=Metadata(name="gpu"),
        spec=NodePoolSpec(
            template=Template(
                spec=TemplateSpec(
                    node_class_ref=NodeClassRef(group="karpenter.k8s.aws", kind="EC2NodeClass", name="gpu"),
                    requirements=(Requirement(key="kubernetes.io/arch", operator="In", values=("amd64",)),),
                    startup_taints=(Taint(key="not-ready", effect="NoExecute"),),
                )
            ),
            limits={"nvidia.com/gpu": 8},
        ),
    )
    assert pool.manifest() == {
        "apiVersion": "karpenter.sh/v1",
        "kind": "NodePool",
        "metadata": {"name": "gpu"},
        "spec": {
            "template": {
                "spec": {
                    "nodeClassRef": {"group": "karpenter.k8s.aws", "kind": "EC2NodeClass", "name": "gpu"},
                    "requirements": [{"key": "kubernetes.io/arch", "operator": "In", "values": ["amd64"]}],
                    "startupTaints": [{"key": "not-ready", "effect": "NoExecute"}],
                }
            },
            "limits": {"nvidia.com/gpu": 8},
        },
    }
    assert judge("v1.14.1", pool.manifest()) == []


def test_a_node_class_made_in_python_is_spelled_as_kubernetes_does() -> None:
    node_class = EC2NodeClass(
        metadata=Metadata(name="gpu"),
        spec=EC2NodeClassSpec(
            role="nodes",
            ami_selector_terms=(AmiSelectorTerm(alias="al2023@latest"),),
            subnet_selector_terms=(SubnetSelectorTerm(id="subnet-1"),),
            security_group_selector_terms=(GroupTerm(name="nodes"),),
            associate_public_ip_address=False,
            kubelet=Kubelet(cluster_dns=("10.0.0.10",), cpu_cfs_quota=True, image_gc_high_threshold_percent=80),
        ),
    )
    spec = node_class.manifest()["spec"]
    assert spec["associatePublicIPAddress"] is False
    assert spec["kubelet"] == {
        "clusterDNS": ["10.0.0.10"],
        "cpuCFSQuota": True,
        "imageGCHighThresholdPercent": 80,
    }
    assert judge("v1.14.1", node_class.manifest()) == []


def test_models_do_not_change() -> None:
    pool = NodePool.model_validate(POOL)
    with pytest.raises(ValidationError, match="frozen"):
        pool.spec.weight = 5  # type: ignore[misc]  # which is what this is about


SINCE = [
    # https://github.com/aws/karpenter-provider-aws: the first minor release whose CRD has the field.
    (CLASS, "spec capacityReservationSelectorTerms", [{"id": "cr-1"}], "1.3"),
    (
        CLASS,
        "spec blockDeviceMappings",
        [{"ebs": {"snapshotID": "s", "volumeInitializationRate": 100}}],
        "1.5",
    ),
    (POOL, "spec replicas", 1, "1.8"),
    (CLASS, "spec ipPrefixCount", 1, "1.8"),
    (POOL, "spec template spec requirements 0", {"key": "a", "operator": "Gte", "values": ["1"]}, "1.9"),
    (POOL, "spec template spec requirements 0", {"key": "a", "operator": "Lte", "values": ["1"]}, "1.9"),
    (POOL, "spec template metadata labels", {"app.kubernetes.io/name": "spark"}, "1.9"),
    (POOL, "spec template spec requirements 0", {"key": "x.k8s.io/y", "operator": "Exists"}, "1.9"),
    (CLASS, "spec amiSelectorTerms", [{"alias": "windows2025@latest"}], "1.9"),
    (CLASS, "spec networkInterfaces", [], "1.11"),
    (CLASS, "spec placementGroupSelector", {"name": "close"}, "1.11"),
    (CLASS, "spec connectionTracking", {"udpTimeout": 30}, "1.13"),
    (CLASS, "spec cpuOptions", {}, "1.13"),
    (POOL, "spec disruption consolidationPolicy", "Balanced", "1.14"),
]


@pytest.mark.parametrize(("base", "place", "value", "version"), SINCE)
def test_the_oldest_karpenter_that_has_a_field(
    base: dict[str, object], place: str, value: object, version: str
) -> None:
    manifest = edited(base, (place, value))
    model = NodePool if base is POOL else EC2NodeClass
    assert min_version(model.model_validate(manifest)) == version
    assert judge("v1.0.9", manifest) != []
    assert judge("v1.14.1", manifest) == []


def test_ssm_parameters_since_1_4() -> None:
    edits = ("spec amiFamily", "AL2023"), ("spec amiSelectorTerms", [{"ssmParameter": "/ami"}])
    manifest = edited(CLASS, *edits)
    assert min_version(EC2NodeClass.model_validate(manifest)) == "1.4"
    assert judge("v1.0.9", manifest) != []


@pytest.mark.parametrize(
    "key",
    [
        "kops.k8s.io/x",
        "node.kubernetes.io/x",
        "team.node-restriction.kubernetes.io/x",
        "topology.kubernetes.io/zone",
        "beta.kubernetes.io/os",
        "team",
    ],
)
def test_labels_that_every_karpenter_takes(key: str) -> None:
    manifest = edited(POOL, ("spec template spec requirements 0", {"key": key, "operator": "Exists"}))
    assert min_version(NodePool.model_validate(manifest)) == "1.0"
    assert judge("v1.0.9", manifest) == []


@pytest.mark.parametrize("version", ["", "latest", "1.x", "1..2"])
def test_what_is_no_version(version: str) -> None:
    with pytest.raises(ValueError, match=r"such as 1\.14\.1"):
        number(version)


def test_versions_are_compared_as_numbers() -> None:
    assert number("v1.9.0") < number("1.14")
