"""The model of `platform.yaml`: one EMR-on-EKS platform. Pure: no cdktf, no AWS."""

from __future__ import annotations

import difflib
import pathlib
from collections.abc import Iterator, Sequence
from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from constructs_lib._bucket import BucketSpec
from constructs_lib._cluster import ClusterSpec, ExistingClusterSpec
from constructs_lib._karpenter import KarpenterSpec
from constructs_lib._names import AccountId, Arn, BucketName, Region, fit
from constructs_lib._node_group import KUBERNETES_EFFECT, NodeGroupSpec
from constructs_lib._pod_template import NODE_GROUP_LABEL, NODE_POOL_LABEL, Component, Placement, tolerating
from constructs_lib._priority import PrioritiesSpec
from constructs_lib._team import TeamSpec, job_role_name
from constructs_lib._versions import KARPENTER_SINCE, numbers
from constructs_lib._vpc import ExistingVpcSpec, VpcSpec
from provisioners.load import Pools, load_pools
from provisioners.source import Document, InvalidFile, Located, read, validate
from provisioners.spec import DnsLabel, Path, Problem, Spec, text

PlatformName = Annotated[
    str,
    text(
        r"[a-z]([a-z0-9-]*[a-z0-9])?",
        "must be at most 32 lower-case letters, digits and hyphens, beginning with a letter",
        "for example 'analytics-dev'; the cluster bears this name, and others are made from it",
        max_length=32,
    ),
]

RESERVED_NAMESPACES = ("default", "kube-node-lease", "kube-public", "kube-system")


class LocalState(Spec):
    """Terraform's state in files beside `cdktf.json`: for one person trying things out."""

    backend: Literal["local"] = "local"


class S3State(Spec):
    """Terraform's state in a bucket, locked by S3 itself (Terraform 1.10 or newer): for teams."""

    backend: Literal["s3"]
    bucket: BucketName = Field(description="A bucket that is there already, with versioning on.")
    region: Region = Field(description="The bucket's region.", examples=["us-east-1"])
    key_prefix: Annotated[str, Field(pattern=r"^[A-Za-z0-9!_.*'()/-]*$")] = Field(
        "emr-eks", description="Begins the key of each state file: `<key_prefix>/<platform>/<stack>.tfstate`."
    )
    kms_key_id: Arn | None = Field(None, description="The key that encrypts the state; by default the bucket's own.")


