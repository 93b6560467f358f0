"""An EMR virtual cluster: a namespace that EMR may run Spark in."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, cached_property

from cdktf import ITerraformDependable
from cdktf_cdktf_provider_aws.emrcontainers_virtual_cluster import (
    EmrcontainersVirtualCluster,
    EmrcontainersVirtualClusterContainerProvider,
    EmrcontainersVirtualClusterContainerProviderInfo,
    EmrcontainersVirtualClusterContainerProviderInfoEksInfo,
)
from cdktf_cdktf_provider_kubernetes.role_binding_v1 import (
    RoleBindingV1,
    RoleBindingV1Metadata,
    RoleBindingV1RoleRef,
    RoleBindingV1Subject,
)
from cdktf_cdktf_provider_kubernetes.role_v1 import RoleV1, RoleV1Metadata, RoleV1Rule
from constructs import Construct

from constructs_lib._dependencies import dependable
from constructs_lib._names import checked
from constructs_lib._policy import Statement, sid
from constructs_lib._virtual_cluster import EMR_RULES, EMR_USER, VirtualClusterName
from constructs_lib.cluster import EksClusterLike
from constructs_lib.namespace import Namespace, QuotaSpec, metadata_name
from constructs_lib.role import Role

__all__ = ["VirtualCluster"]


class VirtualCluster(Construct):
    """Defines a namespace, what EMR may do in it, and its registration with EMR, made in this order.

    EMR enters the cluster through an access entry that it makes itself when the virtual cluster is created;
    who applies this needs `eks:CreateAccessEntry` and its kin.
    Removing it goes the other way round, and EMR refuses while jobs run: cancel them first. *after* names what must be
    there before, such as EMR's service-linked role where the program makes it.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        namespace: str,
        cluster: EksClusterLike,
        quota: QuotaSpec | None = None,
        after: Sequence[ITerraformDependable] = (),
    ) -> None:
        super().__init__(scope, id)
        self.name: str = checked(VirtualClusterName, name, lambda: self.node.path)
        self.namespace: str = namespace
        home = Namespace(self, "Namespace", name=namespace, quota=quota)
        binding = self._let_emr_in(home.name)
        self._resource = EmrcontainersVirtualCluster(
            self,
            "Resource",
            name=self.name,
            container_provider=EmrcontainersVirtualClusterContainerProvider(
                id=cluster.id,
                type="EKS",
                info=EmrcontainersVirtualClusterContainerProviderInfo(
                    eks_info=EmrcontainersVirtualClusterContainerProviderInfoEksInfo(namespace=home.name)
                ),
            ),
            depends_on=[binding, *dependable(after, "after", lambda: self.node.path)],
        )
        self.id: str = self._resource.id

    @cached_property
    def arn(self) -> str:
        """The virtual cluster's ARN."""
        return self._resource.arn

    def _let_emr_in(self, namespace: str) -> RoleBindingV1:
        role = RoleV1(
            self,
            "Role",
            metadata=RoleV1Metadata(name=EMR_USER, namespace=namespace),
            rule=_rules(),
        )
        return RoleBindingV1(
            self,
            "RoleBinding",
            metadata=RoleBindingV1Metadata(name=EMR_USER, namespace=namespace),
            role_ref=RoleBindingV1RoleRef(api_group="rbac.authorization.k8s.io", kind="Role", name=metadata_name(role)),
            subject=[RoleBindingV1Subject(kind="User", name=EMR_USER, api_group="rbac.authorization.k8s.io")],
        )

    def grant_start_job_run(self, submitter: Role, *, run_as: Role) -> None:
        """Let *submitter* start jobs here under the identity of *run_as* only, tag, see and cancel them.

        https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonemroneksemrcontainers.html
        """
        here_as = sid(f"{self.node.path} {run_as.node.path}")
        self.grant_follow_job_runs(submitter)
        submitter.add_statement(
            Statement(
                f"StartJobRuns{here_as}",
                ["emr-containers:StartJobRun"],
                [self.arn],
                conditions={"ArnEquals": {"emr-containers:ExecutionRoleArn": run_as.arn}},
            )
        )

    def grant_follow_job_runs(self, submitter: Role) -> None:
        """Let *submitter* tag, see and cancel the jobs that run here."""
        submitter.add_statements(
            [
                Statement(f"ListJobRuns{sid(self.node.path)}", ["emr-containers:ListJobRuns"], [self.arn]),
                Statement(
                    f"FollowJobRuns{sid(self.node.path)}",
                    ["emr-containers:CancelJobRun", "emr-containers:DescribeJobRun", "emr-containers:TagResource"],
                    [f"{self.arn}/jobruns/*"],
                ),
            ]
        )


@cache
def _rules() -> list[RoleV1Rule]:
    """Return what EMR may do in a namespace, the same in each."""
    return [
        RoleV1Rule(api_groups=list(rule.api_groups), resources=list(rule.resources), verbs=list(rule.verbs))
        for rule in EMR_RULES
    ]
