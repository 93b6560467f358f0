"""A mistake in platform.yaml is told with its place, its rule and the next step, and nothing else happens."""

from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from bad_platforms import BASE, EDITS, POOLS, TEXTS, edited
from conftest import ROOT, Answer, command_line
from pydantic import TypeAdapter

import main
from provisioners.load import read_manifests
from provisioners.source import InvalidFile, load
from provisioners.spec import Spec
from stacks import platform
from stacks.platform import PlatformSpec

POOL_FILES = {file.name: file.read_text("utf-8") for file in (ROOT / "provisioners").glob("*.yaml")}

Steps = tuple[str | int, ...]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty folder that is the current one, with the project's node pools in it."""
    (tmp_path / "provisioners").mkdir()
    for name, text in POOL_FILES.items():
        (tmp_path / "provisioners" / name).write_text(text, "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def told(content: str | bytes) -> list[str]:
    """Return what the author of a platform.yaml with this *content* is told."""
    Path("platform.yaml").write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InvalidFile) as caught:
        platform.load(Path("platform.yaml"))
    return str(caught.value).splitlines()


def test_what_is_edited_is_valid(folder: Path) -> None:
    Path("platform.yaml").write_text(BASE, "utf-8")
    assert platform.load(Path("platform.yaml")).spec.name == "analytics"


@pytest.mark.parametrize(("edits", "complaints"), EDITS.values(), ids=EDITS)
def test_a_mistake_is_told(edits: dict[str, str], complaints: list[str], folder: Path) -> None:
    assert told(edited(BASE, edits)) == complaints


@pytest.mark.parametrize(("content", "complaints"), TEXTS.values(), ids=TEXTS)
def test_a_file_that_is_no_platform_is_told(content: str | bytes, complaints: list[str], folder: Path) -> None:
    assert told(content) == complaints


@pytest.mark.parametrize(("edits", "files", "complaints"), POOLS.values(), ids=POOLS)
def test_mistakes_in_all_files_are_told_together(
    edits: dict[str, str], files: dict[str, tuple[str, str]], complaints: list[str], folder: Path
) -> None:
    for name, (old, new) in files.items():
        text = edited(POOL_FILES[name], {old: new}) if old else new
        (folder / "provisioners" / name).write_text(text, "utf-8")
    assert told(edited(BASE, edits)) == complaints


def test_node_pools_that_are_not_there(folder: Path) -> None:
    for file in (folder / "provisioners").iterdir():
        file.unlink()
    default = "is left to its default, which must be a node pool or a node group"
    assert told(BASE) == [
        f"platform.yaml:12:3: teams.etl.{field}_pool: {default}, got 'spark-{field}'; name one of system"
        for field in ("driver", "executor")
    ]
    (folder / "provisioners").rmdir()
    assert told(BASE) == ["provisioners: no such folder; put the node pools there, or leave Karpenter out"]


def test_a_file_that_cannot_be_opened(folder: Path) -> None:
    with pytest.raises(InvalidFile, match=r"^prod\.yaml: no such file; check the path$"):
        platform.load(Path("prod.yaml"))
    with pytest.raises(InvalidFile, match=r"^provisioners: cannot be read: Is a directory$"):
        platform.load(Path("provisioners"))


# The commands: six kinds of mistake, the missing file and the folder

MANY = "many mistakes at once"
SAMPLE = ["a misspelled region", "a token", "an API server open to everyone", MANY]
COMMANDS: dict[str, Callable[[str, pytest.CaptureFixture[str]], Answer]] = {
    "main.py": lambda _, captured: Answer(main.main(), *captured.readouterr()),  # by default platform.yaml
    "emr-eks check": lambda path, captured: command_line(captured, "check", "--platform", path),
}
PROGRAMS = {
    "main.py": ([str(ROOT / "main.py")], {"EMR_EKS_PLATFORM": "platform.yaml"}),
    "emr-eks check": (["-m", "emr_eks", "check", "--platform", "platform.yaml"], {}),
}


