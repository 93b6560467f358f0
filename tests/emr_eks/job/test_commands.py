"""`emr-eks job` against AWS in the test process: starting, finding, following and cancelling runs."""

from __future__ import annotations

import errno
import json
import shlex
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import boto3
import pytest

from emr_eks.failures import Failure
from emr_eks.job.client import Jobs
from emr_eks.job.presets import PRESETS

from .conftest import ACCOUNT, BUCKET, CLUSTER, REGION, Cli, Emr, TestClock

TEAM = ("--team", "analytics")


# Starting


def code_in_the_bucket() -> list[str]:
    """Return the keys of all versions of uploaded code."""
    found = boto3.client("s3", region_name=REGION).list_object_versions(Bucket=BUCKET).get("Versions", [])
    return [each["Key"] for each in found if "/jobs/" in each["Key"]]


def test_submit_uploads_the_code_and_starts_the_job(cli: Cli, emr: Emr, folder: Path) -> None:
    answer = cli("submit", "threadsleep.yaml", "--format", "json")
    assert answer.code == 0
    assert answer.json["virtualClusterId"] == emr.virtual_cluster
    run = emr.run(answer.json["id"])
    assert run.execution_role_arn == f"arn:aws:iam::{ACCOUNT}:role/{CLUSTER}.analytics.job.{REGION}"
    uri = run.job_driver["sparkSubmitJobDriver"]["entryPoint"]
    bucket, key = uri.removeprefix("s3://").split("/", 1)
    code = boto3.client("s3", region_name=REGION).get_object(Bucket=bucket, Key=key)["Body"].read()
    assert code == (folder / "threadsleep.py").read_bytes()


def test_submit_tells_people_the_id(cli: Cli, emr: Emr) -> None:
    answer = cli("submit", "threadsleep.yaml")
    (run,) = emr.backend.job_runs.values()
    assert answer.out == (
        f"threadsleep-karpenter-wo-dra started as {run.id} on virtual cluster {emr.virtual_cluster}\n"
    )


def test_dry_run_prints_what_submit_sends_and_starts_nothing(cli: Cli, emr: Emr) -> None:
    shown = cli("submit", "threadsleep.yaml", "--dry-run").json
    assert emr.backend.job_runs == {}
    assert not code_in_the_bucket()
    cli("submit", "threadsleep.yaml")
    (run,) = emr.backend.job_runs.values()
    assert shown["jobDriver"] == run.job_driver
    assert shown["configurationOverrides"] == run.configuration_overrides
    assert shown["virtualClusterId"] == run.virtual_cluster_id


def test_render_prints_the_same_request_without_aws(cli: Cli, emr: Emr) -> None:
    from_aws = cli("submit", "threadsleep.yaml", "--dry-run").json
    told = ("--account-id", ACCOUNT, "--virtual-cluster-id", emr.virtual_cluster)
    assert cli("render", "threadsleep.yaml", *told).json == from_aws


def test_render_needs_neither_credentials_nor_a_platform_in_aws(cli: Cli) -> None:
    request = cli("render", "threadsleep.yaml").json
    assert request["executionRoleArn"] == f"arn:aws:iam::000000000000:role/{CLUSTER}.analytics.job.{REGION}"


def test_render_takes_ids_only(cli: Cli) -> None:
    answer = cli("render", "threadsleep.yaml", "--account-id", "foo", "--virtual-cluster-id", "X Y")
    assert (answer.code, answer.out) == (2, "")
    assert answer.err == (
        "error: --account-id must be 12 digits, got 'foo'; "
        "--virtual-cluster-id must be 1 to 64 lower-case letters and digits, got 'X Y'\n"
    )
    assert cli("render", "threadsleep.yaml", "--account-id", "").code == 2


def test_each_submission_is_a_run_of_its_own(cli: Cli, emr: Emr) -> None:
    for _ in range(2):
        cli("submit", "threadsleep.yaml")
    assert len(emr.backend.job_runs) == 2


