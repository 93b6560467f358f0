"""A folder of Karpenter manifests, read and judged whole."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from provisioners.advice import advice
from provisioners.fill import Variables, fill
from provisioners.legacy import is_old
from provisioners.manifest import Manifest, Part
from provisioners.node_class import EC2NodeClass
from provisioners.node_pool import NodePool
from provisioners.source import Document, InvalidFile, Located, read_all, validate
from provisioners.spec import Path as Keys
from provisioners.versions import too_new

_MODELS: dict[str, type[NodePool] | type[EC2NodeClass]] = {"EC2NodeClass": EC2NodeClass, "NodePool": NodePool}
_SUCCESSORS = {"AWSNodeTemplate": "EC2NodeClass", "Provisioner": "NodePool"}
_IN_BRACKETS = re.compile(r"[\[,]\s*(\$\{[^{}]*\})")
_REFERENCE: Keys = ("spec", "template", "spec", "nodeClassRef")
_CONVERTED = "is converted to v1 whenever it is read; write down what `emr-eks provisioners convert` prints"
_GROUPS = ("karpenter.sh/", "karpenter.k8s.aws/")


@dataclass(frozen=True)
class Pools:
    """The node pools of a platform and their node classes, by name; `advice` is worth a look.

    `documents` are where they were written, by kind and name.
    """

    node_pools: tuple[NodePool, ...]
    node_classes: tuple[EC2NodeClass, ...]
    advice: tuple[Located, ...] = ()
    documents: Mapping[tuple[str, str], Document] = dataclasses.field(default_factory=dict, compare=False, repr=False)

    def manifests(self) -> list[dict[str, Any]]:
        """Return what Kubernetes is given: node classes first, because pools refer to them."""
        return [each.manifest() for each in (*self.node_classes, *self.node_pools)]


@dataclass(frozen=True)
class _Object:
    """A document that says which object it is; `model` is None while the object is not valid."""

    document: Document
    kind: str
    name: Any
    model: NodePool | EC2NodeClass | None = None


@dataclass(frozen=True)
class Found:
    """What a folder holds: its valid pools, the names of all node pools, and every problem.

    Where not `all_named`, a file or an object could not be read so far that it said its name.
    """

    pools: Pools = Pools((), ())
    names: frozenset[str] = frozenset()
    all_named: bool = True
    problems: tuple[Located, ...] = ()


def load_pools(folder: Path, *, variables: Variables, karpenter_version: str) -> Pools:
    """Return the pools of all YAML files in *folder*, with `${...}` filled in from *variables*.

    What the files are called and how the objects are spread over them makes no difference. Raises
    `InvalidFile` with every problem of every file, and `ValueError` for a *karpenter_version* that is none.
    """
    found = judge_pools(folder, variables=variables, karpenter_version=karpenter_version)
    if found.problems:
        raise InvalidFile(found.problems)
    return found.pools


def judge_pools(folder: Path, *, variables: Variables, karpenter_version: str, static_capacity: bool = False) -> Found:
    """Return what `load_pools` would, and what it would complain about; *static_capacity* is a feature gate."""
    problems: list[Located] = []
    written = [*_documents(folder, variables, problems)]
    documents, changes = written, list[Located]()
    if old := [document for document in written if is_old(document)]:
        # What few folders need is loaded where it is used.
        from provisioners.legacy.upgrade import upgrade

        documents, changes = upgrade(written, cluster_name=str(variables.get("cluster_name", "")), problems=problems)
        changes += [document.located(("apiVersion",), _CONVERTED) for document in old]
    readable = not problems
    read = [_object(document, karpenter_version, problems) for document in documents]
    objects = [each for each in read if each is not None]
    problems += [*_twice(objects), *_dangling(objects)]
    names = [each.name for each in objects if each.kind == "NodePool"]
    return Found(
        pools=_pools(objects, changes, static_capacity),
        names=frozenset(name for name in names if isinstance(name, str)),
        all_named=readable and len(objects) == len(read) and all(isinstance(name, str) for name in names),
        problems=tuple(problems),
    )


def _pools(objects: list[_Object], changes: list[Located], static_capacity: bool) -> Pools:
    models = sorted((each.model for each in objects if each.model is not None), key=lambda model: model.metadata.name)
    found = [
        each.document.located(problem.path, str(problem))
        for each in objects
        if isinstance(each.model, NodePool)
        for problem in advice(each.model, static_capacity=static_capacity)
    ]
    return Pools(
        node_pools=tuple(model for model in models if isinstance(model, NodePool)),
        node_classes=tuple(model for model in models if isinstance(model, EC2NodeClass)),
        advice=tuple(sorted([*changes, *found], key=lambda problem: problem[:4])),
        documents={(each.kind, each.model.metadata.name): each.document for each in objects if each.model},
    )


def _documents(folder: Path, variables: Variables, problems: list[Located]) -> Iterator[Document]:
    if not folder.is_dir():
        rule = "no such folder; put the node pools there, or leave Karpenter out"
        problems.append(Located(str(folder), 0, 0, (), rule))
        return
    for path in sorted(folder.iterdir()):
        if path.suffix in (".yaml", ".yml") and not path.name.startswith("."):
            try:
                documents = read_manifests(path)
            except InvalidFile as error:
                problems += error.problems
            else:
                yield from (fill(document, variables) for document in documents)


def read_manifests(path: Path) -> list[Document]:
    """Return the documents of one file, variables and all. Raises `InvalidFile`."""
    try:
        return read_all(path, tolerant=True)
    except InvalidFile as error:
        raise InvalidFile([_unquoted(problem, path) for problem in error.problems]) from None


def judge(documents: Iterable[Document], karpenter_version: str) -> list[Located]:
    """Return what is wrong with *documents* one by one, whatever else their folder holds."""
    problems: list[Located] = []
    for document in documents:
        _object(document, karpenter_version, problems)
    return problems


def _unquoted(problem: Located, path: Path) -> Located:
    """Return *problem* with the likely reason: in brackets, YAML takes a variable's brace for a mapping."""
    if "YAML" not in problem.message:
        return problem
    line = path.read_text(encoding="utf-8").splitlines()[problem.line - 1 : problem.line]
    variable = _IN_BRACKETS.search("".join(line))
    if variable is None:
        return problem
    return problem._replace(message=f'cannot be read as YAML; inside brackets, put "{variable[1]}" in quotes')


