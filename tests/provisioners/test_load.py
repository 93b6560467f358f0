"""A folder of manifests, read as a whole."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from crd import judge
from hypothesis import given, settings
from hypothesis import strategies as st
from manifests import BAD, CLASS, GOOD, POOL, edited

from provisioners.load import Pools, load_pools
from provisioners.source import InvalidFile, Located
from provisioners.versions import min_version

DEFAULTS = Path(__file__).parents[2] / "provisioners"
VARIABLES: dict[str, str | list[str]] = {"az": ["eu-west-1a"], "cluster_name": "lake"}


def load(folder: Path, *, variables: Any = None, version: str = "1.14.1") -> Pools:
    return load_pools(folder, variables=VARIABLES if variables is None else variables, karpenter_version=version)


def problems(folder: Path, text: str, **options: Any) -> list[str]:
    """Return what the loader has against a folder with one file, without the folder's path."""
    (folder / "pools.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(InvalidFile) as raised:
        load(folder, **options)
    return [str(problem).replace(f"{folder}/", "") for problem in raised.value.problems]


def dumped(*documents: dict[str, Any]) -> str:
    return yaml.safe_dump_all(documents, sort_keys=False)


# The default pools


def test_default_pools_are_valid_for_karpenter_and_without_advice() -> None:
    pools = load(DEFAULTS)
    assert [pool.metadata.name for pool in pools.node_pools] == ["spark-driver", "spark-executor"]
    assert [node_class.metadata.name for node_class in pools.node_classes] == ["spark"]
    assert pools.advice == ()
    for manifest in pools.manifests():
        assert judge("v1.14.1", manifest) == []
        assert judge("v1.0.9", manifest) == []


def test_default_pools_work_with_every_karpenter_since_1_0() -> None:
    pools = load(DEFAULTS, version="1.0.9")
    assert {min_version(model) for model in (*pools.node_pools, *pools.node_classes)} == {"1.0"}


@pytest.mark.parametrize(("name", "capacity"), [("spark-driver", "on-demand"), ("spark-executor", "spot")])
def test_default_pools_take_the_pods_of_the_first_job(name: str, capacity: str) -> None:
    pool = next(each for each in load(DEFAULTS).node_pools if each.metadata.name == name)
    template = pool.spec.template
    assert template.metadata is not None
    # The pod templates select both labels and tolerate a taint of the pool's name.
    assert template.metadata.labels == {"type": "karpenter", "provisioner": name}
    assert [(taint.key, taint.effect) for taint in template.spec.taints or ()] == [(name, "NoSchedule")]
    asked = {each.key: (each.operator, each.values) for each in template.spec.requirements}
    assert asked["karpenter.sh/capacity-type"] == ("In", (capacity,))
    assert asked["topology.kubernetes.io/zone"] == ("In", ("eu-west-1a",))
    assert asked["kubernetes.io/arch"] == ("In", ("amd64",))
    assert pool.spec.limits == {"cpu": "1000", "memory": "1000Gi"}


def test_default_drivers_are_never_moved() -> None:
    driver = load(DEFAULTS).node_pools[0]
    assert driver.spec.disruption is not None
    assert driver.spec.disruption.consolidation_policy == "WhenEmpty"


def test_default_nodes_belong_to_the_cluster_and_are_closed() -> None:
    (node_class,) = load(DEFAULTS).manifests()[:1]
    spec = node_class["spec"]
    assert spec["role"] == "KarpenterNodeRole-lake"
    for terms in ("subnetSelectorTerms", "securityGroupSelectorTerms"):
        assert spec[terms] == [{"tags": {"karpenter.sh/discovery": "lake"}}]
    assert all(disk["ebs"]["encrypted"] for disk in spec["blockDeviceMappings"])
    assert spec["metadataOptions"]["httpTokens"] == "required"
    assert spec["metadataOptions"]["httpPutResponseHopLimit"] == 1
    assert not spec["amiSelectorTerms"][0]["alias"].endswith("@latest")


# Variables


def test_a_list_stands_for_as_many_items(tmp_path: Path) -> None:
    text = (DEFAULTS / "spark-driver.yaml").read_text(encoding="utf-8")
    (tmp_path / "a.yaml").write_text(text.replace('["${az}"]', '[first, "${az}", last]'), encoding="utf-8")
    (tmp_path / "b.yaml").write_text((DEFAULTS / "spark-node-class.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    (pool,) = load(tmp_path, variables={"az": ["a", "b"], "cluster_name": "lake"}).node_pools
    assert pool.spec.template.spec.requirements[0].values == ("first", "a", "b", "last")


def test_problems_after_a_spliced_list_keep_their_places(tmp_path: Path) -> None:
    pool = edited(
        POOL,
        (
            "spec template spec requirements",
            [{"key": "topology.kubernetes.io/zone", "operator": "In", "values": ["${az}", "not one"]}],
        ),
    )
    text = dumped(pool, CLASS)
    line = next(n for n, row in enumerate(text.splitlines(), 1) if "not one" in row)
    (problem,) = problems(tmp_path, text, variables={"az": ["a", "b", "c"]})
    assert problem.startswith(f"pools.yaml:{line}:")


def test_variables_in_a_text_and_in_a_key(tmp_path: Path) -> None:
    node_class = edited(CLASS, ("spec role", "${cluster_name}-${az}"), ("spec tags", {"for/${cluster_name}": "x"}))
    (tmp_path / "a.yaml").write_text(dumped(node_class), encoding="utf-8")
    (manifest,) = load(tmp_path).manifests()
    assert manifest["spec"]["role"] == "lake-eu-west-1a"
    assert manifest["spec"]["tags"] == {"for/lake": "x"}


def test_user_data_keeps_the_variables_of_the_shell(tmp_path: Path) -> None:
    node_class = edited(CLASS, ("spec userData", "echo ${cluster_name} ${HOME} $USER ${X:-y}"))
    (tmp_path / "a.yaml").write_text(dumped(node_class), encoding="utf-8")
    (manifest,) = load(tmp_path).manifests()
    assert manifest["spec"]["userData"] == "echo lake ${HOME} $USER ${X:-y}"


def test_a_variable_cannot_change_the_structure(tmp_path: Path) -> None:
    node_class = edited(CLASS, ("spec context", "${az}"))
    (tmp_path / "a.yaml").write_text(dumped(node_class), encoding="utf-8")
    (manifest,) = load(tmp_path, variables={"az": "a\n  role: other #${az}"}).manifests()
    assert manifest["spec"]["context"] == "a\n  role: other #${az}"
    assert manifest["spec"]["role"] == CLASS["spec"]["role"]


# What is wrong, and where

HEAD = "apiVersion: karpenter.k8s.aws/v1\nkind: EC2NodeClass\nmetadata: {name: spark}\nspec:\n"
TERMS = (
    "  amiSelectorTerms: [{alias: al2023@latest}]\n"
    "  subnetSelectorTerms: [{tags: {a: b}}]\n"
    "  securityGroupSelectorTerms: [{tags: {a: b}}]\n"
)
NODES = (
    "apiVersion: karpenter.sh/v1\n"
    "kind: NodePool\n"
    "metadata: {name: spark}\n"
    "spec:\n"
    "  template:\n"
    "    spec:\n"
    "      nodeClassRef: {group: karpenter.k8s.aws, kind: EC2NodeClass, name: spark}\n"
)
THE_CLASS = f"---\n{HEAD}{TERMS}  role: r\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            f"{HEAD}{TERMS}  role: ${{cluster}}\n",
            ["pools.yaml:8:9: spec.role: names no variable, got '${cluster}'; did you mean ${cluster_name}?"],
        ),
        (
            f"{HEAD}{TERMS}  role: ${{region}}\n",
            ["pools.yaml:8:9: spec.role: names no variable, got '${region}'; known are ${az}, ${cluster_name}"],
        ),
        (
            f"{NODES}      requirements:\n        - {{key: a, operator: In, values: [${{az}}]}}\n",
            ['pools.yaml:9:44: cannot be read as YAML; inside brackets, put "${az}" in quotes'],
        ),
        (
            f"{HEAD}{TERMS}",
            [
                "pools.yaml:5:3: spec: must set exactly one of role and instanceProfile, sets none; "
                "with role, Karpenter makes the instance profile itself"
            ],
        ),
        (
            f"{HEAD}{TERMS}  role: r\n  launchTemplate: x\n  amiFamily: AL2\n",
            [
                "pools.yaml:9:3: spec.launchTemplate: unknown key; known here:",
                "pools.yaml:10:14: spec.amiFamily: must be AL2023 or Custom, as the alias "
                "al2023@latest says, "
                "got 'AL2'; remove it",
            ],
        ),
        (
            f"{NODES}      requirements:\n"
            "        - {key: karpenter.sh/capacity-type, operator: In, values: [ON_DEMAND]}\n"
            "        - {key: karpenter.k8s.aws/instance-famly, operator: Exists}\n"
            "        - {key: karpenter.k8s.aws/instance-cpu, operator: Gt, values: [4]}\n"
            "        - {key: karpenter.k8s.aws/instance-cpu, operator: Lt, values: [four]}\n"
            f"{THE_CLASS}",
            [
                "pools.yaml:9:68: spec.template.spec.requirements[0].values[0]: must be one of "
                "on-demand, reserved, "
                "spot, got 'ON_DEMAND'; did you mean 'on-demand'?",
                "pools.yaml:10:17: spec.template.spec.requirements[1].key: is not a label that "
                "Karpenter knows, "
                "got 'karpenter.k8s.aws/instance-famly'; did you mean 'karpenter.k8s.aws/instance-family'?",
                "pools.yaml:11:72: spec.template.spec.requirements[2].values[0]: must be text, got 4; put it in quotes",
                "pools.yaml:12:71: spec.template.spec.requirements[3].values: must hold exactly "
                "one whole number, "
                "from 0, for the operator Lt, got ['four']; for example ['4']",
            ],
        ),
        (
            f"{NODES}      requirements: []\n"
            "      taints: [{key: a, effect: NoSchedule}, {key: a, effect: NoSchedule}]\n"
            "  disruption: {consolidateAfter: 1m | Never, budgets: [{schedule: '@daily'}]}\n"
            f"  limits: {{cpu: 64 cores}}\n{THE_CLASS}",
            [
                "pools.yaml:9:46: spec.template.spec.taints[1]: must differ from every other "
                "taint in key or effect, "
                "got 'a:NoSchedule'; remove one",
                "pools.yaml:10:34: spec.disruption.consolidateAfter: must be a length of time in "
                "hours, minutes or "
                "seconds, or Never, got '1m | Never'; for example '30s', '1h30m' or 'Never'",
                "pools.yaml:10:67: spec.disruption.budgets[0].schedule: must be set together with duration; "
                "add duration, or remove schedule",
                "pools.yaml:11:17: spec.limits.cpu: must be a Kubernetes quantity, got '64 cores'; "
                "for example '1000', '500m' or '64Gi'",
            ],
        ),
        (
            f"{NODES}      requirements: []\n  weight: 5\n  replicas: 2\n  limits: {{cpu: 4}}\n{THE_CLASS}",
            [
                "pools.yaml:9:11: spec.weight: must not be set in a pool with replicas, got 5; remove one of the two",
                "pools.yaml:11:17: spec.limits.cpu: must not be limited in a pool with replicas; only nodes can be",
            ],
        ),
        (
            f"{NODES}      requirements: []\n{THE_CLASS}".replace("name: spark}\n      req", "name: sprak}\n      req"),
            [
                "pools.yaml:7:74: spec.template.spec.nodeClassRef.name: must name an "
                "EC2NodeClass of this folder, "
                "got 'sprak'; did you mean 'spark'?"
            ],
        ),
        (
            f"{NODES}      requirements: []\n",
            [
                "pools.yaml:7:74: spec.template.spec.nodeClassRef.name: must name an "
                "EC2NodeClass of this folder, "
                "got 'spark'; known here: none"
            ],
        ),
        (
            f"{NODES}      requirements: []\n{THE_CLASS}".replace("group: karpenter.k8s.aws", "group: karpenter.sh"),
            [
                "pools.yaml:7:29: spec.template.spec.nodeClassRef.group: must be karpenter.k8s.aws, "
                "got 'karpenter.sh'; write group: karpenter.k8s.aws"
            ],
        ),
        (
            f"{THE_CLASS}{THE_CLASS}",
            [
                "pools.yaml:13:18: metadata.name: must be the only EC2NodeClass of this name, got 'spark', "
                "first in pools.yaml:4; rename or remove one"
            ],
        ),
        (
            "apiVersion: karpenter.sh/v1alpha4\nkind: Provisioner\n",
            [
                "pools.yaml:1:13: apiVersion: is an API that Karpenter 1.1 and newer no longer have, "
                "got 'karpenter.sh/v1alpha4'; convert it to v1 NodePool"
            ],
        ),
        (
            "apiVersion: karpenter.k8s.aws/v1beta1\nkind: EC2NodeClass\n",
            [
                "pools.yaml:1:13: apiVersion: is an API that Karpenter 1.1 and newer no longer have, "
                "got 'karpenter.k8s.aws/v1beta1'; convert it to v1 EC2NodeClass"
            ],
        ),
        (
            "apiVersion: karpenter.sh/v1\nkind: Nodepool\n",
            ["pools.yaml:2:7: kind: must be NodePool or EC2NodeClass, got 'Nodepool'; did you mean NodePool?"],
        ),
        (
            "apiVersion: v1\nkind: ConfigMap\n",
            [
                "pools.yaml:2:7: kind: must be NodePool or EC2NodeClass, got 'ConfigMap'; "
                "other objects have no place here"
            ],
        ),
        (
            "apiVersion: karpenter.sh/v1\nkind: EC2NodeClass\n",
            [
                "pools.yaml:1:13: apiVersion: must be karpenter.k8s.aws/v1 for EC2NodeClass, "
                "got 'karpenter.sh/v1'; write apiVersion: karpenter.k8s.aws/v1"
            ],
        ),
        ("- a\n", ["pools.yaml:1:1: must be a mapping; write apiVersion, kind, metadata and spec"]),
        ("", ["pools.yaml:1:1: is empty; write at least one key"]),
        (
            f"{HEAD}{TERMS}  role: r\n  role: s\n",
            ["pools.yaml:9:3: spec.role: key is given twice, first in line 8; keep one of them"],
        ),
        (
            f"{HEAD}{TERMS}  role: r\n  kubelet: {{cluster_dns: [10.0.0.10]}}\n",
            ["pools.yaml:9:13: spec.kubelet.cluster_dns: unknown key, got 'cluster_dns'; did you mean clusterDNS?"],
        ),
        (
            f"{HEAD}{TERMS}  role: r\n  user_data: x\n",
            ["pools.yaml:9:3: spec.user_data: unknown key, got 'user_data'; did you mean userData?"],
        ),
    ],
)
def test_what_is_wrong_is_said_with_place_value_and_next_step(tmp_path: Path, text: str, expected: list[str]) -> None:
    found = problems(tmp_path, text)
    assert len(found) == len(expected)
    assert [line[: len(start)] for line, start in zip(found, expected, strict=True)] == expected


