"""The action and the job, step by step as a runner would, in a repository whose pull request changes platform.yaml.

`gh` and `curl` are stand-ins that note what they are asked; everything else is real.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from conftest import ROOT
from other_core import Answer

COPIED = ("main.py", "platform.yaml", "provisioners", "constructs_lib", "stacks", "emr_eks", "cdktf.json")
Done = subprocess.CompletedProcess[str]
CONTEXT = {
    "inputs.base": "main",
    "inputs.head": "HEAD",
    "inputs.platform": "platform.yaml",
    "inputs.plans": "",
    "inputs.fail-on": "high",
    "inputs.token": "a-token",
    "github.repository": "example/platform",
    "github.event.pull_request.number": "7",
}
STAND_IN = """#!/bin/bash
echo "$(basename "$0") $*" >> "$CALLS"
# What is sent is kept: a file after `body=@`, or after --data @.
for word in "$@"; do case "$word" in *@*.md|@note.json) cp "${word#*@}" "$CALLS.sent" ;; esac; done
"""
FINDS = {
    "gh": 'case "$*" in *--jq*) echo "$KNOWN" ;; *) exit "${REFUSES:-0}" ;; esac\n',
    "curl": """case "$*" in *per_page*) echo "[$KNOWN]" ;; esac\n""",
}


def repository_in(folder: Path) -> Path:
    """Make a repository with the project in it, at a commit that takes the audit log away; `main` is before it."""
    root = folder / "repository"
    root.mkdir()
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, root / name)  # with what is compiled, which git ignores
        else:
            shutil.copy(ROOT / name, root / name)
    (root / ".gitignore").write_text(".venv/\nreview*\n__pycache__/\n", "utf-8")
    git(root, "init", "--quiet", "--initial-branch", "main")
    git(root, "add", "-A")
    git(root, "commit", "--quiet", "-m", "before")
    git(root, "checkout", "--quiet", "-b", "change")
    change(root, 'version: "1.35"', 'version: "1.35"\n  logs: [api]')
    _installed(root)
    _stand_ins(folder / "bin")
    return root


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return repository_in(tmp_path)


def git(root: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *identity, *arguments], cwd=root, check=True, capture_output=True)


def change(root: Path, old: str, new: str) -> None:
    file = root / "platform.yaml"
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")
    git(root, "commit", "--quiet", "-am", "change")


def _installed(root: Path) -> None:
    """Do what `make setup` does, without the network: an environment whose command runs this code."""
    binaries = root / ".venv" / "bin"
    binaries.mkdir(parents=True)
    for name, program in {"python": "", "emr-eks": "-m emr_eks"}.items():
        command = binaries / name
        command.write_text(
            f'#!/bin/bash\nPYTHONPATH="{root}:$PYTHONPATH" exec "{sys.executable}" {program} "$@"\n', "utf-8"
        )
        command.chmod(0o755)


def _stand_ins(folder: Path) -> None:
    folder.mkdir()
    for name, answer in {**FINDS, "make": ""}.items():
        file = folder / name
        file.write_text(STAND_IN + answer, "utf-8")
        file.chmod(0o755)


class Runner:
    """Runs the steps of the action as GitHub does: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax."""

    def __init__(self, root: Path, **environment: str) -> None:
        self.root, self.calls = root, root.parent / "calls"
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("GITHUB_")},
            "PATH": f"{root.parent / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "CALLS": str(self.calls),
            "KNOWN": "",
            **environment,
        }

    def told(self) -> list[str]:
        """Return what the stand-ins were asked."""
        return self.calls.read_text("utf-8").splitlines() if self.calls.exists() else []

    def script(self, text: str, **environment: str) -> Done:
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", text],
            cwd=self.root,
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
        )

    def action(self, **inputs: str) -> dict[str, Done]:
        """Run the steps until one fails; return what became of each, by name."""
        action = yaml.safe_load((ROOT / ".github" / "actions" / "review" / "action.yml").read_text("utf-8"))
        context = {**CONTEXT, **{f"inputs.{name}": value for name, value in inputs.items()}}
        output, summary = self.root.parent / "output", self.root.parent / "summary"
        files = {
            "GITHUB_OUTPUT": str(output),
            "GITHUB_STEP_SUMMARY": str(summary),
            "GITHUB_REPOSITORY": "example/platform",
        }
        done: dict[str, Done] = {}
        for step in action["runs"]["steps"]:
            if "run" in step:
                assert step["shell"] == "bash"
                environment = {name: _substituted(value, context) for name, value in step.get("env", {}).items()}
                done[step["name"]] = self.script(step["run"], **files, **environment)
                if done[step["name"]].returncode:
                    break
                for line in output.read_text("utf-8").splitlines() if output.exists() else ():
                    name, _, value = line.partition("=")
                    context[f"steps.review.outputs.{name}"] = value
        return done


@pytest.fixture
def folders(folder_of: Any, draft: Any) -> dict[str, str]:
    """Return inputs that need no synthesis: both sides as folders, the second without the audit log."""

    def edit(each: Any) -> None:
        each.platform["cluster"]["logs"] = ["api"]

    return {"base": str(folder_of(draft.default())), "head": str(folder_of(draft.default().edited(edit)))}


def _substituted(text: Any, context: dict[str, str]) -> str:
    return re.sub(r"\$\{\{\s*(\S+)\s*\}\}", lambda found: context[found.group(1)], str(text))


Acted = tuple[Runner, dict[str, Done]]


def the_action(folder: Path) -> Callable[[], Acted]:
    runner = Runner(repository_in(folder))
    return lambda: (runner, runner.action())


@pytest.mark.other_core(begins=[the_action])
def test_the_action_comments_and_fails_for_a_risk(answer: Answer) -> None:
    runner, done = answer(the_action)
    repository = runner.root
    assert [step.returncode for step in done.values()] == [0, 0, 0, 1], [step.stderr for step in done.values()]
    line = (repository / "platform.yaml").read_text("utf-8").splitlines().index("  logs: [api]") + 1
    assert (
        f"::error file=platform.yaml,line={line},title=logging-off::emr-on-eks-cluster/cluster" in done["Judge"].stdout
    )
    comment = (repository / "review" / "review.md").read_text("utf-8")
    assert comment.startswith("<!-- emr-eks-review -->\n")
    assert "`logging-off`" in comment
    assert Path(f"{runner.calls}.sent").read_text("utf-8") == comment
    assert (repository.parent / "summary").read_text("utf-8") == comment
    assert runner.told()[-1].startswith("gh api --silent repos/example/platform/issues/7/comments --field body=@")
    assert json.loads((repository / "review" / "review.json").read_text("utf-8"))["risks"][0]["id"] == "logging-off"
    assert {file.suffix for file in (repository / "review").iterdir()} == {".md", ".json", ".html", ".sarif"}


def test_the_action_renews_its_comment(repository: Path, folders: dict[str, str]) -> None:
    runner = Runner(repository, KNOWN="4711")
    done = runner.action(**{"fail-on": "never", **folders})
    assert {step.returncode for step in done.values()} == {0}
    assert "::error" not in done["Judge"].stdout
    assert "--method PATCH repos/example/platform/issues/comments/4711" in runner.told()[-1]


def test_a_fork_that_may_not_comment_has_the_review_in_the_summary(repository: Path, folders: dict[str, str]) -> None:
    done = Runner(repository, REFUSES="1").action(**{"fail-on": "critical", **folders})
    assert {step.returncode for step in done.values()} == {0}
    assert "::notice::no permission to comment" in done["Comment"].stdout
    assert "logging-off" in (repository.parent / "summary").read_text("utf-8")


def the_action_without_a_base(folder: Path) -> Callable[[], Acted]:
    runner = Runner(repository_in(folder))
    return lambda: (runner, runner.action(base="nowhere"))


@pytest.mark.other_core(begins=[the_action_without_a_base])
def test_the_action_stops_at_a_mistake(answer: Answer) -> None:
    runner, done = answer(the_action_without_a_base)
    assert [*done] == ["Install", "Review"]
    assert done["Review"].returncode == 2
    assert "neither a folder nor a git revision" in done["Review"].stderr
    assert not [call for call in runner.told() if call.startswith("gh")]


class Job(NamedTuple):
    """How the job ended, the last thing that it asked of GitLab, and the note that it sent with it."""

    done: Done
    asked: str
    note: str


def the_jobs_of_gitlab(folder: Path) -> Callable[[], tuple[Runner, list[Job]]]:
    """Run the job for a merge request without a note of ours, and once more with one; that reviews nothing anew."""
    repository = repository_in(folder)
    git(repository, "update-ref", "refs/remotes/origin/main", "main")
    git(repository, "remote", "add", "origin", str(repository))
    runner = Runner(
        repository,
        REVIEW_TOKEN="a-token",
        CI_MERGE_REQUEST_TARGET_BRANCH_NAME="main",
        CI_API_V4_URL="https://gitlab.example.com/api/v4",
        CI_PROJECT_ID="1",
        CI_MERGE_REQUEST_IID="7",
    )
    lines = gitlab_job()["script"]
    reviewed = ["code=1" if "emr-eks review" in line else line for line in lines]
    assert len({*reviewed} - {*lines}) == 1

    def run(lines: list[str], known: str) -> Job:
        # GitLab runs a job's lines in one shell that stops at the first that fails.
        done = runner.script("\n".join(lines), KNOWN=known)
        return Job(done, runner.told()[-1], json.loads(Path(f"{runner.calls}.sent").read_text("utf-8"))["body"])

    return lambda: (runner, [run(lines, ""), run(reviewed, '{"id": 12, "body": "<!-- emr-eks-review -->"}')])


def gitlab_job() -> dict[str, Any]:
    return dict(yaml.safe_load((ROOT / "docs" / "gitlab-review.yml").read_text("utf-8"))["review"])


@pytest.mark.other_core(begins=[the_jobs_of_gitlab])
def test_the_job_of_gitlab_writes_one_note_and_fails_for_a_risk(answer: Answer) -> None:
    runner, (first, renewed) = answer(the_jobs_of_gitlab)
    for job, method, end in ((first, "POST", "notes"), (renewed, "PUT", "notes/12")):
        assert job.done.returncode == 1, job.done.stderr
        assert "`logging-off`" in job.done.stdout
        assert f"--request {method}" in job.asked
        assert job.asked.endswith(f"/projects/1/merge_requests/7/{end}")
        assert job.note == (runner.root / "review.md").read_text("utf-8")
    kept = set(gitlab_job()["artifacts"]["paths"])
    assert {name for name in kept if (runner.root / name).exists()} == kept


TERRAFORM = """#!/bin/bash
echo "terraform $*" >> "$CALLS"
# The last stack reads what is not applied yet.
case "$*" in *teams*" plan "*) exit 1 ;; *show*) echo '{"stack": "'"$1"'"}' ;; esac
"""


def the_workflow_with_plans(folder: Path) -> Callable[[], tuple[Runner, Done]]:
    repository = repository_in(folder)
    file = repository.parent / "bin" / "terraform"
    file.write_text(TERRAFORM, "utf-8")
    file.chmod(0o755)
    workflow = yaml.safe_load((ROOT / "docs" / "review-with-plans.yml").read_text("utf-8"))
    (step,) = [step for step in workflow["jobs"]["review"]["steps"] if "run" in step]
    runner = Runner(repository)
    return lambda: (runner, runner.script(step["run"], GITHUB_OUTPUT=str(folder / "output")))


@pytest.mark.other_core(begins=[the_workflow_with_plans])
def test_the_workflow_with_plans_hands_over_those_that_there_are(answer: Answer) -> None:
    runner, done = answer(the_workflow_with_plans)
    repository, output = runner.root, runner.root.parent / "output"
    assert done.returncode == 0, done.stderr
    stacks = ("addons", "cluster", "network", "node_pools")
    assert output.read_text("utf-8") == f"plans={' '.join(f'emr-on-eks-{stack}.json' for stack in stacks)}\n"
    assert all("stack" in json.loads((repository / f"emr-on-eks-{stack}.json").read_text("utf-8")) for stack in stacks)


@pytest.mark.parametrize("name", [".github/workflows/review.yml", "docs/review-with-plans.yml"])
def test_a_workflow_gives_the_action_inputs_that_it_has(name: str) -> None:
    action = yaml.safe_load((ROOT / ".github" / "actions" / "review" / "action.yml").read_text("utf-8"))
    workflow = yaml.safe_load((ROOT / name).read_text("utf-8"))
    (job,) = workflow["jobs"].values()
    checkout, *_, review = job["steps"]
    assert checkout["with"]["fetch-depth"] == 0, "the base must be there"
    assert review["uses"] == "./.github/actions/review"
    needed = {name for name, each in action["inputs"].items() if each.get("required")}
    assert needed <= set(review["with"]) <= set(action["inputs"])
    # YAML reads the key `on` as true.
    assert workflow[True] == "pull_request"
    assert workflow["permissions"].items() >= {"contents": "read", "pull-requests": "write"}.items()
    assert {step["shell"] for step in action["runs"]["steps"] if "run" in step} == {"bash"}