def test_once_starts_the_same_request_once(cli: Cli, emr: Emr, folder: Path) -> None:
    first, second = (cli("submit", "threadsleep.yaml", "--once", "--format", "json").json for _ in range(2))
    assert first == second
    with (folder / "threadsleep.py").open("a") as script:
        script.write("# another program\n")
    assert cli("submit", "threadsleep.yaml", "--once", "--format", "json").json != first
    assert len(emr.backend.job_runs) == 2


def test_a_token_of_ones_own_makes_two_submissions_one(cli: Cli, emr: Emr) -> None:
    for _ in range(2):
        cli("submit", "threadsleep.yaml", "--client-token", "2026-11-21")
    (run,) = emr.backend.job_runs.values()
    assert run.client_token == "2026-11-21"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--client-token", "x" * 65], "error: --client-token must have 1 to 64 characters, got 65\n"),
        (["--client-token", ""], "error: --client-token must have 1 to 64 characters, got 0\n"),
        (["--client-token", "a", "--once"], "error: --once makes a token of its own; leave --client-token out\n"),
    ],
)
def test_bad_tokens_are_told(cli: Cli, options: list[str], message: str) -> None:
    answer = cli("submit", "threadsleep.yaml", *options)
    assert (answer.code, answer.err) == (2, message)


def test_unchanged_code_is_not_uploaded_again(cli: Cli, emr: Emr) -> None:
    s3 = boto3.client("s3", region_name=REGION)
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    for _ in range(2):
        cli("submit", "threadsleep.yaml")
    assert len(code_in_the_bucket()) == 1


# Following, with time in the test's hand


def moves(emr: Emr, clock: TestClock, *plan: tuple[float, str, str | None]) -> None:
    """Let the only run change its state after so many seconds each."""

    def move(state: str, details: str | None) -> None:
        (run,) = emr.backend.job_runs.values()
        run.state, run.state_details = state, details
        emr.started(run.id, clock.start)
        if state in ("COMPLETED", "FAILED", "CANCELLED"):
            run.finished_at = clock.now().replace(tzinfo=None)
        if state == "FAILED":
            run.failure_reason = "USER_ERROR"

    clock.plans = [(at, partial(move, state, details)) for at, state, details in plan]


def test_watch_shows_each_state_once_and_ends_well(cli: Cli, emr: Emr, clock: TestClock) -> None:
    moves(emr, clock, (10, "SUBMITTED", None), (60, "RUNNING", None), (300, "COMPLETED", "all done"))
    answer = cli("submit", "threadsleep.yaml", "--watch")
    states = [line.split(" ", 1)[1] for line in answer.out.splitlines() if line[2:3] == ":"]
    assert states == ["PENDING", "SUBMITTED", "RUNNING", "COMPLETED: all done"]
    assert answer.code == 0
    assert "took 0:05:00" in answer.out
    assert clock.slept == [5.0] * 60


def test_watch_tells_failure_by_its_exit_code(cli: Cli, emr: Emr, clock: TestClock) -> None:
    moves(emr, clock, (10, "RUNNING", None), (20, "FAILED", "exit code 1 [/driver]"))
    run = emr.start()
    answer = cli("watch", *TEAM, run)
    assert answer.code == 3
    assert "FAILED: USER_ERROR: exit code 1 [/driver]" in answer.out
    assert f"`emr-eks job logs -t analytics {run}` shows why" in answer.out


def test_watch_tells_cancellation_by_its_exit_code(cli: Cli, emr: Emr, clock: TestClock) -> None:
    moves(emr, clock, (7, "CANCEL_PENDING", None), (30, "CANCELLED", None))
    assert cli("watch", *TEAM, emr.start(), "--every", "1").code == 4
    assert clock.slept == [1.0] * 30


def test_watch_gives_up_in_time_and_the_job_goes_on(cli: Cli, emr: Emr, clock: TestClock) -> None:
    moves(emr, clock, (3, "RUNNING", None))
    run = emr.start()
    answer = cli("watch", *TEAM, run, "--timeout", "12")
    assert answer.code == 5
    assert answer.err == f"error: {run} is still RUNNING after 12 s; it goes on\n"
    assert clock.slept == [5.0, 5.0, 2.0]
    assert emr.run(run).state == "RUNNING"


