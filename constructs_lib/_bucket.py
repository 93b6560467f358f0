"""The platform's bucket as data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from constructs_lib._names import BucketName, KeyArn
from constructs_lib._policy import Statement, sid
from provisioners.spec import Spec

READ = ("s3:GetObject",)
READ_WRITE = ("s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:PutObject")
"""What is done to objects."""


class BucketSpec(Spec):
    """The bucket for job code, pod templates, data and logs; each team has its own prefix."""

    name: BucketName | None = Field(
        default=None,
        description="The bucket's name, by default `<platform>-<account>-<region>`; names are unique in AWS.",
    )
    kms_key_arn: KeyArn | None = Field(
        default=None,
        description="Your own key for the bucket and the log groups; by default one is created and rotated.",
    )
    noncurrent_days: Annotated[int, Field(ge=1)] = Field(
        default=30, description="How many days overwritten and deleted objects can still be restored."
    )
    log_days: Annotated[int, Field(ge=1)] = Field(
        default=180, description="How many days job logs are kept under `logs/`; a team may have less."
    )
    destroy: bool = Field(
        default=False,
        description="First of two keys to deleting a bucket that holds objects; the other is `destroy_data`.",
    )


def grant(path: str, arn: str, key_arn: str, prefix: str, *, write: bool) -> list[Statement]:
    """Return what using the bucket at the construct *path* takes under *prefix*, where a key encrypts what is there."""
    verb, objects = ("ReadWrite", READ_WRITE) if write else ("Read", READ)
    where = sid(f"{path} {prefix}")
    use_key = Statement(f"{verb}Key{where}", ["kms:Decrypt", *(["kms:GenerateDataKey"] if write else [])], [key_arn])
    return [*bucket_statements(verb + where, arn, prefix, objects), use_key]


def bucket_statements(id: str, arn: str, prefix: str, objects: Sequence[str]) -> list[Statement]:
    """Return what it takes to list the bucket *arn* under *prefix* and to do *objects* to what is there."""
    listing = {"StringLike": {"s3:prefix": [prefix, f"{prefix}*"]}} if prefix else {}
    return [
        Statement(f"{id}Objects", objects, [f"{arn}/{prefix}*"]),
        Statement(f"{id}List", ["s3:ListBucket"], [arn], conditions=listing),
        Statement(f"{id}Locate", ["s3:GetBucketLocation"], [arn]),
    ]