class PlatformSpec(Spec):
    """One platform: where it runs, its network and cluster, its nodes, and its teams."""

    name: PlatformName = Field(description="The platform's name, which is also the cluster's.", examples=["analytics"])
    region: Region = Field(description="The AWS region.", examples=["us-east-1"])
    account_id: AccountId | None = Field(
        None,
        description="The AWS account, in quotes: Terraform then refuses any other. By default whichever it is.",
    )
    tags: dict[Annotated[str, Field(min_length=1, max_length=128)], Annotated[str, Field(max_length=256)]] = Field(
        {}, description="Tags of every AWS resource, those that EC2 launches for node groups included."
    )
    state: Annotated[LocalState | S3State, Field(discriminator="backend")] = Field(
        LocalState(), description="Where Terraform keeps its state."
    )
    destroy_data: bool = Field(
        False,
        description="Second key to deleting data: with it, `destroy` deletes the logs of removed teams, and the "
        "bucket if that also says `destroy`.",
    )
    vpc: VpcSpec | None = Field(None, description="The VPC to build.")
    existing_vpc: ExistingVpcSpec | None = Field(None, description="A VPC to use instead of building one.")
    cluster: ClusterSpec = Field(ClusterSpec(), description="The EKS cluster to build.")
    existing_cluster: ExistingClusterSpec | None = Field(
        None, description="A cluster to use instead of building one; nodes and controllers there are its own."
    )
    node_groups: dict[DnsLabel, NodeGroupSpec] = Field(
        {},
        description="Managed node groups by name. Karpenter needs two nodes that it does not launch itself.",
    )
    karpenter: KarpenterSpec | None = Field(
        None,
        description="Karpenter and the node pools in `provisioners/`; on an existing cluster, the pools only.",
    )
    bucket: BucketSpec = Field(BucketSpec(), description="The bucket for job code, pod templates, data and logs.")
    emr_service_linked_role: Literal["create", "reuse"] = Field(
        "reuse",
        description="Whether to create the account's one AWSServiceRoleForAmazonEMRContainers; `reuse` also fits an "
        "account that has none, since EMR makes it with the first virtual cluster.",
    )
    priorities: PrioritiesSpec | None = Field(
        None, description="Priority classes and tiers of jobs; `{}` makes the four that come by default."
    )
    teams: dict[DnsLabel, TeamSpec] = Field({}, description="Data teams by name.")

    def rules(self) -> Iterator[Problem]:
        yield from self._places()
        yield from self._zones()
        yield from self._karpenter()
        yield from self._tiers()
        yield from self._teams()

    @property
    def cluster_name(self) -> str:
        """The name of the cluster, built or existing."""
        return self.existing_cluster.name if self.existing_cluster else self.name

    @property
    def kubernetes_version(self) -> str:
        """The Kubernetes version of the cluster, built or existing."""
        return (self.existing_cluster or self.cluster).version

    @property
    def zones(self) -> list[str]:
        """The availability zones in alphabetical order; none where only an existing cluster knows them."""
        network = self.vpc or self.existing_vpc
        return network.zones if network else []

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

    def _places(self) -> Iterator[Problem]:
        if self.vpc and self.existing_vpc:
            yield Problem(("existing_vpc",), "must not stand beside `vpc`", hint="keep one of the two")
        if self.existing_cluster:
            for field in ("vpc", "existing_vpc", "node_groups"):
                if getattr(self, field):
                    yield Problem((field,), "must not stand beside `existing_cluster`, which has its own")
            if "cluster" in self.model_fields_set:
                yield Problem(("cluster",), "must not stand beside `existing_cluster`", hint="keep one of the two")
        elif not (self.vpc or self.existing_vpc):
            yield Problem((), "needs a network", hint="add `vpc:` to build one or `existing_vpc:` to use one")

    def _zones(self) -> Iterator[Problem]:
        field = "vpc" if self.vpc else "existing_vpc"
        path: Path = (field, "availability_zones" if self.vpc else "private_subnets")
        foreign = [zone for zone in self.zones if zone[:-1] != self.region]
        if foreign:
            yield Problem(path, f"must lie in the platform's region {self.region}", foreign)
        for name in sorted(self.node_groups):
            group = self.node_groups[name]
            for index, zone in enumerate(group.availability_zones):
                if self.zones and zone not in self.zones:
                    yield Problem(
                        ("node_groups", name, "availability_zones", index),
                        f"must be one of the network's zones {', '.join(self.zones)}",
                        zone,
                        reads=(path,),
                    )

    def _karpenter(self) -> Iterator[Problem]:
        if not self.karpenter:
            return
        since = KARPENTER_SINCE[self.kubernetes_version]
        if numbers(self.karpenter.version) < since:
            yield Problem(
                ("karpenter", "version"),
                f"must be at least {'.'.join(map(str, since))} for Kubernetes {self.kubernetes_version}",
                self.karpenter.version,
                reads=(("cluster", "version"), ("existing_cluster", "version")),
            )
        zone = self.karpenter.availability_zone
        if zone and self.zones and zone not in self.zones:
            yield Problem(
                ("karpenter", "availability_zone"),
                f"must be one of the network's zones {', '.join(self.zones)}",
                zone,
                reads=(("vpc",), ("existing_vpc",)),
            )
        nodes = sum(group.min_size for group in self.node_groups.values())
        if not self.existing_cluster and nodes < 2:
            yield Problem(
                ("node_groups",),
                "must keep at least 2 nodes (min_size) for Karpenter's controller, which runs on no node of its own",
                nodes,
                "add a node group of two small on-demand nodes",
                reads=(("node_groups",),),
            )

    def _tiers(self) -> Iterator[Problem]:
        known = sorted(self.priorities.tiers) if self.priorities else []
        hint = "" if self.priorities else "add `priorities: {}` for the default ones"
        for name in sorted(self.teams):
            tiers = self.teams[name].tiers
            for index, tier in enumerate(tiers):
                path: Path = ("teams", name, "tiers", index)
                if tier not in known:
                    yield Problem(path, f"must be a tier of `priorities`: {', '.join(known) or 'none'}", tier, hint)
                elif tier in tiers[:index]:
                    yield Problem(path, "is given twice", tier)

    def _teams(self) -> Iterator[Problem]:
        namespaces: dict[str, str] = {}
        roles: dict[str, str] = {}
        for name in sorted(self.teams):
            team = self.teams[name]
            namespace, role = team.namespace or name, job_role_name(self.cluster_name, name, team)
            place: Path = ("teams", name, "namespace") if team.namespace else ("teams", name)
            if namespace in RESERVED_NAMESPACES:
                yield Problem(place, "must not use a namespace of Kubernetes itself", namespace)
            if namespace in namespaces:
                yield Problem(place, f"must not share its namespace with team {namespaces[namespace]}", namespace, _OWN)
            namespaces.setdefault(namespace, name)
            if role in roles:
                yield Problem(("teams", name, "job_role"), f"must not share its role with team {roles[role]}", role)
            roles.setdefault(role, name)

    def bucket_name(self, account_id: str) -> str:
        """Return the name of the platform's bucket in the account *account_id*."""
        return self.bucket.name or f"{self.cluster_name[:34].lower().strip('-_')}-{account_id}-{self.region}"


