"""Terraform's values become the objects that Kubernetes' own documentation shows."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import yaml
from tf.types import Unknown

from emr_eks.local.kubernetes.manifests import KINDS, manifest_of
from emr_eks.local.kubernetes.provider import _leave_open
from emr_eks.local.kubernetes.validation import check

# By kind: Terraform's values without the metadata, and the object without apiVersion, kind and metadata.
CASES = yaml.safe_load("""
namespace: [{wait_for_default_service_account: true, timeouts: {delete: 5m}}, {}]
role:
- rule: [{api_groups: [""], resources: [pods], verbs: [get], resource_names: null}]
- rules: [{apiGroups: [""], resources: [pods], verbs: [get]}]
role_binding: &binding
- role_ref: [{api_group: rbac.authorization.k8s.io, kind: Role, name: reader}]
  subject: [{api_group: rbac.authorization.k8s.io, kind: Group, name: analysts, namespace: null}]
- roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}
  subjects: [{apiGroup: rbac.authorization.k8s.io, kind: Group, name: analysts}]
cluster_role_binding: *binding
cluster_role:
- rule: [{api_groups: [""], resources: [pods], verbs: [get], resource_names: [driver]}]
  aggregation_rule: [{cluster_role_selectors: [{match_labels: {a_b: c}, match_expressions: []}]}]
- rules: [{apiGroups: [""], resources: [pods], verbs: [get], resourceNames: [driver]}]
  aggregationRule: {clusterRoleSelectors: [{matchLabels: {a_b: c}}]}
config_map:
- {data: {a_key: x}, binary_data: {b: eA==}, immutable: false}
- {data: {a_key: x}, binaryData: {b: eA==}, immutable: false}
limit_range:
- spec: [{limit: [{type: Pod, default_request: {cpu: "1"}}]}]
- spec: {limits: [{type: Pod, defaultRequest: {cpu: "1"}}]}
resource_quota:
- spec: [{scope_selector: [{match_expression: [{operator: In, scope_name: PriorityClass, values: [x]}]}]}]
- spec: {scopeSelector: {matchExpressions: [{operator: In, scopeName: PriorityClass, values: [x]}]}}
network_policy:
- spec:
  - pod_selector: [{match_labels: null, match_expressions: []}]
    policy_types: [Ingress]
    ingress:
    - from: [{ip_block: [{cidr: 10.0.0.0/8, except: [10.1.0.0/16]}]}]
      ports: [{port: "443", protocol: TCP}, {port: web, protocol: TCP}]
    - from: [{namespace_selector: [{match_expressions: [{key: c, operator: In, values: [d]}]}]}]
- spec:
    podSelector: {}
    policyTypes: [Ingress]
    ingress:
    - from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}]
      ports: [{port: 443, protocol: TCP}, {port: web, protocol: TCP}]
    - from: [{namespaceSelector: {matchExpressions: [{key: c, operator: In, values: [d]}]}}]
priority_class: [{value: 0, global_default: false}, {value: 0, globalDefault: false}]
service_account:
- {automount_service_account_token: false, image_pull_secret: [{name: registry}], secret: [{name: token}]}
- {automountServiceAccountToken: false, imagePullSecrets: [{name: registry}], secrets: [{name: token}]}
storage_class:
- {storage_provisioner: ebs.csi.aws.com, allowed_topologies: [{match_label_expressions: [{key: a, values: [b]}]}]}
- {provisioner: ebs.csi.aws.com, allowedTopologies: [{matchLabelExpressions: [{key: a, values: [b]}]}]}
""")
CLUSTER_WIDE = {"namespace", "cluster_role", "cluster_role_binding", "priority_class", "storage_class"}


@pytest.mark.parametrize("kind", KINDS)
def test_a_resource_becomes_an_object_that_kubernetes_takes(schemas: Any, kind: str) -> None:
    values, expected = CASES[kind]
    labels = {"app.kubernetes.io/part_of": "x"}
    place = {} if kind in CLUSTER_WIDE else {"namespace": "team"}
    block = schemas[f"kubernetes_{kind}_v1"]
    values = {"metadata": [{"name": "it", "labels": labels, "annotations": None, **place}], **copy.deepcopy(values)}
    _leave_open(block, values)  # as in a plan: uid and such are not known yet
    manifest = manifest_of(f"kubernetes_{kind}_v1", block, values)
    assert check(manifest, "1.35", None) == "yes"
    assert manifest.pop("kind").lower() == kind.replace("_", "")
    assert manifest.pop("metadata") == {"name": "it", "labels": labels, **place}
    del manifest["apiVersion"]
    assert manifest == expected


def test_what_terraform_leaves_open_is_filled_or_left_out(schemas: Any) -> None:
    values = {"metadata": [{"name": "it", "namespace": None}], "rule": Unknown}
    manifest = manifest_of("kubernetes_role", schemas["kubernetes_role"], values)
    assert manifest["metadata"] == {"name": "it", "namespace": "default"}
    assert "rules" not in manifest


def test_a_kind_that_we_cannot_spell_is_kept_as_terraform_has_it(schemas: Any) -> None:
    manifest = manifest_of("kubernetes_secret_v1", schemas["kubernetes_secret_v1"], {"metadata": [{"name": "it"}]})
    assert (manifest["apiVersion"], manifest["kind"]) == ("", "kubernetes_secret_v1")
