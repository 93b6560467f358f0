"""Turns Provisioners and AWSNodeTemplates into NodePools and EC2NodeClasses, and says what then means something else.

https://karpenter.sh/v0.32/upgrading/v1beta1-migration/, https://karpenter.sh/docs/upgrading/v1-migration/
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import product
from typing import Any, NamedTuple

from provisioners import labels
from provisioners.legacy.launch_template import LaunchTemplate
from provisioners.legacy.models import IDS, AWSNodeTemplate, NodeTemplateSpec, Provider, Provisioner, ProvisionerSpec
from provisioners.spec import Path

Data = dict[str, Any]

_AL2023 = "al2023@latest"
_DEFAULTS = ((labels.CAPACITY_TYPE, "on-demand"), (labels.ARCH, "amd64"))
"""What a Provisioner without such a requirement got, and a NodePool does not."""
_INSTANCES = {labels.INSTANCE_TYPE, labels.CATEGORY, labels.FAMILY, labels.GENERATION}
_DO_NOT_CONSOLIDATE, _DO_NOT_DISRUPT = "karpenter.sh/do-not-consolidate", "karpenter.sh/do-not-disrupt"


class Change(NamedTuple):
    """Something that means something else in v1, or that was settled during the conversion, and where it was said."""

    path: Path
    words: str


class Converted(NamedTuple):
    """The v1 manifests of one object, node classes first, and what has changed."""

    manifests: list[Data]
    changes: list[Change]


class Converter:
    """Converts objects that belong together; *cluster_name* stands in names and tags that v1 asks for.

    *launch_templates* are what launch templates hold, by their name: v1 knows them no more.
    """

    def __init__(
        self,
        objects: Iterable[Provisioner | AWSNodeTemplate],
        *,
        cluster_name: str,
        launch_templates: Mapping[str, LaunchTemplate] | None = None,
    ) -> None:
        self._templates = {each.metadata.name: each for each in objects if isinstance(each, AWSNodeTemplate)}
        self._cluster_name = cluster_name
        self._role = f"KarpenterNodeRole-{cluster_name}"
        self._launch_templates = launch_templates or {}

    def convert(self, item: Provisioner | AWSNodeTemplate) -> Converted:
        """Return the v1 manifests of *item*."""
        if isinstance(item, AWSNodeTemplate):
            return self._node_class(item.metadata.name, item.spec, ("spec",))
        return self._provisioner(item)

    def _provisioner(self, item: Provisioner) -> Converted:
        spec, name = item.spec, item.metadata.name
        classes, node_class = self._class_of(item)
        changes = [
            Change(
                ("metadata", "name"),
                f"nodes carry the label karpenter.sh/nodepool: {name} and no longer karpenter.sh/provisioner-name",
            ),
            *classes.changes,
        ]
        metadata = _metadata(spec, changes)
        template: Data = {
            **({"metadata": metadata} if metadata else {}),
            "spec": {
                "nodeClassRef": {"group": "karpenter.k8s.aws", "kind": "EC2NodeClass", "name": node_class},
                "requirements": _requirements(spec, changes),
                **_said(spec, "taints", "startup_taints"),
                "expireAfter": _expire_after(spec, changes),
            },
        }
        limits = (spec.limits and spec.limits.resources) or {}
        pool: Data = {
            "apiVersion": "karpenter.sh/v1",
            "kind": "NodePool",
            "metadata": _dump(item.metadata),
            "spec": {
                "template": template,
                "disruption": _disruption(spec, changes),
                **({"limits": dict(limits)} if limits else {}),
                **_said(spec, "weight"),
            },
        }
        return Converted([*classes.manifests, pool], changes)

    def _class_of(self, item: Provisioner) -> tuple[Converted, str]:
        """Return the provisioner's own node class, if it needs one, and the name of the one that it uses."""
        spec, name = item.spec, item.metadata.name
        if spec.provider is not None:
            return self._node_class(name, spec.provider, ("spec", "provider"), spec), name
        assert spec.provider_ref is not None, "one of the two is there, says a rule"
        shared = spec.provider_ref.name
        if spec.kubelet_configuration is None:
            return Converted([], []), shared
        path: Path = ("spec", "kubeletConfiguration")
        if shared not in self._templates:
            words = f"is lost: it belongs into the node class, and AWSNodeTemplate {shared} was not given; convert both"
            return Converted([], [Change(path, words)]), shared
        own = f"{shared}-{name}"
        classes = self._node_class(own, self._templates[shared].spec, None, spec)
        words = f"belongs into the node class: {own} is {shared} with these settings"
        return Converted(classes.manifests, [Change(path, words), *classes.changes]), own

    def _node_class(
        self, name: str, provider: Provider, at: Path | None, of: ProvisionerSpec | None = None
    ) -> Converted:
        """Return the node class *name* of *provider*; *at* is where that was said, None when it was said before."""
        changes: list[Change] = []
        launched = self._launch_template(provider, changes)
        # Of a launch template that is not known, one sentence says all that is assumed.
        notes = [] if provider.launch_template and not launched else changes
        spec: Data = {
            **_images(provider, launched, notes),
            "subnetSelectorTerms": _terms(provider.subnet_selector or {}, "subnetSelector", changes),
            **self._identity(provider, launched, notes),
            "securityGroupSelectorTerms": self._security_groups(provider, launched, notes),
            **_metadata_options(provider, notes),
            **(launched.node_class if launched else {}),
            **_said(provider, "block_device_mappings", "context"),
        }
        if tags := {**spec.get("tags", {}), **(provider.tags or {})}:
            spec["tags"] = tags
        if isinstance(provider, NodeTemplateSpec):
            spec |= _said(provider, "detailed_monitoring", "user_data")
        if "bootstrap.sh" in spec.get("userData", "") and spec["amiSelectorTerms"] == [{"alias": _AL2023}]:
            path: Path = ("launchTemplate",) if launched else ("userData",)
            changes.append(Change(path, "calls bootstrap.sh, which AL2023 has not; write a NodeConfig instead"))
        if of is not None and of.kubelet_configuration is not None:
            spec["kubelet"] = _dump(of.kubelet_configuration)
            spec["kubelet"].pop("containerRuntime", None)
        manifest = {
            "apiVersion": "karpenter.k8s.aws/v1",
            "kind": "EC2NodeClass",
            "metadata": {"name": name},
            "spec": spec,
        }
        return Converted([manifest], [Change((*at, *each.path), each.words) for each in changes] if at else [])

    def _launch_template(self, provider: Provider, changes: list[Change]) -> LaunchTemplate | None:
        name = provider.launch_template
        if name is None:
            return None
        launched = self._launch_templates.get(name)
        if launched is None:
            words = (
                f"is gone in v1, and what {name} holds is not known here; assumed are the image {_AL2023}, "
                f"the role {self._role}, security groups with the tag karpenter.sh/discovery: {self._cluster_name}, "
                "one disk of 20Gi and no user data: compare them, or give the launch template to the conversion"
            )
        else:
            words = f"is gone in v1: what {name} holds is written into the node class"
        changes.append(Change(("launchTemplate",), words))
        changes += [Change(("launchTemplate",), f"{name}: {each}") for each in (launched.lost if launched else ())]
        return launched

    def _identity(self, provider: Provider, launched: LaunchTemplate | None, changes: list[Change]) -> Data:
        profile = provider.instance_profile or (launched.instance_profile if launched else None)
        if profile is not None:
            words = f"is kept: {profile} must stay; with a role instead, Karpenter makes the profile itself"
            changes.append(Change(("instanceProfile",), words))
            return {"instanceProfile": profile}
        changes.append(Change((), f"v1 has no default instance profile: the role {self._role} is assumed"))
        return {"role": self._role}

    def _security_groups(
        self, provider: Provider, launched: LaunchTemplate | None, changes: list[Change]
    ) -> list[Data]:
        if provider.security_group_selector is not None:
            return _terms(provider.security_group_selector, "securityGroupSelector", changes)
        if launched is not None and launched.security_group_ids:
            return [{"id": each} for each in launched.security_group_ids]
        words = f"security groups are those with the tag karpenter.sh/discovery: {self._cluster_name}, which is assumed"
        changes.append(Change(("launchTemplate",), words))
        return [{"tags": {"karpenter.sh/discovery": self._cluster_name}}]


