"""Who a Spark job is to AWS: the exact service accounts of a job role, and what a job needs by default.

EMR derives the names of a job's service accounts from the account and the NAME of its role, so the name must be
known before synthesis; then the trust can be exact, which a wildcard on the namespace is not.
"""

from __future__ import annotations

import hashlib
import string
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from constructs_lib._bucket import READ, READ_WRITE, bucket_statements
from constructs_lib._names import BucketArn, DatabaseName, PolicyArn, RoleName
from constructs_lib._policy import MAX_TRUST_POLICY_LIMIT, TRUST_POLICY_LIMIT, Statement, document, sid
from provisioners.spec import DnsLabel, Items, Path, Problem, Spec, text

Identity = Literal["irsa", "pod_identity", "both"]
FrameworkName = Literal["start_job_run", "interactive_endpoint", "spark_operator", "flink_operator", "livy"]


class Framework(NamedTuple):
    """The service accounts of one way to run jobs."""

    of_role: tuple[str, ...] = ()
    """What tells the accounts apart that EMR names after the role, in the namespace of the jobs."""
    of_jobs: str | None = None
    """The account of jobs with a name of its own, in their namespace."""
    of_operator: str | None = None
    """The account of the operator or server, which may have a namespace of its own."""


FRAMEWORKS: Mapping[FrameworkName, Framework] = {
    "start_job_run": Framework(("spark-client", "spark-driver", "spark-executor")),
    "interactive_endpoint": Framework(("spark-jeg", "spark-jeg-kernel", "spark-session")),
    "spark_operator": Framework(("spark-driver", "spark-executor"), of_operator="emr-containers-sa-spark-operator"),
    "flink_operator": Framework(
        ("flink-jobmanager", "flink-taskmanager"), of_operator="emr-containers-sa-flink-operator"
    ),
    # "container", not "containers": so it is.
    "livy": Framework(of_jobs="emr-container-sa-spark-livy", of_operator="emr-containers-sa-livy"),
}
"""The sets of the AWS CLI's own `emr-containers create-role-associations`:
https://github.com/aws/aws-cli/blob/v2/awscli/customizations/emrcontainers/create_role_associations.py
"""

TRUST_LESS = (
    "shorten the role's name, give it fewer `frameworks`, or have IAM's quota raised and set `trust_policy_limit`"
)
LABEL_LIMIT = 63
"""https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/"""

IamAction = Annotated[
    str,
    text(
        r"[a-z0-9-]+:[A-Za-z0-9*?]+",
        "must be an action of IAM: a service and what to do there",
        "for example 's3:GetObject', or 's3:*' for all of S3",
        max_length=128,
    ),
]
IamResource = Annotated[
    str,
    text(
        r"\*|arn:aws[a-z-]*:[a-z0-9-]+:[^\s${}]+",
        "must be an ARN, which may hold * and ?, or '*' for everything",
        "for example 'arn:aws:dynamodb:eu-west-1:123456789012:table/jobs'",
    ),
]
"""https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html"""

_DIGITS = string.digits + string.ascii_lowercase
_BROAD_POLICIES = ("AdministratorAccess", "FullAccess", "PowerUserAccess")


class StatementSpec(Spec):
    """Something that jobs may do in AWS, as IAM says it; what buckets and databases take has keys of its own."""

    actions: Annotated[Items[IamAction], Field(min_length=1)] = Field(
        description="Actions of IAM.", examples=[["dynamodb:GetItem"]]
    )
    resources: Annotated[Items[IamResource], Field(min_length=1)] = Field(
        description="What they may be done to.", examples=[["arn:aws:dynamodb:us-east-1:123456789012:table/jobs"]]
    )

    @property
    def statement(self) -> Statement:
        """The statement; its id follows from what it says, so that the order of several has no meaning."""
        content = f"{sorted(set(self.actions))}{sorted(set(self.resources))}"
        return Statement(f"Own{hashlib.sha256(content.encode()).hexdigest()[:8]}", self.actions, self.resources)


