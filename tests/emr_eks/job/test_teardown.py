"""`emr-eks teardown` against AWS in the test process. Here, beside the tests of jobs, for their AWS and their clock."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.client import BaseClient
from botocore.stub import Stubber
from conftest import Answer, command_line

from emr_eks.job.client import Jobs

from .conftest import ACCOUNT, BUCKET, CLUSTER, REGION, Emr, TestClock

Teardown = Callable[..., Answer]
ROLE = f"arn:aws:iam::{ACCOUNT}:role/{CLUSTER}-analytics-job"
ENDPOINT = {"type": "JUPYTER_ENTERPRISE_GATEWAY", "releaseLabel": "emr-7.13.0-latest", "executionRoleArn": ROLE}


@pytest.fixture
def teardown(
    folder: Path, emr: Emr, clock: TestClock, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Teardown:
    """Run `emr-eks teardown ...` in *folder*, where time stands still until somebody waits."""
    monkeypatch.setenv("COLUMNS", "200")
    return lambda *words: command_line(capfd, "teardown", *words)


@pytest.fixture
def other_team(emr: Emr) -> Iterator[str]:
    """Return a virtual cluster of another team, which platform.yaml does not name."""
    provider = {"type": "EKS", "id": CLUSTER, "info": {"eksInfo": {"namespace": "sales"}}}
    made = emr.client.create_virtual_cluster(name=f"{CLUSTER}.sales", containerProvider=provider)["id"]
    yield str(made)
    del emr.backend.virtual_clusters[made]


@pytest.fixture
def slow(emr: Emr, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let cancelled runs be CANCEL_PENDING until a test ends them, as in AWS while their pods go."""
    from emr_eks.local.aws.emrcontainers import JobRun

    monkeypatch.setattr(JobRun, "finish", lambda run, state, details: setattr(run, "state", "CANCEL_PENDING"))


