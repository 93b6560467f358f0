"""What a person reads who made a mistake in a file: every case states the whole message."""

from __future__ import annotations

import pathlib
import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import AfterValidator, ConfigDict, Field, ValidationError

from provisioners import _yaml
from provisioners.source import InvalidFile, Located, dotted, load, read, read_all, validate
from provisioners.spec import DnsLabel, Items, Problem, Spec


class Group(Spec):
    """Has a bound, a choice, a list and a rule."""

    low: int = Field(default=0, ge=0)
    high: int = Field(default=9, lt=100, description="Most nodes.", examples=[10])
    kind: Literal["spot", "on-demand"] = "spot"
    taints: Items[str] = Field(default=(), max_length=1)

    def rules(self) -> Iterator[Problem]:
        if self.low > self.high:
            yield Problem(("low",), "must not exceed high", self.low, "lower it", reads=(("high",),))


class Team(Spec):
    """Requires a key."""

    namespace: DnsLabel
    budget: float | None = Field(default=None, gt=0)


class Aws(Spec):
    """One branch of a tagged union."""

    kind: Literal["aws"]
    account: str = Field(min_length=3, max_length=100)


class Local(Spec):
    """The other branch of a tagged union."""

    kind: Literal["local"]
    folder: Annotated[str, Field(pattern="^/")] = "/"


class Source(Spec):
    """A mapping that may stand for a text."""

    bucket: str
    prefix: str = ""


class Mount(Spec):
    """Another mapping that may stand for it."""

    claim: str
    paths: Items[str] = ()


def _even(value: int) -> int:
    if value % 2:
        raise ValueError("must be even")
    return value


class Node(Spec):
    """Has another name for a field in the file, and itself inside."""

    model_config = ConfigDict(populate_by_name=True)

    max_pods: int = Field(default=2, alias="maxPods", multiple_of=2)
    children: Items[Node] = ()

    def rules(self) -> Iterator[Problem]:
        if self.max_pods > 10:
            yield Problem(("max_pods",), "must fit the node", self.max_pods)


class Platform(Spec):
    """Has one field of each kind, and defaults for all."""

    region: str = Field(default="eu-west-1", description="The AWS region", examples=["eu-west-1"])
    version: Literal["1.30", "1.31"] = "1.31"
    text: str = ""
    public: bool = False
    size: Annotated[int, AfterValidator(_even)] = 2
    groups: Items[Group] = Field(default=(Group(),), min_length=1)
    one: Group | None = None
    teams: dict[DnsLabel, Team] = Field(default={})
    labels: dict[str, str] = Field(default={})
    nat: bool | Literal["single"] = True
    place: Aws | Local | None = Field(default=None, discriminator="kind")
    source: str | Source | Mount = ""
    ports: Items[int | str] = ()
    pair: Annotated[tuple[int, str], Field(strict=False)] = (1, "")
    node: Node = Node()
    anything: Any = None

    def rules(self) -> Iterator[Problem]:
        first: dict[str, str] = {}
        for name, team in self.teams.items():
            other = first.setdefault(team.namespace, name)
            if other != name:
                place, read = ("teams", name, "namespace"), ("teams", other, "namespace")
                yield Problem(place, f"must not be team {other!r}'s", team.namespace, reads=(read,))


class Strictest(Spec):
    """Requires everything."""

    name: str = Field(description="Name of the platform.", examples=["analytics"])
    team: Team
    size: int


def _write(folder: pathlib.Path, content: str | bytes) -> pathlib.Path:
    file = folder / "platform.yaml"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return file


def _complaints(file: pathlib.Path, model: type[Spec] = Platform) -> list[str]:
    with pytest.raises(InvalidFile) as caught:
        load(model, file)
    assert str(caught.value).splitlines() == [str(problem) for problem in caught.value.problems]
    return [line.removeprefix(f"{file}:") for line in str(caught.value).splitlines()]


_LABEL = "must be a DNS label: at most 63 lower-case letters, digits and hyphens, with a letter or digit at each end"
_ODD = "put it in quotes if it is text"

