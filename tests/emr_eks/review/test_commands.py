"""`emr-eks review` as people and pipelines call it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, Answer, command_line
from other_core import program

from emr_eks.programs import Together
from emr_eks.review import revisions

Run = Callable[..., Answer]
Done = subprocess.CompletedProcess[str]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Return a function that runs the command in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return lambda *words: command_line(capsys, "review", *words)


@pytest.fixture(scope="session")
def base(folder_of: Any, draft: Any) -> Path:
    """Return the default platform's cdktf.out."""
    folder: Path = folder_of(draft.default())
    return folder


@pytest.fixture(scope="session")
def head(folder_of: Any, draft: Any) -> Path:
    """Return a platform without the audit log (high), and with longer flow logs (no risk)."""

    def edit(each: Any) -> None:
        each.platform["cluster"]["logs"] = ["api"]
        each.platform["vpc"]["flow_logs"] = {"retention_days": 365}

    folder: Path = folder_of(draft.default().edited(edit))
    return folder


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ((), 1),
        (("--fail-on", "high"), 1),
        (("--fail-on", "critical"), 0),
        (("--fail-on", "never"), 0),
        (("--fail-on", "never", "--detailed-exitcode"), 2),
        (("--fail-on", "low", "--detailed-exitcode"), 1),
    ],
)
def test_exit_codes(run: Run, base: Path, head: Path, options: tuple[str, ...], code: int) -> None:
    done = run("--base", base, "--head", head, *options)
    assert done.code == code, done.err
    assert "logging-off" in done.out
    assert done.err == ""


def test_no_change_is_0_in_every_way(run: Run, base: Path) -> None:
    for options in ((), ("--detailed-exitcode",), ("--fail-on", "low")):
        done = run("--base", base, "--head", base, *options)
        assert done.code == 0
        assert "no resource changes" in done.out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--base", "nowhere", "--head", "."), "neither a folder nor a git revision"),
        (("--base", ".", "--head", "away/cdktf.out"), "nor a git revision here; `cdktf synth` makes it"),
        (("--base", ".", "--head", "."), "manifest.json: is not there; `cdktf synth` makes it"),
        ((), "give --base"),
        (("--base", ".", "--format", "pdf"), "Invalid value"),
    ],
)
def test_a_mistake_is_a_sentence_and_exit_code_2(run: Run, arguments: tuple[str, ...], told: str) -> None:
    done = run(*arguments)
    assert done.code == 2
    assert told in done.err
    assert "Traceback" not in done.err
    assert done.out == ""


def test_a_revision_is_reviewed_where_its_program_is(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.md").touch()
    (tmp_path / "main.py").touch()
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "--quiet", "-m", "before")
    monkeypatch.chdir(tmp_path / "docs")
    done = run("--base", "HEAD", "--head", "HEAD")
    told = "error: HEAD has no main.py in docs: run `emr-eks review` in the folder of main.py"
    assert (done.code, done.err.strip()) == (2, told)


def test_a_platform_outside_the_repository_is_in_no_revision(run: Run, tmp_path: Path) -> None:
    (tmp_path / "main.py").touch()
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "--quiet", "-m", "before")
    for outside in (tmp_path.parent / "platform.yaml", "../platform.yaml"):
        done = run("--base", "HEAD", "--head", "HEAD", "--platform", outside)
        assert done.code == 2
        assert f"{outside} is not in this repository, and so in no revision of it" in done.err


def test_with_detailed_exit_codes_a_mistake_is_1_as_in_terraform(run: Run) -> None:
    assert run("--base", "nowhere", "--detailed-exitcode").code == 1


def test_with_detailed_exit_codes_a_file_that_cannot_be_written_is_no_change(run: Run, base: Path) -> None:
    done = run("--base", base, "--head", base, "--detailed-exitcode", "--output", "no/folder.md")
    assert (done.code, done.err) == (1, "error: no/folder.md cannot be written: No such file or directory\n")