class JobRoleSpec(Spec):
    """Who a team's jobs are to AWS, and what they may do besides using their own part of the bucket and their logs."""

    name: RoleName | None = Field(
        default=None,
        description="The role's name, by default `<cluster>.<team>.job.<region>`. Up to 11 characters keep the names "
        "of its service accounts under 63, which matters where a network plugin copies them into labels.",
    )
    identity: Identity = Field(
        default="irsa",
        description="How jobs become this role: by the cluster's OIDC provider (`irsa`), by EKS Pod Identity, which "
        "takes EMR 7.3 or newer and the add-on eks-pod-identity-agent, or by either, while moving to the other.",
    )
    frameworks: Annotated[Items[FrameworkName], Field(min_length=1)] = Field(
        default=("start_job_run",),
        description="The ways to run jobs under this role; `emr-eks job` uses `start_job_run`.",
    )
    operator_namespace: DnsLabel | None = Field(
        default=None,
        description="Where the Spark or Flink operator or Livy's server runs, by default the team's namespace.",
    )
    trust_policy_limit: Annotated[int, Field(ge=TRUST_POLICY_LIMIT, le=MAX_TRUST_POLICY_LIMIT)] = Field(
        default=TRUST_POLICY_LIMIT,
        description="Characters that a trust policy may have in the account: IAM's quota `Role trust policy length`.",
    )
    read_buckets: Items[BucketArn] = Field(
        default=(),
        description="Further buckets, or prefixes of buckets, to read. A prefix is how keys begin: `/sales` takes in "
        "`sales-secret`, and `/sales/` does not.",
        examples=[["arn:aws:s3:::raw-data/sales/"]],
    )
    write_buckets: Items[BucketArn] = Field(
        default=(), description="Further buckets, or prefixes in the same sense, to read and write."
    )
    read_databases: Items[DatabaseName] = Field(default=(), description="Databases of the Glue Data Catalog to read.")
    write_databases: Items[DatabaseName] = Field(
        default=(), description="Databases of the Glue Data Catalog to read and write."
    )
    policy_arns: Annotated[Items[PolicyArn], Field(max_length=10)] = Field(
        default=(), description="Managed policies to attach, at most 10."
    )
    statements: Items[StatementSpec] = Field(
        default=(), description="What else jobs may do; `check` warns of what is broad."
    )

    def rules(self) -> Iterator[Problem]:
        for index, name in enumerate(self.frameworks):
            if name in self.frameworks[:index]:
                yield Problem(("frameworks", index), "is given twice", name)
        if self.operator_namespace and not any(FRAMEWORKS[name].of_operator for name in self.frameworks):
            yield Problem(
                ("operator_namespace",),
                "is only for frameworks with an operator or server: "
                + ", ".join(name for name, framework in FRAMEWORKS.items() if framework.of_operator),
                self.operator_namespace,
                "add one to `frameworks`, or take this out",
                reads=(("frameworks",),),
            )

    @property
    def by_irsa(self) -> bool:
        """Whether jobs may become this role through the OIDC provider."""
        return self.identity != "pod_identity"

    @property
    def by_pod_identity(self) -> bool:
        """Whether jobs may become this role through EKS Pod Identity."""
        return self.identity != "irsa"

    @property
    def own_statements(self) -> list[Statement]:
        """What the Spec lets the role do, databases aside: their statements name the account and the region."""
        return [
            *(each for arn in self.read_buckets for each in _use_bucket(arn, "Read", READ)),
            *(each for arn in self.write_buckets for each in _use_bucket(arn, "ReadWrite", READ_WRITE)),
            *(each.statement for each in self.statements),
        ]

    def advice(self) -> Iterator[tuple[Path, str]]:
        """Yield what is allowed but lets jobs do more than most need, with its place."""
        for index, each in enumerate(self.statements):
            for action in each.actions:
                if action.endswith(":*"):
                    yield ("statements", index, "actions"), f"lets jobs do everything in a service, {action!r}"
            if "*" in each.resources:
                yield ("statements", index, "resources"), "lets jobs do this to everything in the account, '*'"
        for index, arn in enumerate(self.policy_arns):
            if ":aws:policy/" in arn and arn.endswith(_BROAD_POLICIES):
                yield ("policy_arns", index), f"lets jobs do nearly everything there, {arn.rsplit('/', 1)[-1]!r}"


def _use_bucket(arn: str, verb: str, objects: Sequence[str]) -> list[Statement]:
    bucket, _, prefix = arn.partition("/")
    return bucket_statements(verb + sid(arn.split(":", 5)[-1]), bucket, prefix, objects)


class ServiceAccount(NamedTuple):
    """A Kubernetes service account."""

    namespace: str
    name: str

    @property
    def subject(self) -> str:
        """Who it is to the cluster's OIDC provider."""
        return f"system:serviceaccount:{self.namespace}:{self.name}"