VALUES: dict[str, list[str]] = {
    # Types
    "region: 5": ["1:9: region: must be text, got 5; put it in quotes"],
    "region: 1.30": ["1:9: region: must be text, got 1.30; put it in quotes"],
    "region: no": ["1:9: region: must be text, got no; put it in quotes"],
    "region: [a]": ["1:9: region: must be text, got a list"],
    "region: {a: b}": ["1:9: region: must be text, got a mapping"],
    "region:": ["1:8: region: must be text, got nothing; write a value"],
    "region: ~": ["1:9: region: must be text, got nothing; write a value"],
    "groups:": ["1:8: groups: must be a list, got nothing; write [] for none"],
    "node:": ["1:6: node: must be a mapping, got nothing; write {} for the defaults"],
    "region: 2024-01-01": ["1:9: region: is a date to YAML, got 2024-01-01; put it in quotes"],
    "public: 'true'": ["1:9: public: must be true or false, got 'true'; remove the quotes"],
    "public: 1": ["1:9: public: must be true or false, got 1"],
    "size: '40'": ["1:7: size: must be a whole number, got '40'; remove the quotes"],
    "size: 4.0": ["1:7: size: must be a whole number, got 4.0"],
    "size: on": ["1:7: size: must be a whole number, got on"],
    "size: 010": [f"1:7: size: must be a decimal number, got 010; {_ODD}"],
    "size: 1:30": [f"1:7: size: must be a decimal number, got 1:30; {_ODD}"],
    "size: 0x1F": [f"1:7: size: must be a decimal number, got 0x1F; {_ODD}"],
    "size: 1_000": [f"1:7: size: must be a decimal number, got 1_000; {_ODD}"],
    "anything: .nan": [f"1:11: anything: must be a decimal number, got .nan; {_ODD}"],
    "anything: 1.0e+999": [f"1:11: anything: must be a decimal number, got 1.0e+999; {_ODD}"],
    "groups: a": ["1:9: groups: must be a list, got 'a'; start each entry with '- '"],
    "groups: {a: 1}": ["1:9: groups: must be a list, got a mapping"],
    "one: [1]": ["1:6: one: must be a mapping, got a list"],
    "labels: [a]": ["1:9: labels: must be a mapping, got a list"],
    "labels:\n  a: 1\n  b: x\n  c: y\n  d: yes": [
        "2:6: labels.a: must be text, got 1; put it in quotes",
        "5:6: labels.d: must be text, got yes; put it in quotes",
    ],
    "- a": ["1:1: must be a mapping, got a list"],
    "just text": ["1:1: must be a mapping, got 'just text'"],
    # Bounds, lengths, patterns, validators
    "groups: [{low: -1}]": ["1:16: groups[0].low: must be at least 0, got -1"],
    "groups: [{high: 100}]": ["1:17: groups[0].high: must be less than 100, got 100"],
    "groups: [{taints: [a, b]}]": ["1:19: groups[0].taints: must have at most 1 entry, got ['a', 'b']"],
    "groups: []": ["1:9: groups: must have at least 1 entry, got []"],
    "size: 3": ["1:7: size: must be even, got 3"],
    "node: {maxPods: 3}": ["1:17: node.maxPods: must be a multiple of 2, got 3"],
    "place: {kind: aws, account: x}": ["1:29: place.account: must be at least 3 characters long, got 'x'"],
    f"place: {{kind: aws, account: {'x' * 101}}}": [
        f"1:29: place.account: must be at most 100 characters long, got '{'x' * 78}…"
    ],
    "place: {kind: local, folder: x}": ["1:30: place.folder: must match the pattern ^/, got 'x'"],
    "teams: {a: {namespace: a, budget: 0}}": ["1:35: teams.a.budget: must be more than 0, got 0"],
    "teams: {a: {namespace: A_1}}": [f"1:24: teams.a.namespace: {_LABEL}, got 'A_1'; for example 'spark-jobs'"],
    "teams: {a.b: {namespace: a}}": [f"1:9: teams[\"a.b\"]: key {_LABEL}, got 'a.b'; for example 'spark-jobs'"],
    "pair: [1, 2]": ["1:11: pair[1]: must be text, got 2; put it in quotes"],
    "pair: [1]": ["1:1: pair[1]: is required; add it"],
    # Keys
    "regoin: a": ["1:1: regoin: unknown key; did you mean 'region'?"],
    "Region: a": ["1:1: Region: unknown key; did you mean 'region'?"],
    "node: {max_pod: 2}": ["1:8: node.max_pod: unknown key; did you mean 'maxPods'?"],
    "node: {children: [{}, {maxpods: 2}]}": ["1:24: node.children[1].maxpods: unknown key; did you mean 'maxPods'?"],
    # A key that is there under a misspelled name is not missing
    "teams:\n  a:\n    namespaces: x": ["3:5: teams.a.namespaces: unknown key; did you mean 'namespace'?"],
    "teams:\n  a: {}": ["2:3: teams.a.namespace: is required; add it"],
    "teams: {a: {namespace: a, zzz: 1}}": ["1:27: teams.a.zzz: unknown key; known here: namespace, budget"],
    "one: {kinds: spot}": ["1:7: one.kinds: unknown key; did you mean 'kind'?"],
    # Choices
    "version: 1.30": ["1:10: version: must be one of '1.30', '1.31', got 1.30; put it in quotes"],
    "version: '1.29'": ["1:10: version: must be one of '1.30', '1.31', got '1.29'"],
    "groups: [{kind: SPOT}]": [
        "1:17: groups[0].kind: must be one of 'spot', 'on-demand', got 'SPOT'; did you mean 'spot'?"
    ],
    "groups: [{kind: ON_DEMAND}]": [
        "1:17: groups[0].kind: must be one of 'spot', 'on-demand', got 'ON_DEMAND'; did you mean 'on-demand'?"
    ],
    "groups: [{kind: [spot]}]": ["1:17: groups[0].kind: must be one of 'spot', 'on-demand', got a list"],
    "version: '1.32'": ["1:10: version: must be one of '1.30', '1.31', got '1.32'"],
    "place: {kind: awz, account: '123'}": [
        "1:15: place.kind: must be one of 'aws', 'local', got 'awz'; did you mean 'aws'?"
    ],
    "place: {account: '123'}": ["1:1: place.kind: is required; add one of 'aws', 'local'"],
    "place: here": ["1:8: place: must be a mapping, got 'here'"],
    "place: {kind: aws, acount: '123'}": ["1:20: place.acount: unknown key; did you mean 'account'?"],
    "nat: sngle": ["1:6: nat: must be true or false or 'single', got 'sngle'; did you mean 'single'?"],
    "nat: 1": ["1:6: nat: must be true or false or 'single', got 1"],
    "source: [a]": ["1:9: source: must be text or a mapping, got a list"],
    "source: {bucket: a, prefx: b}": ["1:21: source.prefx: unknown key; did you mean 'prefix'?"],
    "source: {bucket: 5}": ["1:18: source.bucket: must be text, got 5; put it in quotes"],
    "source: {claim: a, paths: b}": ["1:27: source.paths: must be a list, got 'b'; start each entry with '- '"],
    "ports: [1, a, [b]]": ["1:15: ports[2]: must be a whole number or text, got a list"],
    # Long and foreign text
    "size: " + "é" * 200: [f"1:7: size: must be a whole number, got '{'é' * 78}…"],
    'size: "a\\nb"': ["1:7: size: must be a whole number, got 'a\\nb'"],
    "größe: 1": [f"1:1: größe: unknown key; known here: {', '.join(Platform.model_fields)}"],
    "🚀: 1": [f'1:1: ["🚀"]: unknown key; known here: {", ".join(Platform.model_fields)}'],
    "size: 🚀": ["1:7: size: must be a whole number, got '🚀'"],
    "labels: {🚀: 1, ключ: 2}": [
        '1:13: labels["🚀"]: must be text, got 1; put it in quotes',
        "1:22: labels.ключ: must be text, got 2; put it in quotes",
    ],
}

