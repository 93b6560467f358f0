"""Pairs of platforms with the risks that a reviewer must be told of, and no others.

Each pair says what EKS, Karpenter, IAM and Terraform do with its edit; the sets below are written from their
documentation. The last test computes how many of the risks are found (recall) and how many found are right (precision).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from conftest import ROOT
from drafts import Draft
from other_core import Begun, program

from emr_eks.review import risks
from emr_eks.review.compare import Comparison, compare
from emr_eks.review.model import App, read

Edit = Callable[[Any], object]


class Pair(NamedTuple):
    """What is edited, and the risks as `rule construct/path`; the stack is left out of the path."""

    name: str
    edits: tuple[Edit, ...]
    risks: frozenset[str]
    start: tuple[Edit, ...] = ()
    """What is edited in the default platform to make the base."""


def put(path: str, value: Any) -> Edit:
    """Return an edit that sets the dotted *path* of platform.yaml."""

    def edit(draft: Any) -> None:
        *parents, last = path.split(".")
        place = draft.platform
        for step in parents:
            place = place.setdefault(step, {})
        place[last] = deepcopy(value)  # later edits change what is in it

    return edit


def drop(path: str) -> Edit:
    """Return an edit that takes the dotted *path* out of platform.yaml."""

    def edit(draft: Any) -> None:
        *parents, last = path.split(".")
        place = draft.platform
        for step in parents:
            place = place[step]
        del place[last]

    return edit


def pool(name: str, change: Callable[[dict[str, Any]], object]) -> Edit:
    """Return an edit of the spec of a manifest in `provisioners/`."""
    return lambda draft: change(draft.pools[name]["spec"])


def requirement(name: str, key: str, values: list[str]) -> Edit:
    """Return an edit of one requirement of a pool."""

    def change(spec: dict[str, Any]) -> None:
        found = spec["template"]["spec"]["requirements"]
        next(each for each in found if each["key"] == key)["values"] = values

    return pool(name, change)


def turned(value: Any) -> Any:
    """Return *value* with every mapping and every list of texts in reverse order."""
    if isinstance(value, dict):
        return {key: turned(value[key]) for key in reversed(value)}
    if isinstance(value, list):
        found = [turned(each) for each in value]
        return found[::-1]
    return value


def pair(name: str, *edits: Edit, risks: str = "", start: tuple[Edit, ...] = ()) -> Pair:
    """Return a pair; *risks* has one a line."""
    return Pair(name, edits, frozenset(line.strip() for line in risks.splitlines() if line.strip()), start)


def rename_file(draft: Any) -> None:
    draft.pools["drivers"] = draft.pools.pop("spark-driver")


def one_file(draft: Any) -> None:
    draft.pools = {"everything": [draft.pools[name] for name in sorted(draft.pools)]}


def literal_zone(draft: Any) -> None:
    for name in ("spark-driver", "spark-executor"):
        requirement(name, "topology.kubernetes.io/zone", ["us-east-1a"])(draft)


def without_pool(name: str) -> Edit:
    return lambda draft: draft.pools.pop(name)


def renamed_pool(draft: Any) -> None:
    draft.pools["spark-driver"]["metadata"]["name"] = "drivers"
    draft.platform["teams"]["analytics"]["driver_pool"] = "drivers"


GROUP = "node_groups.managed-ondemand"
SPARE = put("node_groups.spare", {"instance_types": ["m6i.large"], "min_size": 1, "max_size": 3})
ETL = put("teams.etl", {"job_role": {"write_databases": ["staging", "marts"]}})
ADMIN = "arn:aws:iam::123456789012:role/admins"
KEY = "arn:aws:kms:us-east-1:123456789012:key/0a1b2c3d-1111-2222-3333-444455556666"
ANALYTICS_ROLE = "teams.analytics.job_role"
NODE_GROUP = "node-group/managed-ondemand/Resource"
DRIVER, EXECUTOR, NODE_CLASS = (
    "node-pools/node-pool/spark-driver",
    "node-pools/node-pool/spark-executor",
    "node-pools/node-class/spark",
)

ALARMS = {"emails": ["ops@example.com", "data@example.com"], "budget": {"usd": 2000}}
WATCHED = put("monitoring", {"alarms": ALARMS})
FAMILY = put(
    "node_group_families.spark",
    {
        "instance_families": ["m5", "m6i"],
        "instance_sizes": ["2xlarge"],
        "capacity_types": ["SPOT"],
        "min_size": 0,
        "max_size": 10,
    },
)
MEMBER = "node-group/spark-spot-8vcpu-32gib"
ML = put("teams.analytics.job_roles", {"ml": {"read_databases": ["features"]}})
BY_POD_IDENTITY = put("teams.etl", {"job_role": {"identity": "pod_identity"}})
AUTOSCALER = put("cluster_autoscaler", {})
TIERS = put("priorities", {})
JOIN, JOIN_OTHERWISE = (["#!/bin/bash\necho joining"], ["#!/bin/bash\necho joining, later"])
KARPENTER = "karpenter/Resource"


def alone(draft: Any) -> None:
    """Let the team's pods run on the managed node group, and take Karpenter away."""
    del draft.platform["karpenter"]
    draft.platform["teams"]["analytics"].update(driver_pool="managed-ondemand", executor_pool="managed-ondemand")