_OWN = "EMR takes one virtual cluster a namespace"


def stack_name(platform: PlatformSpec, stack: str) -> str:
    """Return the name of one of the platform's stacks in Terraform."""
    return fit(f"{platform.name}-{stack}", 128)


class Platform(NamedTuple):
    """A platform and its node pools, read and found valid together."""

    spec: PlatformSpec
    pools: Pools

    @property
    def advice(self) -> Sequence[Located]:
        """What is allowed but hardly meant."""
        return self.pools.advice

    def placements(self, team: str) -> dict[Component, Placement]:
        """Return where the pods of *team* run, by Spark component."""
        spec = self.spec.teams[team]
        return {
            "driver": self._placement(spec.driver_pool),
            "executor": self._placement(spec.executor_pool),
        }

    def _placement(self, name: str) -> Placement:
        """Return what lands a pod on the node pool, or else the node group, *name*."""
        for pool in self.pools.node_pools:
            if pool.metadata.name == name:
                taints = pool.spec.template.spec.taints or ()
                return Placement(
                    {NODE_POOL_LABEL: name}, tolerating([(t.key, t.value or "", t.effect) for t in taints])
                )
        group = self.spec.node_groups[name]
        return Placement(
            {NODE_GROUP_LABEL: name},
            tolerating([(t.key, t.value, KUBERNETES_EFFECT[t.effect]) for t in group.taints]),
        )


def load(path: pathlib.Path) -> Platform:
    """Read the platform in *path* and, where it has Karpenter, the node pools in `provisioners/` beside it.

    Raises `InvalidFile` with every problem of all the files.
    """
    document = read(path, tolerant=True)
    spec = validate(PlatformSpec, document)
    pools = Pools((), ())
    if spec.karpenter:
        pools = load_pools(
            path.parent / "provisioners",
            variables=spec.node_pool_variables,
            karpenter_version=spec.karpenter.version,
        )
    problems = [*_unplaced(spec, pools, document)]
    if problems:
        raise InvalidFile(problems)
    return Platform(spec, pools)


def _unplaced(spec: PlatformSpec, pools: Pools, document: Document) -> Iterator[Located]:
    """Yield the pools that teams name and that are not there."""
    known = sorted({*spec.node_groups, *(pool.metadata.name for pool in pools.node_pools)})
    for name, team in sorted(spec.teams.items()):
        for field in ("driver_pool", "executor_pool"):
            pool = getattr(team, field)
            if pool not in known:
                near = difflib.get_close_matches(pool, known, 1)
                hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(known) or 'none'}"
                rule = f"must be a node pool or a node group, got {pool!r}; {hint}"
                yield document.located(("teams", name, field), rule)