TEXTS: dict[str | bytes, list[str]] = {
    "": ["1:1: is empty; write at least one key"],
    "# only this\n---\n": ["1:1: is empty; write at least one key"],
    "region: a\n---\nregion: b": ["3:1: must hold one document; remove the '---' above"],
    "region: 1\n---\n": ["1:9: region: must be text, got 1; put it in quotes"],
    "region: a\nsize: 2\nregion: b\nregion: c": [
        "3:1: region: key is given twice, first in line 1; keep one of them",
        "4:1: region: key is given twice, first in line 1; keep one of them",
    ],
    "one: {low: 1, low: 2}\nsize: '4'": [
        "1:15: one.low: key is given twice, first in line 1; keep one of them",
        "2:7: size: must be a whole number, got '4'; remove the quotes",
    ],
    "ports: [1]\nports: [1, 010]\nsize: x": [
        "2:1: ports: key is given twice, first in line 1; keep one of them",
        "2:12: ports[1]: must be a decimal number, got 010; put it in quotes if it is text",
        "3:7: size: must be a whole number, got 'x'",
    ],
    "1: a": ["1:1: 1: key must be text, got 1; put it in quotes"],
    "labels: {on: a, ~: b, 1.5: c, 'on': d}": [
        "1:10: labels.on: key must be text, got on; put it in quotes",
        '1:17: labels["~"]: key must be text, got ~; put it in quotes',
        '1:23: labels["1.5"]: key must be text, got 1.5; put it in quotes',
        "1:31: labels.on: key is given twice, first in line 1; keep one of them",
    ],
    "? [a, b]\n: c": ['1:3: ["?"]: key must be text, got a list, mapping or alias; write a plain name'],
    "one: &a {low: 1}\nnode: {<<: *a}": ['2:8: node["<<"]: does not merge here; write the keys out'],
    "<<: {size: 2}\npublic: 1": [
        '1:1: ["<<"]: does not merge here; write the keys out',
        "2:9: public: must be true or false, got 1",
    ],
    "region: !foo a": ["1:9: region: must have no tag, got '!foo'; remove it, and put text in quotes"],
    "one: !!python/object:os.system {}": [
        "1:6: one: must have no tag, got '!!python/object:os.system'; remove it, and put text in quotes"
    ],
    "region: *a": ["1:9: region: *a has no anchor &a above it; write the value out"],
    "anything: &a [*a]": ["1:15: anything[0]: *a stands inside &a; write the value out"],
    "one: &a {low: x}\nanything: *a": ["1:15: one.low: must be a whole number, got 'x'"],
    "labels: &a {k: 1}\nnode: *a": [
        "1:13: node.k: unknown key; known here: maxPods, children",
        "1:16: labels.k: must be text, got 1; put it in quotes",
    ],
    "region: a: b": [
        "1:10: cannot be read as YAML: mapping values are not allowed in this context; "
        "check the indentation, or put a text with ': ' in quotes"
    ],
    "one:\n\tlow: 1": [
        "2:1: cannot be read as YAML: found character that cannot start any token "
        "while scanning for the next token; indent with spaces, not tabs"
    ],
    "region: a\n\tlow: 1": [
        "2:1: cannot be read as YAML: found a tab character that violates indentation "
        "while scanning a plain scalar; indent with spaces, not tabs"
    ],
    "size: 2\nregion: @a": [
        "2:9: cannot be read as YAML: found character that cannot start any token "
        "while scanning for the next token; put the value in quotes"
    ],
    "region: 'a\nsize: 2": [
        "1:9: cannot be read as YAML: found unexpected end of stream while scanning a quoted scalar; close the quote"
    ],
    "groups: [1, 2\nsize: 2": [
        "2:5: cannot be read as YAML: did not find expected ',' or ']' while parsing a flow sequence; close the bracket"
    ],
    "one: {low: 1": [
        "1:13: cannot be read as YAML: did not find expected ',' or '}' while parsing a flow mapping; close the brace"
    ],
    "groups:\n- low: 1\n  high: 2\n high: 3": [
        "4:2: cannot be read as YAML: did not find expected key while parsing a block mapping; check the indentation"
    ],
    "region: a\nregion: b\nsize: [": [
        "2:1: region: key is given twice, first in line 1; keep one of them",
        "3:8: cannot be read as YAML: did not find expected node content while parsing a flow node; "
        "write a value there, or put the text in quotes",
    ],
    "size: 2\nregion: a\0b": ["2:10: holds the control character U+0000; save it as UTF-8 text without it"],
    b"size: 2\r\nregion: caf\xe9": ["2:12: is not UTF-8, got the byte 0xE9; save the file as UTF-8"],
    "size: '4'".encode("utf-16"): ["1:1: is not UTF-8, got the byte 0xFF; save the file as UTF-8"],
    b"\xef\xbb\xbfsize: '4'": ["1:7: size: must be a whole number, got '4'; remove the quotes"],
    b"region: a\r\nsize: '4'\r\n": ["2:7: size: must be a whole number, got '4'; remove the quotes"],
    b"region: a\rsize: '4'\r": ["2:7: size: must be a whole number, got '4'; remove the quotes"],
    "region: 'a \u2028 b \u0085 c'\nsize: '4'": ["2:7: size: must be a whole number, got '4'; remove the quotes"],
    "size: 'a \u202e b'": ["1:7: size: must be a whole number, got 'a \\u202e b'"],
    '"\u202e.b": 1': [f'1:1: ["\\u202e.b"]: unknown key; known here: {", ".join(Platform.model_fields)}'],
    "text: " + "x" * 500_000 + "\nsize: x": ["2:7: size: must be a whole number, got 'x'"],
    "anything: " + "[" * 100_000: ["1:61: is nested more than 50 levels deep; flatten it"],
    "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
    + "".join(f"{b}: &{b} [{','.join([f'*{a}'] * 10)}]\n" for a, b in zip("abcdefg", "bcdefgh", strict=True)): [
        "4:29: aliases repeat more than 10000 values; write out what is needed"
    ],
}

