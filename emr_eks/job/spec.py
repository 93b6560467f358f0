"""A Spark job as data."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import Field

from constructs_lib._pod_template import NODE_GROUP_LABEL, NODE_POOL_LABEL
from constructs_lib._versions import DEFAULT_RELEASE, EMR_FEATURES, ReleaseLabel, release_has
from emr_eks.job.memory import bytes_of
from emr_eks.job.presets import PRESETS, SPARK, Configuration, PresetName, configuration, conflicts
from provisioners.spec import DnsLabel, Items, Path, Problem, Spec, text

Memory = Annotated[
    str,
    text(
        r"[1-9]\d{0,17}[kmgtKMGT]",
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
ClassName = Annotated[
    str,
    text(r"[A-Za-z_$][\w$]*(\.[A-Za-z_$][\w$]*)*", "must be the full name of a class", "for example 'com.example.Job'"),
]
LogSize = Annotated[
    str,
    text(r"\d+(\.\d+)?[KMG][Bb]", "must be a size in KB, MB or GB", "for example '100MB'", max_length=12),
]
LogPrefix = Annotated[
    str,
    text(
        r"[^:*\n\r\u0085\u2028\u2029]*[^:*\s][^:*\n\r\u0085\u2028\u2029]*",
        "must be at most 256 characters in one line without : and *, not all of them blanks",
        "for example 'nightly'",
        max_length=256,
    ),
]
"""https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogStream.html"""


def _written(most: int) -> Any:
    """Return the metadata of text as nearly all of the API's patterns want it: one line, in Java's sense."""
    return text(
        r"[ \t\v\f]*[^\s\u0085\u2028\u2029][^\n\r\u0085\u2028\u2029]*",
        f"must be 1 to {most} characters in one line, not all of them blanks",
        "EMR takes no empty text and no ends of lines; in YAML, write `>-` instead of `|`",
        max_length=most,
    )


TagKey = Annotated[str, _written(128)]
TagValue = Annotated[str, _written(256)]
Argument = Annotated[str, _written(10280)]
Setting = Annotated[str, _written(1024)]
Program = Annotated[
    str,
    text(
        r"s3a?://[^\s/]+/\S+|local:///\S+|(?!\S*://)\S+",
        "must be a file or a URI s3://bucket/key, s3a://bucket/key or local:///path, without blanks",
        "for example 'job.py'",
        max_length=1024,
    ),
]
Listed = Annotated[
    str,
    text(
        r"(s3a?://[^\s,'\"\\/]+/|local:///|https?://|hdfs://|(?![^\s,'\"\\]*://))[^\s,'\"\\]+",
        "must be a file or a URI s3://bucket/key, s3a://bucket/key, local:///path, http://..., https://... or "
        "hdfs://..., without blanks, commas, quotes and backslashes",
        "for example 's3://bucket/lib.jar'",
        max_length=1024,
    ),
]
"""All limits: https://docs.aws.amazon.com/emr-on-eks/latest/APIReference/API_StartJobRun.html"""

MAX_INT = 2**31 - 1
MAX_PROPERTIES = 100
LEAST_HEAP = "450m"
"""https://github.com/apache/spark/blob/v3.5.6/core/src/main/scala/org/apache/spark/memory/UnifiedMemoryManager.scala"""


def _heap(memory: str | None) -> Iterator[Problem]:
    if memory and bytes_of(memory) < bytes_of(LEAST_HEAP):
        yield Problem(("memory",), f"must be at least {LEAST_HEAP!r}, below which Spark does not start", memory)


class DriverSpec(Spec):
    """The size of a job's driver."""

    cores: Annotated[int, Field(ge=1)] = Field(default=1, description="Cores of the driver.")
    memory: Memory | None = Field(
        default=None, description="Memory of the driver's JVM, by default Spark's own choice."
    )
    memory_overhead: Memory | None = Field(
        default=None, description="Memory besides the JVM's, by default a tenth of it, and 40 % for Python jobs."
    )

    def rules(self) -> Iterator[Problem]:
        yield from _heap(self.memory)