def _metadata(spec: ProvisionerSpec, changes: list[Change]) -> Data:
    metadata = _said(spec, "labels", "annotations")
    annotations = metadata.get("annotations", {})
    if _DO_NOT_CONSOLIDATE in annotations:
        annotations[_DO_NOT_DISRUPT] = annotations.pop(_DO_NOT_CONSOLIDATE)
        words = f"becomes {_DO_NOT_DISRUPT}, which v1 heeds; it keeps nodes from drift too"
        changes.append(Change(("spec", "annotations", _DO_NOT_CONSOLIDATE), words))
    return metadata


def _requirements(spec: ProvisionerSpec, changes: list[Change]) -> list[Data]:
    requirements = [_dump(each) for each in spec.requirements or ()]
    asked = {labels.normal(each["key"]) for each in requirements} | {labels.normal(key) for key in spec.labels or {}}
    for key, value in _DEFAULTS:
        if key not in asked:
            requirements.append({"key": key, "operator": "In", "values": [value]})
            words = f"{key} was {value} by default and is now written out: a NodePool without it may launch anything"
            changes.append(Change(("spec", "requirements"), words))
    if not asked & _INSTANCES:
        words = (
            "no instance types are named, and any may be launched; later Karpenters took the categories c, m and r "
            "of generations above 2 by default: name what you want"
        )
        changes.append(Change(("spec", "requirements"), words))
    return requirements


