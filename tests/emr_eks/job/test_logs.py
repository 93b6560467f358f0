"""Logs of runs, from where EMR writes them.

https://aws.github.io/aws-emr-containers-best-practices/troubleshooting/docs/where-to-look-for-spark-logs/
"""

from __future__ import annotations

import gzip
import itertools
import json

import boto3
import pytest

from .conftest import BUCKET, LOG_GROUP, REGION, Cli, Emr, TestClock

TEAM = ("--team", "analytics")
TIME = 1_795_000_000_000
"""2026-11-18, 11:06:40 UTC, in milliseconds."""


class Pods:
    """The pods of a run, which write logs as EMR's agents do."""

    def __init__(self, emr: Emr, run: str, prefix: str = "nightly") -> None:
        self._cloudwatch = boto3.client("logs", region_name=REGION)
        self._s3 = boto3.client("s3", region_name=REGION)
        self._place = f"{emr.virtual_cluster}/jobs/{run}/containers"
        self._prefix = prefix
        self._streams: set[str] = set()
        self._time = itertools.count(TIME)
        self._written: dict[str, str] = {}
        application = f"spark-{run}"
        self.paths = {
            "controller": f"{run}-g7b49",
            "driver": f"{application}/{application}-driver",
            "executor": f"{application}/nightly-2dfae979-exec-1",
            "executor 2": f"{application}/nightly-2dfae979-exec-2",
        }

    def cloudwatch(self, who: str, *lines: str, stream: str = "stdout") -> None:
        name = f"{self._prefix}/{self._place}/{self.paths[who]}/{stream}"
        if name not in self._streams:
            self._cloudwatch.create_log_stream(logGroupName=LOG_GROUP, logStreamName=name)
            self._streams.add(name)
        events = [{"timestamp": next(self._time), "message": line} for line in lines]
        self._cloudwatch.put_log_events(logGroupName=LOG_GROUP, logStreamName=name, logEvents=events)

    def s3(self, who: str, *lines: str, stream: str = "stdout", end: str = "\n") -> None:
        key = f"logs/analytics/{self._place}/{self.paths[who]}/{stream}.gz"
        self._written[key] = self._written.get(key, "") + "\n".join(lines) + end
        self._s3.put_object(Bucket=BUCKET, Key=key, Body=gzip.compress(self._written[key].encode()))