TOGETHER: dict[str, list[str]] = {
    # Rules of a Spec, and of the Spec around it, in one run
    "groups: [{low: 3, high: 2}]\nteams: {a: {namespace: x}, b: {namespace: x}}": [
        "1:16: groups[0].low: must not exceed high, got 3; lower it",
        "2:43: teams.b.namespace: must not be team 'a''s, got 'x'",
    ],
    "size: x\nteams: {a: {namespace: x}, b: {namespace: x}}": [
        "1:7: size: must be a whole number, got 'x'",
        "2:43: teams.b.namespace: must not be team 'a''s, got 'x'",
    ],
    "zzz: 1\nsize: 010\nlabels: {a: 1}\ngroups: [{low: 'x'}, {}, {low: 4, high: 3}]\n"
    "teams: {a: {namespace: x}, b: {namespace: x}}": [
        f"1:1: zzz: unknown key; known here: {', '.join(Platform.model_fields)}",
        f"2:7: size: must be a decimal number, got 010; {_ODD}",
        "3:13: labels.a: must be text, got 1; put it in quotes",
        "4:16: groups[0].low: must be a whole number, got 'x'",
        "4:32: groups[2].low: must not exceed high, got 4; lower it",
        "5:43: teams.b.namespace: must not be team 'a''s, got 'x'",
    ],
    # An invalid entry takes no part in the rules, nor do the rules follow it up
    "teams: {a: {namespace: x, budget: no}, b: {namespace: x}}": [
        "1:35: teams.a.budget: must be a number, got no",
        "1:55: teams.b.namespace: must not be team 'a''s, got 'x'",
    ],
    "teams: {a: {namespace: X}, b: {namespace: x}, c: {namespace: x}}": [
        f"1:24: teams.a.namespace: {_LABEL}, got 'X'; for example 'spark-jobs'",
        "1:62: teams.c.namespace: must not be team 'b''s, got 'x'",
    ],
    "one: {low: 8, high: x}": ["1:21: one.high: must be a whole number, got 'x'"],
    "one: {low: 8, high: 3, high: 9}": ["1:24: one.high: key is given twice, first in line 1; keep one of them"],
    "groups: [{low: 010, high: 2}]": [f"1:16: groups[0].low: must be a decimal number, got 010; {_ODD}"],
    # Fields with another name in the file
    "node: {children: [{maxPods: 12}]}": ["1:29: node.children[0].maxPods: must fit the node, got 12"],
    "size: x\nnode: {children: [{maxPods: 1}, {maxPods: 12}]}": [
        "1:7: size: must be a whole number, got 'x'",
        "2:29: node.children[0].maxPods: must be a multiple of 2, got 1",
        "2:43: node.children[1].maxPods: must fit the node, got 12",
    ],
}