class ExecutorSpec(Spec):
    """The number and size of a job's executors."""

    instances: Annotated[int, Field(ge=1, le=MAX_INT)] = Field(
        default=2, description="How many executors; at the start, if that may change."
    )
    cores: Annotated[int, Field(ge=1)] = Field(default=1, description="Cores of each executor.")
    memory: Memory = Field(default="1G", description="Memory of each executor's JVM.")
    memory_overhead: Memory | None = Field(default=None, description="Memory of each executor besides the JVM's.")

    def rules(self) -> Iterator[Problem]:
        yield from _heap(self.memory)


class RetrySpec(Spec):
    """What happens when the driver fails or is deleted; EMR bills each further run of it."""

    max_attempts: Annotated[int, Field(ge=1, le=MAX_INT)] = Field(
        description="How often the driver's pod is restarted at most.", examples=[3]
    )


class RotationSpec(Spec):
    """How the logs in a container are kept from filling its disk."""

    size: LogSize = Field(default="100MB", description="A log file is put aside at this size, from 2KB to 2GB.")
    files: Annotated[int, Field(ge=1, le=50)] = Field(default=10, description="How many of them are kept.")

    def rules(self) -> Iterator[Problem]:
        if not 2 * 1024 <= _log_bytes(self.size) <= 2 * 1024**3:
            yield Problem(("size",), "must be from 2KB to 2GB", self.size)


class MonitoringSpec(Spec):
    """Where a job's logs go."""

    application_ui: bool = Field(default=True, description="Whether EMR keeps the Spark history of the job.")
    cloudwatch: bool = Field(default=True, description="Whether logs go to the team's log group.")
    s3: bool = Field(default=True, description="Whether logs go to `logs/<team>/` in the platform's bucket.")
    log_prefix: LogPrefix | None = Field(
        default=None, description="Begins the names of the log streams, by default the job's name."
    )
    rotation: RotationSpec | None = Field(
        default=None, description="Rotation of the logs in each container, by default none."
    )


