"""A bucket."""

from __future__ import annotations

import re
from collections.abc import Mapping

from cdktf_cdktf_provider_aws.s3_bucket import S3Bucket
from cdktf_cdktf_provider_aws.s3_bucket_lifecycle_configuration import (
    S3BucketLifecycleConfiguration,
    S3BucketLifecycleConfigurationRule,
    S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload,
    S3BucketLifecycleConfigurationRuleExpiration,
    S3BucketLifecycleConfigurationRuleFilter,
    S3BucketLifecycleConfigurationRuleNoncurrentVersionExpiration,
)
from cdktf_cdktf_provider_aws.s3_bucket_ownership_controls import (
    S3BucketOwnershipControls,
    S3BucketOwnershipControlsRule,
)
from cdktf_cdktf_provider_aws.s3_bucket_policy import S3BucketPolicy
from cdktf_cdktf_provider_aws.s3_bucket_public_access_block import S3BucketPublicAccessBlock
from cdktf_cdktf_provider_aws.s3_bucket_server_side_encryption_configuration import (
    S3BucketServerSideEncryptionConfigurationA,
    S3BucketServerSideEncryptionConfigurationRuleA,
    S3BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultA,
)
from cdktf_cdktf_provider_aws.s3_bucket_versioning import (
    S3BucketVersioningA,
    S3BucketVersioningVersioningConfiguration,
)
from constructs import Construct

from constructs_lib._bucket import BucketSpec, grant
from constructs_lib._names import BucketName, Refused, checked_if_known
from constructs_lib._policy import Statement, document
from constructs_lib.account import Account
from constructs_lib.role import Role

__all__ = ["Bucket", "BucketSpec"]


class Bucket(Construct):
    """Defines a private, versioned, encrypted bucket that refuses plain HTTP and is kept while it holds objects.

    *destroy* lets Terraform delete it with all that it holds. *kms_key_arn* encrypts what is written to it.
    *expirations* tell after how many days what lies under a prefix is deleted. `name`, `kms_key_arn` and `destroy` of
    the Spec are not read: they are what a program makes these arguments from, as our stacks do.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        spec: BucketSpec,
        kms_key_arn: str,
        account: Account,
        destroy: bool = False,
        expirations: Mapping[str, int] | None = None,
    ) -> None:
        super().__init__(scope, id)
        checked_if_known(BucketName, name, lambda: self.node.path)
        bucket = S3Bucket(self, "Resource", bucket=name, force_destroy=destroy)
        self.name: str = name
        self.id: str = bucket.id
        # A literal, where Terraform's `arn` would do: policies stay readable, and their size is known.
        self.arn: str = f"arn:{account.partition}:s3:::{name}"
        self._key_arn = kms_key_arn
        self._path: str = self.node.path
        versioned = S3BucketVersioningA(
            self,
            "Versioning",
            bucket=self.id,
            versioning_configuration=S3BucketVersioningVersioningConfiguration(status="Enabled"),
        )
        S3BucketOwnershipControls(
            self,
            "Ownership",
            bucket=self.id,
            rule=S3BucketOwnershipControlsRule(object_ownership="BucketOwnerEnforced"),
        )
        blocked = S3BucketPublicAccessBlock(
            self,
            "PublicAccess",
            bucket=self.id,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
        )
        encrypted = S3BucketServerSideEncryptionConfigurationA(
            self,
            "Encryption",
            bucket=self.id,
            rule=[
                S3BucketServerSideEncryptionConfigurationRuleA(
                    bucket_key_enabled=True,
                    apply_server_side_encryption_by_default=(
                        S3BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultA(
                            sse_algorithm="aws:kms", kms_master_key_id=kms_key_arn
                        )
                    ),
                )
            ],
            depends_on=[versioned],
        )
        # By a reference, since there may be thousands of objects, and `depends_on` of each takes memory in Node.
        self.protected_id: str = encrypted.bucket
        """The name for objects, which wait with it: encryption and versions count only for what is written later."""
        # S3 refuses a policy and the public access block that are written at the same moment.
        S3BucketPolicy(self, "Policy", bucket=self.id, policy=document([self._tls_only()]), depends_on=[blocked])
        self._lifecycle(spec, {"logs/": spec.log_days, **(expirations or {})})

    def _tls_only(self) -> Statement:
        return Statement(
            "DenyPlainHttp",
            ["s3:*"],
            [self.arn, f"{self.arn}/*"],
            principals={"AWS": "*"},
            conditions={"Bool": {"aws:SecureTransport": "false"}},
            effect="Deny",
        )

    def _lifecycle(self, spec: BucketSpec, expirations: Mapping[str, int]) -> None:
        names = [prefix.strip("/") for prefix in expirations]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise Refused(
                f"{self.node.path}: `expirations` must name each prefix once, got {twice[0]!r} with and without a "
                "slash; keep one of the two"
            )
        rule = S3BucketLifecycleConfigurationRule
        S3BucketLifecycleConfiguration(
            self,
            "Lifecycle",
            bucket=self.id,
            rule=[
                rule(
                    id="unfinished-and-overwritten",
                    status="Enabled",
                    filter=[S3BucketLifecycleConfigurationRuleFilter(prefix="")],
                    abort_incomplete_multipart_upload=[
                        S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload(days_after_initiation=7)
                    ],
                    noncurrent_version_expiration=[
                        S3BucketLifecycleConfigurationRuleNoncurrentVersionExpiration(
                            noncurrent_days=spec.noncurrent_days
                        )
                    ],
                ),
                *(
                    rule(
                        id=prefix.strip("/"),
                        status="Enabled",
                        filter=[S3BucketLifecycleConfigurationRuleFilter(prefix=prefix)],
                        expiration=[S3BucketLifecycleConfigurationRuleExpiration(days=days)],
                    )
                    for prefix, days in sorted(expirations.items())
                ),
            ],
        )

    def grant_read(self, role: Role, *, prefix: str = "") -> None:
        """Let *role* list and read what lies under *prefix*; empty: everything. Raises `Refused` for a pattern."""
        self._grant(role, prefix, write=False)

    def grant_read_write(self, role: Role, *, prefix: str = "") -> None:
        """Let *role* list, read, write and delete under *prefix*; empty: everything. Raises `Refused` for a pattern."""
        self._grant(role, prefix, write=True)

    def _grant(self, role: Role, prefix: str, *, write: bool) -> None:
        if prefix.startswith("/") or re.search(r"[*?]|\$\{(?!TfToken\[)", prefix):
            raise Refused(
                f"{self.node.path}: `prefix` must be how keys begin, without a leading slash, wildcards and variables "
                f"of IAM, got {prefix!r}; write for example 'teams/etl/'"
            )
        role.add_statements(grant(self._path, self.arn, self._key_arn, prefix, write=write))
