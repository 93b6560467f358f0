"""A Spark job as data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from constructs_lib._versions import DEFAULT_RELEASE, EMR_FEATURES, ReleaseLabel, release_has
from provisioners.spec import DnsLabel, Items, Problem, Spec, text

Memory = Annotated[
    str,
    text(
        r"\d+[kmgtKMGT]",
        "must be an amount of memory as Spark writes it: a number and k, m, g or t",
        "like '4g'",
    ),
]
JobName = Annotated[
    str,
    text(
        r"[.\-_/#A-Za-z0-9]+",
        "must be the name of a job: at most 64 letters, digits and the characters . _ - / #",
        "for example 'daily-sales'",
        max_length=64,
    ),
]
"""https://docs.aws.amazon.com/emr-on-eks/latest/APIReference/API_StartJobRun.html"""

MAX_PROPERTIES = 100
MAX_VALUE = 1024


class DriverSpec(Spec):
    """The size of a job's driver."""

    cores: Annotated[int, Field(ge=1)] = Field(1, description="Cores of the driver.")
    memory: Memory | None = Field(None, description="Memory of the driver's JVM, by default Spark's own choice.")


class ExecutorSpec(Spec):
    """The number and size of a job's executors."""

    instances: Annotated[int, Field(ge=1)] = Field(
        2, description="How many executors; at the start, if that may change."
    )
    cores: Annotated[int, Field(ge=1)] = Field(1, description="Cores of each executor.")
    memory: Memory = Field("1G", description="Memory of each executor's JVM.")


class JobSpec(Spec):
    """A PySpark, Scala or Java job for one team of the platform."""

    name: JobName = Field(description="The job's name.", examples=["threadsleep"])
    team: DnsLabel = Field(description="The team that it runs for.", examples=["analytics"])
    release: ReleaseLabel = Field(DEFAULT_RELEASE, description="The EMR release.")
    entry_point: Annotated[str, Field(min_length=1, max_length=256)] = Field(
        description="What to run: a file beside this one, which is uploaded, or a URI such as s3://... or local://...",
        examples=["job.py"],
    )
    arguments: Items[Annotated[str, Field(max_length=10280)]] = Field((), description="Arguments, in order.")
    driver: DriverSpec = Field(DriverSpec(), description="The driver.")
    executor: ExecutorSpec = Field(ExecutorSpec(), description="The executors.")
    spark: dict[str, str] = Field({}, description="Spark properties, their values in quotes.")

    def rules(self) -> Iterator[Problem]:
        if not release_has(self.release, "pod templates"):
            since = " and ".join(EMR_FEATURES["pod templates"])
            yield Problem(("release",), f"must know pod templates, as EMR does since {since}", self.release)
        if len(self.spark) > MAX_PROPERTIES - len(PLATFORM_PROPERTIES):
            yield Problem(
                ("spark",),
                f"must hold at most {MAX_PROPERTIES - len(PLATFORM_PROPERTIES)} properties, as EMR takes "
                f"{MAX_PROPERTIES} with the platform's own",
                len(self.spark),
            )
        for key in sorted(self.spark):
            if not key.startswith("spark."):
                yield Problem(("spark", key), "must begin with 'spark.'", key)
            if key in PLATFORM_PROPERTIES:
                yield Problem(("spark", key), "is set by the platform", hint="take it out; the team's pools decide")
            if len(self.spark[key]) > MAX_VALUE:
                yield Problem(
                    ("spark", key),
                    f"must have at most {MAX_VALUE} characters",
                    f"{len(self.spark[key])} characters",
                )


PLATFORM_PROPERTIES = (
    "spark.kubernetes.driver.podTemplateFile",
    "spark.kubernetes.executor.podTemplateFile",
)