NOTHING = (
    pair(
        "subscribers-reordered",
        put("monitoring.alarms.emails", ["data@example.com", "ops@example.com"]),
        start=(WATCHED,),
    ),
    pair(
        "alarms-written-out",
        put("monitoring.container_insights", True),
        put("monitoring.alarms.pending_pods", {"more_than": 0, "minutes": 15}),
        put("monitoring.alarms.budget.percentages", [100, 80]),
        start=(WATCHED,),
    ),
    pair(
        "family-sizes-reordered",
        put("node_group_families.spark.instance_sizes", ["4xlarge", "2xlarge"]),
        start=(FAMILY, put("node_group_families.spark.instance_sizes", ["2xlarge", "4xlarge"])),
    ),
    pair(
        "frameworks-reordered",
        put("teams.etl.job_role.frameworks", ["livy", "start_job_run"]),
        start=(BY_POD_IDENTITY, put("teams.etl.job_role.frameworks", ["start_job_run", "livy"])),
    ),
    pair(
        "gates-written-out",
        put("karpenter.node_repair", False),
        put("karpenter.reserved_capacity", True),
        put("karpenter.static_capacity", False),
        put("karpenter.reserved_enis", 0),
        put("karpenter.vm_memory_overhead_percent", 0.075),
    ),
    pair("zones-reordered", put("vpc.availability_zones", ["us-east-1c", "us-east-1a", "us-east-1b"])),
    pair("platform-keys-reordered", lambda d: setattr(d, "platform", {k: d.platform[k] for k in reversed(d.platform)})),
    pair("pools-reordered", lambda d: setattr(d, "pools", turned(d.pools))),
    pair("pool-file-renamed", rename_file),
    pair("pool-files-joined", one_file),
    pair("variable-written-out", literal_zone),
    pair(
        "defaults-written-out",
        put("cluster.logs", ["scheduler", "controllerManager", "authenticator", "audit", "api"]),
        put("cluster.log_retention_days", 365),
        put("vpc.flow_logs", {"retention_days": 90, "traffic_type": "ALL"}),
        put("bucket", {"noncurrent_days": 30, "log_days": 180}),
        put("teams.analytics.driver_pool", "spark-driver"),
        put("destroy_data", False),
    ),
    pair("databases-reordered", put("teams.etl.job_role.write_databases", ["marts", "staging"]), start=(ETL,)),
    pair(
        "networks-reordered",
        put("cluster.public_access_cidrs", ["198.51.100.0/24", "203.0.113.0/24"]),
        start=(put("cluster.public_access_cidrs", ["203.0.113.0/24", "198.51.100.0/24"]),),
    ),
    pair(
        "teams-reordered",
        put("teams", {"etl": {}, "analytics": {"job_role": {"write_databases": ["analytics"]}}}),
        start=(put("teams", {"analytics": {"job_role": {"write_databases": ["analytics"]}}, "etl": {}}),),
    ),
    pair(
        "taints-reordered",
        put("node_groups.spare.taints", [{"key": "b", "effect": "NO_EXECUTE"}, {"key": "a", "effect": "NO_SCHEDULE"}]),
        start=(
            SPARE,
            put(
                "node_groups.spare.taints",
                [{"key": "a", "effect": "NO_SCHEDULE"}, {"key": "b", "effect": "NO_EXECUTE"}],
            ),
        ),
    ),
    pair(
        "buckets-reordered",
        put(f"{ANALYTICS_ROLE}.read_buckets", ["arn:aws:s3:::lake", "arn:aws:s3:::archive"]),
        start=(put(f"{ANALYTICS_ROLE}.read_buckets", ["arn:aws:s3:::archive", "arn:aws:s3:::lake"]),),
    ),
)

HARMLESS = (
    pair("group-repaired", put(f"{GROUP}.node_repair", True)),
    pair("alarm-sooner", put("monitoring.alarms.pending_pods", {"minutes": 5}), start=(WATCHED,)),
    pair(
        "alarm-added",
        put("monitoring.alarms.pending_pods", {}),
        start=(put("monitoring", {"alarms": {"pending_pods": None}}),),
    ),
    pair("subscriber-added", put("monitoring.alarms.emails", [*ALARMS["emails"], "c@example.com"]), start=(WATCHED,)),
    pair(
        "spending-lowered-and-told-sooner",
        put("monitoring.alarms.budget", {"usd": 1000, "percentages": [50, 80, 100]}),
        start=(WATCHED,),
    ),
    pair("batch-longer", put("karpenter.batch_max_duration", "30s")),
    pair("interface-endpoint-added", put("vpc.interface_endpoints", ["sts"])),
    pair("autoscaler-talks-more", put("cluster_autoscaler.log_level", 6), start=(AUTOSCALER,)),
    pair("longer-retention", put("cluster.log_retention_days", 731), put("teams.analytics.log_retention_days", 90)),
    pair("endpoint-added", put("vpc.gateway_endpoints", ["s3", "dynamodb"])),
    pair("desired-size", put(f"{GROUP}.desired_size", 3)),  # ignored after creation
    pair("update-pace", put(f"{GROUP}.max_unavailable_percentage", 10)),
    pair("group-labelled", put(f"{GROUP}.labels", {"purpose": "system"})),
    pair("pool-weight", pool("spark-driver", lambda spec: spec.update(weight=10))),
    pair("pool-patience", pool("spark-driver", lambda spec: spec["disruption"].update(consolidateAfter="5m"))),
    pair("controller-replicas", put("karpenter.replicas", 3)),
    pair("service-linked-role", put("emr_service_linked_role", "create")),
    pair("public-subnet-tags-only", put("karpenter.batch_idle_duration", "2s")),
)