def _expire_after(spec: ProvisionerSpec, changes: list[Change]) -> str:
    seconds = spec.ttl_seconds_until_expired
    if seconds is None:
        words = "expireAfter is Never, as it was without ttlSecondsUntilExpired; v1 by itself ends nodes after 720h"
        changes.append(Change(("spec",), words))
        return "Never"
    words = f"becomes expireAfter: {seconds}s; v1 then drains the node at once, whatever budgets say and runs on it"
    changes.append(Change(("spec", "ttlSecondsUntilExpired"), words))
    return f"{seconds}s"


def _disruption(spec: ProvisionerSpec, changes: list[Change]) -> Data:
    budget = "v1 takes away at most 10% of the pool's nodes at a time, and replaces those that differ from it (drift)"
    if spec.consolidates:
        words = f"becomes consolidationPolicy: WhenEmptyOrUnderutilized without a wait; {budget}"
        changes.append(Change(("spec", "consolidation"), words))
        return {"consolidationPolicy": "WhenEmptyOrUnderutilized", "consolidateAfter": "0s"}
    if spec.ttl_seconds_after_empty is not None:
        after = f"{spec.ttl_seconds_after_empty}s"
        words = f"becomes consolidationPolicy: WhenEmpty and consolidateAfter: {after}; {budget}"
        changes.append(Change(("spec", "ttlSecondsAfterEmpty"), words))
        return {"consolidationPolicy": "WhenEmpty", "consolidateAfter": after}
    changes.append(Change(("spec",), f"consolidateAfter is Never: empty nodes stay, as they did; {budget}"))
    return {"consolidationPolicy": "WhenEmpty", "consolidateAfter": "Never"}