REQUIRED: dict[str, list[str]] = {
    "{}": [
        "1:1: name: is required (Name of the platform); add for example 'name: analytics'",
        "1:1: team: is required; add it",
        "1:1: size: is required; add it",
    ],
    "# comment\nteam:\n  budget: 1\nsize: x": [
        "2:1: name: is required (Name of the platform); add for example 'name: analytics'",
        "2:1: team.namespace: is required; add it",
        "4:7: size: must be a whole number, got 'x'",
    ],
}


@pytest.mark.parametrize(("content", "complaints"), [*VALUES.items(), *TEXTS.items(), *TOGETHER.items()])
def test_every_problem_is_told(content: str | bytes, complaints: list[str], tmp_path: pathlib.Path) -> None:
    assert _complaints(_write(tmp_path, content)) == complaints


@pytest.mark.parametrize(("content", "complaints"), REQUIRED.items())
def test_what_is_required_is_asked_for(content: str, complaints: list[str], tmp_path: pathlib.Path) -> None:
    assert _complaints(_write(tmp_path, content), Strictest) == complaints


def test_who_makes_a_spec_in_python_is_told_the_next_step_too() -> None:
    with pytest.raises(ValidationError, match=r"must be a DNS label: .* each end; for example 'spark-jobs' \["):
        Team(namespace="Not_a_label")
    with pytest.raises(ValidationError, match="must be known before synthesis; write the value itself"):
        Team(namespace="${TfToken[TOKEN.1]}")


