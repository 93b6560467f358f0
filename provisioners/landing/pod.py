"""What a pod asks of the node that it runs on, read from its manifest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel

from provisioners import labels
from provisioners.demands import Demand
from provisioners.landing.capacity import KNOWN_RESOURCES, millis_or_units
from provisioners.quantity import Quantity
from provisioners.source import Document, InvalidFile, Located, validate
from provisioners.spec import Items, Path, Problem, Spec

_AFFINITY: Path = ("affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms")
_PODS_OF: Mapping[str, Path] = {
    "Pod": ("spec",),
    "CronJob": ("spec", "jobTemplate", "spec", "template", "spec"),
    **dict.fromkeys(("DaemonSet", "Deployment", "Job", "ReplicaSet", "StatefulSet"), ("spec", "template", "spec")),
}


class Origin(NamedTuple):
    """Where something was said: a part of a document, or *whole* of it when no smaller place is known.

    `elsewhere` gives, by their paths, what was said in other places of the document.
    """

    document: Document
    at: Path = ()
    whole: bool = False
    elsewhere: Mapping[Path, Path] = {}

    def located(self, path: Path, message: str) -> Located:
        """Return a problem at *path* below this place."""
        place = self.at if self.whole else (*self.at, *path)
        return self.document.located(self.elsewhere.get(path, place), message)

    def __str__(self) -> str:
        line, column = self.document.position(self.at)
        return f"{self.document.path}:{line}:{column}"


class _Part(Spec):
    """A piece of a pod's manifest; what landing does not depend on is left alone."""

    model_config = ConfigDict(
        defer_build=True, extra="ignore", alias_generator=to_camel, validate_by_alias=True, validate_by_name=True
    )


class Expression(_Part):
    """One demand of a node affinity."""

    key: str
    operator: Literal["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"]
    values: Items[str] = ()

    def rules(self) -> Iterator[Problem]:
        if self.operator in ("Gt", "Lt") and not (len(self.values) == 1 and self.values[0].isdigit()):
            rule = f"must hold exactly one whole number for the operator {self.operator}"
            yield Problem(("values",), rule, list(self.values), "for example ['4']")


class _Term(_Part):
    match_expressions: Items[Expression] = ()
    # Of fields there is only the node's name, which nobody knows beforehand.
    match_fields: Items[dict[str, Any]] = ()

    def rules(self) -> Iterator[Problem]:
        if not self.match_expressions and not self.match_fields:
            yield Problem(("matchExpressions",), "must not be empty: an empty term matches no node")


class _NodeSelector(_Part):
    terms: Annotated[Items[_Term], Field(min_length=1, alias="nodeSelectorTerms")]


class _NodeAffinity(_Part):
    required: _NodeSelector | None = Field(default=None, alias="requiredDuringSchedulingIgnoredDuringExecution")


class _Affinity(_Part):
    node_affinity: _NodeAffinity | None = None


class Toleration(_Part):
    """Lets a pod onto nodes with a taint."""

    key: str = ""
    operator: Literal["Equal", "Exists"] = "Equal"
    value: str = ""
    effect: Literal["", "NoSchedule", "PreferNoSchedule", "NoExecute"] = ""

    def tolerates(self, key: str, value: str, effect: str) -> bool:
        """Tell whether a taint is tolerated; no key with `Exists` tolerates all, no effect every effect."""
        if self.effect not in ("", effect):
            return False
        if self.operator == "Exists":
            return self.key in ("", key)
        return (self.key, self.value) == (key, value)

    def __str__(self) -> str:
        value = f"={self.value}" if self.value else ""
        effect = f":{self.effect}" if self.effect else ""
        return f"{self.key}{value}{effect}" or "everything"


class _Resources(_Part):
    requests: dict[str, Quantity] = Field(default={})
    limits: dict[str, Quantity] = Field(default={})


class _Container(_Part):
    resources: _Resources = _Resources()
    restart_policy: str = ""

    def requests(self) -> dict[str, int]:
        """Return what the container asks for; a limit without a request is one."""
        asked = {**self.resources.limits, **self.resources.requests}
        return {resource: millis_or_units(resource, quantity) for resource, quantity in asked.items()}


