"""Every pod of a platform must find a node, and what keeps it off is told with its place in a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import ROOT, edited
from typer.testing import CliRunner, Result

from emr_eks.cli import app
from provisioners.landing.pod import pods_in
from provisioners.source import InvalidFile, read
from stacks import landing
from stacks.platform import Platform, load

SPARK_TAINT = [{"key": "dedicated", "value": "spark", "effect": "NO_SCHEDULE"}]


def group(*types: str, **more: Any) -> dict[str, Any]:
    return {"instance_types": list(types or ("m5.xlarge",)), "min_size": 2, "max_size": 4, **more}


def wheres(platform: Platform) -> dict[str, list[str]]:
    found = landing.check(platform).landings
    return {pod.name: [str(fleet) for fleet in each.fleets] for each in found for pod in each.pods}


def refusal(path: Path) -> list[str]:
    """Return the problems of the platform in *path*, files without their folder."""
    with pytest.raises(InvalidFile) as raised:
        load(path)
    return [str(problem).replace(f"{path.parent}/", "") for problem in raised.value.problems]


def test_where_the_pods_of_the_default_platform_run(platform: Platform) -> None:
    system = ["node group managed-ondemand"]
    assert wheres(platform) == {
        "analytics/driver": ["node pool spark-driver"],
        "analytics/executor": ["node pool spark-executor"],
        "analytics/job-submitter": system,
        "aws-ebs-csi-driver controller": system,
        "coredns": system,
        "karpenter": system,
    }


def test_teams_may_use_node_groups(tmp_path: Path) -> None:
    changes = {
        "node_groups": {"spark": group(min_size=0, taints=SPARK_TAINT)},
        "teams": {"analytics": {"driver_pool": "spark"}},
    }
    assert wheres(load(edited(tmp_path, **changes)))["analytics/driver"] == ["node group spark"]


def test_nobody_is_left_for_dns_when_every_group_is_tainted(tmp_path: Path) -> None:
    path = edited(tmp_path, node_groups={"managed-ondemand": group(taints=SPARK_TAINT)})
    problems = refusal(path)
    assert [problem.split(" can run nowhere")[0].split(": ")[-1] for problem in problems] == [
        "aws-ebs-csi-driver controller",
        "coredns",
        "karpenter",
        "analytics/job-submitter",
    ]
    line = next(n for n, text in enumerate(path.read_text("utf-8").splitlines(), 1) if "key: dedicated" in text)
    assert problems[1] == (
        f"platform.yaml:{line}:7: node_groups.managed-ondemand.taints[0]: coredns can run nowhere; nearest is node "
        "group managed-ondemand: the pod does not tolerate its taint dedicated=spark:NoSchedule; add a toleration"
    )


def test_the_configuration_of_an_addon_counts(tmp_path: Path) -> None:
    selector = {"coredns": {"configuration": {"nodeSelector": {"team": "nobody"}}}}
    (problem,) = refusal(edited(tmp_path, cluster={"addons": selector}))
    assert "cluster.addons.coredns.configuration: coredns can run nowhere" in problem
    tolerant = {"coredns": {"configuration": {"tolerations": [{"operator": "Exists"}]}}}
    assert "node pool spark-driver" in wheres(load(edited(tmp_path, cluster={"addons": tolerant})))["coredns"]
    wrong = {"coredns": {"configuration": {"tolerations": "all"}}}
    (problem,) = refusal(edited(tmp_path, cluster={"addons": wrong}))
    assert "cluster.addons.coredns.configuration.tolerations: must be a list" in problem


def test_a_pool_without_room_for_a_driver(tmp_path: Path) -> None:
    path = edited(tmp_path)
    pool = tmp_path / "provisioners" / "spark-driver.yaml"
    pool.write_text(pool.read_text("utf-8").replace("[m5, m6i, m7i]", "[t2]").replace("1000Gi", "2Gi"), "utf-8")
    (problem,) = refusal(path)
    assert "teams.analytics.driver_pool: analytics/driver can run nowhere; nearest is node pool spark-driver" in problem
    # Limits leave t2.small, of 1 vCPU and 2 GiB.
    assert (
        "(provisioners/spark-driver.yaml:2:1): the pod asks for 1 vCPU, and the largest node, t2.small, has" in problem
    )


def test_a_zone_that_does_not_offer_the_pools_types(tmp_path: Path) -> None:
    zones = {"availability_zones": ["us-east-1a", "us-east-1e"]}
    path = edited(tmp_path, vpc=zones, karpenter={"availability_zone": "us-east-1e"})
    pool = tmp_path / "provisioners" / "spark-driver.yaml"
    pool.write_text(pool.read_text("utf-8").replace("[m5, m6i, m7i]", "[m7i]"), "utf-8")
    problems = "\n".join(refusal(path))
    assert "analytics/driver can run nowhere" in problems
    assert "meets karpenter.k8s.aws/instance-family In m7i and topology.kubernetes.io/zone In us-east-1e" in problems


def test_a_group_has_nodes_in_its_own_zones_only(tmp_path: Path) -> None:
    platform = load(edited(tmp_path, node_groups={"managed-ondemand": group(availability_zones=["us-east-1b"])}))
    for zone, fleets in (("us-east-1a", 0), ("us-east-1b", 1)):
        (pod,) = pods_in(read(Path(pod_file(tmp_path, nodeSelector={"topology.kubernetes.io/zone": zone}))))
        found = landing.check(platform, [pod])
        assert [len(each.fleets) for each in found.landings if each.pods == (pod,)] == [fleets]


def test_of_an_existing_cluster_only_the_pools_are_known(tmp_path: Path) -> None:
    path = edited(
        tmp_path, vpc=None, cluster=None, node_groups=None, existing_cluster={"name": "shared", "version": "1.35"}
    )
    assert wheres(load(path)) == {
        "analytics/driver": ["node pool spark-driver"],
        "analytics/executor": ["node pool spark-executor"],
    }


def test_instance_types_that_nobody_knows_are_worth_a_look(tmp_path: Path) -> None:
    path = edited(tmp_path, node_groups={"managed-ondemand": group("m6i.xlarge", "m6i.xlrge")})
    pool = tmp_path / "provisioners" / "spark-driver.yaml"
    pool.write_text(pool.read_text("utf-8").replace("[m5, m6i, m7i]", "[m5, m6x]"), "utf-8")
    platform = load(path)
    of_pool, of_group = (str(each).replace(f"{tmp_path}/", "") for each in landing.check(platform).advice)
    assert "spark-driver.yaml:25:24: spec.template.spec.requirements[1].values[1]: m6x.* is not among" in of_pool
    assert "node_groups.managed-ondemand.instance_types[1]: m6i.xlrge is not among the instance types known" in of_group
    assert of_group.endswith("did you mean 'm6i.xlarge'?")


def test_zones_and_regions_that_nobody_knows_are_worth_a_look(tmp_path: Path) -> None:
    zones = ["us-east-1a", "us-east-1g"]
    subnets = {zone: f"subnet-0123456789abcdef{index}" for index, zone in enumerate(zones)}
    there = {"vpc_id": "vpc-0123456789abcdef0", "private_subnets": subnets}
    for changes, place in (
        ({"vpc": {"availability_zones": zones}}, "vpc.availability_zones[1]"),
        ({"vpc": None, "existing_vpc": there}, "existing_vpc.private_subnets.us-east-1g"),
    ):
        (told,) = map(str, landing.check(load(edited(tmp_path, **changes))).advice)
        assert f"{place}: us-east-1g is not among the zones known on " in told
        assert told.endswith("us-east-1e, us-east-1f; check that you have it")
    vpc = {"availability_zones": ["us-easy-1a", "us-easy-1b"]}
    (told,) = map(str, landing.check(load(edited(tmp_path, region="us-easy-1", vpc=vpc))).advice)
    assert "region: us-easy-1 is not among the regions known on " in told


BOTH = {"cluster_autoscaler": {}, "node_groups": {"spark": group(min_size=0, taints=SPARK_TAINT)}}


def pools_edited(folder: Path, name: str, old: str, new: str) -> None:
    pool = folder / "provisioners" / name
    text = pool.read_text("utf-8")
    assert text.count(old) == 1
    pool.write_text(text.replace(old, new), "utf-8")


def test_both_controllers_stand_together_where_no_pod_has_a_choice(tmp_path: Path) -> None:
    found = wheres(load(edited(tmp_path, **BOTH)))
    assert found["cluster-autoscaler"] == ["node group managed-ondemand"]
    assert found["analytics/executor"] == ["node pool spark-executor"]


def test_container_insights_goes_with_both_controllers(tmp_path: Path) -> None:
    """Its manager tolerates no taint: https://github.com/aws-observability/helm-charts/pull/154."""
    found = wheres(load(edited(tmp_path, cluster_autoscaler={}, monitoring={})))
    assert found["amazon-cloudwatch-observability manager"] == ["node group managed-ondemand"]


