"""A KMS key."""

from __future__ import annotations

from collections.abc import Iterable

from cdktf_cdktf_provider_aws.kms_alias import KmsAlias
from cdktf_cdktf_provider_aws.kms_key import KmsKey
from constructs import Construct

from constructs_lib._policy import Statement, document
from constructs_lib.account import Account

__all__ = ["EncryptionKey", "Statement", "logs_may_use"]


class EncryptionKey(Construct):
    """Defines a symmetric key that rotates every year and waits 30 days before it is really deleted.

    The account administers it through IAM; *statements*, each a `Statement`, let services use it. The alias is
    `alias/<name>`.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        description: str,
        account: Account,
        statements: Iterable[Statement] = (),
    ) -> None:
        super().__init__(scope, id)
        administration = Statement(
            "AdministerThroughIam",
            ["kms:*"],
            ["*"],
            principals={"AWS": [f"arn:{account.partition}:iam::{account.id}:root"]},
        )
        key = KmsKey(
            self,
            "Resource",
            description=description,
            enable_key_rotation=True,
            deletion_window_in_days=30,
            policy=document([administration, *statements]),
        )
        self.arn: str = key.arn
        KmsAlias(self, "Alias", name=f"alias/{name}", target_key_id=self.arn)


def logs_may_use(account: Account, log_group: str = "*") -> Statement:
    """Return the statement that lets CloudWatch Logs encrypt *log_group*, by default all of *account*, with a key.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
    """
    suffix = "amazonaws.com.cn" if account.partition == "aws-cn" else "amazonaws.com"
    return Statement(
        "AllowCloudWatchLogs",
        ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"],
        ["*"],
        principals={"Service": [f"logs.{account.region}.{suffix}"]},
        conditions={"ArnLike": {"kms:EncryptionContext:aws:logs:arn": account.arn("logs", f"log-group:{log_group}")}},
    )