NETWORK = (
    pair(
        "zone-added",
        put("vpc.availability_zones", ["us-east-1a", "us-east-1b", "us-east-1c", "us-east-1d"]),
        risks=f"""
            stateful-replaced {NODE_GROUP}
            control-plane-zones cluster/Resource
        """,
    ),
    pair(
        "zone-added-for-nodes-only",
        put("vpc.availability_zones", ["us-east-1a", "us-east-1b", "us-east-1c", "us-east-1d"]),
        put("cluster.availability_zones", ["us-east-1c", "us-east-1b", "us-east-1a"]),
        risks=f"stateful-replaced {NODE_GROUP}",
    ),
    pair(
        "zone-removed",
        put("vpc.availability_zones", ["us-east-1a", "us-east-1b"]),
        risks=f"""
            stateful-replaced {NODE_GROUP}
            stateful-destroyed vpc/private/us-east-1c
            stateful-destroyed vpc/public/us-east-1c
            cross-stack-output-removed vpc/private/us-east-1c
        """,
    ),
    pair(
        "nat-in-each-zone",
        put("vpc.nat_gateways", "per_az"),
        risks="""
            outgoing-address-changed vpc/private/us-east-1b/NatRoute
            outgoing-address-changed vpc/private/us-east-1c/NatRoute
        """,
    ),
    pair(
        "nat-in-one-zone",
        put("vpc.nat_gateways", "single"),
        start=(put("vpc.nat_gateways", "per_az"),),
        risks="""
            stateful-destroyed vpc/nat-us-east-1b-address
            stateful-destroyed vpc/nat-us-east-1b
            stateful-destroyed vpc/nat-us-east-1c-address
            stateful-destroyed vpc/nat-us-east-1c
        """,
    ),
    pair(
        "no-nat",
        put("vpc.nat_gateways", "none"),
        risks="""
            stateful-destroyed vpc/nat-us-east-1a-address
            stateful-destroyed vpc/nat-us-east-1a
        """,
    ),
    pair(
        "vpc-readdressed",
        put("vpc.cidr", "10.1.0.0/16"),
        risks=f"""
            stateful-replaced vpc/Resource
            replaced-under-others vpc/Resource
            stateful-replaced vpc/nat-us-east-1a
            stateful-replaced vpc/private/us-east-1a
            stateful-replaced vpc/private/us-east-1b
            stateful-replaced vpc/private/us-east-1c
            stateful-replaced vpc/public/us-east-1a
            stateful-replaced vpc/public/us-east-1b
            stateful-replaced vpc/public/us-east-1c
            cross-stack-output-removed vpc/private/us-east-1a
            cross-stack-output-removed vpc/private/us-east-1b
            cross-stack-output-removed vpc/private/us-east-1c
            stateful-replaced {NODE_GROUP}
        """,
    ),
    pair(
        "flow-logs-off",
        put("vpc.flow_logs", None),
        risks="""
            logging-off vpc/FlowLog
            stateful-destroyed vpc/FlowLogs/Resource
            stateful-destroyed vpc/FlowLogsKey/Resource
        """,
    ),
    pair("flow-logs-of-rejects", put("vpc.flow_logs", {"traffic_type": "REJECT"}), risks="logging-off vpc/FlowLog"),
    pair(
        "flow-logs-shorter",
        put("vpc.flow_logs", {"retention_days": 30}),
        risks="retention-shortened vpc/FlowLogs/Resource",
    ),
)

CLUSTER = (
    pair(
        "upgrade",
        put("cluster.version", "1.36"),
        risks=f"""
            kubernetes-upgrade cluster/Resource
            nodes-rolled {NODE_GROUP}
        """,
    ),
    pair(
        "upgrade-of-two",
        put("cluster.version", "1.36"),
        start=(put("cluster.version", "1.34"),),
        risks=f"""
            kubernetes-upgrade cluster/Resource
            nodes-rolled {NODE_GROUP}
        """,
    ),
    pair(
        "downgrade",
        put("cluster.version", "1.34"),
        risks=f"""
            kubernetes-upgrade cluster/Resource
            nodes-rolled {NODE_GROUP}
        """,
    ),
    pair(
        "wider-networks",
        put("cluster.public_access_cidrs", ["203.0.0.0/16"]),
        risks="endpoint-exposed cluster/Resource",
    ),
    pair(
        "narrower-networks",
        put("cluster.public_access_cidrs", ["203.0.113.0/25"]),
        risks="endpoint-closed cluster/Resource",
    ),
    pair("private", drop("cluster.public_access_cidrs"), risks="endpoint-closed cluster/Resource"),
    pair(
        "public",
        put("cluster.public_access_cidrs", ["203.0.113.0/24"]),
        start=(drop("cluster.public_access_cidrs"),),
        risks="endpoint-exposed cluster/Resource",
    ),
    pair("no-audit-log", put("cluster.logs", ["api", "authenticator"]), risks="logging-off cluster/Resource"),
    pair(
        "control-plane-logs-shorter",
        put("cluster.log_retention_days", 30),
        risks="retention-shortened cluster/ControlPlaneLogs",
    ),
    pair(
        "administrator-added",
        put("cluster.access", {"ops": {"principal_arn": ADMIN, "policy": "AmazonEKSClusterAdminPolicy"}}),
        risks="cluster-access-granted cluster/access-ops/Policy",
    ),
    pair(
        "reader-added",
        put(
            "cluster.access",
            {"ops": {"principal_arn": ADMIN, "policy": "AmazonEKSViewPolicy", "namespaces": ["analytics"]}},
        ),
        risks="cluster-access-granted cluster/access-ops/Policy",
    ),
    pair(
        "administrator-removed",
        drop("cluster.access"),
        start=(put("cluster.access", {"ops": {"principal_arn": ADMIN, "policy": "AmazonEKSClusterAdminPolicy"}}),),
        risks="cluster-access-removed cluster/access-ops/Resource",
    ),
    pair(
        "administrator-is-another",  # the policy reads the principal from the entry: no line of it changes
        put("cluster.access.ops.principal_arn", f"{ADMIN}2"),
        start=(put("cluster.access", {"ops": {"principal_arn": ADMIN, "policy": "AmazonEKSClusterAdminPolicy"}}),),
        risks="""
            cluster-access-granted cluster/access-ops/Policy
            cluster-access-removed cluster/access-ops/Policy
        """,
    ),
    pair(
        "administrator-only-reads",
        put("cluster.access.ops.policy", "AmazonEKSViewPolicy"),
        start=(put("cluster.access", {"ops": {"principal_arn": ADMIN, "policy": "AmazonEKSClusterAdminPolicy"}}),),
        risks="cluster-access-removed cluster/access-ops/Policy",
    ),
    pair(
        "authentication-mode",
        put("cluster.authentication_mode", "API"),
        start=(put("cluster.authentication_mode", "API_AND_CONFIG_MAP"),),
        risks="authentication-mode-changed cluster/Resource",
    ),
    pair(
        "addon-pinned",
        put("cluster.addons", {"vpc-cni": {"version": "v1.20.4-eksbuild.1"}}),
        risks="addon-changed addon-vpc-cni",
    ),
    pair(
        "addon-removed",
        drop("cluster.addons"),
        start=(put("cluster.addons", {"amazon-cloudwatch-observability": {}}),),
        risks="addon-changed addon-amazon-cloudwatch-observability",
    ),
    pair(
        "service-network",
        put("cluster.service_ipv4_cidr", "172.20.0.0/16"),
        risks="""
            stateful-replaced cluster/Resource
            created-before-name-free cluster/Resource
            replaced-under-others cluster/Resource
            stateful-replaced cluster/OidcProvider
            cross-stack-output-removed cluster/Resource
            cross-stack-output-removed cluster/OidcProvider
        """,
    ),
)

