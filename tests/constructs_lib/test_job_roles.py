"""Who a job is to AWS, compared with the AWS CLI's own code and with what eksctl installs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from awscli.customizations.emrcontainers.base36 import Base36
from awscli.customizations.emrcontainers.constants import TRUST_POLICY_STATEMENT_FORMAT
from cdktf import TerraformStack
from hypothesis import given
from hypothesis import strategies as st
from synthesised import Document, listed, policy, stack_of

from constructs_lib._job_role import FRAMEWORKS, JobRoleSpec, StatementSpec, base36, irsa_trust, service_accounts
from constructs_lib._virtual_cluster import EMR_RULES
from constructs_lib.account import Account
from constructs_lib.cluster import ExistingCluster, ExistingClusterSpec
from constructs_lib.glue_catalog import GlueCatalog
from constructs_lib.job_role import JobRole
from constructs_lib.role import Role

ACCOUNT = "123456789012"
ISSUER = "oidc.eks.eu-west-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF"
NAMES = st.text("abcXYZ012_+=,.@-", min_size=1, max_size=64)

Synthesise = Callable[..., Document]


# Against the AWS CLI


@given(st.just("") | NAMES)
def test_base36_is_the_aws_clis(name: str) -> None:
    assert base36(name) == Base36().encode(name)


@given(NAMES, st.from_regex(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", fullmatch=True))
def test_the_trust_is_what_the_aws_cli_writes_and_asks_for_the_audience_too(name: str, namespace: str) -> None:
    """`aws emr-containers update-role-trust-policy` fills in this statement."""
    written = json.loads(
        TRUST_POLICY_STATEMENT_FORMAT
        % {
            "AWS_PARTITION": "aws",
            "AWS_ACCOUNT_ID": ACCOUNT,
            "OIDC_PROVIDER": ISSUER,
            "NAMESPACE": namespace,
            "BASE36_ENCODED_ROLE_NAME": Base36().encode(name),
        }
    )
    ours = irsa_trust(
        JobRoleSpec(),
        provider_arn=f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}",
        issuer=ISSUER,
        namespace=namespace,
        role_name=name,
        account_id=ACCOUNT,
    ).to_json()
    audience = ours["Condition"].pop("StringEquals")
    assert audience == {f"{ISSUER}:aud": "sts.amazonaws.com"}
    assert {key: ours[key] for key in written if key != "Principal"} == {
        key: written[key] for key in written if key != "Principal"
    }
    assert ours["Principal"] == {"Federated": written["Principal"]["Federated"]} or listed(
        ours["Principal"]["Federated"]
    ) == [written["Principal"]["Federated"]]


B36 = "25zwpte5zlg1pws3"
"""`emr-a1b2c3` in base 36, by the AWS CLI's own module."""
MAPPINGS = {
    "start_job_run": {
        ("jobs", f"emr-containers-sa-spark-client-{ACCOUNT}-{B36}"),
        ("jobs", f"emr-containers-sa-spark-driver-{ACCOUNT}-{B36}"),
        ("jobs", f"emr-containers-sa-spark-executor-{ACCOUNT}-{B36}"),
    },
    "interactive_endpoint": {
        ("jobs", f"emr-containers-sa-spark-jeg-{ACCOUNT}-{B36}"),
        ("jobs", f"emr-containers-sa-spark-jeg-kernel-{ACCOUNT}-{B36}"),
        ("jobs", f"emr-containers-sa-spark-session-{ACCOUNT}-{B36}"),
    },
    "spark_operator": {
        ("operators", "emr-containers-sa-spark-operator"),
        ("jobs", f"emr-containers-sa-spark-driver-{ACCOUNT}-{B36}"),
        ("jobs", f"emr-containers-sa-spark-executor-{ACCOUNT}-{B36}"),
    },
    "flink_operator": {
        ("operators", "emr-containers-sa-flink-operator"),
        ("jobs", f"emr-containers-sa-flink-jobmanager-{ACCOUNT}-{B36}"),
        ("jobs", f"emr-containers-sa-flink-taskmanager-{ACCOUNT}-{B36}"),
    },
    "livy": {("operators", "emr-containers-sa-livy"), ("jobs", "emr-container-sa-spark-livy")},
}
"""What `aws emr-containers create-role-associations --type ...` associates; in version 2 of the AWS CLI only, which is
on no package index: awscli/customizations/emrcontainers/create_role_associations.py and constants.py of
https://github.com/aws/aws-cli/tree/v2."""