def test_a_required_key_that_is_invalid_does_not_hide_the_rules(tmp_path: pathlib.Path) -> None:
    class Whole(Spec):
        name: str = Field(examples=["analytics"])
        least: int = 0
        most: int = 0

        def rules(self) -> Iterator[Problem]:
            if self.least > self.most:
                yield Problem((), "least must not exceed most", reads=(("least",), ("most",)))
            if self.name == "analytics":
                yield Problem(("most",), "must not stand beside that name", reads=(("name",),))

    complaints = _complaints(_write(tmp_path, "name: 5\nleast: 2\nmost: 1"), Whole)
    assert complaints == [
        "1:1: least must not exceed most",
        "1:7: name: must be text, got 5; put it in quotes",
    ]


def test_a_rule_that_trips_over_what_another_rule_refuses_is_left_out(tmp_path: pathlib.Path) -> None:
    class Share(Spec):
        parts: int = 1

        def rules(self) -> Iterator[Problem]:
            if self.parts == 0:
                yield Problem(("parts",), "must not be 0")

    class Shares(Spec):
        share: Share = Share()

        def rules(self) -> Iterator[Problem]:
            if 10 % self.share.parts:
                yield Problem((), "must divide 10")

    assert _complaints(_write(tmp_path, "share: {parts: 0}"), Shares) == ["1:16: share.parts: must not be 0"]
    assert _complaints(_write(tmp_path, "share: {parts: 3}"), Shares) == ["1:1: must divide 10"]


def test_a_valid_file_is_its_model(tmp_path: pathlib.Path) -> None:
    file = _write(tmp_path, "groups: &g\n- {low: 1}\nanything: *g\nversion: '1.30'\npublic: yes\nnat: single")
    platform = load(Platform, file)
    assert platform.groups == (Group(low=1),)
    assert platform.anything == [{"low": 1}]
    assert (platform.version, platform.public, platform.nat) == ("1.30", True, "single")