NODES = (
    pair("group-smaller", put(f"{GROUP}.max_size", 3), risks=f"capacity-lowered {NODE_GROUP}"),
    pair("group-larger", put(f"{GROUP}.max_size", 10), risks=f"capacity-raised {NODE_GROUP}"),
    pair("group-minimum", put(f"{GROUP}.min_size", 3), risks=f"minimum-changed {NODE_GROUP}"),
    pair(
        "group-types",
        put(f"{GROUP}.instance_types", ["m7i.xlarge"]),
        risks=f"""
            stateful-replaced {NODE_GROUP}
            instances-changed {NODE_GROUP}
        """,
    ),
    pair(
        "group-types-reordered",  # in order of preference, on demand: another order is another group to AWS
        put(f"{GROUP}.instance_types", ["m7i.xlarge", "m6i.xlarge"]),
        start=(put(f"{GROUP}.instance_types", ["m6i.xlarge", "m7i.xlarge"]),),
        risks=f"stateful-replaced {NODE_GROUP}",
    ),
    pair(
        "group-to-spot",
        put("node_groups.spare.capacity_type", "SPOT"),
        start=(SPARE,),
        risks="""
            stateful-replaced node-group/spare/Resource
            capacity-type-changed node-group/spare/Resource
        """,
    ),
    pair("group-disk", put(f"{GROUP}.disk_size_gib", 200), risks=f"nodes-rolled {NODE_GROUP}"),
    pair("tag-added", put("tags.CostCentre", "42"), risks=f"nodes-rolled {NODE_GROUP}"),
    pair("group-added", SPARE, risks="iam-new-role node-group/spare/Role/Resource"),
    pair(
        "group-removed",
        drop("node_groups.spare"),
        start=(SPARE,),
        risks="stateful-destroyed node-group/spare/Resource",
    ),
    pair(
        "group-to-arm",
        put("node_groups.spare.architecture", "arm64"),
        put("node_groups.spare.instance_types", ["m7g.large"]),
        start=(SPARE,),
        risks="""
            stateful-replaced node-group/spare/Resource
            instances-changed node-group/spare/Resource
        """,
    ),
    pair(
        "pool-smaller",
        pool("spark-executor", lambda s: s["limits"].update(cpu="500")),
        risks=f"capacity-lowered {EXECUTOR}",
    ),
    pair(
        "pool-larger",
        pool("spark-executor", lambda s: s["limits"].update(memory="4000Gi")),
        risks=f"capacity-raised {EXECUTOR}",
    ),
    pair(
        "pool-unlimited", pool("spark-driver", lambda s: s["limits"].pop("memory")), risks=f"capacity-raised {DRIVER}"
    ),
    pair(
        "pool-fewer-families",
        requirement("spark-executor", "karpenter.k8s.aws/instance-family", ["m6i", "m7i"]),
        risks=f"""
            instances-changed {EXECUTOR}
            nodes-rolled {EXECUTOR}
        """,
    ),
    pair(
        "pool-more-families",  # nodes that fit still fit
        requirement("spark-driver", "karpenter.k8s.aws/instance-family", ["m5", "m6i", "m7i", "m8i"]),
        risks=f"instances-changed {DRIVER}",
    ),
    pair(
        "drivers-on-spot",
        requirement("spark-driver", "karpenter.sh/capacity-type", ["spot"]),
        risks=f"""
            capacity-type-changed {DRIVER}
            nodes-rolled {DRIVER}
        """,
    ),
    pair(
        "executors-consolidated-at-once",
        pool("spark-executor", lambda spec: spec["disruption"].update(consolidateAfter="0s")),
        risks="disruption-loosened node-pools/node-pool/spark-executor",
    ),
    pair(
        "group-updated-at-once",
        put(f"{GROUP}.max_unavailable_percentage", 100),
        risks="disruption-loosened node-group/managed-ondemand/Resource",
    ),
    pair(
        "drivers-consolidated",
        pool("spark-driver", lambda s: s["disruption"].update(consolidationPolicy="WhenEmptyOrUnderutilized")),
        risks=f"disruption-loosened {DRIVER}",
    ),
    pair(
        "budget-raised",
        pool("spark-executor", lambda s: s["disruption"].update(budgets=[{"nodes": "50%"}])),
        risks=f"disruption-loosened {EXECUTOR}",
    ),
    pair("budget-lowered", pool("spark-executor", lambda s: s["disruption"].update(budgets=[{"nodes": "5%"}]))),
    pair(
        "nodes-expire-sooner",
        pool("spark-driver", lambda s: s["template"]["spec"].update(expireAfter="24h")),
        risks=f"""
            disruption-loosened {DRIVER}
            nodes-rolled {DRIVER}
        """,
    ),
    pair(
        "drains-limited",  # only this ends a driver that asks to stay
        pool("spark-driver", lambda s: s["template"]["spec"].update(terminationGracePeriod="1h")),
        risks=f"""
            disruption-loosened {DRIVER}
            nodes-rolled {DRIVER}
        """,
    ),
    pair(
        "pool-tainted",
        pool("spark-driver", lambda s: s["template"]["spec"]["taints"].append({"key": "x", "effect": "NoSchedule"})),
        risks=f"nodes-rolled {DRIVER}",
    ),
    pair(
        "image-raised",
        pool("spark-node-class", lambda s: s.update(amiSelectorTerms=[{"alias": "al2023@v20261110"}])),
        risks=f"nodes-rolled {NODE_CLASS}",
    ),
    pair(
        "volumes-in-the-clear",
        pool("spark-node-class", lambda s: s["blockDeviceMappings"][0]["ebs"].update(encrypted=False)),
        risks=f"""
            encryption-off {NODE_CLASS}
            nodes-rolled {NODE_CLASS}
        """,
    ),
    pair(
        "metadata-hops",
        pool("spark-node-class", lambda s: s["metadataOptions"].update(httpPutResponseHopLimit=2)),
        risks=f"""
            instance-metadata-open {NODE_CLASS}
            nodes-rolled {NODE_CLASS}
        """,
    ),
    pair(
        "pool-added",
        lambda d: d.pools.update(extra={**d.pools["spark-executor"], "metadata": {"name": "extra"}}),
    ),
    pair(
        "pool-renamed",
        renamed_pool,
        risks=f"""
            pool-removed {DRIVER}
            team-placement-changed team/analytics/driver-pod-template
        """,
    ),
    pair(
        "pool-removed",
        without_pool("spark-executor"),
        put("teams.analytics.executor_pool", "spark-driver"),
        risks=f"""
            pool-removed {EXECUTOR}
            team-placement-changed team/analytics/executor-pod-template
        """,
    ),
    pair(
        "karpenter-next",
        put("karpenter.version", "1.14.1"),
        start=(put("karpenter.version", "1.13.0"),),
        risks="karpenter-upgrade karpenter/Resource",
    ),
    pair(
        "karpenter-back",
        put("karpenter.version", "1.13.0"),
        risks="karpenter-upgrade karpenter/Resource",
    ),
    pair(
        "karpenter-by-irsa",
        put("karpenter.identity", "irsa"),
        risks="""
            identity-removed karpenter/ControllerRole/Identity
            iam-trust-widened karpenter/ControllerRole/Resource
            iam-trust-narrowed karpenter/ControllerRole/Resource
        """,
    ),
)