def test_a_list_of_several_values_inside_a_text_is_refused(tmp_path: Path) -> None:
    text = f"{HEAD}{TERMS}  role: node-${{az}}\n"
    assert problems(tmp_path, text, variables={"az": ["a", "b"]}) == [
        "pools.yaml:8:9: spec.role: holds 2 values and can only be an item of a list, got '${az}'"
    ]


def test_keys_that_become_equal_are_refused(tmp_path: Path) -> None:
    text = f"{HEAD}{TERMS}  role: r\n  tags:\n    lake: a\n    ${{cluster_name}}: b\n"
    assert problems(tmp_path, text) == [
        "pools.yaml:11:5: spec.tags.lake: key is given twice, here as '${cluster_name}'; keep one of them"
    ]


def test_all_problems_of_all_files_come_at_once(tmp_path: Path) -> None:
    (tmp_path / "b.yaml").write_text(dumped(edited(CLASS, ("spec role", ""))), encoding="utf-8")
    (tmp_path / "a.yaml").write_text(dumped(edited(POOL, ("spec weight", 0))), encoding="utf-8")
    (tmp_path / "c.yaml").write_text("a: [", encoding="utf-8")
    with pytest.raises(InvalidFile) as raised:
        load(tmp_path)
    assert [Path(problem.file).name for problem in raised.value.problems] == ["a.yaml", "b.yaml", "c.yaml"]