def test_two_controllers_would_start_nodes_for_pods_that_have_a_choice(tmp_path: Path) -> None:
    path = edited(tmp_path, **BOTH)
    taints = "      taints:\n        - key: spark-driver\n          effect: NoSchedule\n"
    pools_edited(tmp_path, "spark-driver.yaml", taints, "")
    assert refusal(path) == [
        "provisioners/spark-driver.yaml:2:1: aws-ebs-csi-driver controller, coredns, analytics/job-submitter can run "
        "on node pool spark-driver and on node group managed-ondemand, so that Karpenter and Cluster Autoscaler both "
        "start nodes for them; node pool spark-driver has no taint: give it one that only the pods meant for it "
        "tolerate"
    ]
    # With one of the two controllers alone there is nothing wrong, nor where the group cannot grow.
    assert load(edited(tmp_path, **{**BOTH, "cluster_autoscaler": None}))
    fixed = edited(tmp_path, cluster_autoscaler={}, node_groups={"managed-ondemand": group(min_size=2, max_size=2)})
    pools_edited(tmp_path, "spark-driver.yaml", taints, "")
    assert load(fixed)


def test_a_pod_that_tolerates_too_much_has_a_choice(tmp_path: Path) -> None:
    tolerant = {"coredns": {"configuration": {"tolerations": [{"operator": "Exists"}]}}}
    path = edited(tmp_path, **BOTH, cluster={"addons": tolerant})
    problems = refusal(path)
    assert "cluster.addons.coredns.configuration: coredns can run on node pool spark-driver" in problems[0]
    assert "they tolerate spark-driver:NoSchedule: let them select one of the two by a label" in problems[0]