TEAMS = (
    pair("team-added", put("teams.etl", {}), risks="iam-new-role team/etl/JobRole/Resource"),
    pair(
        "team-removed",
        drop("teams.etl"),
        start=(ETL,),
        risks="""
            team-removed team/etl/VirtualCluster/Resource
            stateful-destroyed team/etl/VirtualCluster/Resource
            stateful-destroyed team/etl/VirtualCluster/Namespace/Resource
            stateful-destroyed team/etl/Logs/Resource
            job-role-removed team/etl/JobRole/Resource
        """,
    ),
    pair(
        "team-renamed",
        lambda d: d.platform["teams"].update(insight=d.platform["teams"].pop("analytics")),
        risks="""
            team-removed team/analytics/VirtualCluster/Resource
            stateful-destroyed team/analytics/VirtualCluster/Resource
            stateful-destroyed team/analytics/VirtualCluster/Namespace/Resource
            stateful-destroyed team/analytics/Logs/Resource
            job-role-removed team/analytics/JobRole/Resource
            iam-new-role team/insight/JobRole/Resource
        """,
    ),
    pair(
        "namespace-renamed",
        put("teams.analytics.namespace", "insight"),
        risks="""
            stateful-replaced team/analytics/VirtualCluster/Namespace/Resource
            stateful-replaced team/analytics/VirtualCluster/Resource
            team-moved team/analytics/VirtualCluster/Resource
            iam-trust-widened team/analytics/JobRole/Resource
            iam-trust-narrowed team/analytics/JobRole/Resource
        """,
    ),
    pair(
        "role-renamed",
        put(f"{ANALYTICS_ROLE}.name", "spark-jobs"),
        risks="""
            job-role-removed team/analytics/JobRole/Resource
            iam-trust-widened team/analytics/JobRole/Resource
            iam-trust-narrowed team/analytics/JobRole/Resource
        """,
    ),
    pair(
        "database-to-write",
        put(f"{ANALYTICS_ROLE}.write_databases", ["analytics", "sales"]),
        risks="iam-broadened team/analytics/JobRole/Policy",
    ),
    pair(
        "database-to-read",
        put(f"{ANALYTICS_ROLE}.read_databases", ["sales"]),
        risks="iam-broadened team/analytics/JobRole/Policy",
    ),
    pair(
        "database-read-only",
        put("teams.analytics.job_role", {"read_databases": ["analytics"]}),
        risks="iam-narrowed team/analytics/JobRole/Policy",
    ),
    pair(
        "bucket-to-read",
        put(f"{ANALYTICS_ROLE}.read_buckets", ["arn:aws:s3:::lake"]),
        risks="iam-broadened team/analytics/JobRole/Policy",
    ),
    pair(
        "bucket-no-longer-written",
        put(ANALYTICS_ROLE, {"read_buckets": ["arn:aws:s3:::lake"]}),
        start=(put(ANALYTICS_ROLE, {"write_buckets": ["arn:aws:s3:::lake"]}),),
        risks="iam-narrowed team/analytics/JobRole/Policy",
    ),
    pair(
        "policy-attached",
        put(f"{ANALYTICS_ROLE}.policy_arns", ["arn:aws:iam::aws:policy/AmazonS3FullAccess"]),
        risks="iam-policy-attached team/analytics/JobRole/PolicyAmazonS3FullAccess697229",
    ),
    pair(
        "administrator-attached",
        put(f"{ANALYTICS_ROLE}.policy_arns", ["arn:aws:iam::aws:policy/AdministratorAccess"]),
        risks="iam-policy-attached team/analytics/JobRole/PolicyAdministratorAccessf0ead5",
    ),
    pair(
        "policy-detached",
        drop(f"{ANALYTICS_ROLE}.policy_arns"),
        start=(put(f"{ANALYTICS_ROLE}.policy_arns", ["arn:aws:iam::aws:policy/AmazonS3FullAccess"]),),
        risks="iam-policy-detached team/analytics/JobRole/Resource",
    ),
    pair(
        "team-logs-shorter",
        put("teams.analytics.log_retention_days", 7),
        risks="retention-shortened team/analytics/Logs/Resource",
    ),
    pair(
        "drivers-on-a-group",
        put("teams.analytics.driver_pool", "managed-ondemand"),
        risks="team-placement-changed team/analytics/driver-pod-template",
    ),
    pair("job-logs-shorter", put("bucket.log_days", 30), risks="retention-shortened bucket/Lifecycle"),
    pair("old-versions-shorter", put("bucket.noncurrent_days", 7), risks="backup-off bucket/Lifecycle"),
    pair(
        "data-may-go",
        put("destroy_data", True),
        put("bucket.destroy", True),
        risks="""
            deletion-protection-off bucket/Resource
            deletion-protection-off team/analytics/Logs/Resource
        """,
    ),
    pair(
        "bucket-renamed",
        put("bucket.name", "somewhere-else-entirely"),
        risks="""
            stateful-replaced bucket/Resource
            iam-broadened team/analytics/JobRole/Policy
            iam-narrowed team/analytics/JobRole/Policy
        """,
    ),
    pair(
        "own-key",
        put("bucket.kms_key_arn", KEY),
        risks="""
            stateful-destroyed data-key/Resource
            encryption-key-changed bucket/Encryption
            encryption-key-changed team/analytics/Logs/Resource
            iam-broadened team/analytics/JobRole/Policy
            iam-narrowed team/analytics/JobRole/Policy
        """,
    ),
)

