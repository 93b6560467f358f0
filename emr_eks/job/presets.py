"""Presets of Spark configuration: settings that belong together, by name, each with where it comes from. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from string import Template
from typing import Literal, NamedTuple, get_args

PresetName = Literal[
    "fixed-executors",
    "dynamic-allocation",
    "dynamic-allocation-spot",
    "spot-decommission",
    "pvc-reuse",
    "glue-catalog",
    "single-az",
    "event-logs",
]

Configuration = dict[str, dict[str, str]]
"""Properties by classification: https://docs.aws.amazon.com/emr-on-eks/latest/APIReference/API_Configuration.html"""

SPARK = "spark-defaults"


class Preset(NamedTuple):
    """Settings that belong together.

    A job cannot change what is `fixed`; a property of its own replaces a `default`. Values may hold `${az}`,
    `${bucket}` and `${team}`. `excludes` gives, for another preset or a property, why it does not go with this one.
    """

    summary: str
    source: str
    fixed: Mapping[str, str] = {}
    defaults: Mapping[str, str] = {}
    classification: str = SPARK
    excludes: Mapping[str, str] = {}
    needs: str = "EMR on EKS"
    """What its EMR release must have, a key of `EMR_FEATURES`."""


_BEST_PRACTICES = "https://aws.github.io/aws-emr-containers-best-practices"
_SPARK_ON_KUBERNETES = "https://spark.apache.org/docs/latest/running-on-kubernetes.html"
_WORKSHOP = "https://www.eksworkshop.com/advanced/430_emr_on_eks/autoscaling/"
_VOLUME = "spark.kubernetes.executor.volumes.persistentVolumeClaim.spark-local-dir-1"

# Kubernetes has no external shuffle service, so Spark must know which executors still hold shuffle data.
_DYNAMIC = {
    "spark.dynamicAllocation.enabled": "true",
    "spark.dynamicAllocation.shuffleTracking.enabled": "true",
}
_ONE_VOLUME_TWICE = "Spark would attach an EBS volume to a second pod while the first still has it"