def test_watch_for_programs_prints_the_run_and_nothing_else(cli: Cli, emr: Emr, clock: TestClock) -> None:
    moves(emr, clock, (10, "COMPLETED", None))
    answer = cli("submit", "threadsleep.yaml", "--watch", "--format", "json")
    assert answer.json["state"] == "COMPLETED"
    assert "PENDING" in answer.err


def test_an_interrupted_watch_leaves_the_job_alone(cli: Cli, emr: Emr, clock: TestClock) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    clock.plans = [(5, interrupt)]
    run = emr.start()
    answer = cli("watch", *TEAM, run)
    assert answer.code == 130
    assert answer.err == f"{run} goes on; `emr-eks job watch -t analytics {run}` follows it again\n"
    assert emr.run(run).state == "PENDING"


# Finding


def test_list_shows_the_newest_first_and_filters(cli: Cli, emr: Emr, clock: TestClock) -> None:
    runs = [emr.start(name) for name in ("one", "two", "two", "three")]
    for age, run in enumerate(reversed(runs)):
        emr.started(run, clock.now() - timedelta(hours=age))
    emr.run(runs[1]).state = "RUNNING"
    emr.run(runs[2]).state = "FAILED"

    def listed(*options: str) -> list[str]:
        return [run["id"] for run in cli("list", *TEAM, "--format", "json", *options).json]

    assert listed() == runs[::-1]
    assert listed("--state", "RUNNING") == [runs[1]]
    assert listed("--state", "RUNNING", "-s", "FAILED") == [runs[2], runs[1]]
    assert listed("--name", "two") == [runs[2], runs[1]]
    assert listed("--since", "90m") == [runs[3], runs[2]]
    assert listed("--since", f"{clock.now() - timedelta(hours=2, minutes=30):%Y-%m-%dT%H:%M:%S+00:00}") == runs[:0:-1]
    assert listed("--limit", "1") == [runs[3]]
    table = cli("list", *TEAM, "--limit", "3").out
    assert [run in table for run in runs] == [False, True, True, True]
    assert "1 more; --limit shows them" in table


def test_list_reads_every_page(cli: Cli, emr: Emr) -> None:
    runs = {emr.start() for _ in range(120)}
    found = cli("list", *TEAM, "--limit", "1000", "--format", "json").json
    assert {run["id"] for run in found} == runs


@pytest.mark.parametrize("span", ["yesterday", "7", "999999999999d", "2026-13-01"])
def test_a_bad_span_is_told(cli: Cli, span: str) -> None:
    answer = cli("list", *TEAM, "--since", span)
    assert answer.code == 2
    assert answer.err == (
        f"error: --since must be a span such as 30m, 12h or 7d, or a date such as 2026-11-21, got {span!r}\n"
    )


def test_show_tells_what_runs_where(cli: Cli, emr: Emr, clock: TestClock) -> None:
    run = cli("submit", "threadsleep.yaml", "--format", "json").json["id"]
    emr.started(run, clock.now() - timedelta(minutes=3))
    shown = cli("show", *TEAM, run).out
    for part in (run, "PENDING", "0:03:00", "emr-7.13.0-latest", "spark.dynamicAllocation.enabled false"):
        assert part in shown
    assert cli("show", *TEAM, run, "--format", "json").json["id"] == run


def test_show_leaves_nothing_of_the_request_out(cli: Cli, emr: Emr) -> None:
    driver = {"entryPoint": "s3://b/x.py", "entryPointArguments": ["a b", "it's"]}
    monitoring = {
        "persistentAppUI": "DISABLED",
        "cloudWatchMonitoringConfiguration": {"logGroupName": "/logs", "logStreamNamePrefix": "nightly"},
        "s3MonitoringConfiguration": {"logUri": "s3://b/logs/"},
        "containerLogRotationConfiguration": {"rotationSize": "100MB", "maxFilesToKeep": 10},
    }
    run = emr.start(
        jobDriver={"sparkSubmitJobDriver": driver},
        configurationOverrides={"monitoringConfiguration": monitoring},
        retryPolicyConfiguration={"maxAttempts": 3},
    )
    shown = dict(line.split(maxsplit=1) for line in cli("show", *TEAM, run).out.splitlines() if " " in line.strip())
    assert shown["arguments"] == shlex.join(["a b", "it's"])
    assert shown["attempts"].endswith("of at most 3")
    assert shown["history"] == "DISABLED"
    assert shown["rotation"] == "at 100MB, 10 files"
    assert "logs             /logs nightly\nlogs in S3       s3://b/logs/\n" in cli("show", *TEAM, run).out