class JobSpec(Spec):
    """A PySpark, Scala or Java job for one team of the platform."""

    name: JobName = Field(description="The job's name.", examples=["threadsleep"])
    team: DnsLabel = Field(description="The team that it runs for.", examples=["analytics"])
    release: ReleaseLabel = Field(default=DEFAULT_RELEASE, description="The EMR release.")
    entry_point: Program = Field(
        description="What to run: a file beside this one, which is uploaded, or a URI that begins with s3://, s3a:// "
        "or local://.",
        examples=["job.py"],
    )
    main_class: ClassName | None = Field(default=None, description="The class to run, of a job in Scala or Java.")
    arguments: Items[Argument] = Field(default=(), description="Arguments, in order.")
    py_files: Items[Listed] = Field(
        default=(), description="Python modules (.py, .zip, .egg) for the job; files or URIs."
    )
    jars: Items[Listed] = Field(default=(), description="Jars for the job; files or URIs.")
    driver: DriverSpec = Field(default=DriverSpec(), description="The driver.")
    executor: ExecutorSpec = Field(default=ExecutorSpec(), description="The executors.")
    presets: Items[PresetName] = Field(
        default=(), description="Named Spark configuration; `emr-eks job presets` lists and explains them."
    )
    spark: dict[Setting, Setting] = Field(default={}, description="Spark properties, their values in quotes.")
    configurations: dict[Setting, dict[Setting, Setting]] = Field(
        default={},
        description="Further properties by classification, such as `spark-log4j2` or `emr-containers-defaults`.",
    )
    role: DnsLabel | None = Field(
        default=None, description="One of the team's `job_roles` to run as, by default its `job_role`."
    )
    tier: DnsLabel | None = Field(
        default=None,
        description="The tier of priority, one of the team's; by default its first, or none if it has none.",
    )
    submitter_pool: DnsLabel | None = Field(
        default=None,
        description="Untainted node pool or node group for the pod that submits the job, by default the drivers' pool, "
        "or an on-demand node group where that is tainted.",
    )
    retry: RetrySpec | None = Field(default=None, description="Retries of the driver, by default none.")
    monitoring: MonitoringSpec = Field(default=MonitoringSpec(), description="Logs and history.")
    tags: dict[TagKey, TagValue] = Field(default={}, description="Tags of the job run, at most 50.")

    @classmethod
    def model_json_schema(cls, *args: Any, **options: Any) -> dict[str, Any]:
        return dict(_with_variables(super().model_json_schema(*args, **options)))

    def rules(self) -> Iterator[Problem]:
        yield from self._entry_point()
        yield from self._release()
        yield from self._presets()
        yield from self._properties()
        yield from self._classifications()
        yield from self._switches()
        yield from self._allocation()
        yield from self._timeouts()
        yield from self._tags()

    def configuration(self, variables: Mapping[str, str]) -> Configuration:
        """Return the properties that the presets, and over them the job itself, set, by classification."""
        found = configuration(self.presets, variables)
        for classification, properties in {SPARK: self.spark, **self.configurations}.items():
            found.setdefault(classification, {}).update(properties)
        return found

    def _entry_point(self) -> Iterator[Problem]:
        if self.entry_point.lower().endswith(".sql"):
            rule = "must be a program in Python, Scala or Java"
            yield Problem(("entry_point",), rule, self.entry_point, "let one run the SQL")

    def _release(self) -> Iterator[Problem]:
        if too_old := self._too_old_for("pod templates"):
            yield Problem(("release",), f"{too_old}: older ones take no pod templates", self.release)
        if self.retry and (too_old := self._too_old_for("retries of jobs")):
            yield Problem(("retry",), too_old, hint=f"the job asks for {self.release}", reads=(("release",),))

    def _too_old_for(self, feature: str) -> str:
        """Return the rule that the release breaks where it has no *feature*."""
        releases = " or ".join(f"emr-{first}" for first in EMR_FEATURES[feature])
        return "" if release_has(self.release, feature) else f"needs {releases} or newer"

    def _presets(self) -> Iterator[Problem]:
        wrong = conflicts(self.presets, self.spark)
        for index, name in enumerate(self.presets):
            path = ("presets", index)
            if name in self.presets[:index]:
                yield Problem(path, "is given twice", name)
            elif too_old := self._too_old_for(PRESETS[name].needs):
                yield Problem(path, too_old, name, f"the job asks for {self.release}", reads=(("release",),))
            elif name in wrong:
                yield Problem(path, wrong[name], hint="take one of them out")

    def _properties(self) -> Iterator[Problem]:
        for key in sorted(self.spark):
            path = ("spark", key)
            if not key.startswith("spark."):
                yield Problem(path, "must begin with 'spark.'", key)
            if key != "".join(key.split()):
                yield Problem(path, "must have no blanks, with which Spark takes it for another", key, "take them out")
            if key in PLATFORM_PROPERTIES:
                yield Problem(path, "is set by the platform", hint="take it out; the team's pools decide")
            if key in JOB_PROPERTIES:
                yield Problem(path, f"is what `{JOB_PROPERTIES[key]}` says", hint="take it out, and set that instead")
        for key in sorted(self.configurations.get(SUBMITTER, {})):
            if key in SUBMITTER_POOL:
                place = ("configurations", SUBMITTER, key)
                yield Problem(place, "is what `submitter_pool` says", hint="take it out, and set that instead")

    def _classifications(self) -> Iterator[Problem]:
        if SPARK in self.configurations:
            yield Problem(("configurations", SPARK), "must be left to `spark`", hint="move its properties there")
        for classification, properties in self.configuration(_UNFILLED).items():
            most = MAX_PROPERTIES - (len(PLATFORM_PROPERTIES) if classification == SPARK else 0)
            if len(properties) > most:
                own = " besides the platform's own" if classification == SPARK else ""
                rule = f"must hold at most {most} properties{own}, those of presets included"
                yield Problem(_place(classification), rule, len(properties), reads=(("presets",),))
        for classification, properties in {SPARK: self.spark, **self.configurations}.items():
            fixed = {
                key: (value, name)
                for name in self.presets
                for key, value in PRESETS[name].fixed.items()
                if PRESETS[name].classification == classification
            }
            for key, value in sorted(properties.items()):
                wanted, preset = fixed.get(key, (value, ""))
                if value != wanted:
                    path = (*_place(classification), key)
                    yield Problem(path, f"is {wanted!r} by preset {preset}", value, "take one of the two out")

    def _allocation(self) -> Iterator[Problem]:
        properties = self.configuration(_UNFILLED).get(SPARK, {})
        if not is_true(properties, _DYNAMIC):
            return
        yield from self._shuffle_data(properties)
        bounds = {}
        for bound in ("min", "initial", "max"):
            key = f"spark.dynamicAllocation.{bound}Executors"
            value = properties.get(key)
            if value and re.fullmatch("[0-9]+", value) and int(value) <= MAX_INT:
                bounds[bound] = int(value)
            elif value:
                yield Problem(("spark", key), f"must be a whole number in quotes, at most {MAX_INT}", value)
        most = bounds.pop("max", None)
        if most is None:
            return
        for bound, number in bounds.items():
            if number > most:
                key = f"spark.dynamicAllocation.{bound}Executors"
                yield Problem(("spark", key), f"must be at most maxExecutors, which is {most}", str(number))
        instances, key = self.executor.instances, "spark.dynamicAllocation.maxExecutors"
        if instances > most and key in self.spark:
            rule = f"must be at least `executor.instances`, which is {instances}"
            yield Problem(("spark", key), rule, self.spark[key], reads=(("executor",), ("presets",)))
        elif instances > most:
            rule = f"must be at most {key}, which is {most}"
            yield Problem(("executor", "instances"), rule, instances, reads=(("spark",), ("presets",)))

    def _shuffle_data(self, properties: Mapping[str, str]) -> Iterator[Problem]:
        """Without knowing where shuffle data are, or moving them, Spark gives no executor back, and does not start."""
        reads: tuple[Path, ...] = (("release",), ("presets",), ("spark",))
        if too_old := self._too_old_for("dynamic allocation"):
            yield Problem(("spark", _DYNAMIC), too_old, hint=f"the job asks for {self.release}", reads=reads)
        elif not any(all(is_true(properties, each) for each in way) for way in _SHUFFLE_DATA) and (
            too_old := self._too_old_for("shuffle tracking unasked (Spark 3.4)")
        ):
            rule = f"{too_old}, or {_TRACKING}: 'true'"
            yield Problem(("spark", _DYNAMIC), rule, hint=f"the job asks for {self.release}", reads=reads)

    def _switches(self) -> Iterator[Problem]:
        for key in sorted(_SWITCHES & self.spark.keys()):
            if self.spark[key].strip().lower() not in ("true", "false"):
                yield Problem(("spark", key), "must be 'true' or 'false'", self.spark[key])

    def _timeouts(self) -> Iterator[Problem]:
        """Spark refuses to start otherwise: https://spark.apache.org/docs/latest/configuration.html#networking."""
        heartbeat = _seconds(self.spark.get(_HEARTBEAT, "10s"), "ms")
        timeout = _seconds(self.spark.get(_TIMEOUT, "120s"), "s")
        if heartbeat is None or timeout is None or heartbeat < timeout:
            return
        if _HEARTBEAT in self.spark:
            rule = f"must be shorter than {_TIMEOUT}, which is {timeout:g} s"
            yield Problem(("spark", _HEARTBEAT), rule, self.spark[_HEARTBEAT], reads=(("spark",),))
        else:
            rule = f"must be longer than {_HEARTBEAT}, which is {heartbeat:g} s"
            yield Problem(("spark", _TIMEOUT), rule, self.spark[_TIMEOUT], reads=(("spark",),))

    def _tags(self) -> Iterator[Problem]:
        if len(self.tags) > 50:
            yield Problem(("tags",), "must be at most 50", len(self.tags))
        for key in sorted(self.tags):
            if key.lower().startswith("aws:"):
                yield Problem(("tags", key), "must not begin with 'aws:', which is AWS's own", key)


