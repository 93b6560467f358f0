"""jsii's cache is one that jsii accepts, and its index is finished once."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import jsii  # noqa: F401 - the index is looked for only if this jsii writes one
import pytest
from other_core import Answer, printed_by, program

from constructs_lib.accelerator import _cache, _index

ROOT, SWITCH = "JSII_RUNTIME_PACKAGE_CACHE_ROOT", "JSII_RUNTIME_PACKAGE_CACHE"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a private HOME, and a temporary folder as /tmp is."""
    home, temporary = tmp_path / "home", tmp_path / "tmp"
    home.mkdir(mode=0o700)
    temporary.mkdir()
    temporary.chmod(0o1777)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    monkeypatch.delenv(ROOT, raising=False)
    monkeypatch.delenv(SWITCH, raising=False)
    return home


def test_a_private_home_is_left_to_jsii(home: Path) -> None:
    assert _cache.settings() == {}
    assert _cache.root() == home / ".cache/aws/jsii/package-cache"


@pytest.mark.parametrize("folder", ["", ".cache", ".cache/aws/jsii/package-cache"])
@pytest.mark.parametrize("mode", [0o777, 0o770])
def test_where_others_may_write_jsii_gets_a_private_folder(folder: str, mode: int, home: Path) -> None:
    (home / folder).mkdir(parents=True, exist_ok=True)
    (home / folder).chmod(mode)
    given = Path(_cache.settings()[ROOT])
    assert given.parent == Path(tempfile.gettempdir())
    assert stat.S_IMODE(given.stat().st_mode) == 0o700
    assert _cache.root() == given


def test_a_home_that_is_no_folder_is_no_home(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "file").touch()
    monkeypatch.setenv("HOME", str(home / "file"))
    assert ROOT in _cache.settings()


def test_a_private_folder_that_somebody_prepared_is_not_used(home: Path) -> None:
    home.chmod(0o777)
    prepared = Path(_cache.settings()[ROOT])
    prepared.chmod(0o777)
    assert _cache.settings() == {SWITCH: "disabled"}
    prepared.rmdir()
    prepared.symlink_to(home)
    assert _cache.settings() == {SWITCH: "disabled"}
    assert _cache.root() is None


def test_what_the_user_says_about_the_cache_stands(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home.chmod(0o777)
    monkeypatch.setenv(ROOT, "/named/by/the/user")
    assert _cache.settings() == {}
    assert _cache.root() == Path("/named/by/the/user")
    monkeypatch.setenv(SWITCH, "disabled")
    assert _cache.settings() == {}
    assert _cache.root() is None


def unpack(home: Path, build: str, *, used: int) -> Path:
    """Make the folder that jsii makes for a package."""
    folder = home / ".cache/aws/jsii/package-cache/@cdktf/provider-x/1.0.0" / build
    folder.mkdir(parents=True)
    marker = folder / ".jsii-runtime-package-cache"
    marker.touch()
    os.utime(marker, (used, used))
    return folder


def test_an_index_in_the_making_is_waited_for(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = unpack(home, "a", used=1)
    _index.expect("@cdktf/provider-x", "1.0.0")
    threading.Timer(0.3, (folder / ".jsii.runtime.v1.json").touch).start()
    began = time.monotonic()
    _index.finish(lambda: True)
    assert 0.2 < time.monotonic() - began < 5
    assert len(capsys.readouterr().err.splitlines()) == 1
    _index.expect("@cdktf/provider-x", "1.0.0")
    _index.finish(lambda: True)
    assert capsys.readouterr().err == ""


def test_nobody_waits_for_a_node_that_has_gone(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    unpack(home, "a", used=1)
    _index.expect("@cdktf/provider-x", "1.0.0")
    _index.finish(lambda: False)
    assert capsys.readouterr().err == ""


def test_nobody_waits_for_a_build_that_is_not_in_use(home: Path) -> None:
    unpack(home, "old", used=1)
    (unpack(home, "new", used=2) / ".jsii.runtime.v1.json").touch()
    _index.expect("@cdktf/provider-x", "1.0.0")
    assert _index._unfinished == []


def test_nobody_waits_for_what_jsii_keeps_elsewhere(home: Path) -> None:
    _index.expect("@cdktf/provider-x", "1.0.0")
    assert _index._unfinished == []


def test_nobody_waits_for_an_index_that_cannot_be_written(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = unpack(home, "a", used=1)
    # Who runs the tests as root may write wherever they like.
    monkeypatch.setattr(os, "access", lambda path, mode: not (path == folder and mode & os.W_OK))
    _index.expect("@cdktf/provider-x", "1.0.0")
    assert _index._unfinished == []


IMPORT = [sys.executable, "-c", "import constructs_lib, cdktf_cdktf_provider_helm.release"]


def twice(folder: Path) -> Callable[[], tuple[Path, list[subprocess.CompletedProcess[str]]]]:
    """Run a program twice where nothing is indexed yet."""
    run = program(IMPORT, folder, **{ROOT: str(folder)})
    return lambda: (folder, [run(), run()])


@pytest.mark.other_core(begins=[twice])
def test_the_first_program_finishes_the_index_and_says_so_once(answer: Answer) -> None:
    folder, (first, second) = answer(twice)
    assert (first.returncode, second.returncode) == (0, 0)
    assert "indexing" in first.stderr
    assert "indexing" not in second.stderr
    assert len([*folder.glob("@cdktf/provider-helm/*/*/.jsii.runtime.v1.json")]) == 1


def in_a_home_open_to_all(folder: Path) -> Callable[[], tuple[Path, subprocess.CompletedProcess[str]]]:
    home, temporary = folder / "home", folder / "tmp"
    for each, mode in ((home, 0o777), (temporary, 0o1777)):
        each.mkdir()
        each.chmod(mode)
    run = program(IMPORT, folder, HOME=str(home), TMPDIR=str(temporary))
    return lambda: (home, run())


@pytest.mark.other_core(begins=[in_a_home_open_to_all])
def test_a_home_open_to_all_works(answer: Answer) -> None:
    home, done = answer(in_a_home_open_to_all)
    assert done.returncode == 0, done.stderr
    assert not [*home.iterdir()]


WARM = printed_by("""
    import sys
    from constructs_lib import accelerator
    from constructs_lib.accelerator import _index
    accelerator.warm()
    for name in ("aws", "kubernetes", "helm"):
        assembly = sys.modules[f"cdktf_cdktf_provider_{name}._jsii"].__jsii_assembly__
        assert _index._is_finished(_index._folder(assembly.name, assembly.version))
    print("fine")
""")


@pytest.mark.other_core(begins=[WARM])
def test_warm_leaves_nothing_to_index(answer: Answer) -> None:
    assert answer(WARM) == "fine"
