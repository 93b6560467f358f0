"""What Node loads: the lazy index where it offers the same, and one line about its age."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
import tarfile
from importlib.util import find_spec
from pathlib import Path

import pytest

from constructs_lib import _accelerator
from constructs_lib._accelerator import _lazy, _node

PRELOAD = Path(_accelerator.__file__).with_name("preload.js")
EAGER = 'exports.thing = require("./thing");\n'
LAZY = "Object.defineProperty(exports, 'thing', { get: function () { return require('./thing'); } });\n"
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


def launched(folder: Path, version: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run what stands for jsii's launcher in a Node that believes it has this *version*."""
    pretend = folder / "pretend.js"
    pretend.write_text(
        f"Object.defineProperty(process, 'versions', {{value: {{...process.versions, node: '{version}'}}}});"
    )
    launcher = folder / "jsii-runtime.js"
    launcher.write_text("console.log(process.env.JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION || '')")
    return node("--require", pretend, "--require", PRELOAD, launcher, **environment)


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
    done = launched(tmp_path, PAST, JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION="16, 18")
    assert (done.stderr, done.stdout.strip()) == ("", "16, 18")


@pytest.mark.parametrize("before", ["", "--no-warnings"])
def test_what_the_kernel_starts_is_not_preloaded(before: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / 'a folder with "quotes" and spaces'
    folder.mkdir()
    monkeypatch.setattr(_node, "_PRELOAD", shutil.copy(PRELOAD, folder / "preload.js"))
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