@pytest.mark.parametrize("name", ["missing.yaml", "folder", "nul\0.yaml"])
def test_what_cannot_be_opened_has_no_position(name: str, tmp_path: pathlib.Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(InvalidFile) as caught:
        read(tmp_path / name)
    (problem,) = caught.value.problems
    assert (problem.file, problem.line, problem.column) == (str(tmp_path / name), 0, 0)
    assert str(problem).startswith(f"{tmp_path / name}: ")


def test_a_file_is_named_as_it_was_given(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InvalidFile, match=r"^missing\.yaml: no such file; check the path$"):
        read(pathlib.Path("missing.yaml"))


def test_a_file_may_have_a_mebibyte(tmp_path: pathlib.Path) -> None:
    assert read(_write(tmp_path, "text: " + "x" * (2**20 - 6))).data["text"].count("x") == 2**20 - 6
    assert _complaints(_write(tmp_path, "x" * (2**20 + 1))) == [
        " is larger than 1048576 bytes; check that it is the right file"
    ]


def test_positions_are_those_of_values_and_keys(tmp_path: pathlib.Path) -> None:
    document = read(_write(tmp_path, "a: 1\nb:\n  - c: 1.30\n    d: 'x'\n"))
    assert document.position(()) == (1, 1)
    assert document.position(("b", 0, "c")) == (3, 8)
    assert document.position(("b", 0, "c"), key=True) == (3, 5)
    assert document.position(("b", 0, "absent")) == (3, 5)
    assert document.position(("b", 7)) == (2, 1)
    assert document.position(("absent", "too")) == (1, 1)
    assert document.text_at(("b", 0, "c")) == "1.30"
    assert document.text_at(("b", 0, "d")) is None
    assert document.text_at(("b", 9, "d")) is None


def test_an_alias_stands_where_it_is_written_and_its_parts_where_they_are(tmp_path: pathlib.Path) -> None:
    document = read(_write(tmp_path, "a: &x {k: 1}\nb: *x\n"))
    assert document.data == {"a": {"k": 1}, "b": {"k": 1}}
    assert document.position(("b",)) == (2, 4)
    assert document.position(("b", "k")) == (1, 11)


def test_a_strict_read_refuses_what_a_tolerant_one_leaves_to_validate(tmp_path: pathlib.Path) -> None:
    file = _write(tmp_path, "region: a\nregion: b\nsize: !x 4\n")
    with pytest.raises(InvalidFile) as caught:
        read(file)
    assert [problem[1:4] for problem in caught.value.problems] == [(2, 1, ("region",)), (3, 7, ("size",))]
    assert read(file, tolerant=True).flaws == tuple(caught.value.problems)


def test_documents_of_one_file_keep_their_places_and_flaws(tmp_path: pathlib.Path) -> None:
    file = _write(tmp_path, "---\nregion: &r a\n---\n# nothing\n---\nsize: 2\nsize: 4\n---\nregion: *r\n")
    first, second, third = read_all(file, tolerant=True)
    assert (first.data, first.flaws) == ({"region": "a"}, ())
    assert (second.data, second.position(("size",))) == ({"size": 2}, (6, 7))
    assert [flaw.line for flaw in second.flaws] == [7]
    assert [flaw.message for flaw in third.flaws] == ["*r has no anchor &r above it; write the value out"]


def test_a_part_is_judged_in_its_place(tmp_path: pathlib.Path) -> None:
    document = read(_write(tmp_path, "environments:\n  dev:\n    low: 4\n    high: 3\n"))
    prefix = ("environments", "dev")
    with pytest.raises(InvalidFile) as caught:
        validate(Group, document, prefix=prefix)
    assert [p[1:4] for p in caught.value.problems] == [(3, 10, ("environments", "dev", "low"))]
    with pytest.raises(InvalidFile, match=r":2:3: environments\.dev\.kind: must be one of"):
        validate(Group, document, data={"low": 1, "kind": "x"}, prefix=prefix)
    assert validate(Group, document, data={"low": 1}, prefix=prefix) == Group(low=1)


def test_problems_are_sorted_and_told_once() -> None:
    problems = [Located("b", 1, 1, (), "x"), Located("a", 10, 1, (), "x"), Located("a", 9, 5, (), "x")]
    assert str(InvalidFile([*problems, *problems])) == "a:9:5: x\na:10:1: x\nb:1:1: x"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ((), ""),
        (("a", "b"), "a.b"),
        (("a", 0, "b-c", 1, 2), "a[0].b-c[1][2]"),
        (("labels", "karpenter.sh/pool", "x"), 'labels["karpenter.sh/pool"].x'),
        (('say "so"',), '["say \\"so\\""]'),
        (("",), '[""]'),
        (("größe", "a b"), 'größe["a b"]'),
    ],
)
def test_paths_read_as_people_write_them(path: tuple[str | int, ...], text: str) -> None:
    assert dotted(path) == text