def test_folder_that_is_not_there() -> None:
    with pytest.raises(InvalidFile, match="nowhere: no such folder; put the node pools there"):
        load(Path("nowhere"))


def test_folder_without_manifests(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("not a manifest: [", encoding="utf-8")
    assert load(tmp_path) == Pools((), ())


def test_what_needs_a_newer_karpenter_is_named_with_the_version(tmp_path: Path) -> None:
    text = f"{NODES}      requirements:\n        - {{key: a, operator: Gte, values: ['4']}}\n  replicas: 2\n{THE_CLASS}"
    assert problems(tmp_path, text, version="1.7.2") == [
        "pools.yaml:9:30: spec.template.spec.requirements[0].operator: needs Karpenter "
        "1.9 or newer, the platform "
        "has 1.7.2, got 'Gte'; raise the platform's Karpenter version, or do without",
        "pools.yaml:10:13: spec.replicas: needs Karpenter 1.8 or newer, the platform has 1.7.2, got 2; "
        "raise the platform's Karpenter version, or do without",
    ]
    assert len(load(tmp_path, version="1.9.0").node_pools) == 1


def test_karpenter_before_1_0_has_none_of_this(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, THE_CLASS, version="0.37.0")
    assert "apiVersion: needs Karpenter 1.0 or newer, the platform has 0.37.0" in problem


def test_advice_is_given_with_its_place(tmp_path: Path) -> None:
    text = f"{NODES}      requirements: []\n  limits: {{memroy: 64Gi}}\n{THE_CLASS}"
    (tmp_path / "pools.yaml").write_text(text, encoding="utf-8")
    (advice,) = load(tmp_path).advice
    assert str(advice) == (
        f"{tmp_path / 'pools.yaml'}:9:20: spec.limits.memroy: limits nothing: no node has this resource, "
        "got 'memroy'; did you mean memory?"
    )


_ANYTHING = st.recursive(
    st.sampled_from([None, True, 0, -1, 1.5, "", "a", "${az}", "${no}", "a b", "é", "karpenter.sh/v1", "NodePool"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abkey"), inner, max_size=3),
    max_leaves=5,
)
_PLACES = st.sampled_from(sorted({case.place for case in GOOD + BAD} | {"kind", "apiVersion"}))


@settings(deadline=None, max_examples=200)
@given(base=st.sampled_from([POOL, CLASS]), places=st.lists(st.tuples(_PLACES, _ANYTHING), max_size=3))
def test_whatever_is_written_the_answer_is_pools_or_problems(
    base: dict[str, Any], places: list[tuple[str, Any]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    manifest = base
    for edit in places:
        try:
            manifest = edited(manifest, edit)
        except (TypeError, KeyError, IndexError, AttributeError):
            continue
    folder = tmp_path_factory.mktemp("any")
    (folder / "a.yaml").write_text(dumped(manifest), encoding="utf-8")
    problems = _problems(folder)
    assert all(problem.line > 0 and problem.message for problem in problems)


def _problems(folder: Path) -> list[Located]:
    try:
        load(folder)
    except InvalidFile as error:
        return error.problems
    return []


# Order


@settings(deadline=None, max_examples=30)
@given(data=st.data())
def test_names_and_number_of_files_change_nothing(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    names = [f"pool-{n}" for n in range(4)]
    documents = [*(edited(POOL, ("metadata name", name)) for name in names), CLASS]
    folder = tmp_path_factory.mktemp("pools")
    for document in data.draw(st.permutations(documents)):
        path = folder / f"{data.draw(st.sampled_from('abc'))}.yaml"
        before = path.read_text(encoding="utf-8") + "---\n" if path.exists() else ""
        path.write_text(before + dumped(document), encoding="utf-8")
    pools = load(folder)
    assert [pool.metadata.name for pool in pools.node_pools] == names
    assert pools.manifests() == [CLASS, *documents[:4]]


def test_importing_the_loader_imports_no_provider_and_no_cloud() -> None:
    code = "import sys, provisioners.load; print(*sorted(sys.modules))"
    modules = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "provisioners.load" in modules
    assert not {"cdktf", "jsii", "constructs", "boto3"} & set(modules)
