"""Log groups as data: their names, how long they keep what is written, and what writing there takes."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from constructs_lib._policy import Statement, sid
from provisioners.spec import text

RetentionDays = Literal[
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653
]
"""https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html"""


def _name(beginning: str, in_words: str) -> Any:
    """https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html."""
    return text(
        rf"(?!{beginning})[./#A-Za-z0-9_-]+",
        "must be the name of a log group: at most 512 letters, digits and the characters . _ - / #, "
        f"not beginning with {in_words}",
        "for example '/spark/analytics'",
        max_length=512,
    )


AnyLogGroupName = Annotated[str, _name("aws/", "aws/")]
"""What AWS takes; groups under /aws/ are those of its services, such as a VPC's flow logs."""
LogGroupName = Annotated[str, _name("/?aws/", "aws/ or /aws/")]
"""The name of a group of one's own."""


def write_logs(name: str, arn: str) -> list[Statement]:
    """Return what writing to the log group *name* takes, and seeing which there are, as EMR does first."""
    return [
        Statement(
            f"WriteLogs{sid(name)}",
            ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
            [arn, f"{arn}:*"],
        ),
        Statement("FindLogGroups", ["logs:DescribeLogGroups"], ["*"]),
    ]
