"""What Node loads: the lazy index where it offers the same, and one line about its age."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT

from constructs_lib import accelerator
from constructs_lib.accelerator import _lazy, _node

PRELOAD = Path(accelerator.__file__).with_name("node") / "preload.js"
EAGER = 'exports.thing = require("./thing");\n'
LAZY = "Object.defineProperty(exports, 'thing', { get: function () { return require('./thing'); } });\n"
SILENCED = "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION"
FUTURE, PAST = "99.0.0", "18.20.1"


def node(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [shutil.which("node") or "node", *map(str, arguments)]
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("JSII_", "NODE_OPTIONS"))}
    return subprocess.run(command, env={**clean, **environment}, capture_output=True, text=True, check=True)


@pytest.mark.parametrize(
    ("lazy", "loaded"),
    [
        (LAZY, "lazy-index.js"),
        (None, "index.js"),
        ("", "index.js"),
        (LAZY.replace("thing", "another"), "index.js"),
        (LAZY + LAZY.replace("thing", "another"), "index.js"),
        ("exports.thing = 1;\n", "index.js"),
    ],
)
def test_the_lazy_index_stands_in_where_it_offers_the_same(lazy: str | None, loaded: str, tmp_path: Path) -> None:
    (tmp_path / "index.js").write_text(EAGER)
    if lazy is not None:
        (tmp_path / "lazy-index.js").write_text(lazy)
    script = "const path = require('path'); console.log(path.basename(require.resolve(process.argv[1])))"
    assert node("--require", PRELOAD, "-e", script, tmp_path).stdout.strip() == loaded


WORDED = """Object.defineProperty(exports, "__esModule", { value: true });
exports.captureStackTrace = captureStackTrace;
function captureStackTrace(below) {}
"""


@pytest.mark.parametrize(
    ("folder", "content", "ours"),
    [
        ("cdktf", WORDED, True),
        ("another", WORDED, False),
        ("cdktf", WORDED + "exports.more = 1;\n", False),
        ("cdktf", "exports.moved = 1;\n", False),
    ],
)
def test_traces_are_worded_late_where_cdktf_is_as_we_know_it(
    folder: str, content: str, ours: bool, tmp_path: Path
) -> None:
    file = tmp_path / folder / "lib" / "tokens" / "private" / "stack-trace.js"
    file.parent.mkdir(parents=True)
    file.write_text(content)
    found = node("--require", PRELOAD, "-e", "console.log(require.resolve(process.argv[1]))", file).stdout.strip()
    assert found == str(PRELOAD.with_name("stack-trace.js") if ours else file)


def test_definitions_are_read_one_at_a_time_and_are_as_in_the_file(tmp_path: Path) -> None:
    lines = ['{"name": "first"}\n', '{"name": "zweites, für später"}\n', '{"name": "third"}\n']
    file = tmp_path / ".jsii.runtime-defs.v1.jsonl"
    file.write_text("".join(lines), "utf-8")
    start = len(lines[0].encode())
    end = start + len(lines[1].encode())
    script = f"""
        const definitions = require('fs').readFileSync(process.argv[1]);
        const whole = require('fs').readFileSync(process.argv[1], 'utf8');
        console.log(JSON.stringify([
          definitions.toString('utf-8', {start}, {end}),
          definitions.toString('utf-8', {end}, 1000),
          definitions.toString() === whole && definitions.subarray(0).toString() === whole,
          definitions.length,
        ]));
    """
    ours = json.loads(node("--require", PRELOAD, "-e", script, file).stdout)
    assert ours == [lines[1], lines[2], True, len("".join(lines).encode())]
    assert ours == json.loads(node("-e", script, file).stdout)


STRINGIFY = """
    const [folder, ours] = process.argv.slice(1);
    const theirs = require(folder + '/cdktf/node_modules/json-stable-stringify');
    const leanerThan = require(ours);
    const ourStringify = leanerThan(theirs);
    const values = [
      {}, [], null, 'x', 1.5, undefined, () => 1, [[], {}, undefined, [() => 1]], { b: undefined, a: { d: 1, c: [] } },
      { 10: 1, 9: 2, B: 3, a: 4, 'ä"': '\\u2028\\n', when: new Date(0) },
      { toJSON: () => ({ b: 1, a: [2] }) }, [{ toJSON: () => undefined }],
      Array.from({ length: 30_000 }, (_, number) => ({ number })),
    ];
    const options = [undefined, {}, { space: 2 }, { space: 1 }, { space: '\\t' }, { space: 2, collapseEmpty: true }];
    const same = values.flatMap((value) => options.map((each) => theirs(value, each) === ourStringify(value, each)));
    const circle = {};
    circle.circle = circle;
    let refused = '';
    try { ourStringify(circle, { space: 2 }); } catch (error) { refused = error.constructor.name; }
    const another = (value) => 'something else';
    const isOurs = ourStringify !== theirs;
    console.log(JSON.stringify([isOurs, same.every(Boolean), refused, leanerThan(another) === another]));