@pytest.fixture
def cdktf(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    """Stand in for cdktf, and return a function that tells how it was called."""
    program = folder / "node_modules" / ".bin" / "cdktf"
    program.parent.mkdir(parents=True)
    program.write_text('#!/bin/sh\necho "$EMR_EKS_PLATFORM $*" >> calls\nexit ${CDKTF_FAILS:-0}\n')
    program.chmod(0o755)
    calls = folder / "calls"
    return lambda: calls.read_text().splitlines() if calls.exists() else []


def test_a_quiet_platform_is_ready_to_go(teardown: Teardown) -> None:
    answer = teardown()
    assert answer.code == 0
    assert answer.out.splitlines()[:3] == [
        "no job run and no interactive endpoint is left",
        "next:",
        "  EMR_EKS_PLATFORM=platform.yaml cdktf destroy '*'",
    ]


def test_what_runs_is_shown_cancelled_and_waited_for(
    teardown: Teardown, emr: Emr, clock: TestClock, slow: None
) -> None:
    runs = [emr.start("nightly") for _ in range(2)]
    ended = emr.start("ended")
    emr.run(ended).state = "COMPLETED"
    place = {"virtualClusterId": emr.virtual_cluster}
    endpoint = emr.client.create_managed_endpoint(name="studio", **ENDPOINT, **place)["id"]
    clock.plans = [
        (at, partial(setattr, emr.run(run), "state", "CANCELLED")) for at, run in zip((20, 60), runs, strict=True)
    ]
    answer = teardown("--yes")
    assert answer.code == 0
    assert all(each in answer.out for each in (*runs, endpoint))
    assert ended not in answer.out
    waits = [line.split(" ", 1)[1] for line in answer.out.splitlines() if " waiting for " in line]
    assert waits == ["waiting for 2 job runs CANCEL_PENDING", "waiting for 1 job run CANCEL_PENDING"]
    assert sum(clock.slept) == 60
    assert emr.backend.endpoints[endpoint].state == "TERMINATED"
    assert answer.out.index("waiting") < answer.out.index("no job run") < answer.out.index("next:")


def test_nothing_is_cancelled_without_being_asked_to(
    teardown: Teardown, emr: Emr, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = emr.start()
    answer = teardown("--run")
    assert answer.code == 2
    assert answer.err == "error: will not cancel without being asked to; add --yes\n"
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)

    def no(*_: Any, **__: Any) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr("typer.confirm", no)
    assert teardown().code != 0
    assert emr.run(run).state == "PENDING"
    monkeypatch.setattr("typer.confirm", lambda *_, **__: True)
    assert teardown().code == 0
    assert emr.run(run).state == "CANCELLED"


def test_interrupted_and_run_again_it_finishes(teardown: Teardown, emr: Emr, clock: TestClock, slow: None) -> None:
    run = emr.start()

    def interrupt() -> None:
        raise KeyboardInterrupt

    clock.plans = [(10, interrupt)]
    answer = teardown("--yes")
    assert answer.code == 130
    assert answer.err == "what was cancelled goes on ending; run this again for the rest\n"
    # What is ending already needs nobody's consent.
    clock.plans = [(30, lambda: setattr(emr.run(run), "state", "CANCELLED"))]
    answer = teardown()
    assert answer.code == 0
    assert "waiting for 1 job run CANCEL_PENDING" in answer.out


@pytest.mark.parametrize("done", [False, True], ids=["before AWS is asked", "after AWS has answered"])
def test_interrupted_at_any_call_and_run_again_it_finishes(
    teardown: Teardown, emr: Emr, cdktf: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch, done: bool
) -> None:
    """At its first call of AWS, at its second, and so on, until there is none left to interrupt."""
    genuine = BaseClient._make_api_call
    for last in count(1):
        run, calls = emr.start(), count(1)
        endpoint = emr.client.create_managed_endpoint(name="studio", virtualClusterId=emr.virtual_cluster, **ENDPOINT)[
            "id"
        ]

        def interrupted(client: Any, operation: str, arguments: Any, calls: Any = calls, last: int = last) -> Any:
            now = next(calls) == last
            answer = None if now and not done else genuine(client, operation, arguments)
            if now:
                raise KeyboardInterrupt
            return answer

        with monkeypatch.context() as patch:
            patch.setattr(BaseClient, "_make_api_call", interrupted)
            answer = teardown("--yes", "--run")
        if answer.code == 0:
            break
        assert answer.code == 130
        assert "Traceback" not in answer.err
        destroyed = len(cdktf())
        assert teardown("--yes", "--run").code == 0
        assert (emr.run(run).state, emr.backend.endpoints[endpoint].state) == ("CANCELLED", "TERMINATED")
        assert len(cdktf()) == destroyed + 1
    assert last > 6


def test_interrupted_while_terraform_destroys_it_lets_it_come_to_its_end(
    teardown: Teardown, folder: Path, cdktf: Callable[[], list[str]]
) -> None:
    """Terraform hears of Ctrl-C by itself. Killed, it would leave its state locked."""
    cdktf_itself = folder / "node_modules" / ".bin" / "cdktf"
    cdktf_itself.write_text("#!/bin/sh\necho began >> calls\nsleep 0.5\necho let go >> calls\nexit 1\n")

    def interrupt() -> None:
        while not cdktf():
            time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt, daemon=True).start()
    answer = teardown("--run", "--yes")
    assert cdktf() == ["began", "let go"]
    assert (answer.code, answer.err) == (
        1,
        "error: cdktf destroy failed; what it printed says why. Run this again when it is mended\n",
    )


def test_waiting_has_an_end(teardown: Teardown, emr: Emr, slow: None) -> None:
    emr.start()
    answer = teardown("--yes", "--timeout", "60", "--run")
    assert answer.code == 5
    assert answer.err == (
        "error: after 60 s there are still 1 job run CANCEL_PENDING; they go on ending, run this again to wait on\n"
    )


def test_runs_started_meanwhile_are_not_cancelled_unasked(
    teardown: Teardown, emr: Emr, clock: TestClock, slow: None
) -> None:
    emr.start()

    def begin_another() -> None:
        emr.start("hourly")

    clock.plans = [(10, begin_another)]
    answer = teardown("--yes")
    (late,) = [run.id for run in emr.backend.job_runs.values() if run.name == "hourly"]
    assert answer.code == 1
    assert answer.err == f"error: job run {late}: started meanwhile; stop what starts them, and run this again\n"
    assert emr.run(late).state == "PENDING"


