"""Bucket policies: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition.html."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from .conftest import Aws

ELSEWHERE = {"LocationConstraint": "eu-west-1"}


@pytest.fixture
def bucket(aws: Aws, name: str) -> str:
    aws("s3").create_bucket(Bucket=name, CreateBucketConfiguration=ELSEWHERE)
    return name


def deny(aws: Aws, bucket: str, condition: dict[str, Any] | None, action: str = "s3:*") -> None:
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": action,
        "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
        **({"Condition": condition} if condition else {}),
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    aws("s3").put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))


def may_put(aws: Aws, bucket: str, **headers: str) -> bool:
    try:
        aws("s3").put_object(Bucket=bucket, Key="key", Body=b"", **headers)
    except ClientError as error:
        return bool(error.response["ResponseMetadata"]["HTTPStatusCode"] != 403)
    return True


def test_deny_without_condition_denies(aws: Aws, bucket: str) -> None:
    deny(aws, bucket, None)
    assert not may_put(aws, bucket)


@pytest.mark.parametrize(
    ("condition", "put"),
    [
        ({"Bool": {"aws:SecureTransport": "false"}}, True),
        ({"Bool": {"aws:SecureTransport": False}}, True),
        ({"Bool": {"aws:SecureTransport": "true"}}, False),
        ({"NumericLessThan": {"s3:TlsVersion": "1.2"}}, True),
        ({"NumericGreaterThanEquals": {"s3:TlsVersion": 1.2}}, False),
        ({"StringEquals": {"aws:PrincipalOrgID": "o-1"}}, True),
        ({"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}, True),
        ({"Bool": {"aws:SecureTransport": "true"}, "StringEquals": {"aws:SourceVpce": "vpce-1"}}, True),
    ],
    ids=lambda value: json.dumps(value) if isinstance(value, dict) else str(value),
)
def test_deny_counts_only_where_its_condition_holds(
    aws: Aws, bucket: str, condition: dict[str, Any], put: bool
) -> None:
    deny(aws, bucket, condition)
    assert may_put(aws, bucket) is put


def test_deny_of_unencrypted_objects_looks_at_the_header(aws: Aws, bucket: str) -> None:
    deny(aws, bucket, {"StringNotEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}}, "s3:PutObject")
    assert not may_put(aws, bucket)
    assert not may_put(aws, bucket, ServerSideEncryption="AES256")
    assert may_put(aws, bucket, ServerSideEncryption="aws:kms")


@pytest.mark.parametrize(("null", "put"), [("true", False), ("false", True)])
def test_null_asks_whether_the_header_is_there(aws: Aws, bucket: str, null: str, put: bool) -> None:
    deny(aws, bucket, {"Null": {"s3:x-amz-server-side-encryption": null}}, "s3:PutObject")
    assert may_put(aws, bucket) is put


def test_if_exists_holds_for_an_absent_header(aws: Aws, bucket: str) -> None:
    deny(aws, bucket, {"StringEqualsIfExists": {"s3:x-amz-acl": "public-read"}}, "s3:PutObject")
    assert not may_put(aws, bucket)


def test_policy_comes_back_as_it_was_put(aws: Aws, bucket: str) -> None:
    condition = {"Bool": {"aws:SecureTransport": "false"}}
    deny(aws, bucket, condition)
    policy = json.loads(aws("s3").get_bucket_policy(Bucket=bucket)["Policy"])
    assert policy["Statement"][0]["Condition"] == condition


def allow_logs(aws: Aws, bucket: str) -> None:
    statements = [
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": "*",
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        },
        {
            "Effect": "Allow",
            "Principal": {"Service": ["logging.s3.amazonaws.com"]},
            "Action": ["s3:PutObject"],
            "Resource": [f"arn:aws:s3:::{bucket}/data/*"],
        },
    ]
    policy = {"Version": "2012-10-17", "Statement": statements}
    aws("s3").put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))


def test_access_logs_need_the_target_buckets_permission_and_leave_it_empty(aws: Aws, bucket: str) -> None:
    s3, target = aws("s3"), f"{bucket}-logs"
    s3.create_bucket(Bucket=target, CreateBucketConfiguration=ELSEWHERE)
    logging = {"LoggingEnabled": {"TargetBucket": target, "TargetPrefix": "data/"}}
    with pytest.raises(ClientError) as caught:
        s3.put_bucket_logging(Bucket=bucket, BucketLoggingStatus=logging)
    assert caught.value.response["Error"]["Code"] == "InvalidTargetBucketForLogging"
    allow_logs(aws, target)
    s3.put_bucket_logging(Bucket=bucket, BucketLoggingStatus=logging)
    s3.list_objects_v2(Bucket=bucket)
    assert s3.get_bucket_logging(Bucket=bucket)["LoggingEnabled"]["TargetBucket"] == target
    assert s3.list_objects_v2(Bucket=target)["KeyCount"] == 0


def test_a_versioned_bucket_can_be_emptied_of_versions_and_delete_markers(aws: Aws, bucket: str) -> None:
    """As Terraform does for `force_destroy`: https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeleteMarker.html."""
    s3 = aws("s3")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket=bucket, Key="key", Body=b"1")
    s3.delete_object(Bucket=bucket, Key="key")
    listed = s3.list_object_versions(Bucket=bucket)
    assert len(listed["Versions"]) == len(listed["DeleteMarkers"]) == 1
    found = [{key: each[key] for key in ("Key", "VersionId")} for each in listed["Versions"] + listed["DeleteMarkers"]]
    s3.delete_objects(Bucket=bucket, Delete={"Objects": found})
    left = s3.list_object_versions(Bucket=bucket)
    assert "Versions" not in left
    assert "DeleteMarkers" not in left
    s3.delete_bucket(Bucket=bucket)