def _images(provider: Provider, launched: LaunchTemplate | None, changes: list[Change]) -> Data:
    selector = provider.ami_selector if isinstance(provider, NodeTemplateSpec) else None
    family = provider.ami_family or "AL2"
    if launched is not None and launched.image_id:
        # With user data of its own, the launch template joins nodes to the cluster by itself.
        family = "Custom" if "userData" in launched.node_class else "AL2"
        words = f"the image {launched.image_id} is kept as amiFamily {family}, and must suit the cluster's Kubernetes"
        changes.append(Change(("launchTemplate",), words))
        return {"amiFamily": family, "amiSelectorTerms": [{"id": launched.image_id}]}
    if family == "Ubuntu":
        words = "Ubuntu is gone in v1: amiFamily is Custom, and the user data has to join the cluster"
        changes.append(Change(("amiFamily",), words))
        family = "Custom"
    if selector is not None:
        return {"amiFamily": family, "amiSelectorTerms": _image_terms(selector)}
    if family == "Bottlerocket":
        return {"amiSelectorTerms": [{"alias": "bottlerocket@latest"}]}
    if family == "Custom":
        changes.append(
            Change(("amiFamily",), "needs amiSelectorTerms in v1; the name ubuntu-eks/* of Canonical is assumed")
        )
        return {"amiFamily": "Custom", "amiSelectorTerms": [{"name": "ubuntu-eks/*", "owner": "099720109477"}]}
    words = (
        f"AL2 has had no images since November 2025: {_AL2023} instead, with containerd, cgroup v2 and nodeadm; "
        "a new image then replaces running nodes, unless the alias is pinned"
    )
    changes.append(Change(("amiFamily",) if provider.ami_family else (), words))
    return {"amiSelectorTerms": [{"alias": _AL2023}]}


def _image_terms(selector: Mapping[str, str]) -> list[Data]:
    ids = [each for key in IDS for each in _split(selector.get(key, ""))]
    if ids:
        return [{"id": each} for each in ids]
    tags = {key: value for key, value in selector.items() if not key.startswith("aws::")}
    common: Data = {**({"tags": tags} if tags else {})}
    if name := selector.get("aws::name"):
        common["name"] = name
    owners = _split(selector.get("aws::owners", ""))
    return [{**common, "owner": owner} for owner in owners] or [common]


def _terms(selector: Mapping[str, str], name: str, changes: list[Change]) -> list[Data]:
    ids = [each for key in IDS for each in _split(selector.get(key, ""))]
    tags = {key: value for key, value in selector.items() if key not in IDS}
    if ids:
        if tags:
            changes.append(Change((name,), f"v1 takes ids alone: the tags {', '.join(sorted(tags))} are left out"))
        return [{"id": each} for each in ids]
    for key, value in tags.items():
        if "," in value:
            words = "becomes a term for each value between commas, as later Karpenters read it"
            changes.append(Change((name, key), words))
    each_way = product(*([(key, one) for one in _split(value) or [value]] for key, value in tags.items()))
    return [{"tags": dict(each)} for each in each_way]


def _split(text: str) -> list[str]:
    return [each.strip() for each in text.split(",") if each.strip()]


def _metadata_options(provider: Provider, changes: list[Change]) -> Data:
    if provider.metadata_options is not None:
        return _said(provider, "metadata_options")
    if provider.launch_template is not None:
        return {}
    words = "two hops to the metadata service were the default and are written out; v1 has one, which pods cannot use"
    changes.append(Change((), words))
    options = {"httpEndpoint": "enabled", "httpProtocolIPv6": "disabled", "httpPutResponseHopLimit": 2}
    return {"metadataOptions": {**options, "httpTokens": "required"}}


def _said(part: Any, *names: str) -> Data:
    """Return those of the fields *names* that were given, spelt as in a manifest."""
    return _dump(part, include={name for name in names if getattr(part, name) is not None})


def _dump(part: Any, **options: Any) -> Data:
    data: Data = part.model_dump(mode="json", by_alias=True, exclude_unset=True, **options)
    return data