PLATFORM_PROPERTIES = (
    "spark.kubernetes.driver.podTemplateFile",
    "spark.kubernetes.executor.podTemplateFile",
)
JOB_PROPERTIES = {
    "spark.driver.cores": "driver.cores",
    "spark.driver.memory": "driver.memory",
    "spark.driver.memoryOverhead": "driver.memory_overhead",
    "spark.executor.cores": "executor.cores",
    "spark.executor.instances": "executor.instances",
    "spark.executor.memory": "executor.memory",
    "spark.executor.memoryOverhead": "executor.memory_overhead",
    "spark.jars": "jars",
    "spark.submit.pyFiles": "py_files",
}
"""Properties that a key of the job file stands for; EMR would let that key win without a word."""

SUBMITTER = "emr-job-submitter"
"""https://docs.aws.amazon.com/emr/latest/EMR-on-EKS-DevelopmentGuide/emr-eks-job-submitter.html"""
SUBMITTER_SELECTOR = "jobsubmitter.node.selector."
SUBMITTER_POOL = tuple(f"{SUBMITTER_SELECTOR}{label}" for label in (NODE_GROUP_LABEL, NODE_POOL_LABEL))
"""What the key `submitter_pool` of the job file stands for."""

OFF_HEAP = "spark.memory.offHeap.enabled"
_DYNAMIC = "spark.dynamicAllocation.enabled"
_HEARTBEAT, _TIMEOUT = "spark.executor.heartbeatInterval", "spark.network.timeout"
_TRACKING = "spark.dynamicAllocation.shuffleTracking.enabled"
_SHUFFLE_DATA = (
    (_TRACKING,),
    ("spark.decommission.enabled", "spark.storage.decommission.shuffleBlocks.enabled"),
)
"""The ways in which dynamic allocation does not lose shuffle data: Kubernetes has no external shuffle service."""
_SWITCHES = {OFF_HEAP, _DYNAMIC, *(key for way in _SHUFFLE_DATA for key in way)}
"""The switches that rules here look at."""
_UNFILLED = {"az": "", "bucket": "", "team": ""}
_UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400}