def test_a_run_is_found_by_its_jobs_name(cli: Cli, emr: Emr, clock: TestClock) -> None:
    older, newer = emr.start("daily"), emr.start("daily")
    emr.started(older, clock.now() - timedelta(days=1))
    assert cli("show", *TEAM, "daily", "--format", "json").json["id"] == newer


@pytest.mark.parametrize("run", ["nothing", "0" * 19])
@pytest.mark.parametrize("command", ["show", "watch", "logs", "ui"])
def test_a_run_that_is_not_there_is_told(cli: Cli, emr: Emr, command: str, run: str) -> None:
    answer = cli(command, *TEAM, run)
    assert answer.code == 2
    assert answer.err == (
        f"error: team analytics has no job run {run!r}, and none of a job of that name; "
        "`emr-eks job list --team analytics` shows those there are\n"
    )


def test_a_team_that_is_not_there_is_told(cli: Cli) -> None:
    answer = cli("list", "--team", "sales")
    assert (answer.code, answer.err) == (2, "error: platform.yaml has no team 'sales'; there are: analytics\n")


# Cancelling


def test_cancel_takes_ids(cli: Cli, emr: Emr) -> None:
    first, second = emr.start(), emr.start()
    answer = cli("cancel", *TEAM, first, "--yes")
    assert answer.code == 0
    assert emr.run(first).state == "CANCELLED"
    assert emr.run(second).state == "PENDING"


def test_cancel_takes_all_live_runs_of_a_job(cli: Cli, emr: Emr) -> None:
    daily, other, ended = emr.start("daily"), emr.start("other"), emr.start("daily")
    emr.run(ended).finish("COMPLETED", "done")
    cancelled = cli("cancel", *TEAM, "--name", "daily", "--yes", "--format", "json").json
    assert [run["id"] for run in cancelled] == [daily]
    assert emr.run(other).state == "PENDING"
    assert emr.run(ended).state == "COMPLETED"


def test_cancel_takes_all_of_a_team(cli: Cli, emr: Emr) -> None:
    runs = [emr.start(), emr.start("other")]
    cli("cancel", *TEAM, "--all", "-y")
    assert [emr.run(run).state for run in runs] == ["CANCELLED", "CANCELLED"]
    assert cli("cancel", *TEAM, "--all", "-y").out == "nothing to cancel\n"


@pytest.mark.parametrize("other", [("--region", "eu-west-1"), ("--endpoint-url", "http://127.0.0.1:9")])
def test_local_is_not_somewhere_else_too(cli: Cli, other: tuple[str, str]) -> None:
    answer = cli("list", *TEAM, "--local", *other)
    rule = "--local asks this machine's cloud alone; leave --region and --endpoint-url out"
    assert (answer.code, answer.err) == (2, f"error: {rule}\n")


def test_cancel_asks_first(cli: Cli, emr: Emr, monkeypatch: pytest.MonkeyPatch) -> None:
    run = emr.start()
    answer = cli("cancel", *TEAM, run)
    assert answer.code == 2
    assert answer.err.endswith("error: will not cancel without being asked to; add --yes\n")
    assert emr.run(run).state == "PENDING"
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("typer.confirm", lambda *_, **__: True)
    assert cli("cancel", *TEAM, run).code == 0
    assert emr.run(run).state == "CANCELLED"


@pytest.mark.parametrize("which", [[], ["--all", "--name", "x"], ["0" * 19, "--all"]])
def test_cancel_must_know_which(cli: Cli, which: list[str]) -> None:
    answer = cli("cancel", *TEAM, *which, "--yes")
    assert (answer.code, answer.err) == (
        2,
        "error: say in one way which runs to cancel: by RUN, with --name, or with --all\n",
    )


