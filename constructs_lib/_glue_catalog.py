"""What reading and writing databases of the Glue Data Catalog takes.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsglue.html
"""

from __future__ import annotations

from collections.abc import Sequence

from constructs_lib._policy import Statement, sid

_READ = (
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
_WRITE = (
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


def catalog_statement(
    databases: Sequence[str], *, write: bool, partition: str, region: str, account_id: str
) -> Statement:
    """Return what reading, or writing too, *databases* takes; Spark's Hive client always asks for `default` as well."""
    arn = f"arn:{partition}:glue:{region}:{account_id}"
    return Statement(
        ("WriteCatalog" if write else "ReadCatalog") + sid(" ".join(sorted(set(databases)))),
        [*_READ, *(_WRITE if write else ())],
        [
            f"{arn}:catalog",
            f"{arn}:database/default",
            *(
                f"{arn}:{what}"
                for each in sorted(set(databases))
                for what in (f"database/{each}", f"table/{each}/*", f"userDefinedFunction/{each}/*")
            ),
        ],
    )