"""


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Unpack cdktf and what it needs, as Node finds them."""
    folder = tmp_path_factory.mktemp("node") / "node_modules"
    for package in ("cdktf", "constructs"):
        spec = find_spec(package)
        assert spec is not None
        assert spec.origin is not None
        with tarfile.open(next((Path(spec.origin).parent / "_jsii").glob("*.tgz"))) as tarball:
            for member in tarball:
                member.name = member.name.replace("package", package, 1)
                tarball.extract(member, folder, filter="data")
    return folder


def test_a_stack_is_put_into_the_same_words(packages: Path) -> None:
    printed = node("-e", STRINGIFY, packages, PRELOAD.with_name("stringify.js")).stdout
    assert json.loads(printed) == [True, True, "TypeError", True]


RESOLVE = """
    const [folder, ours] = process.argv.slice(1);
    const { App, Fn, TerraformStack, Token, StringConcat, DefaultTokenResolver } = require(folder + '/cdktf');
    const theirs = require(folder + '/cdktf/lib/tokens/private/resolve').resolve;
    const quickerThan = require(ours);
    const resolver = new DefaultTokenResolver(new StringConcat());
    const scope = new TerraformStack(new App({ outdir: folder + '/out' }), 'stack');
    const token = (value) => ({ resolve: () => value });
    const text = (value) => Token.asString(token(value));
    const deep = (levels) => (levels ? { in: deep(levels - 1) } : 'there');
    const fail = () => { throw new Error('why'); };
    const circle = {};
    circle.circle = [circle];
    const values = {
      nothing: undefined, none: null, no: false, zero: 0, half: -0.5, huge: 1e300,
      empty: ['', {}, [], undefined, null], keys: { 2: 'b', 1: 'a', '1e5': 1 }, date: [new Date(0)],
      sparse: [, 'a', , 'b'], named: Object.assign(['a'], { index: 0 }),
      words: 'a ${literal} #{other} TfToken', number: '-1e+5 and 2e',
      text: { a: [`arn:${text('x')}:${text(undefined)}`] }, escaped: '${a} $${b} %{ if c } ' + text('x'),
      port: { port: Token.asNumber(token(443)), text: `at ${Token.asNumber(token(80))}` },
      list: { all: Token.asList(token(['x', 'y'])), numbers: Token.asNumberList(token([1, 2])) },
      map: [{ tags: Token.asStringMap(token({ a: 'b' })) }, Token.asAnyMap(token({ c: { d: undefined } }))],
      key: { [text('name')]: 1, other: undefined }, nested: token({ a: token([token('deep'), undefined]) }),
      call: [Fn.join('-', ['a', Fn.lower(text('${B}'))])], dropped: { a: token(undefined), b: [token(undefined)] },
      deep: deep(150), tooDeep: deep(300), circle, construct: { b: scope },
      function: { a: [() => 1] }, fails: [{ resolve: fail }], mapNumber: [-123456789],
      keyOfNothing: { [text(undefined)]: 1 }, textOfMap: { a: 'String Map Token Value' },
      textOfList: { a: { b: Token.asList(token(['x']))[0] } }, longerList: ['a', ...Token.asList(token(['x']))],
    };
    function outcome(resolve, value, prefix) {
      try { return JSON.stringify(resolve(value, { scope, resolver, preparing: false, prefix })) || 'nothing'; }
      catch (error) { return `raises ${error.message}`; }
    }
    const quicker = quickerThan(theirs);
    const outcomes = Object.entries({ ...values, all: values }).flatMap(([name, value]) =>
      [undefined, ['stack', 'bucket']].map((prefix) =>
        [name, outcome(theirs, value, prefix), outcome(quicker, value, prefix)]));
    const asked = [];
    const noting = quickerThan((value, options) => { asked.push(value); return theirs(value, options); });
    noting({}, { scope, resolver });
    asked.length = 0;
    noting({ a: [1, { b: 'plain' }], c: text('x') }, { scope, resolver });
    const other = quickerThan((value) => 'something else');
    const missing = quickerThan(undefined) === undefined;
    console.log(JSON.stringify({ outcomes, asked, other: other({ a: 1 }, {}), missing }));
"""