def _object(document: Document, karpenter_version: str, problems: list[Located]) -> _Object | None:
    """Return the object that the document is about, valid or not, or None when it is about none of ours."""
    complaint = _misfit(document)
    if complaint is not None:
        problems += [*document.flaws, complaint]
        return None
    kind = document.data["kind"]
    metadata = document.data.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    model: NodePool | EC2NodeClass | None = None
    try:
        model = validate(_MODELS[kind], document)
    except InvalidFile as error:
        problems += error.problems
    else:
        problems += _respelled(model, document)
        problems += [document.located(each.path, str(each)) for each in too_new(model, karpenter_version)]
    return _Object(document, kind, name, model)


def _misfit(document: Document) -> Located | None:
    """Return what keeps the document from being one of the two objects that live here."""
    if not isinstance(document.data, dict):
        return document.located((), "must be a mapping; write apiVersion, kind, metadata and spec")
    version, kind = document.data.get("apiVersion"), str(document.data.get("kind", ""))
    if isinstance(version, str) and version.startswith(_GROUPS) and not version.endswith("/v1"):
        now = _SUCCESSORS.get(kind, kind if kind in _MODELS else "NodePool or EC2NodeClass")
        rule = f"is an API that Karpenter 1.1 and newer no longer have, got {version!r}; convert it to v1 {now}"
        return document.located(("apiVersion",), rule)
    if kind not in _MODELS:
        close = get_close_matches(kind, _MODELS, n=1)
        hint = f"did you mean {close[0]}?" if close else "other objects have no place here"
        got = f", got {kind!r}" if kind else ""
        return document.located(("kind",), f"must be NodePool or EC2NodeClass{got}; {hint}")
    wanted = _MODELS[kind].model_fields["api_version"].default
    if version != wanted:
        got = "" if version is None else f", got {version!r}"
        return document.located(("apiVersion",), f"must be {wanted} for {kind}{got}; write apiVersion: {wanted}")
    return None


def _respelled(model: Manifest, document: Document) -> Iterator[Located]:
    """Yield the keys written in Python's spelling, which Kubernetes does not know."""
    try:
        type(model).model_validate(document.data, by_alias=True, by_name=False)
    except ValidationError as error:
        fields = [field for part in Part.__subclasses__() for field in part.model_fields.items()]
        spellings = {name: field.alias for name, field in fields}
        for each in error.errors(include_url=False):
            if each["type"] == "extra_forbidden":
                key = str(each["loc"][-1])
                hint = f"did you mean {spellings.get(key)}?"
                yield document.located(each["loc"], f"unknown key, got {key!r}; {hint}", key=True)


def _twice(objects: Iterable[_Object]) -> Iterator[Located]:
    first: dict[tuple[str, str], Document] = {}
    for each in objects:
        if isinstance(each.name, str):
            document = first.setdefault((each.kind, each.name), each.document)
            if document is not each.document:
                line, _ = document.position(("metadata", "name"))
                yield each.document.located(
                    ("metadata", "name"),
                    f"must be the only {each.kind} of this name, got {each.name!r}, "
                    f"first in {document.path}:{line}; rename or remove one",
                )


def _dangling(objects: list[_Object]) -> Iterator[Located]:
    """Yield the references to node classes that are not in the folder; an invalid one is there."""
    known = sorted({each.name for each in objects if each.kind == "EC2NodeClass" and isinstance(each.name, str)})
    for each in objects:
        if each.kind != "NodePool":
            continue
        for field, wanted in (("group", "karpenter.k8s.aws"), ("kind", "EC2NodeClass")):
            got = _text_at(each.document, (*_REFERENCE, field))
            if got not in (None, wanted):
                rule = f"must be {wanted}, got {got!r}; write {field}: {wanted}"
                yield each.document.located((*_REFERENCE, field), rule)
        name = _text_at(each.document, (*_REFERENCE, "name"))
        if name is not None and name not in known:
            close = get_close_matches(name, known, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"known here: {', '.join(known) or 'none'}"
            rule = f"must name an EC2NodeClass of this folder, got {name!r}; {hint}"
            yield each.document.located((*_REFERENCE, "name"), rule)


def _text_at(document: Document, keys: Keys) -> str | None:
    value = document.data
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value or None if isinstance(value, str) else None
