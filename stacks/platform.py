"""The model of `platform.yaml`: one EMR-on-EKS platform. Pure: no cdktf, no AWS."""

from __future__ import annotations

import difflib
import pathlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from constructs_lib._bucket import BucketSpec
from constructs_lib._cluster import AddonSpec, ClusterSpec, ExistingClusterSpec
from constructs_lib._cluster_autoscaler import ClusterAutoscalerSpec, too_long, unequal
from constructs_lib._job_role import LABEL_LIMIT, JobRoleSpec, ServiceAccount, service_accounts, shared_accounts
from constructs_lib._karpenter import KarpenterSpec, node_role_name
from constructs_lib._monitoring import CONTAINER_INSIGHTS, MonitoringSpec
from constructs_lib._monitoring import NAMESPACE as CONTAINER_INSIGHTS_NAMESPACE
from constructs_lib._names import (
    AccountId,
    BucketName,
    KeyArn,
    Region,
    TagKey,
    TagValue,
    checked,
    cut,
    fit,
    overlap,
    region_of,
)
from constructs_lib._node_group import NodeGroupSpec, NodesSpec
from constructs_lib._node_group_family import FAMILY_LABEL, FamilyName, MemberSpec, NodeGroupFamilySpec
from constructs_lib._node_termination_handler import NodeTerminationHandlerSpec, managed_tag
from constructs_lib._own_roles import OWN_ROLES, node_group_role_name, own_role_name
from constructs_lib._pod_template import Component, Placement
from constructs_lib._priority import PrioritiesSpec, TierSpec
from constructs_lib._team import TeamSpec, job_role_name, log_group_name, role_path
from constructs_lib._versions import DEFAULT_KARPENTER, too_old
from constructs_lib._vpc import ExistingVpcSpec, VpcSpec
from provisioners.load import Found, Pools, judge_pools
from provisioners.source import Document, InvalidFile, Located, Verdict, dotted, read
from provisioners.spec import DnsLabel, Path, Problem, Spec, text
from stacks import isolation, landing, node_classes, partitions, role_limits

PlatformName = Annotated[
    str,
    text(
        r"[a-z]([a-z0-9-]*[a-z0-9])?",
        "must be at most 32 lower-case letters, digits and hyphens, beginning with a letter",
        "for example 'analytics-dev'; the cluster bears this name, and others are made from it",
        max_length=32,
    ),
]

StateKeyPrefix = Annotated[
    str,
    text(
        r"[A-Za-z0-9!_.*'()/-]*",
        "must be the beginning of an S3 key: ASCII letters, digits and the characters !_.*'()/-",
        "for example 'emr-eks'",
        max_length=512,
    ),
]

RESERVED_NAMESPACES = ("default", "kube-node-lease", "kube-public", "kube-system")
RESERVED_TAGS = ("Name", "Platform")
CONTROLLERS_TAGS = (
    "eks:",
    "k8s.io/cluster-autoscaler/",
    "karpenter.k8s.aws/",
    "karpenter.sh/",
    "kubernetes.io/cluster/",
    "kubernetes.io/role/",
)
"""How tags begin by which controllers find what is theirs: private subnets, for example, and not the public ones."""
MAX_TAGS = 40
"""AWS takes 50 on a resource (https://docs.aws.amazon.com/tag-editor/latest/userguide/reference.html); ten are ours."""


class LocalState(Spec):
    """Terraform's state in files beside `cdktf.json`: for one person trying things out."""

    backend: Literal["local"] = "local"