def _place(classification: str) -> Path:
    """Return where a job file has the properties of *classification*."""
    return ("spark",) if classification == SPARK else ("configurations", classification)


def _seconds(duration: str, unit: str) -> float | None:
    """Return Spark's *duration* in seconds, and None for what is none; a bare number counts in *unit*."""
    match = re.fullmatch(r"(\d+)(us|ms|s|m|min|h|d)?", duration.strip().lower())
    return int(match[1]) * _UNITS[match[2] or unit] if match else None


def _log_bytes(size: str) -> float:
    return float(size[:-2]) * float(1024 ** (1 + "KMG".index(size[-2])))


def is_true(properties: Mapping[str, str], key: str) -> bool:
    """Tell whether a switch is on, as Spark reads it; one that is not there is off."""
    return properties.get(key, "").strip().lower() == "true"


def _with_variables(schema: Any) -> Any:
    """Return *schema* with all text accepted that holds a variable, which is judged when that is filled in."""
    if isinstance(schema, list):
        return [_with_variables(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: _with_variables(part) for key, part in schema.items()}
    if "pattern" not in made:
        return made
    judged = {key: made.pop(key) for key in ("type", "pattern", "maxLength") if key in made}
    return {**made, "anyOf": [judged, {"type": "string", "pattern": r"\$\{"}]}
