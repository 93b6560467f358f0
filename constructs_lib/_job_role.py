"""Who a Spark job is to AWS: the exact service accounts of a job role, and what a job needs by default.

EMR derives the names of a job's service accounts from the account and the NAME of its role, so the name must be
known before synthesis; then the trust can be exact, which a wildcard on the namespace is not.
"""

from __future__ import annotations

import hashlib
import re
import string
from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from constructs_lib._names import BucketArn, DatabaseName, PolicyArn, RoleName, Where
from constructs_lib._policy import TRUST_POLICY_LIMIT, Statement, check_size, document
from provisioners.spec import Items, Spec

_DIGITS = string.digits + string.ascii_lowercase
_READ_CATALOG = (
    "glue:BatchGetPartition",
    "glue:GetDatabase",
    "glue:GetDatabases",
    "glue:GetPartition",
    "glue:GetPartitions",
    "glue:GetTable",
    "glue:GetTables",
    "glue:GetUserDefinedFunction",
    "glue:GetUserDefinedFunctions",
)
_WRITE_CATALOG = (
    "glue:BatchCreatePartition",
    "glue:BatchDeletePartition",
    "glue:BatchUpdatePartition",
    "glue:CreatePartition",
    "glue:CreateTable",
    "glue:DeletePartition",
    "glue:DeleteTable",
    "glue:UpdatePartition",
    "glue:UpdateTable",
)
"""https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsglue.html"""


class JobRoleSpec(Spec):
    """What a team's jobs may do besides using their own part of the platform's bucket and their log group."""

    name: RoleName | None = Field(
        None,
        description="The role's name, by default `<platform>-<team>-job`. Up to 11 characters keep the names of its "
        "service accounts under 63, which matters where a network plugin copies them into labels.",
    )
    read_buckets: Items[BucketArn] = Field(
        (),
        description="Further buckets, or prefixes of buckets, to read.",
        examples=[["arn:aws:s3:::raw-data/sales"]],
    )
    write_buckets: Items[BucketArn] = Field((), description="Further buckets, or prefixes, to read and write.")
    read_databases: Items[DatabaseName] = Field((), description="Databases of the Glue Data Catalog to read.")
    write_databases: Items[DatabaseName] = Field(
        (), description="Databases of the Glue Data Catalog to read and write."
    )
    policy_arns: Annotated[Items[PolicyArn], Field(max_length=10)] = Field(
        (), description="Managed policies to attach, at most 10."
    )


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


def service_account_pattern(namespace: str, role_name: str, account_id: str) -> str:
    """Return the subject, a pattern, of all service accounts that EMR makes for a role in a namespace."""
    return f"system:serviceaccount:{namespace}:emr-containers-sa-*-*-{account_id}-{base36(role_name)}"


def irsa_trust(*, provider_arn: str, issuer: str, namespace: str, role_name: str, account_id: str, where: Where) -> str:
    """Return the trust policy that lets exactly the jobs of *namespace* assume the role.

    *issuer* is the cluster's OIDC issuer without `https://`. Raises `Refused` where the policy is too large.
    """
    statement = Statement(
        "AssumeRoleAsSparkJob",
        ["sts:AssumeRoleWithWebIdentity"],
        principals={"Federated": [provider_arn]},
        conditions={
            "StringEquals": {f"{issuer}:aud": "sts.amazonaws.com"},
            "StringLike": {f"{issuer}:sub": service_account_pattern(namespace, role_name, account_id)},
        },
    )
    return check_size(document([statement]), TRUST_POLICY_LIMIT, where)


def catalog_statement(
    databases: Sequence[str], *, write: bool, partition: str, region: str, account_id: str
) -> Statement:
    """Return what reading, or writing too, *databases* of the Glue Data Catalog takes."""
    arn = f"arn:{partition}:glue:{region}:{account_id}"
    return Statement(
        "WriteCatalog" if write else "ReadCatalog",
        [*_READ_CATALOG, *(_WRITE_CATALOG if write else ())],
        [
            f"{arn}:catalog",
            f"{arn}:database/default",
            *(
                f"{arn}:{what}"
                for each in databases
                for what in (f"database/{each}", f"table/{each}/*", f"userDefinedFunction/{each}/*")
            ),
        ],
    )


def sid(text: str) -> str:
    """Return *text* as a part of a statement id, which has letters and digits only; different texts stay different."""
    words = re.findall(r"[A-Za-z0-9]+", text)
    digest = "" if words == [text] else hashlib.sha256(text.encode()).hexdigest()[:6]
    return "".join(word[0].upper() + word[1:] for word in words) + digest