PRESETS: dict[PresetName, Preset] = {
    "fixed-executors": Preset(
        "As many executors as the job says, from start to end.",
        _WORKSHOP,
        fixed={
            "spark.dynamicAllocation.enabled": "false",
            "spark.kubernetes.executor.deleteOnTermination": "true",
        },
    ),
    "dynamic-allocation": Preset(
        "1 to 10 executors, as tasks wait; quick to grow and to shrink, for trying it out.",
        _WORKSHOP,
        fixed=_DYNAMIC,
        defaults={
            "spark.dynamicAllocation.minExecutors": "1",
            "spark.dynamicAllocation.maxExecutors": "10",
            "spark.dynamicAllocation.initialExecutors": "1",
            "spark.dynamicAllocation.schedulerBacklogTimeout": "1s",
            "spark.dynamicAllocation.executorIdleTimeout": "5s",
        },
        needs="dynamic allocation",
    ),
    "dynamic-allocation-spot": Preset(
        "Up to 100 executors on Spot, a third of what the waiting tasks would take, given back after a minute.",
        "https://aws.amazon.com/blogs/compute/"
        "running-cost-optimized-spark-workloads-on-kubernetes-using-ec2-spot-instances/",
        fixed=_DYNAMIC,
        defaults={
            "spark.dynamicAllocation.maxExecutors": "100",
            "spark.dynamicAllocation.executorAllocationRatio": "0.33",
            "spark.dynamicAllocation.sustainedSchedulerBacklogTimeout": "30",
            "spark.dynamicAllocation.executorIdleTimeout": "60s",
        },
        needs="dynamic allocation",
    ),
    "spot-decommission": Preset(
        "An executor that loses its node moves its data to others, or to the bucket, in the two minutes it has.",
        f"{_BEST_PRACTICES}/cost-optimization/docs/cost-optimization/",
        fixed={
            "spark.decommission.enabled": "true",
            "spark.storage.decommission.enabled": "true",
            "spark.storage.decommission.rddBlocks.enabled": "true",
            "spark.storage.decommission.shuffleBlocks.enabled": "true",
        },
        defaults={
            # Spark asks for the slash at the end.
            "spark.storage.decommission.fallbackStorage.path": "s3://${bucket}/teams/${team}/spark-fallback/",
            "spark.storage.decommission.fallbackStorage.cleanUp": "true",
        },
        needs="decommissioning of executors",
    ),
    "pvc-reuse": Preset(
        "Shuffle data on EBS volumes that the driver owns: the executor that follows a lost one takes its volume over.",
        f"{_SPARK_ON_KUBERNETES}#pvc-oriented-executor-pod-allocation",
        fixed={
            "spark.kubernetes.driver.ownPersistentVolumeClaim": "true",
            "spark.kubernetes.driver.reusePersistentVolumeClaim": "true",
            "spark.kubernetes.driver.waitToReusePersistentVolumeClaim": "true",
            "spark.shuffle.sort.io.plugin.class": "org.apache.spark.shuffle.KubernetesLocalDiskShuffleDataIO",
            f"{_VOLUME}.options.claimName": "OnDemand",
            f"{_VOLUME}.mount.readOnly": "false",
        },
        defaults={
            # The class that every EKS cluster has.
            f"{_VOLUME}.options.storageClass": "gp2",
            f"{_VOLUME}.options.sizeLimit": "50Gi",
            f"{_VOLUME}.mount.path": "/data",
        },
        excludes={
            "dynamic-allocation": _ONE_VOLUME_TWICE,
            "dynamic-allocation-spot": _ONE_VOLUME_TWICE,
        },
        needs="waiting for volumes to reuse (Spark 3.4)",
    ),
    "glue-catalog": Preset(
        "Spark SQL's tables are those of the Glue Data Catalog.",
        f"{_BEST_PRACTICES}/metastore-integrations/docs/aws-glue/",
        fixed={
            "spark.sql.catalogImplementation": "hive",
            "spark.hadoop.hive.metastore.client.factory.class": "com.amazonaws.glue.catalog.metastore."
            "AWSGlueDataCatalogHiveClientFactory",
        },
    ),
    "single-az": Preset(
        "Driver and executors in one zone, the platform's: shuffle between zones is slow and is billed.",
        f"{_BEST_PRACTICES}/node-placement/docs/eks-node-placement/",
        defaults={"spark.kubernetes.node.selector.topology.kubernetes.io/zone": "${az}"},
    ),
    "event-logs": Preset(
        "Spark's event logs in the team's part of the bucket too, for a history server of your own.",
        f"{_BEST_PRACTICES}/troubleshooting/docs/self-hosted-shs/",
        fixed={"logging.eventLog.dir": "s3://${bucket}/teams/${team}/spark-events"},
        classification="emr-containers-defaults",
        excludes={"spark.eventLog.dir": "it keeps EMR from delivering them"},
    ),
}
assert tuple(PRESETS) == get_args(PresetName)


def configuration(names: Iterable[PresetName], variables: Mapping[str, str]) -> Configuration:
    """Return what the presets *names* set, with *variables* filled in."""
    found: Configuration = {}
    for name in names:
        preset = PRESETS[name]
        for key, value in {**preset.defaults, **preset.fixed}.items():
            found.setdefault(preset.classification, {})[key] = Template(value).substitute(variables)
    return found


def conflicts(names: Iterable[PresetName], properties: Mapping[str, str]) -> dict[PresetName, str]:
    """Return, for each preset that does not go with an earlier one or with the job's own *properties*, why."""
    found: dict[PresetName, str] = {}
    earlier: list[PresetName] = []
    for name in names:
        reasons = [_conflict(name, other) for other in earlier]
        reasons += [
            f"cannot stand beside {key}: {why}" for key, why in PRESETS[name].excludes.items() if key in properties
        ]
        if reason := next(filter(None, reasons), None):
            found[name] = reason
        earlier.append(name)
    return found


def _conflict(name: PresetName, other: PresetName) -> str | None:
    one, two = PRESETS[name], PRESETS[other]
    if why := one.excludes.get(other) or two.excludes.get(name):
        return f"cannot stand beside preset {other}: {why}"
    if one.classification == two.classification:
        mine, theirs = {**one.defaults, **one.fixed}, {**two.defaults, **two.fixed}
        for key in mine:
            if key in theirs and mine[key] != theirs[key]:
                return f"cannot stand beside preset {other}, which sets {key} to {theirs[key]!r}, not {mine[key]!r}"
    return None