def test_without_libyaml_values_and_positions_are_the_same(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = "é: &a '🚀'\nb:\n- *a\n-   1.30\n- {c: , d: [x, 'y\n  z']}\ne: |\n  text\n\n\nf: >-\n  more\n"
    paths = [("é",), ("b",), ("b", 0), ("b", 1), ("b", 2, "d", 1), ("e",), ("f",)]

    def seen() -> list[Any]:
        document = read(_write(tmp_path, content))
        return [document.data, *((document.position(path), document.text_at(path)) for path in paths)]

    with_default = seen()
    monkeypatch.setattr(_yaml, "_LOADER", yaml.SafeLoader)
    assert seen() == with_default


_SCALARS = st.sampled_from(
    [
        "a",
        "1",
        "1.30",
        "yes",
        "010",
        "1:30",
        "2024-01-01",
        "~",
        "",
        "'x'",
        '"\\n"',
        "*a",
        "&a 1",
        "!t x",
        "é🚀",
        "aws",
    ]
)
_KEYS = st.sampled_from([*Platform.model_fields, "low", "high", "kind", "namespace", "maxPods", "children", "1", "a.b"])
_FLOW = st.recursive(
    _SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4).map(lambda items: f"[{', '.join(items)}]")
        | st.lists(st.tuples(_KEYS, inner), max_size=4).map(
            lambda pairs: "{" + ", ".join(f"{key}: {value}" for key, value in pairs) + "}"
        )
    ),
    max_leaves=12,
)
_FILES = st.lists(st.tuples(_KEYS, _FLOW), min_size=1, max_size=5).map(
    lambda pairs: "\n".join(f"{key}: {value}" for key, value in pairs).encode()
)
_ANY = st.binary() | st.text().map(str.encode) | st.text(alphabet="ab:-[]{}&*!?|>'\"#%@ \t\n\r<~1.").map(str.encode)


def _problems(file: pathlib.Path) -> list[Located]:
    try:
        assert isinstance(load(Platform, file), Platform)
    except InvalidFile as error:
        return error.problems
    return []


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=_FILES | _ANY)
def test_any_file_is_valid_or_has_problems_inside_it(content: bytes, tmp_path: pathlib.Path) -> None:
    lines = re.split("\r\n|\r|\n", content.decode("utf-8-sig", "replace"))
    for problem in _problems(_write(tmp_path, content)):
        assert 1 <= problem.line <= len(lines)
        assert 1 <= problem.column <= len(lines[problem.line - 1]) + 1
        assert len(str(problem).splitlines()) == 1


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=_FILES)
def test_what_a_strict_read_takes_is_what_yaml_says(content: bytes, tmp_path: pathlib.Path) -> None:
    file = _write(tmp_path, content)
    try:
        data = read(file).data
    except InvalidFile as strict:
        flaws = set(strict.problems)
    else:
        flaws = set()
        if content.count(b"&a") < 2:  # PyYAML refuses to name an anchor twice; YAML does not.
            assert data == yaml.safe_load(content)
    assert flaws <= set(_problems(file))
