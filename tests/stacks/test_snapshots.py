"""What a reviewer sees of a change: the synthesised stacks, and the addresses that Terraform knows things by."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from synthesised import Document
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.json import JSONSnapshotExtension

STACKS = ("network", "cluster", "addons", "node_pools", "teams")
ADDRESSES = Path(__file__).parent / "addresses"


def unfolded(value: Any) -> Any:
    """Return *value* for readers: embedded JSON as data, and without cdktf's own notes."""
    if isinstance(value, dict):
        return {key: unfolded(each) for key, each in value.items() if key != "//"}
    if isinstance(value, list):
        return [unfolded(each) for each in value]
    if isinstance(value, str) and value.startswith(("{", "[")):
        try:
            return {"<json>": json.loads(value)}
        except ValueError:
            return value
    return value


@pytest.mark.parametrize("stack", STACKS)
def test_stack(stack: str, documents: dict[str, Document], snapshot: SnapshotAssertion) -> None:
    """Differs when a change alters the platform; `make snapshots` accepts the alteration."""
    assert unfolded(documents[stack].content) == snapshot(extension_class=JSONSnapshotExtension, name=stack)


@pytest.mark.parametrize("stack", STACKS)
def test_no_address_vanishes_without_a_move(
    stack: str, documents: dict[str, Document], request: pytest.FixtureRequest
) -> None:
    """An address that vanishes is a resource destroyed, unless a `moved` block says where it went."""
    file = ADDRESSES / f"{stack}.txt"
    before = file.read_text("utf-8").splitlines() if file.exists() else []
    now = documents[stack].addresses()
    moved = {each["from"] for each in documents[stack].content.get("moved", [])}
    vanished = {line.split()[0] for line in before} - {line.split()[0] for line in now} - moved
    assert not vanished, "these would be destroyed; keep their ids, or call `move_from_id` on what replaces them"
    if request.config.getoption("update_snapshots"):
        file.parent.mkdir(exist_ok=True)
        file.write_text("\n".join(now) + "\n", "utf-8")
    else:
        assert now == before, "there are new addresses; `make snapshots` takes them down"


def test_the_outputs_of_the_seed_are_there_under_their_names(documents: dict[str, Document]) -> None:
    """Seed S3's outputs: other programs read them, so their names are part of the interface."""
    assert documents["network"].outputs() >= {
        "vpc_id",
        "vpc_cidr_block",
        "private_subnets",
        "public_subnets",
        "nat_public_ips",
        "azs",
    }
    assert documents["cluster"].outputs() >= {"configure_kubectl", "eks_cluster_arn", "managed_node_groups"}
    assert documents["teams"].outputs() >= {
        "default_bucket_name",
        "emrcontainers_virtual_cluster_id",
        "emr_on_eks_role_arn",
    }