class S3State(Spec):
    """Terraform's state in a bucket, locked by S3 itself (Terraform 1.10 or newer): for teams."""

    backend: Literal["s3"] = Field(examples=["s3"])
    bucket: BucketName = Field(
        description="A bucket that is there already, with versioning on.", examples=["my-terraform-states"]
    )
    region: Region = Field(description="The bucket's region.", examples=["us-east-1"])
    key_prefix: StateKeyPrefix = Field(
        default="emr-eks", description="Begins the key of each state file: `<key_prefix>/<platform>/<stack>.tfstate`."
    )
    kms_key_id: KeyArn | None = Field(
        default=None, description="The ARN of the key that encrypts the state; by default the bucket's own."
    )

    def rules(self) -> Iterator[Problem]:
        if self.kms_key_id and region_of(self.kms_key_id) != self.region:
            yield Problem(
                ("kms_key_id",),
                f"must be a key in the bucket's region {self.region}",
                self.kms_key_id,
                "KMS keys work in their own region only",
                reads=(("region",),),
            )


class PlatformSpec(Spec):
    """One platform: where it runs, its network and cluster, its nodes, and its teams."""

    name: PlatformName = Field(description="The platform's name, which is also the cluster's.", examples=["analytics"])
    region: Region = Field(description="The AWS region.", examples=["us-east-1"])
    account_id: AccountId | None = Field(
        default=None,
        description="The AWS account, in quotes: Terraform then refuses any other. By default whichever it is.",
    )
    tags: Annotated[dict[TagKey, TagValue], Field(max_length=MAX_TAGS)] = Field(
        default={},
        description="Tags of every AWS resource, those that EC2 launches for node groups included; at most 40.",
    )
    state: Annotated[LocalState | S3State, Field(discriminator="backend")] = Field(
        default=LocalState(), description="Where Terraform keeps its state."
    )
    destroy_data: bool = Field(
        default=False,
        description="Second key to deleting data: with it, `destroy` deletes the logs of removed teams, and the "
        "bucket if that also says `destroy`.",
    )
    adopt_log_groups: bool = Field(
        default=False,
        description="Whether to go on with log groups that are there already, as those of a team that was removed, or "
        "of a platform that was destroyed, are, and the cluster's, which EKS makes once more while it is destroyed; "
        "without it AWS refuses to make them again. Needs Terraform or OpenTofu 1.7; Checkov 3.3 reads no stack with "
        "`import` blocks.",
    )
    vpc: VpcSpec | None = Field(default=None, description="The VPC to build.")
    existing_vpc: ExistingVpcSpec | None = Field(default=None, description="A VPC to use instead of building one.")
    cluster: ClusterSpec = Field(default=ClusterSpec(), description="The EKS cluster to build.")
    existing_cluster: ExistingClusterSpec | None = Field(
        default=None, description="A cluster to use instead of building one; nodes and controllers there are its own."
    )
    node_groups: dict[DnsLabel, NodeGroupSpec] = Field(
        default={},
        description="Managed node groups by name. Karpenter needs two nodes that it does not launch itself.",
    )
    node_group_families: dict[FamilyName, NodeGroupFamilySpec] = Field(
        default={},
        description="Families of managed node groups: a group for each shape and purchase, from one description.",
    )
    karpenter: KarpenterSpec | None = Field(
        default=None,
        description="Karpenter and the node pools in `provisioners/`; on an existing cluster, the pools only.",
    )
    cluster_autoscaler: ClusterAutoscalerSpec | None = Field(
        default=None, description="Cluster Autoscaler, which scales the managed node groups."
    )
    node_termination_handler: NodeTerminationHandlerSpec | None = Field(
        default=None, description="AWS Node Termination Handler, for auto-scaling groups of your own in this cluster."
    )
    bucket: BucketSpec = Field(
        default=BucketSpec(), description="The bucket for job code, pod templates, data and logs."
    )
    emr_service_linked_role: Literal["create", "reuse"] = Field(
        default="reuse",
        description="Whether to create the account's one AWSServiceRoleForAmazonEMRContainers; `reuse` also fits an "
        "account that has none, since EMR makes it with the first virtual cluster.",
    )
    priorities: PrioritiesSpec | None = Field(
        default=None, description="Priority classes and tiers of jobs; `{}` makes the four that come by default."
    )
    monitoring: MonitoringSpec | None = Field(
        default=None, description="Container Insights and alarms; `{}` for Container Insights alone."
    )
    teams: dict[DnsLabel, TeamSpec] = Field(default={}, description="Data teams by name.")

    def rules(self) -> Iterator[Problem]:
        yield from self._tags()
        yield from self._places()
        yield from self._zones()
        yield from self._addresses()
        yield from self._keys()
        yield from self._karpenter()
        yield from self._cluster_autoscaler()
        yield from self._node_termination_handler()
        yield from self._tiers()
        yield from self._teams()
        yield from self._job_roles()
        yield from partitions.foreign(self, ((place, role) for place, _, _, role in self._all_job_roles()))
        yield from self._bucket()
        yield from self._monitoring()
        yield from self._job_templates()

    @property
    def cluster_name(self) -> str:
        """The name of the cluster, built or existing."""
        return self.existing_cluster.name if self.existing_cluster else self.name

    @property
    def kubernetes_version(self) -> str:
        """The Kubernetes version of the cluster, built or existing."""
        return (self.existing_cluster or self.cluster).version

    @cached_property
    def groups(self) -> Mapping[str, NodeGroupSpec]:
        """All managed node groups by name, those of families included; of two of one name the written one."""
        groups: dict[str, NodeGroupSpec] = {}
        for name, family in self.node_group_families.items():
            groups |= family.members(name)
        return groups | self.node_groups

    def group_path(self, name: str) -> Path:
        """Return where the node group *name*, or the family that it is of, is written."""
        group = self.groups[name]
        return ("node_group_families", group.family) if isinstance(group, MemberSpec) else ("node_groups", name)

    @property
    def _nodes(self) -> Iterator[tuple[Path, NodesSpec]]:
        """Every description of nodes, with its place."""
        for field in ("node_groups", "node_group_families"):
            for name, spec in sorted(getattr(self, field).items()):
                yield (field, name), spec

    @property
    def zones(self) -> list[str]:
        """The availability zones in alphabetical order; none where only an existing cluster knows them."""
        network = self.vpc or self.existing_vpc
        return network.zones if network else []

    @property
    def addons(self) -> dict[str, AddonSpec]:
        """The EKS add-ons of the cluster that the platform builds, besides those that every cluster has."""
        watching = self.monitoring and self.monitoring.container_insights
        return {**({CONTAINER_INSIGHTS: AddonSpec()} if watching else {}), **self.cluster.addons}

    @property
    def reserved_enis(self) -> int:
        """How many network interfaces of Karpenter's nodes hold no pods.

        Where pods have subnets of their own, the first interface is the node's alone:
        https://docs.aws.amazon.com/eks/latest/userguide/cni-custom-network.html
        """
        if self.karpenter and self.karpenter.reserved_enis is not None:
            return self.karpenter.reserved_enis
        return 1 if self.vpc and self.vpc.pod_cidr else 0

    @property
    def node_pool_variables(self) -> dict[str, str | list[str]]:
        """What the `${...}` of node pools stand for."""
        zone = self.karpenter.availability_zone if self.karpenter else None
        return {
            "az": zone or (self.zones[0] if self.zones else f"{self.region}a"),
            "azs": self.zones,
            "cluster_name": self.cluster_name,
            "region": self.region,
        }

    def _tags(self) -> Iterator[Problem]:
        first: dict[str, str] = {}
        for key in sorted(self.tags):
            if key in RESERVED_TAGS:
                yield Problem(("tags", key), "must not be set here", hint="remove it; every resource gets its own")
            if key.startswith(CONTROLLERS_TAGS):
                yield Problem(
                    ("tags", key),
                    "must not be set on everything, because controllers find by it what is theirs",
                    hint="remove it; it is set where it belongs",
                )
            other = first.setdefault(key.lower(), key)
            if other != key:
                yield Problem(
                    ("tags", key),
                    f"must differ from {other!r} in more than case, because IAM takes the two for one",
                    hint="remove one of the two",
                )

    def _places(self) -> Iterator[Problem]:
        if self.vpc and self.existing_vpc:
            yield Problem(
                ("existing_vpc",), "must not stand beside `vpc`", hint="keep one of the two", reads=(("vpc",),)
            )
        if self.existing_cluster:
            for field in ("vpc", "existing_vpc", "node_groups", "node_group_families", "cluster"):
                if field in self.model_fields_set and getattr(self, field):
                    yield Problem(
                        (field,),
                        "must not stand beside `existing_cluster`, which has its own",
                        hint="keep one of the two",
                        reads=(("existing_cluster",),),
                    )
        elif not (self.vpc or self.existing_vpc):
            yield Problem(
                (),
                "needs a network",
                hint="add `vpc:` to build one or `existing_vpc:` to use one",
                reads=(("vpc",), ("existing_vpc",), ("existing_cluster",)),
            )

    def _zones(self) -> Iterator[Problem]:
        place: Path = ("vpc", "availability_zones") if self.vpc else ("existing_vpc", "private_subnets")
        foreign = [zone for zone in self.zones if zone[:-1] != self.region]
        if foreign:
            yield Problem(
                place,
                f"must lie in the platform's region {self.region}",
                foreign,
                "change the zones or the region",
                reads=(("region",),),
            )
        parts: list[tuple[Path, Sequence[str]]] = [(("cluster",), self.cluster.availability_zones)]
        parts += [(path, nodes.availability_zones) for path, nodes in self._nodes]
        chosen: list[tuple[Path, str]] = [
            ((*path, "availability_zones", index), zone) for path, zones in parts for index, zone in enumerate(zones)
        ]
        if self.karpenter and self.karpenter.availability_zone:
            chosen.append((("karpenter", "availability_zone"), self.karpenter.availability_zone))
        for path, zone in chosen:
            if self.zones and zone not in self.zones:
                rule = f"must be one of the network's zones {', '.join(self.zones)}"
                yield Problem(path, rule, zone, "choose one of these, or add the zone to the network", reads=(place,))
            elif zone[:-1] != self.region and not foreign:  # only an existing cluster knows its zones
                rule = f"must lie in the platform's region {self.region}"
                reads: tuple[Path, ...] = (("region",), ("vpc",), ("existing_vpc",), ("existing_cluster",))
                yield Problem(path, rule, zone, "change the zone or the region", reads=reads)

    def _addresses(self) -> Iterator[Problem]:
        services = self.cluster.service_ipv4_cidr
        for field in ("cidr", "pod_cidr"):
            network = getattr(self.vpc, field, None)
            if services and network and overlap(services, network):
                yield Problem(
                    ("cluster", "service_ipv4_cidr"),
                    f"must not overlap the VPC's {network}",
                    services,
                    "choose addresses that no network of yours has",
                    reads=(("vpc", field),),
                )

    def _keys(self) -> Iterator[Problem]:
        for part in ("bucket", "cluster"):
            arn = getattr(self, part).kms_key_arn
            if arn and region_of(arn) != self.region:
                yield Problem(
                    (part, "kms_key_arn"),
                    f"must be a key in the platform's region {self.region}",
                    arn,
                    "KMS keys work in their own region only",
                    reads=(("region",),),
                )

    def _karpenter(self) -> Iterator[Problem]:
        if not self.karpenter:
            return
        if rule := too_old(self.karpenter.version, self.kubernetes_version):
            yield Problem(
                ("karpenter", "version"),
                rule,
                self.karpenter.version,
                f"leave it out to get {DEFAULT_KARPENTER}",
                reads=(("cluster", "version"), ("existing_cluster", "version")),
            )
        open_to_it = [group for group in self.groups.values() if group.takes_critical_addons]
        nodes = sum(group.min_size for group in open_to_it)
        # Where every group is tainted, nothing of the platform can land, and the landing check says so of all.
        if not self.existing_cluster and nodes < 2 and (open_to_it or not self.groups):
            yield Problem(
                ("node_groups",),
                "must keep at least 2 nodes (min_size) for Karpenter's controller, which runs on no node of its own "
                "and on none with a taint",
                nodes,
                "raise min_size, or add a node group of two small on-demand nodes",
                reads=(("existing_cluster",),),
            )

    def _cluster_autoscaler(self) -> Iterator[Problem]:
        if not self.cluster_autoscaler:
            return
        if self.existing_cluster:
            yield Problem(
                ("cluster_autoscaler",),
                "must not stand beside `existing_cluster`, whose node groups are its own",
                reads=(("existing_cluster",),),
            )
        elif not any(group.min_size for group in self.groups.values()):
            yield Problem(
                ("node_groups",),
                "must keep at least 1 node (min_size) for Cluster Autoscaler itself to run on",
                hint="give a group of on-demand nodes a min_size",
                reads=(("cluster_autoscaler",),),
            )
        for path, nodes in self._nodes:
            problems = [*too_long(nodes), *(unequal(nodes) if isinstance(nodes, NodeGroupSpec) else ())]
            for problem in problems:
                yield problem._replace(path=(*path, *problem.path), reads=(("cluster_autoscaler",), path))

    def _node_termination_handler(self) -> Iterator[Problem]:
        if self.node_termination_handler and self.existing_cluster:
            yield Problem(
                ("node_termination_handler",),
                "must not stand beside `existing_cluster`, whose nodes are its own",
                reads=(("existing_cluster",),),
            )

    def _tiers(self) -> Iterator[Problem]:
        known = sorted(self.priorities.tiers) if self.priorities else []
        hint = "" if self.priorities else "add `priorities: {}` for the default ones"
        for name in sorted(self.teams):
            tiers = self.teams[name].tiers
            for index, tier in enumerate(tiers):
                path: Path = ("teams", name, "tiers", index)
                if tier not in known:
                    rule = f"must be a tier of `priorities`: {', '.join(known) or 'none'}"
                    yield Problem(path, rule, tier, hint, reads=(("priorities",),))
                elif tier in tiers[:index]:
                    yield Problem(path, "is given twice", tier)

    def _teams(self) -> Iterator[Problem]:
        namespaces: dict[str, str] = {}
        log_groups: dict[str, str] = {}
        for name in sorted(self.teams):
            team = self.teams[name]
            namespace, log_group = team.namespace or name, log_group_name(self.cluster_name, name, team)
            place: Path = ("teams", name, "namespace")
            if namespace in RESERVED_NAMESPACES:
                yield Problem(place, "must not be a namespace of Kubernetes itself", namespace, _OWN_NAMESPACE)
            elif self.karpenter and namespace == self.karpenter.namespace:
                yield Problem(
                    place,
                    "must not be the namespace of Karpenter's controller",
                    namespace,
                    _OWN_NAMESPACE,
                    reads=(("karpenter", "namespace"),),
                )
            elif CONTAINER_INSIGHTS in self.addons and namespace == CONTAINER_INSIGHTS_NAMESPACE:
                yield Problem(
                    place,
                    f"must not be the namespace of the add-on {CONTAINER_INSIGHTS}",
                    namespace,
                    _OWN_NAMESPACE,
                    reads=(("monitoring",), ("cluster", "addons")),
                )
            other = namespaces.setdefault(namespace, name)
            if other != name:
                yield Problem(
                    place,
                    f"must not be team {other}'s too, because EMR takes one virtual cluster a namespace",
                    namespace,
                    _OWN_NAMESPACE,
                    reads=(("teams", other, "namespace"),),
                )
            other = log_groups.setdefault(log_group, name)
            if other != name:
                yield Problem(
                    ("teams", name, "log_group"),
                    f"must not be team {other}'s too, because each team writes and reads its own logs only",
                    log_group,
                    "choose another name, or leave it out",
                    reads=(("teams", other, "log_group"), ("name",), ("existing_cluster",)),
                )
            if team.s3_log_days and team.s3_log_days > self.bucket.log_days:
                yield Problem(
                    ("teams", name, "s3_log_days"),
                    f"must be at most {self.bucket.log_days}, `bucket.log_days`, after which all logs are deleted",
                    team.s3_log_days,
                    "raise that one, and give the other teams less",
                    reads=(("bucket", "log_days"),),
                )

    def _job_roles(self) -> Iterator[Problem]:
        roles: dict[str, Path] = {}
        accounts: dict[ServiceAccount, Path] = {}
        own = {name.lower() for name in self._own_roles()}
        for place, team, full_name, spec in self._all_job_roles():
            if full_name.lower() in own:
                yield Problem(
                    (*place, "name"),
                    "must not be that of a role which the platform makes for itself (IAM ignores case)",
                    full_name,
                    "choose another name, or leave it out",
                    reads=(("name",), ("node_groups",), ("node_group_families",), ("existing_cluster",)),
                )
            other = roles.setdefault(full_name.lower(), place)
            if other != place:
                yield Problem(
                    (*place, "name"),
                    f"must not be that of {dotted(other)} too (IAM ignores case)",
                    full_name,
                    "choose another name, or leave it out",
                    reads=((*other, "name"), ("name",), ("existing_cluster",)),
                )
            yield from role_limits.too_long(self, place, team, full_name, spec, stack_name(self, "teams"))
            for account in shared_accounts(spec, self.teams[team].namespace or team):
                other = accounts.setdefault(account, place)
                if other != place:
                    yield Problem(
                        (*place, "frameworks"),
                        f"must not need the service account {account.name} in namespace {account.namespace}, which "
                        f"{dotted(other)} has: it can have one role only",
                        hint="run the operator or server in another namespace, and name it in `operator_namespace`",
                        reads=((*other, "frameworks"), (*other, "operator_namespace")),
                    )

    def _own_roles(self) -> Iterator[str]:
        """Yield the names of the roles that the platform makes, or would make with everything turned on."""
        if not self.existing_cluster:
            yield node_role_name(self.name)
            yield from (own_role_name(self.name, role) for role in OWN_ROLES)
            yield from (node_group_role_name(self.name, group) for group in self.groups)

    def _all_job_roles(self) -> Iterator[tuple[Path, str, str, JobRoleSpec]]:
        """Yield the place, the team and the name in IAM of each job role, and what it says."""
        for team in sorted(self.teams):
            for role, spec in self.teams[team].roles.items():
                full_name = job_role_name(self.cluster_name, self.region, team, role, spec)
                yield ("teams", team, *role_path(role)), team, full_name, spec

    def _bucket(self) -> Iterator[Problem]:
        name = self.bucket_name("0" * 12)
        try:
            checked(BucketName, name, lambda: "bucket")
        except ValueError:
            yield Problem(
                ("bucket", "name"),
                f"is required, because S3 takes no name like {name!r}, made from the cluster's",
                hint="for example 'data-of-analytics'",
                reads=(("name",), ("region",), ("existing_cluster",)),
            )

    def _monitoring(self) -> Iterator[Problem]:
        alarms = self.monitoring.alarms if self.monitoring else None
        if not alarms:
            return
        if not self.teams:
            yield Problem(
                ("monitoring", "alarms"),
                "must not be asked for before there is a team to watch",
                hint="add a team, or remove it",
                reads=(("teams",),),
            )
        asked = "interruption_queue_seconds" in alarms.model_fields_set and alarms.interruption_queue_seconds
        if asked and (self.existing_cluster or not self.karpenter):
            yield Problem(
                ("monitoring", "alarms", "interruption_queue_seconds"),
                "must not be asked for without the queue, which comes with Karpenter on a cluster that is built here",
                alarms.interruption_queue_seconds,
                "remove it",
                reads=(("karpenter",), ("existing_cluster",)),
            )

    def _job_templates(self) -> Iterator[Problem]:
        if self.account_id is None and any(team.job_templates for team in self.teams.values()):
            yield Problem(
                ("account_id",),
                "is required for `job_templates`, in which the bucket's full name is written",
                hint="for example account_id: '123456789012'",
                reads=(("teams",),),
            )

    def tiers_of(self, team: str) -> dict[str, TierSpec]:
        """Return the tiers that the jobs of *team* may run in, the default one first; none without priorities."""
        if not self.priorities:
            return {}
        names = self.teams[team].tiers or filter(None, [self.priorities.lowest])
        return {name: self.priorities.tiers[name] for name in names}

    @property
    def isolated(self) -> bool:
        """Whether the VPC is built without a way to the internet."""
        return self.vpc is not None and self.vpc.nat_gateways == "none"

    def bucket_name(self, account_id: str) -> str:
        """Return the name of the platform's bucket in the account *account_id*."""
        if self.bucket.name:
            return self.bucket.name
        lowered = self.cluster_name.lower().replace("_", "-").strip("-")
        # S3 takes fewer characters than EKS: names that differ in the others only must stay different.
        stem = fit(lowered, 34) if lowered == self.cluster_name else cut(lowered, self.cluster_name, 34)
        return f"{stem}-{account_id}-{self.region}"

    def advice(self) -> Iterator[tuple[Path, str]]:
        """Yield what is allowed but hardly meant, with its place."""
        # The groups of a family have the same to say.
        yield from dict.fromkeys(
            (self.group_path(name), text) for name, group in self.groups.items() for text in group.advice()
        )
        long_names = 0
        for place, team, full_name, spec in self._all_job_roles():
            yield from (((*place, *path), text) for path, text in spec.advice())
            accounts = service_accounts(spec, namespace=team, role_name=full_name, account_id="0" * 12)
            long_names += any(len(account.name) > LABEL_LIMIT for account in accounts.values())
        if self.existing_cluster and long_names:
            yield (
                ("existing_cluster",),
                f"{long_names} job role{'s have' if long_names > 1 else ' has'} service accounts with names over "
                f"{LABEL_LIMIT} characters: if its network plugin copies them into labels, as Calico does, pods fail "
                "to start; then give each role a `name` of at most 11 characters",
            )


