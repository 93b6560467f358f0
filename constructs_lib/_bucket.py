"""The platform's bucket as data."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from constructs_lib._names import BucketName, KeyArn
from provisioners.spec import Spec


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