WATCHING = (
    pair(
        "watched",
        WATCHED,
        risks="iam-new-role container-insights/Role/Resource",
    ),
    pair(
        "unwatched",
        drop("monitoring"),
        start=(WATCHED,),
        risks="""
            addon-changed addon-amazon-cloudwatch-observability
            stateful-destroyed container-insights/Key/Resource
            stateful-destroyed container-insights/Logs/performance
            stateful-destroyed alarms/Topic
            stateful-destroyed alarms/Key/Resource
            alarm-off alarms/pending-pods
            alarm-off alarms/nodes-not-ready
            alarm-off alarms/interruption-queue
            alarm-off alarms/failed-runs-analytics/Resource
            budget-loosened alarms/Budget
            output-removed emr-on-eks-teams
        """,
    ),
    pair(
        "no-container-insights",
        put("monitoring.container_insights", False),
        start=(WATCHED,),
        risks="""
            addon-changed addon-amazon-cloudwatch-observability
            stateful-destroyed container-insights/Key/Resource
            stateful-destroyed container-insights/Logs/performance
            alarm-off alarms/pending-pods
            alarm-off alarms/nodes-not-ready
        """,
    ),
    pair(
        "container-logs-off",
        put("monitoring.container_logs", False),
        start=(put("monitoring", {"container_logs": True}),),
        risks="""
            logging-off addon-amazon-cloudwatch-observability
            stateful-destroyed container-insights/Logs/application
            stateful-destroyed container-insights/Logs/dataplane
            stateful-destroyed container-insights/Logs/host
        """,
    ),
    pair(
        "alarm-removed",
        put("monitoring.alarms.interruption_queue_seconds", None),
        start=(WATCHED,),
        risks="alarm-off alarms/interruption-queue",
    ),
    pair(
        "alarm-later",
        put("monitoring.alarms.pending_pods", {"more_than": 20, "minutes": 60}),
        start=(WATCHED,),
        risks="alarm-later alarms/pending-pods",
    ),
    pair(
        "failed-runs-untold",
        put("monitoring.alarms.failed_runs", False),
        start=(WATCHED,),
        risks="alarm-off alarms/failed-runs-analytics/Resource",
    ),
    pair(
        "subscriber-removed",
        put("monitoring.alarms.emails", ["ops@example.com"]),
        start=(WATCHED,),
        risks="alarm-unheard alarms/email-data@example.com",
    ),
    pair(
        "spending-unbounded",
        drop("monitoring.alarms.budget"),
        start=(WATCHED,),
        risks="budget-loosened alarms/Budget",
    ),
    pair(
        "spending-raised",
        put("monitoring.alarms.budget.usd", 5000),
        start=(WATCHED,),
        risks="budget-loosened alarms/Budget",
    ),
    pair(
        "spending-told-later",
        put("monitoring.alarms.budget.percentages", [100]),
        start=(WATCHED,),
        risks="budget-loosened alarms/Budget",
    ),
    pair(
        "spending-of-a-tag",
        put("monitoring.alarms.budget.tags", {"Platform": "emr-on-eks"}),
        start=(WATCHED,),
        risks="budget-loosened alarms/Budget",
    ),
    pair(
        "metrics-kept-shorter",
        put("monitoring.log_retention_days", 7),
        start=(WATCHED,),
        risks="retention-shortened container-insights/Logs/performance",
    ),
    pair(
        "watched-team-removed",  # its rule goes because its virtual cluster does
        drop("teams.etl"),
        start=(WATCHED, put("teams.etl", {})),
        risks="""
            team-removed team/etl/VirtualCluster/Resource
            stateful-destroyed team/etl/VirtualCluster/Resource
            stateful-destroyed team/etl/VirtualCluster/Namespace/Resource
            stateful-destroyed team/etl/Logs/Resource
            job-role-removed team/etl/JobRole/Resource
        """,
    ),
)

