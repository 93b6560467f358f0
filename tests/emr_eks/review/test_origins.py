"""Where a risk was written: the lines of platform.yaml and of the manifests that its construct is made from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT

from emr_eks.review.origins import NOWHERE, origins
from emr_eks.review.report import Risk, Severity
from emr_eks.review.revisions import sides_at

PLATFORM = """\
name: lake
region: us-east-1
vpc:
  availability_zones: [us-east-1a, us-east-1b]
  nat_gateways: single
  interface_endpoints: [sts]
  flow_logs: {retention_days: 30}
cluster:
  version: "1.35"
  access:
    ops: {principal_arn: "arn:aws:iam::123456789012:role/ops", policy: AmazonEKSViewPolicy}
node_groups:
  spark-system: {instance_types: [m6i.xlarge], min_size: 2, max_size: 5}
node_group_families:
  spark: {instance_families: [m5], instance_sizes: [2xlarge], min_size: 0, max_size: 9}
karpenter:
  version: 1.14.1
monitoring:
  alarms:
    budget: {usd: 1}
teams:
  etl:
    job_role:
      read_databases: [a]
    job_roles:
      ml: {}
    driver_pool: spark-driver
"""


def line(text: str) -> int:
    """Return where *text* is in the file above."""
    (found,) = [index for index, each in enumerate(PLATFORM.splitlines(), 1) if each.strip().startswith(text)]
    return found


@pytest.fixture
def platform(tmp_path: Path) -> Path:
    (tmp_path / "provisioners").mkdir()
    for name in ("spark-driver", "spark-executor"):
        (tmp_path / "provisioners" / f"{name}.yaml").write_text(
            f"---\napiVersion: karpenter.sh/v1\nkind: NodePool\nmetadata:\n  name: {name}\n---\n", "utf-8"
        )
    (tmp_path / "provisioners" / "broken.yaml").write_text("a: [", "utf-8")
    file = tmp_path / "platform.yaml"
    file.write_text(PLATFORM, "utf-8")
    return file


def risk(path: str, rule: str = "stateful-destroyed") -> Risk:
    stack, *_ = path.split("/")
    return Risk(
        id=rule, severity=Severity.low, stack=stack, address="a.b", path=path, consequence="it is", next_step="look"
    )


@pytest.mark.parametrize(
    ("path", "rule", "wanted"),
    [
        ("lake-network/vpc/nat-us-east-1a/Eip", "stateful-destroyed", "nat_gateways"),
        ("lake-network/vpc/private/us-east-1b/Resource", "stateful-destroyed", "availability_zones"),
        ("lake-network/vpc/FlowLogs/Resource", "retention-shortened", "flow_logs"),
        ("lake-network/vpc/sts-endpoint", "vpc-endpoint-removed", "interface_endpoints"),
        ("lake-network/vpc/s3-endpoint", "vpc-endpoint-removed", "vpc"),
        ("lake-cluster/cluster/Resource", "kubernetes-upgrade", 'version: "1.35"'),
        ("lake-cluster/cluster/Resource", "endpoint-exposed", "cluster:"),
        ("lake-cluster/cluster/access-ops/Policy", "cluster-access-granted", "ops"),
        ("lake-cluster/cluster/access-gone/Policy", "cluster-access-removed", "access"),
        ("lake-cluster/addon-vpc-cni/Resource", "addon-changed", "cluster:"),
        ("lake-cluster/node-group/spark-system/Resource", "nodes-rolled", "spark-system"),
        ("lake-cluster/node-group/spark-spot-8vcpu-32gib/Resource", "capacity-lowered", "spark: {"),
        ("lake-cluster/node-group/gone/Resource", "stateful-destroyed", "node_groups"),
        ("lake-addons/karpenter/Resource", "karpenter-upgrade", "version: 1.14.1"),
        ("lake-teams/alarms/Budget", "budget-loosened", "budget"),
        ("lake-teams/alarms/pending-pods", "alarm-off", "alarms"),
        ("lake-teams/team/etl/JobRole/Policy", "iam-broadened", "job_role:"),
        ("lake-teams/team/etl/JobRoles/ml/Resource", "iam-new-role", "ml"),
        ("lake-teams/team/etl/Logs/Resource", "retention-shortened", "etl"),
        ("lake-teams/team/etl/driver-pod-template", "team-placement-changed", "driver_pool"),
        ("lake-teams/team/gone/VirtualCluster/Resource", "team-removed", "teams"),
        ("lake-cluster", "region-changed", "region"),
        ("lake-cluster", "state-moved", "name"),
        ("lake-cluster/somewhere/else", "stateful-destroyed", "name"),
    ],
)
def test_a_risk_stems_from_a_line_of_the_platform(platform: Path, path: str, rule: str, wanted: str) -> None:
    found = origins(platform, root=platform.parent, stacks=["lake-network", "lake-teams"])
    assert found.of(risk(path, rule)) == ("platform.yaml", line(wanted))


def test_a_pool_stems_from_its_manifest(platform: Path) -> None:
    found = origins(platform, root=platform.parent, stacks=["lake-network"])
    assert found.of(risk("lake-node_pools/node-pools/node-pool/spark-executor")) == (
        "provisioners/spark-executor.yaml",
        5,
    )
    assert found.of(risk("lake-node_pools/node-pools/node-pool/gone")) == ("platform.yaml", line("karpenter"))


def test_what_is_no_platform_or_another_is_not_guessed_from(platform: Path) -> None:
    assert origins(platform, root=platform.parent, stacks=["other-network"]) is NOWHERE
    assert origins(platform.parent / "none.yaml", root=platform.parent, stacks=[]) is NOWHERE
    for text in ("", "a: [", "3", "name: [lake]", "- lake"):
        platform.write_text(text, "utf-8")
        assert origins(platform, root=platform.parent, stacks=["lake-network"]).of(risk("lake-network")) is None


def test_the_platform_of_a_folder_is_in_it_or_beside_it(folder_of: Any, draft: Any) -> None:
    folder = folder_of(draft.default())
    (known,) = sides_at([str(folder)], Path("files/platform.yaml"))
    assert known.origins.platform is not None
    (unknown,) = sides_at([str(folder)], Path("elsewhere/platform.yaml"))
    assert unknown.origins is NOWHERE


def test_every_construct_of_the_default_platform_has_a_line(default_app: Any) -> None:
    """Only what nobody writes, such as the kinds of the provider, stands for the whole file."""
    file = ROOT / "platform.yaml"
    text = file.read_text("utf-8").splitlines()
    found = origins(file, root=ROOT, stacks=default_app.stacks)
    keys = set()
    for resource in default_app.resources():
        named, number = found.of(risk(resource.path)) or ("", 0)
        keys.add(text[number - 1].split(":")[0].strip() if named == "platform.yaml" else named)
    assert keys == {
        "vpc",
        "availability_zones",
        "nat_gateways",
        "cluster",
        "managed-ondemand",
        "karpenter",
        "analytics",
        "job_role",
        "name",  # the bucket and its key, which the file leaves to their defaults
        *(f"provisioners/{name}.yaml" for name in ("spark-driver", "spark-executor", "spark-node-class")),
    }