def test_a_team_is_left_alone_when_another_goes(teardown: Teardown, emr: Emr, folder: Path, other_team: str) -> None:
    with (folder / "platform.yaml").open("a") as file:
        file.write("  sales: {}\n")
    mine = emr.start()
    place = {"virtualClusterId": other_team}
    theirs = emr.client.start_job_run(
        **place, executionRoleArn=ROLE, releaseLabel="emr-7.13.0-latest", jobDriver=emr.run(mine).job_driver
    )["id"]
    answer = teardown("--team", "sales", "--yes")
    assert answer.code == 0
    assert (emr.run(mine).state, emr.run(theirs).state) == ("PENDING", "CANCELLED")
    assert answer.out.splitlines()[-6:] == [
        "next: remove 'sales' from `teams` in platform.yaml, then:",
        f"  EMR_EKS_PLATFORM=platform.yaml cdktf deploy {CLUSTER}-teams --ignore-missing-stack-dependencies",
        "will be kept:",
        f"- what lies in s3://{BUCKET}/teams/sales/: `aws s3 rm --recursive s3://{BUCKET}/teams/sales/`",
        f"- what lies in s3://{BUCKET}/logs/sales/: `aws s3 rm --recursive s3://{BUCKET}/logs/sales/`",
        f"- the log group /emr-eks/{CLUSTER}/sales: "
        f"`aws logs delete-log-group --log-group-name /emr-eks/{CLUSTER}/sales`, or "
        "`adopt_log_groups: true` before you deploy it again",
    ]


def test_a_team_that_left_the_file_is_finished(
    teardown: Teardown, emr: Emr, other_team: str, cdktf: Callable[[], list[str]]
) -> None:
    answer = teardown("--team", "sales", "--run", "--yes")
    assert answer.code == 0
    assert cdktf() == [f"platform.yaml deploy {CLUSTER}-teams --ignore-missing-stack-dependencies --auto-approve"]
    emr.client.delete_virtual_cluster(id=other_team)
    assert teardown("--team", "sales", "--run", "--yes").code == 0


def test_a_team_that_is_in_the_file_is_not_run(
    teardown: Teardown, folder: Path, other_team: str, cdktf: Callable[[], list[str]]
) -> None:
    with (folder / "platform.yaml").open("a") as file:
        file.write("  sales: {}\n")
    answer = teardown("--team", "sales", "--run")
    assert (answer.code, cdktf()) == (2, [])
    assert answer.err == "error: remove 'sales' from `teams` in platform.yaml, and run this again\n"


def test_with_the_last_team_its_stack_goes(teardown: Teardown, cdktf: Callable[[], list[str]]) -> None:
    assert teardown("--team", "analytics", "--run").code == 0
    assert cdktf() == [f"platform.yaml destroy {CLUSTER}-teams"]


def test_the_last_team_must_still_be_in_the_file(teardown: Teardown, folder: Path) -> None:
    file = folder / "platform.yaml"
    file.write_text(file.read_text().partition("teams:")[0])
    answer = teardown("--team", "analytics")
    assert answer.code == 2
    assert answer.err == (
        "error: platform.yaml has no team any more, and so no stack to apply; put 'analytics' back and run this "
        "again: with the last team the whole stack is destroyed\n"
    )


def test_a_team_that_never_was_is_told(teardown: Teardown) -> None:
    answer = teardown("--team", "slaes")
    assert answer.code == 2
    assert answer.err == (
        "error: platform.yaml has no team 'slaes', and AWS no virtual cluster of it; there are: analytics\n"
    )


def test_all_that_runs_on_a_cluster_that_is_ours_goes_with_it(teardown: Teardown, emr: Emr, other_team: str) -> None:
    driver = {"sparkSubmitJobDriver": {"entryPoint": "s3://bucket/job.py"}}
    run = emr.client.start_job_run(
        virtualClusterId=other_team, executionRoleArn=ROLE, releaseLabel="emr-7.13.0-latest", jobDriver=driver
    )["id"]
    assert teardown("--yes").code == 0
    assert emr.run(run).state == "CANCELLED"