@pytest.fixture(params=["cloudwatch", "s3"])
def place(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def lines(out: str) -> list[str]:
    return [line for line in out.splitlines() if not line.startswith("==>")]


def test_each_component_has_its_own_logs(cli: Cli, emr: Emr, place: str) -> None:
    run = emr.start()
    pods = Pods(emr, run)
    write = getattr(pods, place)
    write("controller", "submitting")
    write("driver", "Pi is roughly 3.14")
    write("driver", "WARN memory", stream="stderr")
    write("executor", "one")
    write("executor 2", "two")

    def read(*options: str) -> list[str]:
        return lines(cli("logs", *TEAM, run, "--from", place, *options).out)

    assert sorted(read()) == ["Pi is roughly 3.14", "WARN memory"]
    assert read("--component", "controller") == ["submitting"]
    assert read("-c", "executor") == ["one", "two"]
    assert len(read("-c", "all")) == 5


def test_people_see_who_says_what(cli: Cli, emr: Emr) -> None:
    run = emr.start()
    pods = Pods(emr, run)
    pods.cloudwatch("executor", "one")
    pods.cloudwatch("executor 2", "two", "three")
    assert cli("logs", *TEAM, run, "-c", "executor").out.splitlines() == [
        "==> executor nightly-2dfae979-exec-1 stdout <==",
        "one",
        "==> executor nightly-2dfae979-exec-2 stdout <==",
        "two",
        "three",
    ]


def test_programs_read_a_line_of_json_each(cli: Cli, emr: Emr) -> None:
    run = emr.start()
    Pods(emr, run).cloudwatch("driver", "hello")
    (line,) = cli("logs", *TEAM, run, "--format", "json").out.splitlines()
    assert json.loads(line) == {
        "component": "driver",
        "pod": f"spark-{run}-driver",
        "stream": "stdout",
        "at": "2026-11-18T11:06:40+00:00",
        "text": "hello",
    }


def test_another_runs_logs_are_not_mixed_in(cli: Cli, emr: Emr, place: str) -> None:
    mine, other = emr.start(), emr.start()
    getattr(Pods(emr, other), place)("driver", "other")
    getattr(Pods(emr, mine), place)("driver", "mine")
    assert lines(cli("logs", *TEAM, mine, "--from", place).out) == ["mine"]


def test_long_logs_are_read_to_their_end(cli: Cli, emr: Emr) -> None:
    """CloudWatch gives at most 10,000 events at a time."""
    run = emr.start()
    pods = Pods(emr, run)
    for start in range(0, 12_000, 2_000):
        pods.cloudwatch("driver", *map(str, range(start, start + 2_000)))
    assert lines(cli("logs", *TEAM, run).out) == list(map(str, range(12_000)))


def test_following_prints_what_comes_until_the_run_ends(cli: Cli, emr: Emr, clock: TestClock, place: str) -> None:
    run = emr.start()
    emr.run(run).state = "RUNNING"
    write = getattr(Pods(emr, run), place)
    write("driver", "one")

    def end() -> None:
        write("driver", "the last words")
        emr.run(run).finish("COMPLETED", "done")

    clock.plans = [(8, lambda: write("driver", "two", "three")), (31, end)]
    answer = cli("logs", *TEAM, run, "--follow", "--from", place)
    assert lines(answer.out) == ["one", "two", "three", "the last words"]
    assert sum(clock.slept) == 35


def test_a_line_that_was_cut_off_comes_whole_once_it_is_written(cli: Cli, emr: Emr, clock: TestClock) -> None:
    run = emr.start()
    emr.run(run).state = "RUNNING"
    pods = Pods(emr, run)
    pods.s3("driver", "one", "Pi is rou", end="")

    def end() -> None:
        pods.s3("driver", "ghly 3.14")
        emr.run(run).finish("COMPLETED", "done")

    clock.plans = [(8, end)]
    answer = cli("logs", *TEAM, run, "--follow", "--from", "s3")
    assert lines(answer.out) == ["one", "Pi is rou", "Pi is roughly 3.14"]


def test_following_in_vain_tells_how_the_run_ended(cli: Cli, emr: Emr, clock: TestClock) -> None:
    run = emr.start()
    clock.plans = [(8, lambda: emr.run(run).finish("COMPLETED", "done"))]
    assert cli("logs", *TEAM, run, "--follow").err.endswith("; the run is COMPLETED\n")


def test_cloudwatch_comes_first(cli: Cli, emr: Emr) -> None:
    run = emr.start()
    pods = Pods(emr, run)
    pods.cloudwatch("driver", "from cloudwatch")
    pods.s3("driver", "from s3")
    assert lines(cli("logs", *TEAM, run).out) == ["from cloudwatch"]


def test_s3_is_read_where_nothing_goes_to_cloudwatch(cli: Cli, emr: Emr) -> None:
    s3 = {"s3MonitoringConfiguration": {"logUri": f"s3://{BUCKET}/logs/analytics/"}}
    run = emr.start(configurationOverrides={"monitoringConfiguration": s3})
    Pods(emr, run).s3("driver", "from s3")
    assert lines(cli("logs", *TEAM, run).out) == ["from s3"]
    answer = cli("logs", *TEAM, run, "--from", "cloudwatch")
    assert (answer.code, answer.err) == (2, f"error: {run} keeps no logs in cloudwatch; use --from s3\n")


def test_logs_without_a_prefix_are_found(cli: Cli, emr: Emr) -> None:
    cloudwatch = {"cloudWatchMonitoringConfiguration": {"logGroupName": LOG_GROUP}}
    run = emr.start(configurationOverrides={"monitoringConfiguration": cloudwatch})
    pods = Pods(emr, run, prefix="")
    name = f"{emr.virtual_cluster}/jobs/{run}/containers/{pods.paths['driver']}/stdout"
    logs = boto3.client("logs", region_name=REGION)
    logs.create_log_stream(logGroupName=LOG_GROUP, logStreamName=name)
    event = {"timestamp": TIME, "message": "found"}
    logs.put_log_events(logGroupName=LOG_GROUP, logStreamName=name, logEvents=[event])
    assert lines(cli("logs", *TEAM, run).out) == ["found"]


def test_a_run_without_logs_says_so(cli: Cli, emr: Emr) -> None:
    run = emr.start(configurationOverrides={"monitoringConfiguration": {}})
    answer = cli("logs", *TEAM, run)
    assert (answer.code, answer.err) == (2, f"error: {run} keeps no logs\n")


def test_a_run_that_has_said_nothing_yet_says_so(cli: Cli, emr: Emr) -> None:
    run = emr.start()
    answer = cli("logs", *TEAM, run)
    assert answer.code == 0
    assert answer.err == (
        f"no logs of the driver in log group {LOG_GROUP}, "
        f"streams nightly/{emr.virtual_cluster}/jobs/{run}/containers/*; the run is still PENDING\n"
    )


def test_a_log_group_that_is_gone_is_told(cli: Cli, emr: Emr) -> None:
    elsewhere = {"cloudWatchMonitoringConfiguration": {"logGroupName": "/gone"}}
    run = emr.start(configurationOverrides={"monitoringConfiguration": elsewhere})
    answer = cli("logs", *TEAM, run)
    assert (answer.code, answer.err) == (1, "error: there is no log group /gone; deploy the platform first\n")
