"""A job's own pods are followed to nodes too: with the sizes that Spark asks for and the labels that the job wants."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import MakePlatform
from typer.testing import CliRunner

from emr_eks.cli import app
from emr_eks.job.file import open_job
from emr_eks.job.pods import job_pods
from emr_eks.job.request import workplace
from provisioners.source import InvalidFile
from stacks.platform import Platform

HEAD = "name: job\nteam: analytics\n"
JVM = HEAD + "entry_point: s3://code/job.jar\n"
PYTHON = HEAD + "entry_point: s3://code/job.py\n"
MIB, GIB = 2**20, 2**30


def write(folder: Path, text: str) -> Path:
    file = folder / "job.yaml"
    file.write_text(text, "utf-8")
    return file


def needs(platform: Platform, folder: Path, text: str) -> dict[str, dict[str, int]]:
    file = open_job(write(folder, text), platform)
    at = workplace(platform, "analytics")
    pods = job_pods(file.job(at), platform, file.document, at.variables)
    return {pod.name.removeprefix("job/"): dict(pod.needs.requests) for pod in pods}


# https://spark.apache.org/docs/latest/running-on-kubernetes.html: memory is that of the JVM and a tenth, or 40 % of it
# where Python runs beside it, and 384 MiB at least.
@pytest.mark.parametrize(
    ("text", "driver", "executor"),
    [
        (JVM, (1000, (1024 + 384) * MIB), (1000, (1024 + 384) * MIB)),
        (PYTHON, (1000, int((1024 + 409.6) * MIB)), (1000, int((1024 + 409.6) * MIB))),
        (JVM + "executor: {cores: 4, memory: 10g}\n", (1000, 1408 * MIB), (4000, 11 * GIB)),
        (PYTHON + "executor: {cores: 4, memory: 10g}\n", (1000, int(1433.6 * MIB)), (4000, 14 * GIB)),
        (PYTHON + "driver: {cores: 2, memory: 2g, memory_overhead: 1g}\n", (2000, 3 * GIB), (1000, int(1433.6 * MIB))),
        (
            JVM + "executor: {memory: 4096m}\n"
            'spark: {spark.kubernetes.executor.request.cores: "500m", spark.executor.memoryOverheadFactor: "0.5"}\n',
            (1000, 1408 * MIB),
            (500, 6 * GIB),
        ),
        (
            PYTHON + "executor: {memory: 10g}\n"
            'spark: {spark.executor.pyspark.memory: 2g, spark.kubernetes.memoryOverheadFactor: "0.2"}\n',
            (1000, 1408 * MIB),
            (1000, 14 * GIB),
        ),
        (
            JVM + "executor: {memory: 10g}\n"
            'spark: {spark.memory.offHeap.enabled: "TRUE", spark.memory.offHeap.size: "1073741824"}\n',
            (1000, 1408 * MIB),
            (1000, 12 * GIB),
        ),
        (
            JVM + 'executor: {memory: 10g}\nspark: {spark.memory.offHeap.size: "2g"}\n',
            (1000, 1408 * MIB),
            (1000, 11 * GIB),
        ),
    ],
)
def test_pods_ask_for_what_spark_asks_for(
    text: str, driver: tuple[int, int], executor: tuple[int, int], platform: Platform, tmp_path: Path
) -> None:
    asked = needs(platform, tmp_path, text)
    assert {name: (each["cpu"], each["memory"]) for name, each in asked.items()} == {
        "driver": driver,
        "executor": executor,
    }


def told(platform: Platform, folder: Path, text: str) -> list[str]:
    """Return what is wrong with a job, without the file's own path."""
    file = write(folder, text)
    with pytest.raises(InvalidFile) as refused:
        open_job(file, platform)
    return [str(each).removeprefix(f"{file}:") for each in refused.value.problems]


def test_a_size_that_fits_no_node_is_told_where_it_is_written(platform: Platform, tmp_path: Path) -> None:
    sizes = "driver:\n  cores: 400\nexecutor:\n  memory: 4000g\n  memory_overhead: 1g\n"
    driver, executor = told(platform, tmp_path, JVM + sizes)
    assert driver.startswith("5:3: driver: job/driver can run nowhere; nearest is node pool spark-driver")
    assert "asks for 400 vCPU" in driver
    assert executor.startswith("7:3: executor: job/executor can run nowhere; nearest is node pool spark-executor")
    assert "asks for 4001 GiB" in executor
    (executor,) = told(platform, tmp_path, JVM + "executor: {memory: 11000g, memory_overhead: 1g}\n")
    assert "asks for 11001 GiB" in executor


@pytest.mark.parametrize(
    ("selector", "value", "obstacle"),
    [
        ("spark.kubernetes.node.selector.topology.kubernetes.io/zone", "us-east-1f", "us-east-1f"),
        ("spark.kubernetes.executor.node.selector.karpenter.sh/capacity-type", "on-demand", "is spot"),
        ("spark.executor.resource.gpu.amount", "1", "nvidia.com/gpu"),
    ],
)
def test_what_a_job_asks_of_nodes_must_be_there(
    selector: str, value: str, obstacle: str, platform: Platform, tmp_path: Path
) -> None:
    vendor = "  spark.executor.resource.gpu.vendor: nvidia.com\n" if "gpu" in selector else ""
    problems = told(platform, tmp_path, f'{JVM}spark:\n  {selector}: "{value}"\n{vendor}')
    assert obstacle in problems[-1]
    if not vendor:
        assert problems[-1].startswith(f'5:{len(selector) + 5}: spark["{selector}"]: job/executor can run nowhere')