@pytest.mark.parametrize("name", ["text", "markdown", "json", "sarif", "html"])
def test_the_report_goes_to_a_file(run: Run, base: Path, head: Path, tmp_path: Path, name: str) -> None:
    done = run("--base", base, "--head", head, "--format", name, "--output", tmp_path / "out", "--fail-on", "never")
    assert (done.code, done.out) == (0, "")
    assert "logging-off" in (tmp_path / "out").read_text("utf-8")


def test_one_run_writes_several_formats(run: Run, base: Path, head: Path, tmp_path: Path) -> None:
    begins = {
        "a.md": "<!-- emr-eks-review -->",
        "a.json": "{",
        "a.sarif": '{\n  "$schema"',
        "a.html": "<!DOCTYPE html>",
    }
    outputs = [part for name in (*begins, "a.txt") for part in ("-o", tmp_path / name)]
    done = run("--base", base, "--head", head, *outputs)
    assert (done.code, done.out) == (1, "")
    for name, start in begins.items():
        assert (tmp_path / name).read_text("utf-8").lower().startswith(start.lower()), name
    assert "HIGH logging-off" in (tmp_path / "a.txt").read_text("utf-8")


def test_a_file_that_cannot_be_written_is_told(run: Run, base: Path, tmp_path: Path) -> None:
    done = run("--base", base, "--head", base, "--output", tmp_path / "no" / "folder")
    assert done.code == 2
    assert "cannot be written" in done.err


ENTRY = """
suppressions:
  - id: logging-off
    address: {address}
    reason: agreed with security, ticket 42
    expires: "{expires}"
"""


def suppressed(run: Run, base: Path, head: Path, folder: Path, text: str) -> dict[str, Any]:
    (folder / "review-suppressions.yaml").write_text(text, "utf-8")
    done = run("--base", base, "--head", head, "--format", "json", "--fail-on", "never")
    assert done.code == 0, done.err
    report: dict[str, Any] = done.json
    return report


def test_an_accepted_risk_is_told_apart(run: Run, base: Path, head: Path, tmp_path: Path) -> None:
    text = ENTRY.format(address='"*/cluster/Resource"', expires="2999-01-01")
    report = suppressed(run, base, head, tmp_path, text)
    assert report["risks"] == []
    assert report["suppressed"][0]["reason"] == "agreed with security, ticket 42"


@pytest.mark.parametrize(
    ("address", "expires", "told"),
    [
        ('"*/cluster/Resource"', "2020-01-01", "it ended on 2020-01-01"),
        ("aws_x.y", "2999-01-01", "nothing fits it any more"),
    ],
)
def test_a_stale_suppression_is_told_with_its_place(
    run: Run, base: Path, head: Path, tmp_path: Path, address: str, expires: str, told: str
) -> None:
    report = suppressed(run, base, head, tmp_path, ENTRY.format(address=address, expires=expires))
    found = {risk["id"]: risk for risk in report["risks"]}
    assert set(found) == {"logging-off", "suppression-stale"}
    assert told in found["suppression-stale"]["consequence"]
    assert found["suppression-stale"]["path"] == "review-suppressions.yaml:3:5"


def test_an_entry_that_has_ended_does_not_hide_one_that_holds(run: Run, base: Path, head: Path, tmp_path: Path) -> None:
    ended = ENTRY.format(address='"*"', expires="2020-01-01")
    holds = ENTRY.format(address='"*/cluster/Resource"', expires="2999-01-01").removeprefix("\nsuppressions:\n")
    report = suppressed(run, base, head, tmp_path, ended + holds)
    assert [each["expires"] for each in report["suppressed"]] == ["2999-01-01"]
    assert [risk["path"] for risk in report["risks"]] == ["review-suppressions.yaml:3:5"]