_OWN_NAMESPACE = "give the team a namespace of its own; by default it is the team's name"


def stack_name(platform: PlatformSpec, stack: str) -> str:
    """Return the name of one of the platform's stacks in Terraform."""
    return fit(f"{platform.name}-{stack}", 128)


class Platform(NamedTuple):
    """A platform and its node pools, read from *document* and found valid together."""

    spec: PlatformSpec
    pools: Pools
    document: Document

    @property
    def advice(self) -> Sequence[Located]:
        """What is allowed but hardly meant."""
        advice = [*self.spec.advice(), *isolation.advice(self.spec), *self._drained_twice()]
        of_classes = node_classes.advice(self.spec, self.pools)
        return [*self.pools.advice, *of_classes, *(self.document.located(path, text) for path, text in advice)]

    def _drained_twice(self) -> Iterator[tuple[Path, str]]:
        """Yield which nodes AWS Node Termination Handler takes for its own, though somebody else drains them."""
        if not self.spec.node_termination_handler:
            return
        tag = managed_tag(self.spec.cluster_name)
        others = [
            f"node class {each.metadata.name}" for each in self.pools.node_classes if tag in (each.spec.tags or {})
        ]
        if tag in self.spec.tags:
            others.append("`tags`, which every managed node group has")
        for other in others:
            yield (
                ("node_termination_handler",),
                f"would drain what has the tag {tag} of {other}, and so would Karpenter or EKS: remove the tag there",
            )

    def placements(self, team: str) -> dict[Component, Placement]:
        """Return where the pods of *team* run, by Spark component."""
        spec = self.spec.teams[team]
        return {
            "driver": self._placement(spec.driver_pool),
            "executor": self._placement(spec.executor_pool),
        }

    def _placement(self, name: str) -> Placement:
        """Return what lands a pod on the node pool, the node group or the family's groups *name*."""
        for pool in self.pools.node_pools:
            if pool.metadata.name == name:
                return Placement.on_node_pool(pool)
        if group := self.spec.groups.get(name):
            return Placement.on_node_group(name, group)
        return Placement.on_node_group(name, self._member_of(name))._replace(node_selector={FAMILY_LABEL: name})

    def _member_of(self, pool: str) -> NodeGroupSpec:
        """Return any of the groups that pods choose together as *pool*; all have the same taints."""
        members = (group for group in self.spec.groups.values() if isinstance(group, MemberSpec))
        return next(group for group in members if group.pool == pool)


