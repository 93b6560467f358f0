"""A synthesised app (a `cdktf.out`) as data: stacks in deploy order, and what each of them holds."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

from provisioners.source import InvalidFile, Located

Body = dict[str, Any]

CROSS_STACK_OUTPUT = "cross-stack-output-"
"""Begins the names of the outputs that cdktf makes for other stacks."""


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource: its Terraform address in its stack, its construct path, and its arguments."""

    stack: str
    type: str
    name: str
    path: str
    body: Body

    @property
    def address(self) -> str:
        """The Terraform address, such as `aws_vpc.vpc_A2121C38`."""
        return f"{self.type}.{self.name}"


@dataclass(frozen=True)
class Stack:
    """One stack's Terraform JSON, taken apart. Resources and outputs are by address and by name."""

    name: str
    dependencies: tuple[str, ...] = ()
    resources: dict[str, Resource] = field(default_factory=dict)
    data: dict[str, Resource] = field(default_factory=dict)
    outputs: dict[str, Body] = field(default_factory=dict)
    providers: Body = field(default_factory=dict)
    terraform: Body = field(default_factory=dict)
    moved: dict[str, str] = field(default_factory=dict)
    """Declared moves, from the new address to the old one."""
    forgotten: frozenset[str] = frozenset()
    """Addresses that `removed` blocks take out of the state without destroying."""
    imported: frozenset[str] = frozenset()
    """Addresses that `import` blocks take over."""

    def of_type(self, *types: str) -> Iterator[Resource]:
        """Yield the resources of these Terraform types."""
        wanted = set(types)
        return (resource for resource in self.resources.values() if resource.type in wanted)


@dataclass(frozen=True)
class App:
    """The stacks of one synthesised app, each after those that it depends on."""

    stacks: dict[str, Stack]

    def resources(self, *types: str) -> Iterator[Resource]:
        """Yield the resources of every stack, or those of *types* only."""
        for stack in self.stacks.values():
            yield from stack.of_type(*types) if types else stack.resources.values()


def read(folder: Path) -> App:
    """Read the app in *folder*, a `cdktf.out`.

    Stacks are those that `manifest.json` names: folders of stacks that were removed may still lie beside them.
    Raises `InvalidFile` with every problem of all the files.
    """
    manifest_file = folder / "manifest.json"
    manifest = load_json(manifest_file)
    found, problems = [], []
    for name, entry in _entries(manifest, manifest_file):
        try:
            found.append(_stack(name, entry, folder, manifest_file))
        except InvalidFile as invalid:
            problems += invalid.problems
    if problems:
        raise InvalidFile(problems)
    return App(_in_deploy_order({stack.name: stack for stack in found}, manifest_file))


def load_json(file: Path, made_by: str = "`cdktf synth` makes it") -> Any:
    """Return what the JSON file holds. Raises `InvalidFile`, with what it is *made_by*, when it cannot be read."""
    try:
        return json.loads(file.read_text("utf-8"), parse_constant=_no_number)
    except FileNotFoundError:
        raise InvalidFile([Located(str(file), 0, 0, (), f"is not there; {made_by}")]) from None
    except OSError as error:
        raise InvalidFile([Located(str(file), 0, 0, (), f"cannot be read: {error.strerror}")]) from None
    except UnicodeDecodeError as error:
        raise InvalidFile([Located(str(file), 0, 0, (), f"is not UTF-8 text: byte {error.start}; {made_by}")]) from None
    except json.JSONDecodeError as error:
        message = f"is not whole JSON: {error.msg}; make it anew"
        raise InvalidFile([Located(str(file), error.lineno, error.colno, (), message)]) from None
    except (RecursionError, ValueError) as error:
        raise InvalidFile([Located(str(file), 0, 0, (), f"is no JSON that Terraform writes: {error}")]) from None


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is not a number")