class PodSpec(_Part):
    """The part of a pod's spec that decides where it can run."""

    node_selector: dict[str, str] = Field(default={})
    affinity: _Affinity = _Affinity()
    tolerations: Items[Toleration] = ()
    containers: Items[_Container] = ()
    init_containers: Items[_Container] = ()
    overhead: dict[str, Quantity] = Field(default={})

    def requests(self) -> dict[str, int]:
        """Return what the whole pod asks for; containers of its start-up run before the others, one by one.

        https://kubernetes.io/docs/concepts/workloads/pods/init-containers/#resource-sharing-within-containers
        """
        running: dict[str, int] = {}
        peak: dict[str, int] = {}
        for container in self.init_containers:
            if container.restart_policy == "Always":
                running = total(running, container.requests())
                _raise(peak, running)
            else:
                _raise(peak, total(running, container.requests()))
        _raise(peak, total(running, *(container.requests() for container in self.containers)))
        overhead = {resource: millis_or_units(resource, quantity) for resource, quantity in self.overhead.items()}
        return total(peak, overhead)


Requests = tuple[tuple[str, int], ...]
"""What a pod asks for, by name, in the units of `Resources`."""


class Needs(NamedTuple):
    """All that decides where a pod can run; equal for pods that can take each other's place.

    `alternatives` are lists of demands of which one must be met whole.
    """

    alternatives: tuple[tuple[Demand, ...], ...]
    tolerations: tuple[Toleration, ...]
    requests: Requests


class Pod(NamedTuple):
    """A pod, or the template of many; `origin` says where its manifest, or what it was made from, was written."""

    name: str
    needs: Needs
    origin: Origin | None = None


def pod(name: str, spec: PodSpec, origin: Origin | None = None, *, at_least: Mapping[str, int] | None = None) -> Pod:
    """Return the pod of a manifest; *at_least* is requested where the manifest says nothing, as Spark does."""
    selector = tuple(
        Demand(("nodeSelector", key), labels.normal(key), "In", (value,))
        for key, value in sorted(spec.node_selector.items())
    )
    required = spec.affinity.node_affinity and spec.affinity.node_affinity.required
    terms = [tuple(_demands(term, index)) for index, term in enumerate(required.terms if required else ())]
    requests = {**(at_least or {}), **spec.requests()}
    return Pod(
        name,
        Needs(
            tuple((*selector, *term) for term in terms) or (selector,),
            tuple(spec.tolerations),
            tuple(sorted((key, number) for key, number in requests.items() if key in KNOWN_RESOURCES and number)),
        ),
        origin,
    )


def pods_in(document: Document) -> Iterator[Pod]:
    """Yield the pod of a manifest of any workload. Raises `InvalidFile` when it is none, or not well formed."""
    data: Any = document.data
    kind = data.get("kind") if isinstance(data, dict) else None
    at = _PODS_OF.get(str(kind), ())
    for step in at:
        data = data.get(step) if isinstance(data, dict) else None
    if not at or not isinstance(data, dict):
        raise InvalidFile([document.located(("kind",), f"must be a pod or a workload with pods, got {kind!r}")])
    metadata = document.data.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    spec = validate(PodSpec, document, prefix=at)
    yield pod(str(name or document.path.name), spec, Origin(document, at))


def total(*requests: Mapping[str, int]) -> dict[str, int]:
    """Return the sum of *requests*."""
    return {key: sum(each.get(key, 0) for each in requests) for each in requests for key in each}


def _raise(peak: dict[str, int], to: Mapping[str, int]) -> None:
    peak.update({key: max(number, peak.get(key, 0)) for key, number in to.items()})


def _demands(term: _Term, index: int) -> Iterable[Demand]:
    for position, each in enumerate(term.match_expressions):
        path: Path = (*_AFFINITY, index, "matchExpressions", position)
        yield Demand(path, labels.normal(each.key), each.operator, tuple(each.values))
