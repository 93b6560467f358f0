"""What the API server would refuse is refused, and what cannot be judged is said to be so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import ROOT

from emr_eks.local import kubernetes
from emr_eks.local.kubernetes.validation import Invalid, check

CRDS = ROOT.parent / "shared" / "data" / "karpenter-crds" / "v1.14.1"
needs_crds = pytest.mark.skipif(not CRDS.is_dir(), reason=f"no definitions in {CRDS}")
RBAC = "rbac.authorization.k8s.io/v1"


def made(kind: str = "ConfigMap", api_version: str = "v1", name: str = "it", **rest: Any) -> dict[str, Any]:
    """Return an object."""
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name}, **rest}


@pytest.mark.parametrize(
    ("manifest", "told"),
    [
        (made(dataa={"a": "b"}), ["'dataa' was unexpected"]),
        (made(data={"a": 1}), ["data.a", "1 is not of type 'string'"]),
        ({**made(), "metadata": {"name": "it", "lables": {}}}, ["metadata", "'lables' was unexpected"]),
        (made("Namespase"), ["1.35 has no kind Namespase in v1"]),
        (made("Deployment"), ["no kind Deployment in v1"]),
        (made("NetworkPolcy", "networking.k8s.io/v1"), ["no kind NetworkPolcy in networking.k8s.io/v1"]),
        (made("namespace"), ["'Namespace'"]),
        (made(name="My_Map"), ["metadata.name", "'My_Map'", "lower-case"]),
        (made(name="a" * 254), ["metadata.name", "253"]),
        ({"metadata": {}}, ["apiVersion, kind, metadata.name"]),
        ({"apiVersion": "v1", "kind": "ConfigMap", "metadata": "x"}, ["metadata.name"]),
        ("apiVersion: v1", ["'apiVersion: v1'"]),
        (made("Role", RBAC, rules=[{"verb": ["get"]}]), ["rules.0", "verb"]),
    ],
)
def test_a_mistake_is_refused_with_its_place(manifest: Any, told: list[str]) -> None:
    with pytest.raises(Invalid) as refused:
        check(manifest, "1.35", None)
    for part in told:
        assert part in str(refused.value)


def test_roles_may_have_names_that_others_may_not() -> None:
    assert check(made("ClusterRole", RBAC, "system:Node_reader", rules=[]), "1.35", None) == "yes"


def test_each_version_of_kubernetes_has_its_own_kinds() -> None:
    # https://kubernetes.io/docs/reference/using-api/deprecation-guide/: gone in 1.32
    flow = made("FlowSchema", "flowcontrol.apiserver.k8s.io/v1beta3")
    assert check(flow, "1.31", None) == "yes"
    with pytest.raises(Invalid, match=r"1\.32 has no kind FlowSchema"):
        check(flow, "1.32", None)


def test_what_cannot_be_checked_is_said_but_for_the_metadata() -> None:
    assert "does not support version 1.99" in check(made(), "1.99", None)
    # Another group's object of the same name is none of Kubernetes' own.
    assert "no definition of Role" in check(made("Role", "rbac.example.com/v1"), "1.35", None)
    pool = made("NodePool", "karpenter.sh/v1")
    assert "no definition of NodePool" in check(pool, "1.35", None)
    pool["metadata"]["labels"] = {"a": True}
    with pytest.raises(Invalid, match=r"metadata\.labels\.a"):
        check(pool, "1.35", None)


def node_pool() -> dict[str, Any]:
    """Return a node pool with all that Karpenter's guide says it needs."""
    requirement = {"key": "karpenter.sh/capacity-type", "operator": "In", "values": ["spot"]}
    reference = {"group": "karpenter.k8s.aws", "kind": "EC2NodeClass", "name": "default"}
    template = {"spec": {"requirements": [requirement], "nodeClassRef": reference}}
    return made("NodePool", "karpenter.sh/v1", spec={"template": template, "limits": {"cpu": 1000}})


@needs_crds
def test_a_custom_object_is_checked_by_its_definition_and_all_is_told() -> None:
    pool = node_pool()
    assert check(pool, "1.35", CRDS) == "yes"
    pool["spec"] |= {"limit": {}, "weight": "10"}
    pool["spec"]["template"]["spec"]["expireAfter"] = "soon"
    with pytest.raises(Invalid) as refused:
        check(pool, "1.35", CRDS)
    for part in ("'limit' was unexpected", "spec.weight: '10' is not of type 'integer'", "expireAfter: 'soon'"):
        assert part in str(refused.value)


@needs_crds
@pytest.mark.parametrize("changed", [{"kind": "NodePol"}, {"apiVersion": "karpenter.sh/v1beta1"}])
def test_a_kind_that_no_definition_has_is_refused(changed: dict[str, str]) -> None:
    with pytest.raises(Invalid, match=r"karpenter\.sh has no kind .* NodePool \(v1\)"):
        check({**node_pool(), **changed}, "1.35", CRDS)


def test_a_folder_may_hold_other_documents_and_parts_that_may_be_anything(tmp_path: Path) -> None:
    free = {"x-kubernetes-preserve-unknown-fields": True, "properties": {"known": {"type": "string"}}}
    parts = {"type": "object", "properties": {"port": {"x-kubernetes-int-or-string": True}, "free": free}}
    version = {"name": "v1", "schema": {"openAPIV3Schema": {"properties": {"spec": parts}}}}
    spec = {"group": "example.com", "names": {"kind": "Widget"}, "versions": [version]}
    documents = [None, {"kind": "ConfigMap"}, {"kind": "CustomResourceDefinition", "spec": spec}]
    (tmp_path / "widgets.yaml").write_text(yaml.safe_dump_all(documents), "utf-8")

    def checked(**spec: Any) -> str:
        return check(made("Widget", "example.com/v1", spec=spec), "1.35", tmp_path)

    assert checked(port=80, free={"other": 1}) == checked(port="http") == "yes"
    with pytest.raises(Invalid, match=r"spec\.port"):
        checked(port=[])
    with pytest.raises(Invalid, match=r"spec\.free\.known"):
        checked(free={"known": 1})


def test_the_folder_is_found_from_the_stacks_folder_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EMR_EKS_CRDS", "crds")  # as a user would; Terraform starts a provider elsewhere
    read = kubernetes.environment(objects=Path("objects"), cache=Path("cache"), kubernetes_version="1.35")
    assert read["EMR_EKS_CRDS"] == str(tmp_path / "crds")
