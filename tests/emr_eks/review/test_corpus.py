"""Pairs of platforms with the risks that a reviewer must be told of, and no others.

Each pair says what EKS, Karpenter, IAM and Terraform do with its edit; the sets below are written from their
documentation. The last test computes how many of the risks are found (recall) and how many found are right (precision).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from emr_eks.review import risks
from emr_eks.review.compare import compare

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
        place[last] = value

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

NOTHING = (
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
        risks=f"stateful-replaced {NODE_GROUP}",
    ),
    pair(
        "zone-removed",
        put("vpc.availability_zones", ["us-east-1a", "us-east-1b"]),
        risks=f"""
            stateful-replaced {NODE_GROUP}
            stateful-destroyed vpc/private/us-east-1c/Resource
            stateful-destroyed vpc/public/us-east-1c/Resource
            cross-stack-output-removed vpc/private/us-east-1c/Resource
        """,
    ),
    pair(
        "nat-in-each-zone",
        put("vpc.nat_gateways", "per_az"),
        risks="""
            rename-without-move vpc/nat-us-east-1a/Eip
            rename-without-move vpc/nat-us-east-1a/Resource
        """,
    ),
    pair(
        "nat-in-one-zone",
        put("vpc.nat_gateways", "single"),
        start=(put("vpc.nat_gateways", "per_az"),),
        risks="""
            rename-without-move vpc/nat/Eip
            rename-without-move vpc/nat/Resource
            stateful-destroyed vpc/nat-us-east-1b/Eip
            stateful-destroyed vpc/nat-us-east-1b/Resource
            stateful-destroyed vpc/nat-us-east-1c/Eip
            stateful-destroyed vpc/nat-us-east-1c/Resource
        """,
    ),
    pair(
        "no-nat",
        put("vpc.nat_gateways", "none"),
        risks="""
            stateful-destroyed vpc/nat/Eip
            stateful-destroyed vpc/nat/Resource
        """,
    ),
    pair(
        "vpc-readdressed",
        put("vpc.cidr", "10.1.0.0/16"),
        risks=f"""
            stateful-replaced vpc/Resource
            replaced-under-others vpc/Resource
            stateful-replaced vpc/nat/Resource
            stateful-replaced vpc/private/us-east-1a/Resource
            stateful-replaced vpc/private/us-east-1b/Resource
            stateful-replaced vpc/private/us-east-1c/Resource
            stateful-replaced vpc/public/us-east-1a/Resource
            stateful-replaced vpc/public/us-east-1b/Resource
            stateful-replaced vpc/public/us-east-1c/Resource
            cross-stack-output-removed vpc/private/us-east-1a/Resource
            cross-stack-output-removed vpc/private/us-east-1b/Resource
            cross-stack-output-removed vpc/private/us-east-1c/Resource
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
        "authentication-mode",
        put("cluster.authentication_mode", "API"),
        start=(put("cluster.authentication_mode", "API_AND_CONFIG_MAP"),),
        risks="authentication-mode-changed cluster/Resource",
    ),
    pair(
        "addon-pinned",
        put("cluster.addons", {"vpc-cni": {"version": "v1.20.4-eksbuild.1"}}),
        risks="addon-changed addon-vpc-cni/Resource",
    ),
    pair(
        "addon-removed",
        drop("cluster.addons"),
        start=(put("cluster.addons", {"amazon-cloudwatch-observability": {}}),),
        risks="addon-changed addon-amazon-cloudwatch-observability/Resource",
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
)

PAIRS = (*NOTHING, *HARMLESS, *NETWORK, *CLUSTER, *NODES, *TEAMS, *PLATFORM)
_found: dict[str, frozenset[str]] = {}


def found_in(each: Pair, synthesised: Any, draft: Any) -> frozenset[str]:
    """Return the risks that the review finds in the pair."""
    base = draft.default().edited(*each.start)
    comparison = compare(synthesised(base), synthesised(base.edited(*each.edits)))
    return frozenset(f"{risk.id} {risk.path.partition('/')[2] or risk.path}" for risk in risks.find(comparison))


@pytest.mark.parametrize("each", PAIRS, ids=lambda each: each.name)
def test_the_risks_are_those_that_a_reviewer_must_know(each: Pair, synthesised: Any, draft: Any) -> None:
    _found[each.name] = found_in(each, synthesised, draft)
    assert _found[each.name] == each.risks


def test_precision_and_recall_on_the_corpus(synthesised: Any, draft: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert len(PAIRS) >= 60
    found = {each.name: _found.get(each.name) or found_in(each, synthesised, draft) for each in PAIRS}
    right = sum(len(found[each.name] & each.risks) for each in PAIRS)
    reported, wanted = sum(map(len, found.values())), sum(len(each.risks) for each in PAIRS)
    with capsys.disabled():
        print(
            f"\n{len(PAIRS)} pairs, {wanted} risks: precision {right / reported:.1%}, recall {right / wanted:.1%}, "
            f"{len({risk.partition(' ')[0] for each in PAIRS for risk in each.risks})} rules of {len(risks.RULES)}"
        )
    assert right == reported == wanted
    assert len(found) == len(PAIRS), "two pairs have the same name"


def test_what_means_the_same_changes_nothing_at_all(synthesised: Any, draft: Any) -> None:
    for each in NOTHING:
        base = draft.default().edited(*each.start)
        comparison = compare(synthesised(base), synthesised(base.edited(*each.edits)))
        assert not [*comparison.steps()], each.name
        assert not any(stack.outputs or stack.settings for stack in comparison.stacks), each.name
