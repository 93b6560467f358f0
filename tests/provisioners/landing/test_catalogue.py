"""The instance facts, against figures that Karpenter publishes.

https://github.com/aws/karpenter-provider-aws/blob/main/website/content/en/docs/reference/instance-types.md
"""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date
from importlib.metadata import version

import pytest
from conftest import ROOT

from provisioners import labels
from provisioners.landing.capacity import Reserve, allocatable, reserve
from provisioners.landing.catalogue import DATA, catalogue, type_labels
from provisioners.landing.generate import generate
from provisioners.node_class import EC2NodeClass

AWS = "karpenter.k8s.aws/instance-"
KARPENTER = Reserve(0.075)


def test_the_file_is_what_the_generator_makes_of_the_package_that_it_names() -> None:
    stored = json.loads(DATA.read_text("utf-8"))
    assert stored["source"].startswith("moto ")
    if stored["source"] != f"moto {version('moto')}":
        pytest.skip(f"the file was made with {stored['source']}: `make instance-data` renews it")
    assert generate(date.fromisoformat(stored["date"])) == DATA.read_text("utf-8")


@pytest.mark.parametrize(
    ("name", "cpu", "memory", "pods"),
    [
        ("a1.xlarge", 3920, 6525, 58),
        ("a1.2xlarge", 7910, 14103, 58),
        ("a1.4xlarge", 15890, 27322, 234),
        ("c1.medium", 1930, 1122, 12),
        ("c3.xlarge", 3920, 6111, 58),
        ("c4.8xlarge", 35840, 53903, 234),
        ("c5.large", 1930, 3114, 29),
        ("c5.4xlarge", 15890, 27381, 234),
    ],
)
def test_what_a_node_has_for_pods(name: str, cpu: int, memory: int, pods: int) -> None:
    has = allocatable(catalogue().types[name], KARPENTER)
    assert (has["cpu"], has["memory"] / 2**20, has["pods"]) == (cpu, memory, pods)
    assert has["ephemeral-storage"] // 2**30 == 17


def test_labels_of_a_type() -> None:
    assert catalogue().types["c5.2xlarge"].labels == {
        f"{AWS}category": "c",
        f"{AWS}cpu": "8",
        f"{AWS}cpu-manufacturer": "intel",
        f"{AWS}cpu-sustained-clock-speed-mhz": "3400",
        f"{AWS}ebs-bandwidth": "4750",
        f"{AWS}encryption-in-transit-supported": "false",
        f"{AWS}family": "c5",
        f"{AWS}generation": "5",
        f"{AWS}hypervisor": "nitro",
        f"{AWS}memory": "16384",
        f"{AWS}network-bandwidth": "2500",
        f"{AWS}size": "2xlarge",
        f"{AWS}capability-flex": "false",
        "kubernetes.io/arch": "amd64",
        "node.kubernetes.io/instance-type": "c5.2xlarge",
    }


def test_accelerators_and_local_disks() -> None:
    gpu = catalogue().types["g5.12xlarge"]
    assert (gpu.labels[f"{AWS}gpu-name"], gpu.labels[f"{AWS}gpu-count"]) == ("a10g", "4")
    assert allocatable(gpu, KARPENTER)["nvidia.com/gpu"] == 4
    assert allocatable(catalogue().types["trn1.32xlarge"], KARPENTER)["aws.amazon.com/neuron"] == 16
    disk = catalogue().types["m5d.xlarge"]
    assert disk.labels[f"{AWS}local-nvme"] == "150"
    raid = allocatable(disk, KARPENTER._replace(raid0=True))["ephemeral-storage"]
    assert raid == 150 * 10**9 - 2**30 - 15 * 10**9


def test_every_label_is_one_that_pools_may_ask_for() -> None:
    given = {key for each in catalogue().types.values() for key in each.labels}
    assert given <= type_labels()
    assert type_labels() - given == set()


def test_what_the_node_class_says_counts() -> None:
    said = {
        "maxPods": 20,
        "kubeReserved": {"cpu": "200m", "memory": "1Gi"},
        "systemReserved": {"memory": "512Mi"},
        "evictionHard": {"memory.available": "5%"},
        "evictionSoft": {"memory.available": "200Mi"},
        "evictionSoftGracePeriod": {"memory.available": "1m"},
    }
    node_class = EC2NodeClass.model_validate(
        {
            "apiVersion": "karpenter.k8s.aws/v1",
            "kind": "EC2NodeClass",
            "metadata": {"name": "spark"},
            "spec": {
                "role": "node",
                "amiSelectorTerms": [{"alias": "al2023@v20261023"}],
                "subnetSelectorTerms": [{"id": "subnet-1"}],
                "securityGroupSelectorTerms": [{"id": "sg-1"}],
                "kubelet": said,
                "blockDeviceMappings": [{"deviceName": "/dev/xvda", "ebs": {"volumeSize": "100Gi"}}],
            },
        }
    )
    has = allocatable(catalogue().types["m5.xlarge"], reserve(node_class))
    # 16384 MiB less 7.5% (1229 MiB) is the capacity; of that, 5% must stay free, and 1.5 GiB are reserved.
    capacity = (16384 - 1229) * 2**20
    assert has["memory"] == capacity - -(-capacity * 5 // 100) - 1536 * 2**20
    assert (has["cpu"], has["pods"]) == (3800, 20)
    assert has["ephemeral-storage"] == 100 * 2**30 - 2**30 - 10 * 2**30


def test_a_bottlerocket_node_with_few_pods_reserves_less_memory() -> None:
    kind = catalogue().types["m5.xlarge"]
    few = KARPENTER._replace(max_pods=20)
    saved = allocatable(kind, few._replace(reserves_by_interfaces=False))["memory"] - allocatable(kind, few)["memory"]
    assert saved == (58 - 20) * 11 * 2**20


def test_pods_per_core_only_lowers_the_number_of_pods() -> None:
    kind = catalogue().types["m5.xlarge"]
    assert allocatable(kind, KARPENTER._replace(pods_per_core=5))["pods"] == 20
    assert allocatable(kind, KARPENTER._replace(pods_per_core=50))["pods"] == 58


def test_where_types_are_offered() -> None:
    known = catalogue()
    assert known.zones("us-east-1") == [f"us-east-1{letter}" for letter in "abcdef"]
    assert "m5.xlarge" in known.offered("us-east-1a")
    assert "m7i.xlarge" not in known.offered("us-east-1e"), "the oldest zone has no newer types"
    assert known.offered("mars-north-1a") == known.names, "where nothing is known, nothing is refused"


def test_reading_the_facts_is_quick() -> None:
    program = (
        "import time; from provisioners.landing.catalogue import catalogue\n"
        "start = time.process_time(); catalogue(); print(time.process_time() - start)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    assert float(done.stdout) < 0.1, "about 8 ms on the machine that it was written on"
    assert DATA.stat().st_size < 200_000


def test_architecture_is_among_the_labels_of_every_type() -> None:
    assert set(catalogue().by_label(labels.ARCH)) == {"amd64", "arm64"}