def everything(folder: Path) -> dict[str, bytes | None]:
    return {str(path): path.read_bytes() if path.is_file() else None for path in sorted(folder.rglob("*"))}


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
@pytest.mark.parametrize(
    ("content", "complaints"),
    [
        *((edited(BASE, EDITS[name][0]), EDITS[name][1]) for name in SAMPLE),
        *(TEXTS[name] for name in ("a bomb of aliases", "a tab", "a binary file")),
        (None, ["platform.yaml: no such file; check the path"]),
    ],
    ids=[*SAMPLE, "a bomb of aliases", "a tab", "a binary file", "no file"],
)
def test_commands_end_with_2_and_do_nothing(
    command: Callable[[str, pytest.CaptureFixture[str]], Answer],
    content: str | bytes | None,
    complaints: list[str],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.delenv("EMR_EKS_PLATFORM", raising=False)
    # Node would stay, and have its say in a later test.
    monkeypatch.setattr("constructs_lib.accelerator.load_ahead", lambda *_: None)
    if content is not None:
        (folder / "platform.yaml").write_bytes(content if isinstance(content, bytes) else content.encode())
    before = everything(folder)
    answer = command("platform.yaml", capsys)
    assert (answer.code, answer.out, answer.err.splitlines()) == (2, "", complaints)
    assert everything(folder) == before


@pytest.mark.parametrize(("arguments", "environment"), PROGRAMS.values(), ids=PROGRAMS)
def test_programs_end_with_2_and_need_no_node(arguments: list[str], environment: dict[str, str], folder: Path) -> None:
    (folder / "platform.yaml").write_text(edited(BASE, EDITS[MANY][0]), "utf-8")
    before = everything(folder)
    (empty := folder.parent / f"{folder.name}-empty").mkdir()
    done = subprocess.run(
        [sys.executable, *arguments],
        # Without a PATH there is no Node: cdktf could not even be imported.
        env={**os.environ, "PATH": str(empty), "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", **environment},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=30,
    )
    assert (done.returncode, done.stdout, done.stderr.splitlines()) == (2, "", EDITS[MANY][1])
    assert everything(folder) == before


# One mistake, one complaint: what depends on a broken value is not judged with another. The values are far from the
# defaults and examples that stand in for broken ones, so that a rule that reads those is caught.

KEY = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
BUILT: dict[str, Any] = {
    "name": "lake",
    "region": "eu-west-1",
    "account_id": "123456789012",
    "tags": {"cost-center": "1234", "Owner": "data"},
    "state": {"backend": "s3", "bucket": "states-of-lake", "region": "eu-west-1", "key_prefix": "x", "kms_key_id": KEY},
    "destroy_data": True,
    "vpc": {
        "cidr": "10.1.0.0/16",
        "availability_zones": ["eu-west-1a", "eu-west-1b", "eu-west-1c"],
        "nat_gateways": "none",
        "private_subnets": {"newbits": 3, "first": 0},
        "public_subnets": {"newbits": 6, "first": 56},
        "pod_cidr": "100.64.0.0/16",
        "gateway_endpoints": ["s3", "dynamodb"],
        "interface_endpoints": ["sts", "ecr.api"],
        "flow_logs": {"retention_days": 30, "traffic_type": "REJECT"},
    },
    "cluster": {
        "version": "1.31",
        "public_access_cidrs": ["203.0.113.0/24"],
        "authentication_mode": "API",
        "creator_is_admin": True,
        "access": {
            "ops": {
                "principal_arn": "arn:aws:iam::123456789012:role/ops",
                "policy": "AmazonEKSViewPolicy",
                "namespaces": ["etl"],
            },
            "dev": {"principal_arn": "arn:aws:iam::123456789012:role/dev", "policy": "AmazonEKSEditPolicy"},
        },
        "logs": ["api", "audit"],
        "log_retention_days": 30,
        "kms_key_arn": KEY,
        "service_ipv4_cidr": "10.0.0.0/20",
        "support_type": "STANDARD",
        "addons": {"coredns": {"version": "v1.12.4-eksbuild.1", "configuration": {"podLabels": {"a": "b"}}}},
        "coredns_autoscaling": {"min_replicas": 2, "max_replicas": 9},
    },
    "node_groups": {
        "system": {
            "instance_types": ["m6i.large", "m5.large"],
            "capacity_type": "ON_DEMAND",
            "min_size": 6,
            "max_size": 8,
            "desired_size": 7,
            "disk_size_gib": 50,
            "availability_zones": ["eu-west-1a"],
            "labels": {"tier": "system"},
            "taints": [
                {"key": "system", "value": "yes", "effect": "NO_SCHEDULE"},
                {"key": "a", "effect": "NO_EXECUTE"},
            ],
            "max_unavailable_percentage": 50,
        },
        "graviton": {
            "instance_types": ["m7g.large"],
            "architecture": "arm64",
            "min_size": 2,
            "max_size": 6,
            "desired_size": 2,
        },
    },
    "karpenter": {
        "version": "1.0.5",
        "namespace": "karpenter",
        "identity": "irsa",
        "availability_zone": "eu-west-1b",
        "replicas": 2,
        "batch_idle_duration": "1s",
        "batch_max_duration": "10s",
        "spot_to_spot_consolidation": True,
    },
    "node_termination_handler": {
        "autoscaling_groups": ["gpu", "gpu-2"],
        "drain_seconds": 600,
        "chart_version": "0.27.6",
        "namespace": "kube-system",
        "identity": "irsa",
        "replicas": 1,
        "node_selector": {"kubernetes.io/arch": "arm64"},
    },
    "bucket": {"name": "data-of-lake", "kms_key_arn": KEY, "noncurrent_days": 7, "log_days": 30, "destroy": True},
    "emr_service_linked_role": "create",
    "monitoring": {
        "container_insights": True,
        "container_logs": True,
        "log_retention_days": 7,
        "alarms": {
            "emails": ["ops@example.org", "dev@example.org"],
            "failed_runs": False,
            "pending_pods": {"more_than": 20, "minutes": 30},
            "nodes_not_ready_minutes": 45,
            "interruption_queue_seconds": 90,
            "budget": {"usd": 3000, "tags": {"team": "data"}, "percentages": [50, 110], "forecast": False},
        },
    },
    "teams": {
        "etl": {
            "namespace": "etl",
            "job_role": {
                "name": "lake-etl",
                "read_buckets": ["arn:aws:s3:::raw/sales"],
                "write_buckets": ["arn:aws:s3:::lake"],
                "read_databases": ["raw"],
                "write_databases": ["lake"],
                "policy_arns": ["arn:aws:iam::aws:policy/AmazonAthenaFullAccess"],
            },
            "log_retention_days": 7,
            "driver_pool": "system",
            "executor_pool": "graviton",
        },
        "bi": {"namespace": "bi", "driver_pool": "spark-driver"},
    },
}
NAMED: dict[str, Any] = {
    **{key: BUILT[key] for key in ("name", "region", "node_groups", "karpenter", "teams")},
    "cluster": {"version": "1.31"},
    "existing_vpc": {
        "vpc_id": "vpc-0123456789abcdef0",
        "private_subnets": {f"eu-west-1{letter}": f"subnet-0123456789abcdef{letter}" for letter in "abc"},
    },
}
SHARED: dict[str, Any] = {
    "name": "lake",
    "region": "eu-west-1",
    "existing_cluster": {"name": "shared", "version": "1.31"},
    "karpenter": BUILT["karpenter"],
    "teams": {"bi": {}},
}
PLATFORMS = {"built": BUILT, "named": NAMED, "shared": SHARED}

DEPENDS: list[tuple[Steps, Steps]] = [
    # (what is not there any more, what truly depends on it)
    (("vpc",), ()),
    (("existing_vpc",), ()),
    (("existing_cluster",), ()),
    (("existing_cluster",), ("node_groups",)),  # then Karpenter needs some
    (("vpc", "availability_zones"), ("node_groups", "system", "availability_zones")),
    (("vpc", "availability_zones"), ("karpenter", "availability_zone")),
    (("existing_vpc", "private_subnets"), ("node_groups", "system", "availability_zones")),
    (("existing_vpc", "private_subnets"), ("karpenter", "availability_zone")),
    (("node_groups",), ("teams", "etl")),  # its pods run on these groups
    (("karpenter",), ("teams",)),  # their pods run on its pools, by default
    (("node_groups", "graviton", "architecture"), ("node_groups", "graviton", "instance_types")),
    (("cluster", "version"), ("karpenter", "version")),
    (("existing_cluster", "version"), ("karpenter", "version")),
    (("vpc", "cidr"), ("cluster", "service_ipv4_cidr")),
    (("teams",), ("monitoring", "alarms")),
    (("karpenter",), ("monitoring", "alarms", "interruption_queue_seconds")),
]


def places(value: Any, path: Steps = ()) -> Iterator[Steps]:
    if path:
        yield path
    if path[-1:] == ("configuration",):
        return  # an add-on's own; anything may stand there
    for step, each in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(each, (*path, step))


def at(value: Any, path: Steps) -> Any:
    for step in path:
        value = value[step]
    return value


def without(data: Any, path: Steps) -> None:
    del at(data, path[:-1])[path[-1]]


def of_no_type(data: Any, path: Steps) -> None:
    """Put in what no field takes: neither text nor number, neither list nor mapping of known keys."""
    at(data, path[:-1])[path[-1]] = 0.5


def emptied(data: Any, path: Steps) -> None:
    at(data, path[:-1])[path[-1]] = None


def odd(data: Any, path: Steps) -> None:
    """Put in text that is right for no field."""
    at(data, path[:-1])[path[-1]] = "?"


def misspelled(data: Any, path: Steps) -> None:
    holder = at(data, path[:-1])
    if isinstance(holder, dict):
        holder[f"{path[-1]}?"] = holder.pop(path[-1])


def write(data: Any, file: Path) -> None:
    file.write_text(json.dumps(data), "utf-8")  # YAML too, and written in a moment: there are hundreds of them


def related(one: Steps, other: Steps) -> bool:
    return one[: len(other)] == other or other[: len(one)] == one


@pytest.mark.parametrize("change", [without, of_no_type, emptied, odd, misspelled])
@pytest.mark.parametrize("good", PLATFORMS.values(), ids=PLATFORMS)
def test_one_broken_value_is_one_place(
    good: dict[str, Any], change: Callable[[Any, Steps], None], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("provisioners.load.read_manifests", cache(read_manifests))  # the same ones, hundreds of times
    file = folder / "platform.yaml"
    write(good, file)
    platform.load(file)
    for broken in places(good):
        data = copy.deepcopy(good)
        change(data, broken)
        write(data, file)
        try:
            platform.load(file)
        except InvalidFile as invalid:
            problems = invalid.problems
        else:
            problems = []
            assert change is not of_no_type, broken
        for problem in problems:
            assert problem.file == str(file)
            enclosed = problem.path and related(problem.path, broken)
            beside = change is misspelled and related(problem.path[:-1], broken[:-1])
            depends = change in (without, emptied, misspelled) and any(
                related(cause, broken) and effect == problem.path[: len(effect)] and (effect or not problem.path)
                for cause, effect in DEPENDS
            )
            assert enclosed or beside or depends, f"{change.__name__} {broken}: {problem}"


def test_stand_ins_of_required_fields_are_valid() -> None:
    """What is missing must not keep the rest from being judged: see `provisioners._judgement`."""
    specs: list[type[Spec]] = [PlatformSpec, *inner_specs(PlatformSpec)]
    required = {
        (spec, name): field for spec in specs for name, field in spec.model_fields.items() if field.is_required()
    }
    assert len(required) > 15
    for (spec, name), field in required.items():
        assert field.examples, f"{spec.__name__}.{name}"
        for example in field.examples:
            TypeAdapter(field.rebuild_annotation()).validate_python(example)


def inner_specs(spec: type[Spec]) -> Iterator[type[Spec]]:
    """Yield the Specs that the fields of *spec* hold, and theirs."""
    for field in spec.model_fields.values():
        for each in mentioned(field.annotation):
            yield each
            yield from inner_specs(each)


def mentioned(annotation: Any) -> Iterator[type[Spec]]:
    if isinstance(annotation, type) and issubclass(annotation, Spec):
        yield annotation
    for part in getattr(annotation, "__args__", ()):
        yield from mentioned(part)


def test_a_spec_by_itself_tells_the_same(tmp_path: Path) -> None:
    """Without its node pools too, a platform's own rules are told: `load` of any Spec from any file."""
    (tmp_path / "platform.yaml").write_text(edited(BASE, EDITS["more nodes at least than at most"][0]), "utf-8")
    with pytest.raises(InvalidFile, match="must be at most max_size, which is 4, got 6"):
        load(PlatformSpec, tmp_path / "platform.yaml")