def spec_for(framework: str, **keys: Any) -> JobRoleSpec:
    operator = {} if framework in ("start_job_run", "interactive_endpoint") else {"operator_namespace": "operators"}
    return JobRoleSpec(**{"frameworks": [framework], **operator, **keys})


@pytest.mark.parametrize("framework", MAPPINGS)
def test_the_service_accounts_are_those_that_the_aws_cli_associates(framework: str) -> None:
    found = service_accounts(spec_for(framework), namespace="jobs", role_name="emr-a1b2c3", account_id=ACCOUNT)
    assert set(found.values()) == MAPPINGS[framework]


def test_every_framework_is_compared() -> None:
    assert set(FRAMEWORKS) == set(MAPPINGS)


def test_service_accounts_of_short_role_names_fit_into_a_label() -> None:
    """63 characters, https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/."""
    for length, fits in ((11, True), (12, False)):
        accounts = service_accounts(JobRoleSpec(), namespace="n", role_name="r" * length, account_id=ACCOUNT)
        assert (max(len(account.name) for account in accounts.values()) <= 63) is fits


# Against eksctl


def test_emr_gets_what_eksctl_gives_it_and_what_newer_releases_need() -> None:
    """Eksctl's pkg/authconfigmap/assets/emr-containers-rbac.yaml, resource by resource.

    Without the verbs that Kubernetes does not know, EMR cannot hand them on to its jobs' own roles. Newer than that
    file: ingresses of networking.k8s.io, deletecollection of claims (EMR 6.8), podgroups (Volcano).
    """
    everything = {"get", "list", "watch", "describe", "create", "edit", "delete", "annotate", "patch", "label"}
    eksctl = {
        ("", "namespaces"): {"get"},
        ("", "secrets"): {"create", "patch", "delete", "watch"},
        ("", "persistentvolumeclaims"): {"create", "list", "delete"},
        **{
            ("", resource): everything | {"deletecollection"}
            for resource in ("serviceaccounts", "services", "configmaps", "events", "pods", "pods/log")
        },
        ("apps", "statefulsets"): everything,
        ("apps", "deployments"): everything,
        ("batch", "jobs"): everything,
        ("extensions", "ingresses"): everything,
        ("rbac.authorization.k8s.io", "roles"): everything | {"deletecollection"},
        ("rbac.authorization.k8s.io", "rolebindings"): everything | {"deletecollection"},
    }
    granted = {
        (group, resource): set(rule.verbs)
        for rule in EMR_RULES
        for group in rule.api_groups
        for resource in rule.resources
    }
    claims = ("", "persistentvolumeclaims")
    assert {place: granted.get(place) for place in eksctl if place != claims} == {
        place: verbs for place, verbs in eksctl.items() if place != claims
    }
    assert granted[claims] >= eksctl[claims] | {"deletecollection"}
    newer = {("networking.k8s.io", "ingresses"), ("scheduling.volcano.sh", "podgroups")}
    assert granted.keys() - eksctl.keys() == newer


# In a stack


@pytest.fixture
def synth(tmp_path: Path) -> Synthesise:
    def build(spec: JobRoleSpec, name: str = "emr-a1b2c3", account_id: str | None = ACCOUNT) -> Document:
        def role(stack: TerraformStack) -> None:
            account = Account(stack, "account", region="eu-west-1", account_id=account_id)
            cluster = ExistingCluster(stack, "eks", spec=ExistingClusterSpec(name="data"), account=account)
            JobRole(stack, "role", name=name, namespace="jobs", cluster=cluster, account=account, spec=spec)

        return stack_of(role, tmp_path)

    return build