SCALING = (
    pair(
        "repair-off",
        put(f"{GROUP}.node_repair", False),
        start=(put(f"{GROUP}.node_repair", True),),
        risks=f"node-repair-off {NODE_GROUP}",
    ),
    pair("user-data-added", put(f"{GROUP}.user_data", JOIN), risks=f"nodes-rolled {NODE_GROUP}"),
    pair(
        "user-data-changed",
        put(f"{GROUP}.user_data", JOIN_OTHERWISE),
        start=(put(f"{GROUP}.user_data", JOIN),),
        risks=f"nodes-rolled {NODE_GROUP}",
    ),
    pair(
        "group-tainted",
        put("node_groups.spare.taints", [{"key": "dedicated", "effect": "NO_EXECUTE"}]),
        start=(SPARE,),
        risks="nodes-tainted node-group/spare/Resource",
    ),
    pair(
        "group-image",
        put("node_groups.spare.ami", "nvidia"),
        start=(put("node_groups.spare", {"instance_types": ["g5.xlarge"], "min_size": 1, "max_size": 3}),),
        risks="stateful-replaced node-group/spare/Resource",
    ),
    pair("family-added", FAMILY, risks=f"iam-new-role {MEMBER}/Role/Resource"),
    pair(
        "family-removed",
        drop("node_group_families"),
        start=(FAMILY,),
        risks=f"stateful-destroyed {MEMBER}/Resource",
    ),
    pair(
        "family-narrowed",
        put("node_group_families.spark.instance_families", ["m5"]),
        start=(FAMILY,),
        risks=f"""
            stateful-replaced {MEMBER}/Resource
            instances-changed {MEMBER}/Resource
        """,
    ),
    pair(
        "family-smaller",
        put("node_group_families.spark.max_size", 5),
        start=(FAMILY,),
        risks=f"capacity-lowered {MEMBER}/Resource",
    ),
    pair(
        "family-on-demand",
        put("node_group_families.spark.capacity_types", ["ON_DEMAND"]),
        start=(FAMILY,),
        risks=f"""
            stateful-destroyed {MEMBER}/Resource
            iam-new-role node-group/spark-on-demand-8vcpu-32gib/Role/Resource
        """,
    ),
    pair("nodes-repaired", put("karpenter.node_repair", True), risks=f"karpenter-gate-changed {KARPENTER}"),
    pair("reservations-unused", put("karpenter.reserved_capacity", False), risks=f"karpenter-gate-changed {KARPENTER}"),
    pair(
        "spot-to-spot",
        put("karpenter.spot_to_spot_consolidation", True),
        risks=f"karpenter-gate-changed {KARPENTER}",
    ),
    pair(
        "memory-reckoned-otherwise",
        put("karpenter.vm_memory_overhead_percent", 0.01),
        risks=f"karpenter-settings-changed {KARPENTER}",
    ),
    pair("no-spare-controller", put("karpenter.replicas", 1), risks=f"karpenter-settings-changed {KARPENTER}"),
    pair(
        "karpenter-elsewhere",
        put("karpenter.namespace", "karpenter"),
        risks="""
            identity-removed karpenter/ControllerRole/Identity
            identity-granted karpenter/ControllerRole/Identity
        """,
    ),
    pair(
        "karpenter-before-reservations",
        put("karpenter.version", "1.9.0"),
        start=(put("karpenter.version", "1.10.0"),),
        risks=f"""
            karpenter-upgrade {KARPENTER}
            interruptions-unheard karpenter/Default/CapacityReservation
        """,
    ),
    pair(
        "autoscaler-instead-of-karpenter",
        AUTOSCALER,
        alone,
        risks=f"""
            autoscaler-removed {KARPENTER}
            nodes-shut-out karpenter/NodeAccess
            stack-removed emr-on-eks-node_pools
            stateful-destroyed karpenter/Default/Queue
            team-placement-changed team/analytics/driver-pod-template
            team-placement-changed team/analytics/executor-pod-template
            iam-new-role cluster-autoscaler/ControllerRole/Resource
        """,
    ),
    pair(
        "autoscaler-removed",
        drop("cluster_autoscaler"),
        start=(AUTOSCALER,),
        risks="autoscaler-removed cluster-autoscaler/Resource",
    ),
    pair(
        "autoscaler-impatient",
        put("cluster_autoscaler.scale_down_unneeded_time", "1m"),
        start=(AUTOSCALER,),
        risks="disruption-loosened cluster-autoscaler/Resource",
    ),
    pair(
        "autoscaler-chart",
        put("cluster_autoscaler.chart_version", "9.58.0"),
        start=(AUTOSCALER,),
        risks="chart-changed cluster-autoscaler/Resource",
    ),
    pair(
        "pods-in-subnets-of-their-own",
        put("vpc.pod_cidr", "100.64.0.0/16"),
        risks=f"""
            pod-network-changed addon-vpc-cni
            karpenter-settings-changed {KARPENTER}
        """,
    ),
    pair(
        "policies-unenforced",
        put("cluster.addons", {"vpc-cni": {"configuration": {"enableNetworkPolicy": "false"}}}),
        risks="network-policies-off addon-vpc-cni",
    ),
    pair("no-s3-endpoint", put("vpc.gateway_endpoints", []), risks="vpc-endpoint-removed vpc/s3-endpoint"),
    pair("support-standard", put("cluster.support_type", "STANDARD"), risks="support-type-changed cluster/Resource"),
)

JOBS = (
    pair(
        "role-added",
        ML,
        risks="iam-new-role team/analytics/JobRoles/ml/Resource",
    ),
    pair(
        "role-removed",
        drop("teams.analytics.job_roles"),
        start=(ML,),
        risks="job-role-removed team/analytics/JobRoles/ml/Resource",
    ),
    pair(
        "frameworks-widened",
        put(f"{ANALYTICS_ROLE}.frameworks", ["start_job_run", "livy"]),
        risks="iam-trust-widened team/analytics/JobRole/Resource",
    ),
    pair(
        "frameworks-widened-by-pod-identity",  # the trust policy says it, so the associations need not
        put("teams.etl.job_role.frameworks", ["start_job_run", "interactive_endpoint"]),
        start=(BY_POD_IDENTITY,),
        risks="iam-trust-widened team/etl/JobRole/Resource",
    ),
    pair(
        "framework-removed",
        put("teams.etl.job_role.frameworks", ["start_job_run"]),
        start=(BY_POD_IDENTITY, put("teams.etl.job_role.frameworks", ["start_job_run", "spark_operator"])),
        risks="""
            identity-removed team/etl/JobRole/Identity/emr-containers-sa-spark-operator
            iam-trust-narrowed team/etl/JobRole/Resource
        """,
    ),
    pair(
        "either-identity",
        put(f"{ANALYTICS_ROLE}.identity", "both"),
        risks="iam-trust-widened team/analytics/JobRole/Resource",
    ),
    pair(
        "back-to-irsa",
        put("teams.etl.job_role.identity", "irsa"),
        start=(BY_POD_IDENTITY,),
        risks="""
            identity-removed team/etl/JobRole/Identity/spark-client
            iam-trust-widened team/etl/JobRole/Resource
            iam-trust-narrowed team/etl/JobRole/Resource
        """,
    ),
    pair(
        "statement-everywhere",
        put(f"{ANALYTICS_ROLE}.statements", [{"actions": ["dynamodb:PutItem"], "resources": ["*"]}]),
        risks="""
            iam-broadened team/analytics/JobRole/Policy
            iam-wildcard team/analytics/JobRole/Policy
        """,
    ),
    pair(
        "quota-lowered",
        put("teams.analytics.quota", {"cpu": 100}),
        risks="quota-lowered team/analytics/VirtualCluster/Namespace/Quota",
    ),
    pair(
        "quota-removed",
        put("teams.analytics.quota", None),
        risks="quota-raised team/analytics/VirtualCluster/Namespace/Quota",
    ),
    pair(
        "quota-set",
        put("teams.analytics.quota", {}),
        start=(put("teams.analytics.quota", None),),
        risks="quota-lowered team/analytics/VirtualCluster/Namespace/Quota",
    ),
    pair(
        "priority-raised",
        put("priorities.classes.critical-priority.value", 500),
        start=(
            put("priorities.classes", {"critical-priority": {"value": 400}, "low-priority": {"value": 100}}),
            put("priorities.tiers", {"low": {"driver": "critical-priority", "executor": "low-priority"}}),
        ),
        risks="priority-changed priorities/critical-priority",
    ),
    pair(
        "tier-taken",
        put("teams.analytics.tiers", ["high"]),
        start=(TIERS,),
        risks="""
            pod-template-removed team/analytics/pod-template/low-driver
            pod-template-removed team/analytics/pod-template/low-executor
        """,
    ),
)