def test_on_somebody_elses_cluster_only_our_teams_are_looked_at(
    teardown: Teardown, emr: Emr, folder: Path, other_team: str
) -> None:
    (folder / "platform.yaml").write_text(
        f"name: mine\nregion: {REGION}\nexisting_cluster: {{name: {CLUSTER}}}\nkarpenter: {{}}\n"
        "teams: {analytics: {}}\n"
    )
    driver = {"sparkSubmitJobDriver": {"entryPoint": "s3://bucket/job.py"}}
    theirs = emr.client.start_job_run(
        virtualClusterId=other_team, executionRoleArn=ROLE, releaseLabel="emr-7.13.0-latest", jobDriver=driver
    )["id"]
    mine = emr.start()
    assert teardown("--yes").code == 0
    assert (emr.run(mine).state, emr.run(theirs).state) == ("CANCELLED", "PENDING")


def test_a_failed_destroy_is_told(
    teardown: Teardown, cdktf: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CDKTF_FAILS", "1")
    answer = teardown("--run")
    assert answer.code == 1
    assert answer.err == "error: cdktf destroy failed; what it printed says why. Run this again when it is mended\n"
    assert "kept:" not in answer.out
    monkeypatch.setenv("CDKTF_FAILS", "0")
    assert teardown("--run").code == 0
    assert cdktf() == ["platform.yaml destroy *"] * 2


def test_what_is_kept_depends_on_the_two_keys(teardown: Teardown, folder: Path) -> None:
    kept = teardown().out.partition("will be kept:")[2]
    assert f"the bucket {BUCKET} while it holds objects" in kept
    assert f"/emr-eks/{CLUSTER}/analytics" in kept
    assert "aws kms cancel-key-deletion" in kept
    with (folder / "platform.yaml").open("a") as file:
        file.write("destroy_data: true\nbucket: {destroy: true}\n")
    kept = teardown().out.partition("will be kept:")[2]
    assert "bucket" not in kept
    assert f"/emr-eks/{CLUSTER}/" not in kept
    # EKS makes it anew: https://github.com/terraform-aws-modules/terraform-aws-eks/issues/2763
    assert f"the log group /aws/eks/{CLUSTER}/cluster" in kept
    assert "aws kms cancel-key-deletion" in kept


def test_an_arrested_virtual_cluster_is_told(teardown: Teardown, emr: Emr, cdktf: Callable[[], list[str]]) -> None:
    emr.backend.virtual_clusters[emr.virtual_cluster].state = "ARRESTED"
    answer = teardown("--run", "--yes")
    assert (answer.code, cdktf()) == (1, [])
    assert answer.err.startswith(
        f"error: ARRESTED: {CLUSTER}.analytics ({emr.virtual_cluster}). EMR has lost its access"
    )


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("ThrottlingException", "AWS is throttling CancelJobRun; wait a minute and try again"),
        ("ExpiredTokenException", "the credentials have expired; sign in again"),
        ("AccessDeniedException", "you may not call CancelJobRun; ask the platform team"),
    ],
)
def test_refused_cancellations_are_told(
    teardown: Teardown, emr: Emr, monkeypatch: pytest.MonkeyPatch, code: str, said: str
) -> None:
    run = emr.start()
    genuine, stubbed = emr.client, boto3.client("emr-containers", region_name=REGION)
    stub = Stubber(stubbed)
    stub.add_client_error("cancel_job_run", code, "no")
    stub.activate()

    class Client:
        def __getattr__(self, name: str) -> Any:
            return getattr(stubbed if name == "cancel_job_run" else genuine, name)

    client = Jobs.client
    monkeypatch.setattr(Jobs, "client", lambda jobs, name: Client() if name == "emr-containers" else client(jobs, name))
    answer = teardown("--yes", "--run")
    assert answer.code == 1
    assert answer.err.startswith(f"error: {said}")
    assert emr.run(run).state == "PENDING"


def test_a_run_that_ends_by_itself_is_no_failure(teardown: Teardown, emr: Emr, monkeypatch: pytest.MonkeyPatch) -> None:
    run = emr.start()
    from emr_eks.teardown import commands

    confirm = commands._confirm

    def ends_meanwhile(*asked: Any) -> None:
        confirm(*asked)
        emr.run(run).state = "COMPLETED"

    monkeypatch.setattr(commands, "_confirm", ends_meanwhile)
    assert teardown("--yes").code == 0
    assert emr.run(run).state == "COMPLETED"