@pytest.mark.parametrize(
    ("command", "name"),
    [
        (["show", ""], "RUN"),
        (["watch", ""], "RUN"),
        (["logs", ""], "RUN"),
        (["ui", ""], "RUN"),
        (["cancel", "", "--yes"], "RUN"),
        (["cancel", "--name", "", "--yes"], "--name"),
        (["list", "--name", ""], "--name"),
    ],
)
@pytest.mark.parametrize("blank", ["", " "])
def test_nothing_is_no_name(cli: Cli, command: list[str], name: str, blank: str) -> None:
    """It is what a script's unset variable leaves, and AWS would take it for every run."""
    answer = cli(*(word or blank for word in command), *TEAM)
    assert (answer.code, answer.out, answer.err) == (2, "", f"error: {name} must not be blank, got {blank!r}\n")


@pytest.fixture
def stubborn(emr: Emr, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the first of two runs, which AWS refuses to cancel."""
    first, _ = emr.start(), emr.start()
    genuine = Jobs.cancel

    def cancel(jobs: Jobs, run_id: str) -> str | None:
        if run_id == first:
            raise Failure("AWS refused CancelJobRun: InternalServerException: ")
        return genuine(jobs, run_id)

    monkeypatch.setattr(Jobs, "cancel", cancel)
    return first


@pytest.mark.parametrize("output", ["text", "json"])
def test_one_that_cannot_be_cancelled_stops_no_other(cli: Cli, emr: Emr, stubborn: str, output: str) -> None:
    answer = cli("cancel", *TEAM, *emr.backend.job_runs, "--yes", "--wait", "--format", output)
    states = {stubborn: "PENDING"} | {run: "CANCELLED" for run in emr.backend.job_runs if run != stubborn}
    assert {run: emr.run(run).state for run in states} == states
    if output == "json":
        assert {each["id"]: each["state"] for each in answer.json} == states
    else:
        assert answer.out == "".join(f"{run} nightly: {state}\n" for run, state in states.items())
    assert answer.err == (f"error: {stubborn} was not cancelled: AWS refused CancelJobRun: InternalServerException: \n")
    assert answer.code == 1


def test_a_run_that_ended_meanwhile_is_no_failure(cli: Cli, emr: Emr) -> None:
    run = emr.start("daily")
    emr.run(run).finish("COMPLETED", "done")
    answer = cli("cancel", *TEAM, run, "--yes")
    assert (answer.code, answer.out) == (0, f"{run} daily: COMPLETED\n")


def test_cancel_can_wait_for_the_end(cli: Cli, emr: Emr, clock: TestClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """In AWS a run is CANCEL_PENDING until its pods are gone."""
    run = emr.start("daily")
    monkeypatch.setattr(
        type(emr.run(run)), "finish", lambda run, state, details: setattr(run, "state", "CANCEL_PENDING")
    )
    clock.plans = [(40, lambda: setattr(emr.run(run), "state", "CANCELLED"))]
    answer = cli("cancel", *TEAM, run, "--yes", "--wait")
    assert answer.out == f"{run} daily: CANCELLED\n"
    assert sum(clock.slept) == 40


def test_what_did_not_end_in_time_is_told_with_the_rest(
    cli: Cli, emr: Emr, clock: TestClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = emr.start("daily")
    monkeypatch.setattr(
        type(emr.run(run)), "finish", lambda run, state, details: setattr(run, "state", "CANCEL_PENDING")
    )
    answer = cli("cancel", *TEAM, run, "--yes", "--wait", "--timeout", "10")
    assert (answer.code, answer.out) == (5, f"{run} daily: CANCEL_PENDING\n")
    assert answer.err == f"error: {run} is still CANCEL_PENDING after 10 s; it goes on\n"


def test_runs_have_one_time_to_end_in_all_together(
    cli: Cli, emr: Emr, clock: TestClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = runs = [emr.start("daily"), emr.start("daily")]
    monkeypatch.setattr(
        type(emr.run(first)), "finish", lambda run, state, details: setattr(run, "state", "CANCEL_PENDING")
    )
    clock.plans = [(8, lambda: setattr(emr.run(first), "state", "CANCELLED"))]
    answer = cli("cancel", *TEAM, *runs, "--yes", "--wait", "--timeout", "12")
    assert answer.err == f"error: {second} is still CANCEL_PENDING after 12 s; it goes on\n"
    assert sum(clock.slept) == 12


# The Spark history


def test_ui_leads_to_the_teams_jobs_in_the_console(cli: Cli, emr: Emr) -> None:
    answer = cli("ui", *TEAM, emr.start())
    assert answer.out == (
        "https://console.aws.amazon.com/elasticmapreduce/home?region=us-east-1"
        f"#virtual-cluster-jobs:{emr.virtual_cluster}\n"
    )


def test_ui_tells_where_the_event_logs_are(cli: Cli, emr: Emr, folder: Path) -> None:
    with (folder / "threadsleep.yaml").open("a") as file:
        file.write("configurations:\n  emr-containers-defaults:\n    logging.eventLog.dir: s3://b/logs\n")
    run = cli("submit", "threadsleep.yaml", "--format", "json").json["id"]
    assert cli("ui", *TEAM, run, "--format", "json").json["eventLogs"] == "s3://b/logs"


def test_ui_asks_emr_for_a_url(cli: Cli, emr: Emr, clock: TestClock, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, dict[str, Any]]] = []
    answers = [
        {"PersistentAppUIId": "p-1"},
        {"PresignedURLReady": False},
        {"PresignedURLReady": True, "PresignedURL": "https://history.example/1"},
    ]

    class History:
        def __getattr__(self, operation: str) -> Any:
            def answer(**arguments: Any) -> Any:
                asked.append((operation, arguments))
                return answers[len(asked) - 1]

            return answer

    genuine = Jobs.client
    monkeypatch.setattr(Jobs, "client", lambda self, name: History() if name == "emr" else genuine(self, name))
    run = emr.start()
    assert cli("ui", *TEAM, run, "--presigned").out == "https://history.example/1\n"
    operation, arguments = asked[0]
    assert operation == "create_persistent_app_ui"
    assert arguments["EMRContainersConfig"] == {"JobRunId": run}
    assert arguments["TargetResourceArn"].endswith(f":/virtualclusters/{emr.virtual_cluster}")
    assert clock.slept == [5]
    shape = boto3.client("emr", region_name=REGION).meta.service_model.operation_model("CreatePersistentAppUI")
    assert set(arguments) <= set(shape.input_shape.members)


def test_ui_says_when_there_is_no_history(cli: Cli, emr: Emr) -> None:
    run = emr.start(configurationOverrides={"monitoringConfiguration": {"persistentAppUI": "DISABLED"}})
    answer = cli("ui", *TEAM, run, "--presigned")
    assert answer.code == 1
    assert answer.err == f"error: {run} was started without `application_ui`; EMR keeps no history of it\n"


# Presets and schema


def test_presets_are_listed_and_shown(cli: Cli) -> None:
    assert all(name in cli("presets").out for name in PRESETS)
    shown = cli("presets", "dynamic-allocation").out
    assert "spark.dynamicAllocation.maxExecutors" in shown
    assert "https://www.eksworkshop.com/" in shown
    assert set(cli("presets", "--format", "json").json) == set(PRESETS)
    answer = cli("presets", "dynamic")
    assert answer.code == 2
    assert "there is no preset 'dynamic'; there are: fixed-executors, " in answer.err


def test_the_schema_describes_job_files(cli: Cli) -> None:
    import jsonschema
    import yaml

    schema = json.loads(cli("schema").out)
    validator = jsonschema.Draft202012Validator(schema)
    jobs = [yaml.safe_load(file.read_text("utf-8")) for file in Path("threadsleep.yaml").parent.glob("thread*.yaml")]
    assert jobs
    assert all(validator.is_valid(job) for job in jobs)
    assert not validator.is_valid({**jobs[0], "presets": ["none"]})
    assert not validator.is_valid({**jobs[0], "name": "daily sales"})
    assert validator.is_valid({**jobs[0], "name": "${team}-sales", "jars": ["s3://${bucket}/x.jar"]})


def test_a_full_disk_is_told(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("typer.echo", full)
    answer = cli("schema")
    assert (answer.code, answer.err) == (1, "error: cannot write all of it: No space left on device\n")