PLATFORM = (
    pair("no-teams", drop("teams"), risks="stack-removed emr-on-eks-teams"),
    pair(
        "state-to-s3",
        put("state", {"backend": "s3", "bucket": "states", "region": "us-east-1"}),
        risks="".join(
            f"state-moved emr-on-eks-{stack}\n" for stack in ("network", "cluster", "addons", "node_pools", "teams")
        ),
    ),
    pair(
        "state-key",
        put("state.key_prefix", "elsewhere"),
        start=(put("state", {"backend": "s3", "bucket": "states", "region": "us-east-1"}),),
        risks="".join(
            f"state-moved emr-on-eks-{stack}\n" for stack in ("network", "cluster", "addons", "node_pools", "teams")
        ),
    ),
    pair(
        "state-encrypted",
        put("state.kms_key_id", KEY),
        start=(put("state", {"backend": "s3", "bucket": "states", "region": "us-east-1"}),),
    ),
    pair("account-named", put("account_id", "123456789012")),
    pair(
        "platform-renamed",  # cdktf leaves the old stacks alone: nothing in them is removed
        put("name", "emr-prod"),
        start=(WATCHED,),
        risks="""
            stack-renamed emr-prod-network
            stack-renamed emr-prod-cluster
            stack-renamed emr-prod-addons
            stack-renamed emr-prod-node_pools
            stack-renamed emr-prod-teams
            iam-pass-role karpenter/IAMIntegrationPolicy
            iam-new-role cluster/Role/Resource
            iam-new-role container-insights/Role/Resource
            iam-new-role ebs-csi/Resource
            iam-new-role karpenter/ControllerRole/Resource
            iam-new-role karpenter/NodeRole/Resource
            iam-new-role node-group/managed-ondemand/Role/Resource
            iam-new-role vpc/FlowLogsRole/Resource
            iam-new-role team/analytics/JobRole/Resource
        """,
    ),
)

PAIRS = (*NOTHING, *HARMLESS, *NETWORK, *CLUSTER, *NODES, *SCALING, *WATCHING, *TEAMS, *JOBS, *PLATFORM)
_found: dict[str, frozenset[str]] = {}


def sides(each: Pair) -> tuple[Draft, Draft]:
    """Return the platform before the edits and after them."""
    base = Draft.default().edited(*each.start)
    return base, base.edited(*each.edits)


def all_sides(folder: Path) -> Callable[[], dict[str, Path]]:
    """Return the work of synthesising every side of every pair, in a program of its own: the folder by the draft."""
    drafts = {repr(side): side for each in PAIRS for side in sides(each)}
    places = {key: folder / str(number) for number, key in enumerate(drafts)}
    for key, side in drafts.items():
        side.write(places[key] / "files")
    path = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    run = program([sys.executable, "-m", "synthesised", *map(str, places.values())], folder, PYTHONPATH=path)

    def synthesise_them() -> dict[str, Path]:
        done = run()
        assert done.returncode == 0, done.stderr
        return {key: place / "cdktf.out" for key, place in places.items()}

    return synthesise_them


Compared = Callable[[Pair], Comparison]


@pytest.fixture(scope="module")
def compared(other_core: Begun, synthesised: Callable[[Draft], App]) -> Compared:
    """Return a function that compares the sides of a pair; where not all pairs are asked for, it synthesises them."""
    places: dict[str, Path] = other_core[all_sides].result() if all_sides in other_core else {}
    reading = cache(read)

    def side(draft: Draft) -> App:
        return reading(places[repr(draft)]) if places else synthesised(draft)

    return lambda each: compare(*map(side, sides(each)))


def found_in(comparison: Comparison) -> frozenset[str]:
    """Return the risks that the review finds."""
    return frozenset(f"{risk.id} {risk.path.partition('/')[2] or risk.path}" for risk in risks.find(comparison))


@pytest.mark.other_core(begins=[])
@pytest.mark.parametrize("each", PAIRS, ids=lambda each: each.name)
def test_the_risks_are_those_that_a_reviewer_must_know(each: Pair, compared: Compared) -> None:
    _found[each.name] = found_in(compared(each))
    assert _found[each.name] == each.risks


@pytest.mark.other_core(begins=[all_sides])
def test_precision_and_recall_on_the_corpus(compared: Compared, capsys: pytest.CaptureFixture[str]) -> None:
    assert len(PAIRS) >= 60
    missing = [each for each in PAIRS if each.name not in _found]
    found = {**_found, **{each.name: found_in(compared(each)) for each in missing}}
    right = sum(len(found[each.name] & each.risks) for each in PAIRS)
    reported, wanted = sum(map(len, found.values())), sum(len(each.risks) for each in PAIRS)
    with capsys.disabled():
        print(
            f"\n{len(PAIRS)} pairs, {wanted} risks: precision {right / reported:.1%}, recall {right / wanted:.1%}, "
            f"{len({risk.partition(' ')[0] for each in PAIRS for risk in each.risks})} rules of {len(risks.RULES)}"
        )
    assert right == reported == wanted
    assert len(found) == len(PAIRS), "two pairs have the same name"


@pytest.mark.other_core(begins=[])
def test_what_means_the_same_changes_nothing_at_all(compared: Compared) -> None:
    for each in NOTHING:
        comparison = compared(each)
        assert not [*comparison.steps()], each.name
        assert not any(stack.outputs or stack.settings for stack in comparison.stacks), each.name