def test_a_broken_suppression_is_told_whole(run: Run, base: Path, tmp_path: Path) -> None:
    text = (
        ENTRY.format(address="x", expires="soon")
        .replace("logging-off", "no-such-rule")
        .replace("agreed with security, ticket 42", "ok")
    )
    (tmp_path / "review-suppressions.yaml").write_text(text, "utf-8")
    done = run("--base", base, "--head", base)
    assert done.code == 2
    assert "suppressions[0].expires" in done.err
    assert "suppressions[0].reason" in done.err
    assert "Traceback" not in done.err


def in_worktrees(folder: Path) -> Callable[[], tuple[Done, Done, str, str]]:
    """Make a repository with the project in it: its last commit takes the audit log away, and the next one breaks it.

    The work reviews the one, and then the other against a revision that is not there.
    """
    repository = folder / "repository"
    for package in ("constructs_lib", "provisioners", "stacks"):
        shutil.copytree(ROOT / package, repository / package, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("main.py", "platform.yaml"):
        shutil.copy(ROOT / file, repository)

    git(repository, "init", "--quiet", "--initial-branch", "main")
    git(repository, "add", "-A")
    git(repository, "commit", "--quiet", "-m", "before")
    platform = repository / "platform.yaml"
    text = platform.read_text("utf-8")
    platform.write_text(text.replace('version: "1.35"', 'version: "1.35"\n  logs: [api]'), "utf-8")
    git(repository, "commit", "--quiet", "-am", "after")
    platform.write_text("this is no platform", "utf-8")
    git(repository, "branch", "good")
    git(repository, "commit", "--quiet", "-am", "broken")
    platform.write_text("not committed", "utf-8")

    command = [sys.executable, "-m", "emr_eks", "review", "--format", "json"]
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    # The whole path of a file is that of the revision too.
    good, broken = (
        program([*command, "--base", base, "--head", head, *more], repository, PYTHONPATH=path)
        for base, head, *more in (("good~1", "good", "--platform", str(platform)), ("nowhere", "main"))
    )
    return lambda: (good(), broken(), git(repository, "worktree", "list"), platform.read_text("utf-8"))


def git(repository: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
    command = ["git", *identity, *arguments]
    return subprocess.run(command, cwd=repository, capture_output=True, text=True, check=True).stdout


@pytest.mark.other_core(begins=[in_worktrees])
def test_git_revisions_are_synthesised_in_worktrees_of_their_own(answer: Any) -> None:
    good, broken, worktrees, platform = answer(in_worktrees)
    assert good.returncode == 1, good.stderr
    assert [risk["id"] for risk in json.loads(good.stdout)["risks"]] == ["logging-off"]
    assert broken.returncode == 2
    assert broken.stderr.startswith(
        "error: 'nowhere' is neither a folder nor a git revision here; `git fetch` it first"
    )
    assert "\nerror: main cannot be synthesised" in broken.stderr
    assert "platform.yaml:1:1" in broken.stderr
    assert worktrees.count("\n") == 1, "the worktrees are taken away"
    assert platform == "not committed"


@pytest.mark.parametrize("cancelled_by", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_cancelled_review_ends_soon_and_leaves_no_worktree(cancelled_by: signal.Signals, tmp_path: Path) -> None:
    repository, begun = tmp_path / "repository", tmp_path / "begun"
    repository.mkdir()
    git(repository, "init", "--quiet")
    repository.joinpath("main.py").write_text(f"import time\nopen({str(begun)!r}, 'w')\ntime.sleep(60)\n", "utf-8")
    git(repository, "add", "main.py")
    git(repository, "commit", "--quiet", "-m", "slow")
    command = [sys.executable, "-m", "emr_eks", "review", "--base", "HEAD", "--head", "HEAD"]
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    with subprocess.Popen(command, cwd=repository, env={**os.environ, "PYTHONPATH": path}) as review:
        while not begun.exists() and review.poll() is None:
            time.sleep(0.02)
        for _ in range(2):  # As `timeout` does, and a shell with its terminal.
            review.send_signal(cancelled_by)
            time.sleep(0.002)
        assert review.wait(30) == 128 + cancelled_by
    assert git(repository, "worktree", "list").count("\n") == 1


@pytest.mark.parametrize(("signalled", "raised"), [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, SystemExit)])
def test_a_signal_that_reaches_another_thread_cancels_too(
    signalled: signal.Signals, raised: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the kernel does while a thread starts a program; it wakes nobody who waits for a lock."""

    def side(name: str, platform_file: Path, syntheses: Together) -> None:
        time.sleep(0.1)
        signal.pthread_kill(threading.get_ident(), signalled)
        syntheses.run(["sleep", "30"])

    monkeypatch.setattr(revisions, "_side_at", side)
    start = time.monotonic()
    with pytest.raises(raised):
        revisions.sides_at(["any"], Path("platform.yaml"))
    assert time.monotonic() - start < 20


@pytest.mark.parametrize(("code", "expected"), [(0, 0), (3, 2)])
def test_a_revision_may_print_what_is_no_utf_8(code: int, expected: int, tmp_path: Path, run: Run) -> None:
    git(tmp_path, "init", "--quiet")
    tmp_path.joinpath("main.py").write_text(
        "import os, pathlib, sys\nsys.stderr.buffer.write(b'caf\\xe9')\n"
        "out = pathlib.Path(os.environ['CDKTF_OUTDIR'])\nout.mkdir()\n"
        '(out / \'manifest.json\').write_text(\'{"version": "0.21.0", "stacks": {}}\')\n'
        f"sys.exit({code})\n",
        "utf-8",
    )
    git(tmp_path, "add", "main.py")
    git(tmp_path, "commit", "--quiet", "-m", "latin")
    done = run("--base", "HEAD", "--head", "HEAD")
    assert done.code == expected
    assert ("caf\N{REPLACEMENT CHARACTER}" in done.err) == bool(code)


def test_help_and_offline_reviews_start_no_node(base: Path, head: Path) -> None:
    program = (
        "import sys\nfrom typer.testing import CliRunner\nfrom emr_eks.cli import app\n"
        f"for words in (['review', '--help'], ['review', '--base', {str(base)!r}, '--head', {str(head)!r}]):\n"
        "    assert CliRunner().invoke(app, words).exit_code in (0, 1)\n"
        "print([name for name in ('jsii', 'cdktf', 'boto3', 'jinja2') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.strip() == "[]", done.stderr


def addons_plan(base: Path, folder: Path, version: str) -> Path:
    """Write a plan of the addons stack as Terraform prints it, in which Karpenter's chart gets another version."""
    content = json.loads((base / "stacks" / "emr-on-eks-addons" / "cdk.tf.json").read_text("utf-8"))
    releases = content["resource"]["helm_release"]
    addresses = [f"helm_release.{name}" for name in releases]
    data = [f"data.{kind}.{name}" for kind, named in content.get("data", {}).items() for name in named]
    changes = []
    for name, body in releases.items():
        before = {key: value for key, value in body.items() if key not in ("//", "depends_on")}
        change = {"actions": ["update"], "before": before, "after": {**before, "version": version}}
        changes.append({"address": f"helm_release.{name}", "mode": "managed", "type": "helm_release", "change": change})
    root = {
        "resources": [{"address": each} for each in [*addresses, *data]],
        "outputs": content.get("output", {}),
    }
    file = folder / "addons.json"
    plan = {"format_version": "1.2", "configuration": {"root_module": root}, "resource_changes": changes}
    file.write_text(json.dumps(plan), "utf-8")
    return file


def test_a_plan_and_the_sources_are_joined(run: Run, base: Path, tmp_path: Path) -> None:
    plan = addons_plan(base, tmp_path, "1.15.0")
    alone = run("--head", base, "--plan", plan, "--format", "json")
    assert alone.code == 0, alone.err
    report = alone.json
    assert report["mode"] == "plan"
    assert [risk["path"] for risk in report["risks"]] == ["emr-on-eks-addons/karpenter/Resource"]
    both = run("--base", base, "--head", base, "--plan", plan, "--format", "json").json
    assert both["mode"] == "both"
    (addons,) = [stack for stack in both["stacks"] if stack["name"] == "emr-on-eks-addons"]
    assert addons["planned"]
    assert {(each["offline"], each["plan"]) for each in addons["differences"]} == {("nothing", "update")}


def edited_plan(base: Path, folder: Path, *without: str, **edits: Any) -> Path:
    """Write a plan of the addons stack with *edits* at its top, and *without* some of that."""
    file = addons_plan(base, folder, "1.15.0")
    content = {**json.loads(file.read_text("utf-8")), **edits}
    file.write_text(json.dumps({key: value for key, value in content.items() if key not in without}), "utf-8")
    return file


def test_a_resource_that_is_sensitive_as_a_whole_shows_nothing(run: Run, base: Path, tmp_path: Path) -> None:
    content = json.loads(addons_plan(base, tmp_path, "hunter2").read_text("utf-8"))
    for each in content["resource_changes"]:
        each["change"] |= {"before_sensitive": True, "after_sensitive": True}
    done = run("--head", base, "--plan", edited_plan(base, tmp_path, resource_changes=content["resource_changes"]))
    assert (done.code, done.err) == (0, "")
    assert "(sensitive, changed)" in done.out
    assert "hunter2" not in done.out


@pytest.mark.parametrize("content", [None, b"PK\x03\x04\x80"])
def test_a_plan_that_is_not_printed_is_told_how(run: Run, base: Path, tmp_path: Path, content: bytes | None) -> None:
    if content:
        (tmp_path / "plan").write_bytes(content)
    done = run("--head", base, "--plan", "plan")
    assert done.code == 2
    assert done.err.strip().endswith("; print it with `terraform show -json PLANFILE`")


def test_a_plan_that_an_error_ended_is_none(run: Run, base: Path, tmp_path: Path) -> None:
    done = run("--head", base, "--plan", edited_plan(base, tmp_path, errored=True, complete=False))
    assert done.code == 2
    assert "addons.json: is a plan that an error ended" in done.err


def test_a_plan_that_only_refreshes_is_none(run: Run, base: Path, tmp_path: Path) -> None:
    done = run("--head", base, "--plan", edited_plan(base, tmp_path, "resource_changes"))
    assert done.code == 2
    assert "addons.json: says nothing of what will change; plan without -refresh-only" in done.err


def test_a_plan_of_a_part_of_a_stack_says_so(run: Run, base: Path, tmp_path: Path) -> None:
    plan = edited_plan(base, tmp_path, complete=False, resource_changes=[])
    for form in ("text", "markdown", "html"):
        done = run("--head", base, "--plan", plan, "--format", form)
        assert "deferred: whatever is not listed: the plan is of a part of the stack, as with -target" in done.out
        assert "Unchanged" not in done.out


def test_plans_that_cannot_be_are_all_told(run: Run, base: Path, tmp_path: Path) -> None:
    plan = addons_plan(base, tmp_path, "1.15.0")
    (tmp_path / "bytes.json").write_bytes(b"\x80\x81")
    (tmp_path / "short.json").write_text(plan.read_text("utf-8")[:200], "utf-8")
    done = run("--head", base, "--plan", plan, "--plan", plan, "--plan", "bytes.json", "--plan", "short.json")
    assert done.code == 2
    told = done.err.splitlines()
    assert len(told) == 3
    assert any("is a second plan of emr-on-eks-addons" in line for line in told)
    assert any("bytes.json: is not UTF-8 text" in line for line in told)
    assert any("short.json:1:" in line for line in told)
