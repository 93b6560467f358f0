"""Turning a synthesised app towards the embedded cloud."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

from emr_eks.local.localise import localise, localised, stacks

STACK: dict[str, Any] = {
    "terraform": {"backend": {"s3": {"bucket": "states"}}, "required_providers": {"aws": {"version": "x"}}},
    "provider": {"aws": [{"region": "eu-west-1", "allowed_account_ids": ["111111111111"]}]},
    "data": {
        "terraform_remote_state": {
            "cross-stack-reference-input-p-network": {"backend": "s3", "config": {"bucket": "states"}, "workspace": "w"}
        }
    },
    "resource": {
        "aws_s3_bucket": {"b": {"bucket": "b", "force_destroy": False}},
        "aws_cloudwatch_log_group": {"l": {"name": "l", "skip_destroy": True}},
        "aws_vpc": {"v": {"cidr_block": "10.0.0.0/16"}},
    },
}


def test_state_and_what_reads_it_are_files_of_one_folder(tmp_path: Path) -> None:
    document = localised(copy.deepcopy(STACK), "p-cluster", tmp_path)
    assert document["terraform"]["backend"] == {"local": {"path": str(tmp_path / "p-cluster.tfstate")}}
    (remote,) = document["data"]["terraform_remote_state"].values()
    assert remote["backend"] == "local"
    assert remote["config"] == {"path": str(tmp_path / "p-network.tfstate")}


def test_nothing_is_kept_and_nothing_else_is_changed(tmp_path: Path) -> None:
    document = localised(copy.deepcopy(STACK), "p-cluster", tmp_path)
    assert document["resource"]["aws_s3_bucket"]["b"]["force_destroy"] is True
    assert document["resource"]["aws_cloudwatch_log_group"]["l"]["skip_destroy"] is False
    assert document["resource"]["aws_vpc"] == STACK["resource"]["aws_vpc"]
    assert document["provider"]["aws"] == [{"region": "eu-west-1"}]
    assert document["terraform"]["required_providers"] == STACK["terraform"]["required_providers"]


def test_stacks_come_after_those_that_they_depend_on(tmp_path: Path) -> None:
    manifest = {
        "stacks": {
            name: {"synthesizedStackPath": f"stacks/{name}/cdk.tf.json", "dependencies": dependencies}
            for name, dependencies in {"a": ["z", "m"], "m": ["z"], "z": []}.items()
        }
    }
    (tmp_path / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    for name in manifest["stacks"]:
        folder = tmp_path / "stacks" / name
        folder.mkdir(parents=True)
        (folder / "cdk.tf.json").write_text(json.dumps({"terraform": {}}), "utf-8")
    assert [name for name, _ in stacks(tmp_path)] == ["z", "m", "a"]
    localise(tmp_path, tmp_path / "state")
    written = json.loads((tmp_path / "stacks" / "a" / "cdk.tf.json").read_text("utf-8"))
    assert written["terraform"]["backend"]["local"]["path"] == str(tmp_path / "state" / "a.tfstate")
