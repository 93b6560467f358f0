"""How long logs are kept, as data."""

from __future__ import annotations

from typing import Annotated, Literal

from constructs_lib._policy import Statement, sid
from provisioners.spec import text

RetentionDays = Literal[
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653
]
"""https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html"""

AnyLogGroupName = Annotated[
    str,
    text(
        r"(?!aws/)[./#A-Za-z0-9_-]+",
        "must be the name of a log group: at most 512 letters, digits and the characters . _ - / #, "
        "not beginning with aws/",
        "for example '/spark/analytics'",
        max_length=512,
    ),
]
"""What AWS takes; groups under /aws/ are those of its services, such as a VPC's flow logs."""
LogGroupName = Annotated[
    str,
    text(
        r"(?!/?aws/)[./#A-Za-z0-9_-]+",
        "must be the name of a log group: at most 512 letters, digits and the characters . _ - / #, "
        "not beginning with aws/ or /aws/",
        "for example '/spark/analytics'",
        max_length=512,
    ),
]
"""https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html"""


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
