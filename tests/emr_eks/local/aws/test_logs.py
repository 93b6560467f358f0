"""https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_AssociateKmsKey.html."""

from typing import Any

from .conftest import Aws, Refused

KEY = "arn:aws:kms:us-east-1:123456789012:key/0a1b2c3d-1111-2222-3333-444455556666"


def described(aws: Aws, name: str) -> Any:
    (found,) = aws("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    return found


def test_a_log_group_may_have_another_key_and_none(aws: Aws, name: str) -> None:
    logs = aws("logs")
    logs.create_log_group(logGroupName=name)
    logs.associate_kms_key(logGroupName=name, kmsKeyId=KEY)
    assert described(aws, name)["kmsKeyId"] == KEY
    logs.disassociate_kms_key(logGroupName=name)
    assert "kmsKeyId" not in described(aws, name)


def test_there_must_be_a_log_group(aws: Aws, name: str, refused: Refused) -> None:
    refused("ResourceNotFoundException", aws("logs").associate_kms_key, logGroupName=name, kmsKeyId=KEY)
