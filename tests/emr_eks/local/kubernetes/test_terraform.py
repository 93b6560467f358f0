"""The real Terraform takes the stand-ins for its providers: it creates, finds nothing to do, changes and destroys."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import ROOT
from shared_providers import shared_providers

from emr_eks.local import kubernetes
from emr_eks.local.kubernetes.objects import ObjectStore, StoredObject
from emr_eks.local.terraform import find_terraform, mirror_configuration

pytestmark = pytest.mark.terraform

STACK = """
terraform:
  required_providers: {kubernetes: {source: hashicorp/kubernetes}, helm: {source: hashicorp/helm}}
provider:
  kubernetes: [{host: https://cluster.invalid, exec: [{api_version: v1, command: aws}]}]
  helm: [{kubernetes: {host: https://cluster.invalid}}]
resource:
  kubernetes_namespace_v1:
    team: {metadata: {name: team, labels: {tier: gold}}}
  kubernetes_role_v1:
    reader:
      metadata: {name: reader, namespace: &team "${kubernetes_namespace_v1.team.metadata[0].name}"}
      rule: [{api_groups: [""], resources: [pods], verbs: [get, list]}]
  kubernetes_role_binding_v1:
    reader:
      metadata: {name: reader, namespace: *team}
      role_ref: {api_group: rbac.authorization.k8s.io, kind: Role, name: reader}
      subject: [{kind: User, name: emr-containers}]
  kubernetes_service_account_v1:
    jobs: {metadata: {name: jobs, namespace: *team}}
  kubernetes_priority_class_v1:
    high: {metadata: {name: high}, value: 1000}
  kubernetes_manifest:
    settings:
      manifest: {apiVersion: v1, kind: ConfigMap, metadata: {name: settings, namespace: *team}, data: {size: small}}
  helm_release:
    definitions: {name: karpenter-crd, chart: "oci://public.ecr.aws/karpenter/karpenter-crd", namespace: kube-system}
    operator:
      {name: operator, chart: operator, namespace: tools, create_namespace: true, set: [{name: replicas, value: "2"}]}
output:
  uid: {value: "${kubernetes_namespace_v1.team.metadata[0].uid}"}
  role: {value: "${kubernetes_role_v1.reader.id}"}
  status: {value: "${helm_release.operator.status}"}
  kind: {value: "${kubernetes_manifest.settings.object.kind}"}
"""
POOL = """
apiVersion: karpenter.sh/v1
kind: NodePool
metadata: {name: spark}
spec: {template: {spec: {requirements: [], nodeClassRef: {group: karpenter.k8s.aws, kind: EC2NodeClass, name: a}}}}
"""


class Terraform:
    """Terraform in a folder of its own, whose providers are the stand-ins only."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.store = folder / "stack", ObjectStore(folder / "objects")
        self.folder.mkdir()
        kubernetes.install(folder / "plugins")
        (folder / "terraform.rc").write_text(mirror_configuration(folder / "plugins"), "utf-8")
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("TF_", "EMR_EKS_"))},
            **kubernetes.environment(objects=folder / "objects", cache=folder / "cache", kubernetes_version="1.35"),
            "PYTHONPATH": str(ROOT),
            "TF_CLI_CONFIG_FILE": str(folder / "terraform.rc"),
            "CHECKPOINT_DISABLE": "true",
        }

    @contextmanager
    def with_running_providers(self) -> Iterator[None]:
        """Let all commands use stand-ins that run, instead of starting them each time."""
        with shared_providers(self._environment, self.folder, "kubernetes", "helm") as found:
            self._environment |= found
            yield

    def write(self, stack: dict[str, Any]) -> None:
        """Make *stack* the configuration."""
        (self.folder / "cdk.tf.json").write_text(json.dumps(stack), "utf-8")

    def __call__(self, *arguments: str, expected: int = 0) -> str:
        """Run a command; fails unless it exits as *expected*. Returns all it said, in one line."""
        command = [str(find_terraform()), *arguments, "-no-color"]
        done = subprocess.run(command, cwd=self.folder, env=self._environment, capture_output=True, text=True)
        said = done.stdout + done.stderr
        assert done.returncode == expected, f"{command}: {done.returncode}\n{said[-6000:]}"
        return " ".join(said.replace("│", " ").split())

    def apply(self, stack: dict[str, Any], expected: int = 0) -> str:
        """Apply *stack*."""
        self.write(stack)
        return self("apply", "-auto-approve", "-input=false", expected=expected)

    def plans_nothing(self) -> bool:
        """Tell whether the next apply would do nothing."""
        return "No changes." in self("plan", "-input=false", "-detailed-exitcode")

    def objects(self) -> set[tuple[str, str, str]]:
        """Return kind, namespace and name of every object."""
        return {(each.kind, each.namespace, each.name) for each in self.store.list()}

    def manifest(self, kind: str, name: str) -> dict[str, Any]:
        """Return the one object of that kind and name."""
        (found,) = (each.manifest for each in self.store.list() if (each.kind, each.name) == (kind, name))
        return found

    def outputs(self) -> dict[str, Any]:
        """Return the outputs of what was applied."""
        return {name: each["value"] for name, each in json.loads(self("output", "-json")).items()}


def create_change_refuse_and_destroy(folder: Path) -> None:
    """Live through every kind of object that the stand-ins make."""
    terraform, stack = Terraform(folder), yaml.safe_load(STACK)
    resource = stack["resource"]
    metadata = {kind: next(iter(resource[kind].values())).get("metadata") for kind in resource}

    # What Terraform itself refuses, by the schema.
    metadata["kubernetes_namespace_v1"]["lables"] = {}
    del resource["helm_release"]["operator"]["chart"]
    terraform.write(stack)
    terraform("init", "-input=false")
    said = terraform("validate", expected=1)
    assert 'No argument or block type is named "lables"' in said
    assert 'The argument "chart" is required' in said
    del metadata["kubernetes_namespace_v1"]["lables"]
    resource["helm_release"]["operator"]["chart"] = "operator"

    # As in a real cluster, the definitions must be there when a custom object is planned: in a stack before it.
    pool = {"manifest": yaml.safe_load(POOL), "depends_on": ["helm_release.definitions"]}
    resource["kubernetes_manifest"]["pool"] = pool
    assert "CRD may not be installed" in terraform.apply(stack, expected=1)
    assert terraform.objects() == set()
    del resource["kubernetes_manifest"]["pool"]

    terraform.apply(stack)
    assert terraform.objects() == {
        ("Namespace", "", "team"),
        ("Role", "team", "reader"),
        ("RoleBinding", "team", "reader"),
        ("ServiceAccount", "team", "jobs"),
        ("PriorityClass", "", "high"),
        ("ConfigMap", "team", "settings"),
        ("Release", "kube-system", "karpenter-crd"),
        ("Release", "tools", "operator"),
        ("Namespace", "", "tools"),
    }
    outputs = terraform.outputs()
    assert outputs | {"uid": ""} == {"uid": "", "role": "team/reader", "status": "deployed", "kind": "ConfigMap"}
    assert terraform.plans_nothing()

    with terraform.with_running_providers():
        goes_on(terraform, stack, pool)


def goes_on(terraform: Terraform, stack: dict[str, Any], pool: dict[str, Any]) -> None:
    """Change what is there in every way, and take it down."""
    resource, outputs = stack["resource"], terraform.outputs()
    metadata = {kind: next(iter(resource[kind].values())).get("metadata") for kind in resource}

    # What may change in place does.
    settings = resource["kubernetes_manifest"]["settings"]["manifest"]
    resource["kubernetes_manifest"]["pool"] = pool
    metadata["kubernetes_namespace_v1"]["labels"] = {"tier": "silver"}
    resource["kubernetes_role_v1"]["reader"]["rule"].append(
        {"api_groups": ["apps"], "resources": ["*"], "verbs": ["*"]}
    )
    settings["data"]["size"] = "large"
    resource["helm_release"]["operator"]["set"][0]["value"] = "3"
    assert "1 added, 4 changed, 0 destroyed" in terraform.apply(stack)
    assert terraform.manifest("Namespace", "team")["metadata"]["labels"] == {"tier": "silver"}
    assert terraform.manifest("Role", "reader")["rules"] == [
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]},
        {"apiGroups": ["apps"], "resources": ["*"], "verbs": ["*"]},
    ]
    assert terraform.manifest("ConfigMap", "settings")["data"] == {"size": "large"}
    assert terraform.manifest("Release", "operator")["spec"]["set"][0]["value"] == "3"
    assert terraform.outputs() == outputs
    assert terraform.plans_nothing()

    # Another name is another object.
    metadata["kubernetes_priority_class_v1"]["name"] = "higher"
    metadata["kubernetes_service_account_v1"]["name"] = "runs"
    settings["metadata"]["name"] = "options"
    resource["helm_release"]["operator"]["name"] = "operators"
    assert "4 added, 0 changed, 4 destroyed" in terraform.apply(stack)
    there = terraform.objects()
    names = {name for _, _, name in there}
    assert names >= {"higher", "runs", "options", "operators"}
    assert names.isdisjoint({"high", "jobs", "settings", "operator"})

    # What the cluster refuses.
    resource["kubernetes_namespace_v1"]["again"] = {"metadata": {"name": "team"}}
    resource["kubernetes_config_map_v1"] = {"lost": {"metadata": {"name": "lost", "namespace": "teem"}}}
    said = terraform.apply(stack, expected=1)
    assert 'Namespace "team" already exists' in said
    assert 'namespaces "teem" not found' in said
    assert "nothing to import" in terraform("import", "kubernetes_config_map_v1.lost", "teem/lost", expected=1)
    resource["kubernetes_manifest"]["wrong"] = {"manifest": {**settings, "dataa": {}}}
    resource["kubernetes_manifest"]["text"] = {"manifest": "kind: ConfigMap"}
    said = terraform.apply(stack, expected=1)
    assert "'dataa' was unexpected" in said
    assert "an object has apiVersion, kind and metadata" in said
    assert terraform.objects() == there

    # A namespace that still holds what no stack knows of, and then the rest.
    stranger = StoredObject("v1", "ConfigMap", "team", "stranger", "yes", "", {})
    terraform.store.create(stranger)
    said = terraform("destroy", "-auto-approve", "-target=kubernetes_namespace_v1.team", expected=1)
    assert 'namespace "team" still holds ConfigMap stranger' in said
    terraform.store.delete(*stranger[:4])
    for name in ("wrong", "text"):
        del resource["kubernetes_manifest"][name]
    terraform.write(stack)
    terraform("destroy", "-auto-approve")
    # What Helm made for a release stays when the release goes.
    assert terraform.objects() == {("Namespace", "", "tools")}


@pytest.mark.life(lived=create_change_refuse_and_destroy)
def test_a_stack_is_created_changed_refused_and_destroyed(life: Future[None]) -> None:
    life.result()
