"""The AWS account and region that constructs work in, and `Refused`, which all of them raise."""

from __future__ import annotations

from cdktf_cdktf_provider_aws.data_aws_caller_identity import DataAwsCallerIdentity
from constructs import Construct

from constructs_lib._names import AccountId, Refused, Region, checked, checked_if_known, partition_of

__all__ = ["Account", "Refused"]


class Account:
    """Knows the region and its partition as literals, and the account's id as a literal or by asking AWS."""

    def __init__(self, scope: Construct, id: str, *, region: str, account_id: str | None = None) -> None:
        def where() -> str:
            return f"{scope.node.path}/{id}"

        self.region: str = checked(Region, region, where)
        self.partition: str = partition_of(region)
        self.id: str = (
            checked_if_known(AccountId, account_id, where)
            if account_id is not None
            else DataAwsCallerIdentity(scope, id).account_id
        )

    def arn(self, service: str, resource: str) -> str:
        """Return the ARN of this account's *resource* in this region."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.id}:{resource}"

    def role_arn(self, name: str) -> str:
        """Return the ARN of the IAM role *name*."""
        return f"arn:{self.partition}:iam::{self.id}:role/{name}"

    def managed_policy_arn(self, name: str) -> str:
        """Return the ARN of the policy *name* that AWS manages."""
        return f"arn:{self.partition}:iam::aws:policy/{name}"
