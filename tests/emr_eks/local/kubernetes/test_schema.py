"""The schemas served are those of the real providers, as their documentation and source state them.

https://registry.terraform.io/providers/hashicorp/kubernetes/2.38.0/docs
https://registry.terraform.io/providers/hashicorp/helm/3.1.1/docs/resources/release
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from emr_eks.local.kubernetes import schema
from emr_eks.local.kubernetes.schema import schema_of, version_of

STRINGS = ["list", "string"]  # the real ones are sets at times, which the bindings do not tell
LABELS = ["map", "string"]


def at(schemas: dict[str, Any], path: str) -> dict[str, Any]:
    """Return the block at *path*: a resource type, and the blocks to step into."""
    kind, *steps = path.split(".")
    block = schemas[kind]
    for step in steps:
        block = block["blocks"][step]["block"]
    return dict(block)


@pytest.mark.parametrize(
    ("path", "name", "type", "use"),
    [
        ("kubernetes_namespace", "id", "string", "optional computed"),
        ("kubernetes_namespace", "wait_for_default_service_account", "bool", "optional"),
        ("kubernetes_namespace_v1.metadata", "labels", LABELS, "optional"),
        ("kubernetes_namespace_v1.metadata", "generation", "number", "computed"),
        ("kubernetes_namespace_v1.metadata", "uid", "string", "computed"),
        ("kubernetes_namespace_v1.timeouts", "delete", "string", "optional"),
        ("kubernetes_role.rule", "api_groups", STRINGS, "required"),
        ("kubernetes_role_v1.rule", "resource_names", STRINGS, "optional"),
        ("kubernetes_role_binding_v1.role_ref", "kind", "string", "required"),
        ("kubernetes_role_binding_v1.subject", "namespace", "string", "optional"),
        ("kubernetes_manifest", "manifest", "dynamic", "required"),
        ("kubernetes_manifest", "object", "dynamic", "optional computed"),
        ("kubernetes_manifest.field_manager", "force_conflicts", "bool", "optional"),
        ("helm_release", "chart", "string", "required"),
        ("helm_release", "values", STRINGS, "optional"),
        ("helm_release", "timeout", "number", "optional"),
        ("helm_release", "resources", LABELS, "computed"),
        ("helm_release", "id", "string", "computed"),
    ],
)
def test_an_argument_is_that_of_the_real_one(schemas: Any, path: str, name: str, type: Any, use: str) -> None:
    attribute = at(schemas, path)["attributes"][name]
    assert attribute["type"] == type
    assert " ".join(key for key in ("required", "optional", "computed") if attribute[key]) == use


@pytest.mark.parametrize(
    ("path", "name", "most", "required"),
    [
        ("kubernetes_namespace", "metadata", 1, True),
        ("kubernetes_role_v1", "rule", 0, True),
        ("kubernetes_role_binding_v1", "role_ref", 1, True),
        ("kubernetes_role_binding_v1", "subject", 0, True),
        ("kubernetes_network_policy_v1.spec", "egress", 0, False),
        ("kubernetes_manifest.wait", "condition", 0, False),
    ],
)
def test_a_block_is_that_of_the_real_one(schemas: Any, path: str, name: str, most: int, required: bool) -> None:
    block = at(schemas, path)["blocks"][name]
    assert (block["nesting"], block["max"], block["required"]) == ("list", most, required)
    assert name not in at(schemas, path)["attributes"]


def test_helm_has_arguments_where_it_had_blocks_before_version_3(served: Any, schemas: Any) -> None:
    release, provider = schemas["helm_release"], served["helm"]["provider"]
    assert release["blocks"] == provider["blocks"] == {}
    many = {name: each["many"] for name, each in release["attributes"].items() if "nested" in each}
    lists = dict.fromkeys(("set", "set_list", "set_sensitive", "set_wo"), True)
    assert many == {**lists, "postrender": False, "timeouts": False}
    entry = release["attributes"]["set"]["nested"]
    assert {name: each["required"] for name, each in entry.items()} == {"name": True, "value": False, "type": False}
    assert provider["attributes"]["kubernetes"]["nested"]["exec"]["nested"]["command"]["required"]
    # The other provider still has blocks.
    assert served["kubernetes"]["provider"]["blocks"]["exec"]["block"]["attributes"]["command"]["required"]


def test_a_schema_is_derived_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = schema_of("helm", tmp_path)
    monkeypatch.setattr(schema, "_derived", None)  # would fail when called
    assert schema_of("helm", tmp_path) == first
    assert version_of("helm").startswith("3.")  # the provider's, not the binding's