def base36(name: str) -> str:
    """Return *name*, read as one big-endian number of its ASCII codes, in base 36.

    This is how EMR writes a role's name into service accounts:
    https://docs.aws.amazon.com/emr/latest/EMR-on-EKS-DevelopmentGuide/setting-up-trust-policy.html
    """
    number = int.from_bytes(name.encode("ascii"), "big")
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return digits or "0"


def named_after(role_name: str, account_id: str, kind: str = "*-*") -> str:
    """Return the name of the service account of a *kind*, a pattern by default, that EMR makes for a role."""
    return f"emr-containers-sa-{kind}-{account_id}-{base36(role_name)}"


def service_accounts(
    spec: JobRoleSpec, *, namespace: str, role_name: str, account_id: str
) -> dict[str, ServiceAccount]:
    """Return every service account of the jobs of *namespace* that run under the role, by what tells them apart."""
    found = {
        kind: ServiceAccount(namespace, named_after(role_name, account_id, kind))
        for framework in spec.frameworks
        for kind in FRAMEWORKS[framework].of_role
    }
    return found | {account.name: account for account in shared_accounts(spec, namespace)}


def shared_accounts(spec: JobRoleSpec, namespace: str) -> list[ServiceAccount]:
    """Return the service accounts whose names say nothing of the role, so that only one role can have each."""
    found = []
    for framework in map(FRAMEWORKS.__getitem__, spec.frameworks):
        if framework.of_jobs:
            found.append(ServiceAccount(namespace, framework.of_jobs))
        if framework.of_operator:
            found.append(ServiceAccount(spec.operator_namespace or namespace, framework.of_operator))
    return found


def trust_policy(
    spec: JobRoleSpec,
    *,
    namespace: str,
    role_name: str,
    account_id: str,
    cluster_arn: str,
    provider_arn: str,
    issuer: str,
) -> str:
    """Return what lets exactly the jobs of *namespace* become the role, in each way that *spec* names."""
    trust: list[Statement] = []
    if spec.by_irsa:
        trust.append(
            irsa_trust(
                spec,
                provider_arn=provider_arn,
                issuer=issuer,
                namespace=namespace,
                role_name=role_name,
                account_id=account_id,
            )
        )
    if spec.by_pod_identity:
        accounts = service_accounts(spec, namespace=namespace, role_name=role_name, account_id=account_id)
        trust.append(pod_identity_trust([*accounts.values()], cluster_arn=cluster_arn, account_id=account_id))
    return document(trust)


def irsa_trust(
    spec: JobRoleSpec, *, provider_arn: str, issuer: str, namespace: str, role_name: str, account_id: str
) -> Statement:
    """Return what lets exactly the jobs of *namespace* become the role through the cluster's OIDC provider.

    *issuer* is the cluster's OIDC issuer without `https://`. One pattern stands for all accounts named after the role.
    """
    subjects = [account.subject for account in shared_accounts(spec, namespace)]
    if any(FRAMEWORKS[name].of_role for name in spec.frameworks):
        subjects.append(ServiceAccount(namespace, named_after(role_name, account_id)).subject)
    return Statement(
        "AssumeRoleAsSparkJob",
        ["sts:AssumeRoleWithWebIdentity"],
        principals={"Federated": [provider_arn]},
        conditions={
            "StringEquals": {f"{issuer}:aud": "sts.amazonaws.com"},
            "StringLike": {f"{issuer}:sub": subjects},
        },
    )


def pod_identity_trust(accounts: Sequence[ServiceAccount], *, cluster_arn: str, account_id: str) -> Statement:
    """Return what lets exactly *accounts* of the cluster become the role through EKS Pod Identity.

    The conditions are about the tags that Pod Identity sends along:
    https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html
    """
    return Statement(
        "AssumeRoleByPodIdentity",
        ["sts:AssumeRole", "sts:TagSession"],
        principals={"Service": ["pods.eks.amazonaws.com"]},
        conditions={
            "StringEquals": {
                "aws:SourceAccount": account_id,
                "aws:RequestTag/eks-cluster-arn": cluster_arn,
                "aws:RequestTag/kubernetes-namespace": sorted({account.namespace for account in accounts}),
                "aws:RequestTag/kubernetes-service-account": sorted({account.name for account in accounts}),
            }
        },
    )
