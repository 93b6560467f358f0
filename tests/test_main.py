"""`cdktf synth` and `python main.py` say the same, every time."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import ROOT, edited
from other_core import Answer, program

from emr_eks.failures import Failure
from emr_eks.local.engine import find_cdktf

PROGRAM = [sys.executable, str(ROOT / "main.py")]


def written_by(command: list[str], folder: Path, **environment: str) -> Callable[[], dict[str, bytes]]:
    """Return the work of running the project's app in *folder*, which has a platform: what it writes there, by file."""
    run = program(command, folder, **environment)

    def written() -> dict[str, bytes]:
        done = run()
        assert done.returncode == 0, done.stdout + done.stderr
        out = folder / "cdktf.out"
        return {str(file.relative_to(out)): file.read_bytes() for file in sorted(out.rglob("*.json"))}

    return written


def plain(folder: Path) -> Callable[[], dict[str, bytes]]:
    edited(folder)
    return written_by(PROGRAM, folder, PYTHONHASHSEED="1")


def again(folder: Path) -> Callable[[], dict[str, bytes]]:
    edited(folder)
    return written_by(PROGRAM, folder, PYTHONHASHSEED="2")


def by_cdktf(folder: Path) -> Callable[[], dict[str, bytes]]:
    try:
        cdktf = find_cdktf()
    except Failure as failure:
        pytest.skip(str(failure))
    edited(folder)
    (folder / "cdktf.json").write_bytes((ROOT / "cdktf.json").read_bytes())
    synth = [str(cdktf), "synth", "--app", " ".join(PROGRAM)]
    return written_by(synth, folder, CI="1", CHECKPOINT_DISABLE="1")


def in_another_order(folder: Path) -> Callable[[], dict[str, bytes]]:
    file = edited(folder)
    content = yaml.safe_load(file.read_text("utf-8"))
    content["vpc"]["availability_zones"].reverse()
    file.write_text(yaml.safe_dump(backwards(content), sort_keys=False), "utf-8")
    for index, pools in enumerate(sorted((folder / "provisioners").glob("*.yaml"), reverse=True)):
        pools.rename(pools.with_name(f"{index}.yaml"))
    return written_by(PROGRAM, folder)


@pytest.mark.other_core(begins=[plain])
def test_five_stacks_are_written(answer: Answer) -> None:
    stacks = {Path(name).parent.name.rpartition("-")[2] for name in answer(plain) if name.startswith("stacks")}
    assert stacks == {"network", "cluster", "addons", "node_pools", "teams"}


@pytest.mark.other_core(begins=[plain, again])
def test_another_run_elsewhere_gives_the_same_bytes(answer: Answer) -> None:
    assert answer(again) == answer(plain)


@pytest.mark.other_core(begins=[plain, by_cdktf])
def test_cdktf_synth_gives_the_same_bytes(answer: Answer) -> None:
    assert answer(by_cdktf) == answer(plain)


@pytest.mark.other_core(begins=[plain, in_another_order])
def test_the_order_of_what_has_none_changes_nothing(answer: Answer) -> None:
    assert answer(in_another_order) == answer(plain)


def with_long_policies(folder: Path) -> Callable[[], tuple[subprocess.CompletedProcess[str], list[Path]]]:
    edited(folder)
    code = "import sys, main, constructs_lib.role as role; role.INLINE_POLICIES_LIMIT = 2000; sys.exit(main.main())"
    run = program([sys.executable, "-c", code], folder)
    return lambda: (run(), list(folder.rglob("*.tf.json")))


@pytest.mark.other_core(begins=[with_long_policies])
def test_what_only_a_construct_can_see_is_refused_in_one_sentence(answer: Answer) -> None:
    done, written = answer(with_long_policies)
    assert done.returncode == 2
    assert "team/analytics/JobRole: the policy must have at most 2000 characters, got" in done.stderr
    assert "Traceback" not in done.stderr
    assert not written


def test_a_machine_without_node_is_told_what_to_install(tmp_path: Path) -> None:
    edited(tmp_path)
    done = program(PROGRAM, tmp_path, JSII_NODE=str(tmp_path / "node"))()
    assert done.returncode == 2
    assert done.stderr.startswith(str(tmp_path / "node"))
    assert len(done.stderr.splitlines()) == 1


def test_a_python_without_the_packages_is_told_what_to_do(tmp_path: Path) -> None:
    python, *arguments = PROGRAM
    done = program([python, "-S", *arguments], tmp_path)()
    assert (done.returncode, done.stdout) == (2, "")
    (told,) = done.stderr.splitlines()
    assert "run `make setup`" in told


def backwards(value: Any) -> Any:
    """Return *value* with the keys of every mapping in the other order."""
    if isinstance(value, dict):
        return {key: backwards(value[key]) for key in reversed(value)}
    return [backwards(each) for each in value] if isinstance(value, list) else value