def _entries(manifest: Any, file: Path) -> Iterator[tuple[str, Body]]:
    stacks = manifest.get("stacks") if isinstance(manifest, dict) else None
    if not isinstance(stacks, dict):
        raise InvalidFile([Located(str(file), 0, 0, ("stacks",), "must be a mapping; is this the folder cdktf.out?")])
    for name, entry in stacks.items():
        path = entry.get("synthesizedStackPath") if isinstance(entry, dict) else None
        dependencies = entry.get("dependencies", []) if isinstance(entry, dict) else None
        if not isinstance(path, str) or not _texts(dependencies):
            rule = "must have a `synthesizedStackPath` and a list of `dependencies`"
            raise InvalidFile([Located(str(file), 0, 0, ("stacks", name), rule)])
        yield name, entry


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _stack(name: str, entry: Body, folder: Path, manifest: Path) -> Stack:
    file = folder / entry["synthesizedStackPath"]
    if not file.resolve().is_relative_to(folder.resolve()):
        rule = f"must lie in {folder}, got {entry['synthesizedStackPath']!r}"
        raise InvalidFile([Located(str(manifest), 0, 0, ("stacks", name, "synthesizedStackPath"), rule)])
    return stack_of(name, load_json(file), tuple(entry.get("dependencies", ())), file)


def stack_of(name: str, content: Any, dependencies: tuple[str, ...], file: Path) -> Stack:
    """Return the stack in *content*, the Terraform JSON of *file*. Raises `InvalidFile`."""
    reader = _Reader(file)
    root = reader.mapping(content, ())
    return Stack(
        name,
        dependencies,
        resources=dict(reader.resources(name, root, "resource")),
        data=dict(reader.resources(name, root, "data")),
        outputs={key: reader.mapping(value, ("output", key)) for key, value in reader.section(root, "output")},
        providers=reader.mapping(root.get("provider", {}), ("provider",)),
        terraform=reader.mapping(root.get("terraform", {}), ("terraform",)),
        moved={to: from_ for from_, to in reader.pairs(root, "moved", "from", "to")},
        forgotten=frozenset(from_ for from_, _ in reader.pairs(root, "removed", "from")),
        imported=frozenset(to for to, _ in reader.pairs(root, "import", "to")),
    )


class _Reader:
    """Takes Terraform JSON apart, and says where it is not what cdktf writes."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def mapping(self, value: Any, path: tuple[str | int, ...]) -> Body:
        if not isinstance(value, dict):
            raise InvalidFile([Located(str(self._file), 0, 0, path, "must be a mapping, as cdktf writes it")])
        return value

    def section(self, root: Body, name: str) -> Iterator[tuple[str, Any]]:
        yield from self.mapping(root.get(name, {}), (name,)).items()

    def resources(self, stack: str, root: Body, section: str) -> Iterator[tuple[str, Resource]]:
        for kind, named in self.section(root, section):
            for name, found in self.mapping(named, (section, kind)).items():
                body = dict(self.mapping(found, (section, kind, name)))
                path = construct_path(body.pop("//", None)) or f"{stack}/{kind}.{name}"
                resource = Resource(stack, kind, name, path, body)
                yield resource.address, resource

    def pairs(self, root: Body, section: str, *keys: str) -> Iterator[tuple[str, str]]:
        """Yield the first and the last of *keys* of each block in *section*, which is a list or one block."""
        blocks = root.get(section, [])
        for index, block in enumerate(blocks if isinstance(blocks, list) else [blocks]):
            values = [self.mapping(block, (section, index)).get(key) for key in keys]
            if not _texts(values):
                rule = f"must have {' and '.join(keys)}"
                raise InvalidFile([Located(str(self._file), 0, 0, (section, index), rule)])
            yield _plain(str(values[0])), _plain(str(values[-1]))


def construct_path(comment: Any) -> str | None:
    """Return the construct path in cdktf's comment `//`, if there is one."""
    metadata = comment.get("metadata") if isinstance(comment, dict) else None
    path = metadata.get("path") if isinstance(metadata, dict) else None
    return path if isinstance(path, str) else None


def _plain(reference: str) -> str:
    """Return the address in `${address}`, or in an address."""
    return reference.removeprefix("${").removesuffix("}")


def _in_deploy_order(stacks: Mapping[str, Stack], file: Path) -> dict[str, Stack]:
    for stack in stacks.values():
        for other in stack.dependencies:
            if other not in stacks:
                path = ("stacks", stack.name, "dependencies")
                raise InvalidFile([Located(str(file), 0, 0, path, f"must be stacks of the app, got {other!r}")])
    graph = TopologicalSorter({name: stacks[name].dependencies for name in sorted(stacks)})
    try:
        return {name: stacks[name] for name in graph.static_order()}
    except CycleError as error:
        rule = f"must not wait for each other: {' -> '.join(error.args[1])}"
        raise InvalidFile([Located(str(file), 0, 0, ("stacks",), rule)]) from None