def test_check_follows_what_presets_ask_of_nodes(make_platform: MakePlatform, tmp_path: Path) -> None:
    """The preset single-az wants the platform's first zone, where this driver pool has no nodes."""
    pool = {"instance_types": ["m6i.xlarge"], "min_size": 2, "max_size": 4, "availability_zones": ["us-east-1b"]}
    make_platform(node_groups={"later": pool}, teams={"analytics": {"driver_pool": "later"}})
    result = CliRunner().invoke(app, ["check", "--platform", str(tmp_path / "platform.yaml")])
    assert result.exit_code == 0
    assert "warning: " in result.output
    assert "analytics/driver with single-az can run nowhere" in result.output


@pytest.mark.parametrize(
    ("key", "value", "rule"),
    [
        ("spark.executor.pyspark.memory", "lots", "an amount of memory, for example '2g'"),
        ("spark.driver.minMemoryOverhead", f"{'9' * 400}g", "an amount of memory, for example '2g'"),
        ("spark.driver.minMemoryOverhead", "1 GB", "an amount of memory, for example '2g'"),
        ("spark.kubernetes.executor.request.cores", "half", "a quantity of CPU, for example '1500m'"),
        ("spark.kubernetes.memoryOverheadFactor", "20%", "a number, for example '0.2'"),
        ("spark.driver.memoryOverheadFactor", "20%", "a number, for example '0.2'"),
        ("spark.executor.memoryOverheadFactor", "Infinity", "a number, for example '0.2'"),
        ("spark.executor.resource.gpu.amount", "1.5", "a whole number"),
        ("spark.executor.resource.gpu.amount", "-1", "a whole number"),
        ("spark.driver.resource.gpu.amount", "1_0", "a whole number"),
        ("spark.memory.offHeap.size", "some", "an amount of memory, for example '2g'"),
        ("spark.kubernetes.driver.limit.cores", "two", "a quantity of CPU, for example '1500m'"),
        ("spark.kubernetes.driver.request.cores", "-1", "a quantity of CPU, for example '1500m'"),
    ],
)
def test_a_property_that_pods_are_sized_by_must_be_a_size(
    key: str, value: str, rule: str, platform: Platform, tmp_path: Path
) -> None:
    assert told(platform, tmp_path, f'{JVM}spark:\n  {key}: "{value}"\n') == [
        f'5:{len(key) + 5}: spark["{key}"]: must be {rule}, got {value!r}'
    ]


@pytest.mark.parametrize(
    ("properties", "key", "rule"),
    [
        (
            {"spark.kubernetes.executor.limit.cores": "500m"},
            "spark.kubernetes.executor.limit.cores",
            "must be at least what the executor asks for, '1', got '500m'",
        ),
        (
            {"spark.kubernetes.driver.limit.cores": "1", "spark.kubernetes.driver.request.cores": "1500m"},
            "spark.kubernetes.driver.limit.cores",
            "must be at least what the driver asks for, '1500m', got '1'",
        ),
        (
            {"spark.executor.resource.gpu.amount": "1"},
            "spark.executor.resource.gpu.amount",
            "needs spark.executor.resource.gpu.vendor, for example 'nvidia.com'",
        ),
    ],
)
def test_sizes_with_which_no_pod_starts_are_told(
    properties: dict[str, str], key: str, rule: str, platform: Platform, tmp_path: Path
) -> None:
    lines = "".join(f'  {each}: "{value}"\n' for each, value in properties.items())
    assert told(platform, tmp_path, f"{JVM}spark:\n{lines}") == [f'5:{len(key) + 5}: spark["{key}"]: {rule}']


def test_a_job_that_its_team_has_no_room_for_is_told(make_platform: MakePlatform, tmp_path: Path) -> None:
    text = JVM + "executor: {cores: 3, memory: 10g}\n"  # with the driver 4 vCPU and 12.375 GiB
    for cpu, memory, told in (
        (4, 13, []),
        (3, 13, ["driver and one executor ask for 4 vCPU, and team analytics may have 3", "quota.cpu"]),
        (4, 12, ["ask for 12.38 GiB, and team analytics may have 12", "raise teams.analytics.quota.memory_gib"]),
    ):
        platform = make_platform(teams={"analytics": {"quota": {"cpu": cpu, "memory_gib": memory}}})
        file = write(tmp_path, text)
        if not told:
            open_job(file, platform)
            continue
        with pytest.raises(InvalidFile, match=r"job\.yaml:4:11: executor: ") as error:
            open_job(file, platform)
        assert all(each in str(error.value) for each in told)
        assert len(error.value.problems) == 1