def test_a_stack_resolves_to_the_same_or_fails_with_the_same_words(packages: Path) -> None:
    printed = json.loads(node("-e", RESOLVE, packages, PRELOAD.with_name("resolve.js")).stdout)
    assert [theirs for _, theirs, _ in printed["outcomes"]] == [ours for _, _, ours in printed["outcomes"]]
    raised = {name for name, theirs, _ in printed["outcomes"] if theirs.startswith("raises ")}
    endless = {"tooDeep", "circle", "construct"}
    misplaced = {"function", "keyOfNothing", "longerList", "mapNumber", "textOfMap", "textOfList"}
    assert raised == endless | misplaced | {"fails", "all"}
    (text,) = printed["asked"]
    assert "TfToken" in text
    assert (printed["other"], printed["missing"]) == ("something else", True)


KERNEL = """
    const fs = require('fs');
    const { readFD, writeFD } = {readFD:3,writeFD:3};
    fs.writeSync(writeFD, 'answer to ' + fs.readFileSync(readFD, 'utf8'));
    console.log('printed');
    console.error('told');
"""


def pretending(folder: Path, version: str) -> Path:
    """Write what makes Node believe that it has this *version*, and return the file."""
    file = folder / "pretend.js"
    file.write_text(
        f"Object.defineProperty(process, 'versions', {{value: {{...process.versions, node: '{version}'}}}});"
    )
    return file