def trusted(document: Document) -> dict[str, dict[str, Any]]:
    return policy(document.only("aws_iam_role")["assume_role_policy"])


@pytest.mark.parametrize("framework", MAPPINGS)
def test_by_pod_identity_each_service_account_is_associated(synth: Synthesise, framework: str) -> None:
    document = synth(spec_for(framework, identity="pod_identity"))
    associations = document.resources("aws_eks_pod_identity_association")
    assert {(each["namespace"], each["service_account"]) for each in associations} == MAPPINGS[framework]
    role = document.address(document.only("aws_iam_role"))
    assert {each["role_arn"] for each in associations} == {f"${{{role}.arn}}"}
    (statement,) = trusted(document).values()
    assert statement["Principal"] == {"Service": "pods.eks.amazonaws.com"}
    assert set(statement["Action"]) == {"sts:AssumeRole", "sts:TagSession"}
    tags = statement["Condition"]["StringEquals"]
    assert tags["aws:RequestTag/eks-cluster-arn"] == f"arn:aws:eks:eu-west-1:{ACCOUNT}:cluster/data"
    namespaces, names = zip(*MAPPINGS[framework], strict=True)
    assert set(listed(tags["aws:RequestTag/kubernetes-namespace"])) == set(namespaces)
    assert set(listed(tags["aws:RequestTag/kubernetes-service-account"])) == set(names)


def test_one_service_account_of_two_frameworks_is_associated_once(synth: Synthesise) -> None:
    document = synth(JobRoleSpec(identity="pod_identity", frameworks=("spark_operator", "start_job_run")))
    names = [each["service_account"] for each in document.resources("aws_eks_pod_identity_association")]
    assert len(names) == len(set(names)) == 4


def test_while_moving_jobs_sign_in_either_way(synth: Synthesise) -> None:
    document = synth(JobRoleSpec(identity="both"))
    assert {each["Action"] if isinstance(each["Action"], str) else "" for each in trusted(document).values()} == {
        "sts:AssumeRoleWithWebIdentity",
        "",
    }
    assert len(document.resources("aws_eks_pod_identity_association")) == 3


def test_by_irsa_nothing_is_associated_and_operators_are_named(synth: Synthesise) -> None:
    document = synth(spec_for("spark_operator"))
    assert not document.resources("aws_eks_pod_identity_association")
    (statement,) = trusted(document).values()
    (subjects,) = statement["Condition"]["StringLike"].values()
    assert set(subjects) == {
        f"system:serviceaccount:jobs:emr-containers-sa-*-*-{ACCOUNT}-{B36}",
        "system:serviceaccount:operators:emr-containers-sa-spark-operator",
    }


def test_a_role_for_livy_alone_trusts_no_jobs_of_emrs_own(synth: Synthesise) -> None:
    (statement,) = trusted(synth(spec_for("livy"))).values()
    (subjects,) = statement["Condition"]["StringLike"].values()
    assert set(subjects) == {f"system:serviceaccount:{namespace}:{name}" for namespace, name in MAPPINGS["livy"]}


@pytest.mark.parametrize("account_id", [ACCOUNT, None])
def test_the_longest_name_of_a_role_leaves_room_in_its_trust_policy(synth: Synthesise, account_id: str | None) -> None:
    synth(JobRoleSpec(identity="both"), name="r" * 64, account_id=account_id)