def test_cluster_autoscaler_needs_a_node_too(tmp_path: Path) -> None:
    (problem,) = refusal(edited(tmp_path, cluster_autoscaler={"node_selector": {"app": "opps"}}))
    assert "cluster_autoscaler: cluster-autoscaler can run nowhere" in problem
    assert "its nodes have no label app" in problem


def test_karpenters_own_settings_count(tmp_path: Path) -> None:
    """Of m5.large's 8192 MiB, 7.5% are 615 and 2.5% are 205; of its three interfaces each holds nine pods."""

    def free(**karpenter: Any) -> dict[str, int]:
        path = edited(tmp_path, karpenter=karpenter)
        pools_edited(tmp_path, "spark-driver.yaml", "[m5, m6i, m7i]", "[m5]")
        (pool,) = [
            fleet
            for each in landing.check(load(path)).landings
            for fleet in each.fleets
            if fleet.name == "spark-driver"
        ]
        return dict(pool.free["m5.large"])

    normal, lean, reserved = free(), free(vm_memory_overhead_percent=0.025), free(reserved_enis=1)
    assert lean["memory"] - normal["memory"] == (615 - 205) * 2**20
    assert (normal["pods"], reserved["pods"]) == (3 * 9 + 2, 2 * 9 + 2)
    # Each pod that the network could hold costs the kubelet 11 MiB.
    assert reserved["memory"] - normal["memory"] == 9 * 11 * 2**20


def test_pools_may_lie_in_another_folder(tmp_path: Path) -> None:
    path = edited(tmp_path, karpenter={"provisioners": "more/pools"})
    (tmp_path / "more").mkdir()
    (tmp_path / "provisioners").rename(tmp_path / "more" / "pools")
    assert [pool.metadata.name for pool in load(path).pools.node_pools] == ["spark-driver", "spark-executor"]


def check(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["check", "--platform", str(ROOT / "platform.yaml"), *arguments])


def test_check_says_where_pods_run() -> None:
    result = check("--today", "2026-11-21")
    assert result.exit_code == 0
    rows = [line.split("  ") for line in result.stdout.splitlines()]
    assert ["analytics/driver", "node pool spark-driver"] in [
        [cell.strip() for cell in row if cell.strip()] for row in rows
    ]


def test_check_for_programs() -> None:
    result = check("--today", "2027-01-01", "--format", "json")
    found = json.loads(result.stdout)
    assert {"names": ["coredns"], "can_run_on": [{"kind": "node group", "name": "managed-ondemand"}]} in found["pods"]
    (warning,) = found["warnings"]
    assert "2027-03-27" in warning
    assert warning in result.stderr


def pod_file(folder: Path, **spec: Any) -> str:
    file = folder / "pod.yaml"
    file.write_text(yaml.safe_dump({"kind": "Pod", "metadata": {"name": "mine"}, "spec": spec}), "utf-8")
    return str(file)


def test_check_takes_further_pods(tmp_path: Path) -> None:
    everywhere = [{"operator": "Exists"}]
    selector = {"eks.amazonaws.com/capacityType": "ON_DEMAND"}
    good = check("--pods", pod_file(tmp_path, nodeSelector=selector, tolerations=everywhere))
    assert good.exit_code == 0
    assert "keeps mine on node group managed-ondemand" in good.stderr
    assert "tolerates" not in good.stderr, "to tolerate everything is no mistake"
    bad = check("--pods", pod_file(tmp_path, nodeSelector={"eks.amazonaws.com/capacityType": "ON-DEMAND"}))
    assert isinstance(bad.exception, InvalidFile)
    assert "pod.yaml:6:37" in str(bad.exception)
    assert "did you mean 'ON_DEMAND'?" in str(bad.exception)
