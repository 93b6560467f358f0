"""Reading synthesised apps: what is there, in which order, and what is wrong with a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from emr_eks.review.model import App, read
from provisioners.source import InvalidFile


def write(folder: Path, stacks: dict[str, Any], dependencies: dict[str, list[str]] | None = None) -> Path:
    """Write a cdktf.out."""
    entries = {}
    for name, content in stacks.items():
        place = folder / "stacks" / name
        place.mkdir(parents=True)
        text = content if isinstance(content, str) else json.dumps(content)
        (place / "cdk.tf.json").write_text(text, "utf-8")
        entries[name] = {
            "name": name,
            "synthesizedStackPath": f"stacks/{name}/cdk.tf.json",
            "dependencies": (dependencies or {}).get(name, []),
        }
    (folder / "manifest.json").write_text(json.dumps({"stacks": entries, "version": "0.21.0"}), "utf-8")
    return folder


def test_stacks_come_in_deploy_order_with_construct_paths(default_app: App) -> None:
    assert [name.removeprefix("emr-on-eks-") for name in default_app.stacks] == [
        "network",
        "cluster",
        "addons",
        "node_pools",
        "teams",
    ]
    cluster = default_app.stacks["emr-on-eks-cluster"].resources["aws_eks_cluster.cluster_611F8AFF"]
    assert cluster.path == "emr-on-eks-cluster/cluster/Resource"
    assert "//" not in cluster.body


def test_folders_of_removed_stacks_are_not_read(tmp_path: Path) -> None:
    write(tmp_path, {"a": {}})
    (tmp_path / "stacks" / "old").mkdir()
    (tmp_path / "stacks" / "old" / "cdk.tf.json").write_text("not JSON", "utf-8")
    assert [*read(tmp_path).stacks] == ["a"]


def test_a_dependency_is_applied_first_whatever_the_names(tmp_path: Path) -> None:
    write(tmp_path, {"a": {}, "b": {}, "c": {}}, {"a": ["c"], "c": ["b"]})
    assert [*read(tmp_path).stacks] == ["b", "c", "a"]


def test_no_folder_says_what_makes_one(tmp_path: Path) -> None:
    with pytest.raises(InvalidFile, match=r"manifest\.json: is not there; `cdktf synth` makes it"):
        read(tmp_path / "nothing")


@pytest.mark.parametrize("manifest", ["[]", "{}", '{"stacks": []}', '{"stacks": {"a": 1}}', '{"stacks": {"a": {}}}'])
def test_a_manifest_of_another_shape_is_told(tmp_path: Path, manifest: str) -> None:
    (tmp_path / "manifest.json").write_text(manifest, "utf-8")
    with pytest.raises(InvalidFile, match=r"manifest\.json: stacks"):
        read(tmp_path)


def test_every_broken_stack_is_told_with_its_place(tmp_path: Path) -> None:
    write(tmp_path, {"a": '{"resource": {\n  "x"', "b": {"resource": []}, "c": {"resource": {"t": {"n": 1}}}})
    with pytest.raises(InvalidFile) as error:
        read(tmp_path)
    told = str(error.value).splitlines()
    assert len(told) == 3
    assert "a/cdk.tf.json:2:6: is not whole JSON" in told[0]
    assert "b/cdk.tf.json: resource: must be a mapping" in told[1]
    assert "c/cdk.tf.json: resource.t.n: must be a mapping" in told[2]


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"", b"\x00" * 40, b'{"resource": NaN}', b"[" * 100_000])
def test_bytes_that_are_no_stack_are_told(tmp_path: Path, content: bytes) -> None:
    write(tmp_path, {"a": {}})
    (tmp_path / "stacks" / "a" / "cdk.tf.json").write_bytes(content)
    with pytest.raises(InvalidFile):
        read(tmp_path)


def test_a_manifest_cannot_lead_out_of_its_folder(tmp_path: Path) -> None:
    (tmp_path / "secret.json").write_text("{}", "utf-8")
    folder = write(tmp_path / "out", {"a": {}})
    entry = {"synthesizedStackPath": "../secret.json", "dependencies": []}
    (folder / "manifest.json").write_text(json.dumps({"stacks": {"a": entry}}), "utf-8")
    with pytest.raises(InvalidFile, match="must lie in"):
        read(folder)


def test_stacks_that_wait_for_each_other_or_for_nobody_are_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidFile, match="must not wait for each other"):
        read(write(tmp_path / "circle", {"a": {}, "b": {}}, {"a": ["b"], "b": ["a"]}))
    with pytest.raises(InvalidFile, match="must be stacks of the app, got 'z'"):
        read(write(tmp_path / "lost", {"a": {}}, {"a": ["z"]}))


def test_moves_removals_and_imports_are_read_with_and_without_braces(tmp_path: Path) -> None:
    content = {
        "moved": [{"from": "t_a.old", "to": "${t_a.new}"}],
        "removed": {"from": "t_a.gone", "lifecycle": {"destroy": False}},
        "import": [{"to": "t_a.taken", "id": "x"}],
    }
    stack = read(write(tmp_path, {"a": content})).stacks["a"]
    assert stack.moved == {"t_a.new": "t_a.old"}
    assert stack.forgotten == {"t_a.gone"}
    assert stack.imported == {"t_a.taken"}