def test_a_trust_policy_past_iams_quota_is_refused_unless_that_is_raised(synth: Synthesise) -> None:
    everything: dict[str, Any] = {"identity": "both", "frameworks": [*FRAMEWORKS]}
    steps = (
        r"test/role: the trust policy must have at most 2048 characters, got \d{4}; shorten the role's name, give it "
        r"fewer `frameworks`, or have IAM's quota raised and set `trust_policy_limit`$"
    )
    with pytest.raises(ValueError, match=steps):
        synth(JobRoleSpec(**everything), name="r" * 64)
    document = synth(JobRoleSpec(**everything, trust_policy_limit=4096), name="r" * 64)
    assert 2048 < len(document.only("aws_iam_role")["assume_role_policy"]) <= 4096


def test_what_a_team_asks_for_in_iams_own_words_is_granted(synth: Synthesise) -> None:
    wanted = (
        StatementSpec(actions=("s3:*", "glue:*"), resources=("*",)),
        StatementSpec(actions=("sqs:SendMessage",), resources=(f"arn:aws:sqs:eu-west-1:{ACCOUNT}:done",)),
    )
    for order in (wanted, wanted[::-1]):
        statements = policy(synth(JobRoleSpec(statements=order)).only("aws_iam_role_policy")["policy"]).values()
        assert {frozenset(listed(each["Action"])): each["Resource"] for each in statements} == {
            frozenset({"s3:*", "glue:*"}): "*",
            frozenset({"sqs:SendMessage"}): f"arn:aws:sqs:eu-west-1:{ACCOUNT}:done",
        }


def test_broad_permissions_are_pointed_out_and_narrow_ones_are_not() -> None:
    spec = JobRoleSpec(
        statements=(
            StatementSpec(actions=("s3:GetObject", "s3:*"), resources=("arn:aws:s3:::lake/*",)),
            StatementSpec(actions=("sqs:SendMessage",), resources=("*",)),
            StatementSpec(actions=("sqs:SendMessage",), resources=(f"arn:aws:sqs:eu-west-1:{ACCOUNT}:done",)),
        ),
        policy_arns=(
            "arn:aws:iam::aws:policy/AmazonS3FullAccess",
            "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess",
            f"arn:aws:iam::{ACCOUNT}:policy/TeamFullAccess",
        ),
    )
    assert [path for path, _ in spec.advice()] == [
        ("statements", 0, "actions"),
        ("statements", 1, "resources"),
        ("policy_arns", 0),
    ]


# The Glue Data Catalog


def granted_by_glue(grant: Callable[[GlueCatalog, Role], None], folder: Path) -> dict[str, set[str]]:
    """Return the actions that *grant* allows, by resource."""

    def build(stack: TerraformStack) -> None:
        account = Account(stack, "account", region="eu-west-1", account_id=ACCOUNT)
        grant(GlueCatalog(account), Role(stack, "role", name="etl", trust="{}"))

    found: dict[str, set[str]] = {}
    for statement in policy(stack_of(build, folder).only("aws_iam_role_policy")["policy"]).values():
        for resource in statement["Resource"]:
            found.setdefault(resource, set()).update(listed(statement["Action"]))
    return found


def test_the_catalog_lets_one_database_be_read_and_another_be_written(tmp_path: Path) -> None:
    def grant(glue: GlueCatalog, role: Role) -> None:
        glue.grant_read(role, database="raw")
        glue.grant_read_write(role, database=["lake", "marts"])

    found = granted_by_glue(grant, tmp_path)
    arn = f"arn:aws:glue:eu-west-1:{ACCOUNT}"
    assert "glue:GetTable" in found[f"{arn}:table/raw/*"]
    assert not {"glue:CreateTable", "glue:DeleteTable"} & found[f"{arn}:table/raw/*"]
    for database in ("lake", "marts"):
        assert {"glue:GetTable", "glue:CreateTable", "glue:UpdatePartition"} <= found[f"{arn}:table/{database}/*"]
    assert not [resource for resource in found if resource == "*" or resource.endswith(":database/*")]


def test_the_catalog_takes_no_wildcards(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"test/role: must be the name of a Glue database.*got '\*'"):
        granted_by_glue(lambda glue, role: glue.grant_read(role, database="*"), tmp_path)