def launched_with_a_kernel(
    folder: Path, kernel: str = KERNEL, version: str = "", **environment: str
) -> tuple[str, str]:
    """Return what a launcher, or the *kernel* in its place, writes to standard output and to standard error."""
    for name, content in {"bin/jsii-runtime.js": "console.log('launcher')", "lib/program.js": kernel}.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(content)
    options = _node._options()["NODE_OPTIONS"]
    if version:
        options = f'--require="{pretending(folder, version)}" {options}'
    done = subprocess.run(
        [shutil.which("node") or "node", folder / "bin" / "jsii-runtime.js"],
        env={"PATH": os.environ["PATH"], "NODE_OPTIONS": options, SILENCED: "18,20,22,24", **environment},
        input="question",
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout, done.stderr


def test_the_kernel_runs_in_the_launchers_place(tmp_path: Path) -> None:
    answered, said = launched_with_a_kernel(tmp_path)
    assert answered == "answer to question"
    lines = [json.loads(line) for line in said.splitlines()]
    named = [(name, base64.b64decode(text).decode()) for line in lines for name, text in line.items()]
    assert named == [("stdout", "printed\n"), ("stderr", "told\n")]


@pytest.mark.parametrize(
    "otherwise",
    [
        {"kernel": KERNEL.replace("readFD:3,writeFD:3", "readFD: 3, writeFD: 3")},
        {"kernel": KERNEL + KERNEL},
        {"version": FUTURE},
        {"JSII_DEBUG": "1"},
        {"NODE_OPTIONS": f"--require={PRELOAD}"},
    ],
)
def test_a_launcher_that_is_not_as_we_know_it_starts_the_kernel_itself(otherwise: Any, tmp_path: Path) -> None:
    assert launched_with_a_kernel(tmp_path, **otherwise) == ("launcher\n", "")


def launched(folder: Path, version: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run what stands for jsii's launcher in a Node that believes it has this *version*."""
    launcher = folder / "jsii-runtime.js"
    launcher.write_text(f"console.log(process.env.{SILENCED} || '')")
    return node("--require", pretending(folder, version), "--require", PRELOAD, launcher, **environment)


def test_an_old_node_is_mentioned_in_one_line(tmp_path: Path) -> None:
    done = launched(tmp_path, PAST)
    line = base64.b64decode(json.loads(done.stderr)["stderr"]).decode()
    assert line.count("\n") == 1
    assert PAST in line
    assert "18" in done.stdout.strip().split(",")


def test_a_current_node_is_not_mentioned(tmp_path: Path) -> None:
    done = launched(tmp_path, FUTURE)
    assert (done.stderr, done.stdout.strip()) == ("", "")


def test_who_has_silenced_jsii_hears_nothing(tmp_path: Path) -> None:
    done = launched(tmp_path, PAST, **{SILENCED: "16, 18"})
    assert (done.stderr, done.stdout.strip()) == ("", "16, 18")


@pytest.mark.parametrize("before", ["", "--no-warnings"])
def test_what_the_kernel_starts_is_not_preloaded(before: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = Path(shutil.copytree(PRELOAD.parent, tmp_path / 'a folder with "quotes" and spaces'))
    monkeypatch.setattr(_node, "_PRELOAD", folder / "preload.js")
    monkeypatch.setenv("NODE_OPTIONS", before)
    (tmp_path / "program.js").write_text(
        "console.log(JSON.stringify([Object.keys(require.cache).some((file) => file.includes('quotes')),"
        " process.env.NODE_OPTIONS]))"
    )
    preloaded, options = json.loads(node(tmp_path / "program.js", **_node._options()).stdout)
    assert preloaded
    assert options == before


def test_a_missing_preload_is_not_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_node, "_PRELOAD", tmp_path / "preload.js")
    assert _node._options() == {}


@pytest.mark.parametrize("provider", ["aws", "kubernetes", "helm"])
def test_submodules_have_the_names_that_javascript_gives_them(provider: str) -> None:
    spec = find_spec(f"cdktf_cdktf_provider_{provider}._jsii")
    assert spec is not None
    assert spec.origin is not None
    package = Path(spec.origin).parent.parent
    in_python = [each.name for each in package.iterdir() if each.is_dir() and not each.name.startswith("_")]
    with tarfile.open(next((package / "_jsii").glob("*.tgz"))) as tarball:
        index = next(member for member in tarball if member.name == "package/lib/lazy-index.js")
        content = tarball.extractfile(index)
        assert content is not None
        in_javascript = re.findall(r"defineProperty\(exports, '(\w+)'", content.read().decode())
    assert sorted(map(_lazy._camel_case, in_python)) == sorted(in_javascript)


DYING = """
import constructs_lib
from cdktf import App, TerraformStack

TerraformStack(App(), "test").add_override("locals.ratio", float("nan"))
"""


def test_what_node_says_when_it_dies_is_told_as_it_is() -> None:
    command = [sys.executable, "-c", DYING]
    said = [
        subprocess.run(
            command, env={**os.environ, accelerator.PLAIN: plain}, cwd=ROOT, capture_output=True, text=True, check=False
        ).stderr.partition("Traceback")[0]
        for plain in ("1", "")
    ]
    plain, ours = (re.sub(r"/.*/lib/", "", each.partition("<anonymous_script>")[2]) for each in said)
    assert "is not valid JSON" in plain
    assert ours == plain