def load(path: pathlib.Path) -> Platform:
    """Read the platform in *path* and, where it has Karpenter, its node pools, by default in `provisioners/` beside it.

    Raises `InvalidFile` with every problem of all the files.
    """
    document = read(path, tolerant=True)
    verdict = Verdict(PlatformSpec, document)
    spec, found = verdict.model, Found()
    if spec and document.data.get("karpenter") is not None:
        # An invalid `karpenter` keeps nobody from judging the pools.
        karpenter = spec.karpenter or KarpenterSpec()
        found = judge_pools(
            path.parent / karpenter.provisioners,
            variables=spec.node_pool_variables,
            karpenter_version=karpenter.version,
            static_capacity=karpenter.static_capacity,
        )
    if spec and found.all_named:
        verdict.hold(_placing(spec, found.names))
    problems = [*verdict.problems, *found.problems]
    if spec and not verdict.problems:
        problems += node_classes.problems(spec, found.pools)
    if spec is None or problems:
        raise InvalidFile(problems)
    platform = Platform(spec, found.pools, document)
    if lost := landing.check(platform).problems:
        raise InvalidFile(lost)
    return platform


def _placing(spec: PlatformSpec, node_pools: Collection[str]) -> Iterator[Problem]:
    """Yield what keeps the names of node groups and pools from saying where pods run."""
    for name in sorted(spec.node_groups):
        if name in node_pools:
            yield Problem(
                ("node_groups", name),
                "must not bear the name of a node pool, because teams go by it",
                name,
                "rename it",
            )
    generated: list[str] = []
    for family, members in sorted(spec.node_group_families.items()):
        names = [*members.pools(family), *members.members(family)]
        for name in names:
            if name in {*node_pools, *spec.node_groups, *generated}:
                yield Problem(
                    ("node_group_families", family),
                    "must not give a name that another node group or a node pool has, because teams go by it",
                    name,
                    "rename one of the two",
                    reads=(("node_groups", name),),
                )
        generated += names
    known = sorted({*spec.node_groups, *generated, *node_pools})
    for name, team in sorted(spec.teams.items()):
        for field in ("driver_pool", "executor_pool"):
            pool = getattr(team, field)
            if pool not in known:
                written = field in team.model_fields_set
                near = difflib.get_close_matches(pool, known, 1) if written else []
                yield Problem(
                    ("teams", name, field),
                    f"{'' if written else 'is left to its default, which '}must be a node pool or a node group",
                    pool,
                    f"did you mean {near[0]!r}?" if near else _instead(spec, known),
                    # It may be a group that is invalid, or one of the pools that come with a misspelled `karpenter`.
                    reads=(("node_groups", pool), ("node_group_families",), ("karpenter", pool)),
                )


def _instead(spec: PlatformSpec, known: Sequence[str]) -> str:
    steps = [f"name one of {', '.join(known)}"] if known else []
    if not spec.karpenter:
        steps.append("add `karpenter:` for the pools in provisioners/")
    return ", or ".join(steps) or "add a node pool to provisioners/"
