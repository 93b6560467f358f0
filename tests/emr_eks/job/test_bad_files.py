"""What people are told about job files that are wrong: each message in full."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from bad_platforms import EDITS
from conftest import ROOT, MakePlatform

from emr_eks.job.file import open_job
from provisioners.source import InvalidFile
from stacks.platform import Platform

from .conftest import Cli

HEAD = "name: a\nteam: analytics\nentry_point: s3://b/x.py\n"
IN_ONE_LINE = "characters in one line, not all of them blanks"
NO_OTHERS = "EMR takes no empty text and no ends of lines; in YAML, write `>-` instead of `|`"
PROGRAM = "must be a file or a URI s3://bucket/key, s3a://bucket/key or local:///path, without blanks"
LISTED = (
    "must be a file or a URI s3://bucket/key, s3a://bucket/key, local:///path, http://..., https://... or hdfs://..., "
    "without blanks, commas, quotes and backslashes"
)
WHOLE = "!"
"""Begins a text that is the whole file; any other stands below HEAD, from line 4."""

BAD: list[tuple[str, str]] = [
    (
        "role: reports\n",
        "4:7: role: must be a job role of team analytics, got 'reports'; there are: job",
    ),
    (
        "role: Reports\n",
        "4:7: role: must be a DNS label: at most 63 lower-case letters, digits and hyphens, with a letter or digit at "
        "each end, got 'Reports'; for example 'spark-jobs'",
    ),
    (
        "!",
        "1:1: is empty; write at least one key",
    ),
    (
        "!- a\n",
        "1:1: must be a mapping, got a list",
    ),
    (
        "!team: analytics\nentry_point: s3://b/x.py\n",
        "1:1: name: is required (The job's name); add for example 'name: threadsleep'",
    ),
    (
        "!name: a\nentry_point: s3://b/x.py\n",
        "1:1: team: is required (The team that it runs for); add for example 'team: analytics'",
    ),
    (
        "!name: a\nteam: analytics\n",
        "1:1: entry_point: is required (What to run: a file beside this one, which is uploaded, or a "
        "URI that begins with s3://, s3a:// or local://); add for example 'entry_point: job.py'",
    ),
    (
        "!name: a\nteam: analitics\nentry_point: s3://b/x.py\n",
        "2:7: team: must be a team of the platform, got 'analitics'; did you mean 'analytics'?",
    ),
    (
        "!name: a\nteam: [analytics]\nentry_point: s3://b/x.py\n",
        "2:7: team: must be text, got a list",
    ),
    (
        "!name: a\nteam: analytics\nentry_point: gone.py\n",
        "3:14: entry_point: must be a file beside job.yaml or a URI, got 'gone.py': No such file or directory",
    ),
    (
        "!name: a\nteam: analytics\nentry_point: .\n",
        "3:14: entry_point: must be a file beside job.yaml or a URI, got '.': not a regular file",
    ),
    (
        "!name: a b\nteam: analytics\nentry_point: s3://b/x.py\n",
        "1:7: name: must be the name of a job: at most 64 letters, digits and the characters . _ - / #, "
        "got 'a b'; for example 'daily-sales'",
    ),
    (
        "!name: " + "x" * 65 + "\nteam: analytics\nentry_point: s3://b/x.py\n",
        "1:7: name: must be the name of a job: at most 64 letters, digits and the characters . _ - / #, got '"
        + "x" * 65
        + "'; for example 'daily-sales'",
    ),
    (
        "!name: a\nteam: analytics\nentry_point: s3://b/" + "x" * 260 + "\n",
        "3:14: entry_point: makes a request that EMR refuses: jobDriver.sparkSubmitJobDriver.entryPoint "
        "must have at most 256 characters, got 267",
    ),
    (
        "!name: a\nteam: analytics\nentry_point: s3://${buket}/x.py\n",
        "3:14: entry_point: names no variable, got '${buket}'; did you mean ${bucket}?",
    ),
    (
        "name: b\n",
        "4:1: name: key is given twice, first in line 1; keep one of them",
    ),
    (
        "executors: 3\n",
        "4:1: executors: unknown key; did you mean 'executor'?",
    ),
    (
        "release: 7.13.0\n",
        "4:10: release: must be a release label of EMR on EKS, got '7.13.0'; for example 'emr-7.13.0-latest'",
    ),
    (
        "release: emr-6.2.0-latest\n",
        "4:10: release: needs emr-5.33.0 or emr-6.3.0 or newer: older ones take no pod templates, got "
        "'emr-6.2.0-latest'",
    ),
    (
        "release: emr-5.32.0-latest\n",
        "4:10: release: needs emr-5.33.0 or emr-6.3.0 or newer: older ones take no pod templates, got "
        "'emr-5.32.0-latest'",
    ),
    (
        "main_class: com.example.\n",
        "4:13: main_class: must be the full name of a class, got 'com.example.'; for example 'com.example.Job'",
    ),
    (
        "arguments: one\n",
        "4:12: arguments: must be a list, got 'one'; start each entry with '- '",
    ),
    (
        "arguments: [1]\n",
        "4:13: arguments[0]: must be text, got 1; put it in quotes",
    ),
    (
        "arguments: ['']\n",
        f"4:13: arguments[0]: must be 1 to 10280 {IN_ONE_LINE}, got ''; {NO_OTHERS}",
    ),
    (
        "arguments:\n- |\n  one\n",
        rf"5:3: arguments[0]: must be 1 to 10280 {IN_ONE_LINE}, got 'one\n'; {NO_OTHERS}",
    ),
    (
        'arguments: ["a\\u2028b"]\n',
        rf"4:13: arguments[0]: must be 1 to 10280 {IN_ONE_LINE}, got 'a\u2028b'; {NO_OTHERS}",
    ),
    (
        "tags:\n  a: |\n    x\n",
        rf"5:6: tags.a: must be 1 to 256 {IN_ONE_LINE}, got 'x\n'; {NO_OTHERS}",
    ),
    (
        "jars: [one two.jar]\n",
        f"4:8: jars[0]: {LISTED}, got 'one two.jar'; for example 's3://bucket/lib.jar'",
    ),
    *(
        (f"jars: [{json.dumps(name)}]\n", f"4:8: jars[0]: {LISTED}, got {name!r}; for example 's3://bucket/lib.jar'")
        for name in ("ftp://b/x.zip", "https://", "s3://b", "it's.jar", 's3://b/"x.jar', "a\\b.jar")
    ),
    *(
        (
            f"!name: a\nteam: analytics\nentry_point: '{name}'\n",
            f"3:14: entry_point: {PROGRAM}, got {name!r}; for example 'job.py'",
        )
        for name in ("s3://b", "s3://", "s3a://b/", "local://x.py", "https://b/x.py", "gs://b/x.py", "my job.py", "")
    ),
    *(
        (
            f"!name: a\nteam: analytics\nentry_point: {name}\n",
            f"3:14: entry_point: must be a program in Python, Scala or Java, got {name!r}; let one run the SQL",
        )
        for name in ("report.SQL", "s3://b/report.sql")
    ),
    (
        "py_files: [gone.py]\n",
        "4:12: py_files[0]: must be a file beside job.yaml or a URI, got 'gone.py': No such file or directory",
    ),
    (
        "executor:\n  memory: 4\n",
        "5:11: executor.memory: must be text, got 4; put it in quotes",
    ),
    (
        "executor:\n  memory: 4 GB\n",
        "5:11: executor.memory: must be an amount of memory as Spark writes it: a number and k, m, g or "
        "t, got '4 GB'; like '4g'",
    ),
    (
        "executor:\n  cores: 0\n",
        "5:10: executor.cores: must be at least 1, got 0",
    ),
    (
        "executor:\n  instances: '2'\n",
        "5:14: executor.instances: must be a whole number, got '2'; remove the quotes",
    ),
    (
        "driver:\n  memory_overhead: 10%\n",
        "5:20: driver.memory_overhead: must be an amount of memory as Spark writes it: a number and k, "
        "m, g or t, got '10%'; like '4g'",
    ),
    (
        "presets: [event-logs]\nconfigurations:\n  emr-containers-defaults:\n    logging.eventLog.dir: s3://b/logs\n",
        '7:27: configurations.emr-containers-defaults["logging.eventLog.dir"]: is '
        "'s3://${bucket}/teams/${team}/spark-events' by preset event-logs, got 's3://b/logs'; take one of the two out",
    ),
    (
        "tier: low\n",
        "4:7: tier: must be a tier of team analytics, got 'low'; there are: none",
    ),
    (
        "submitter_pool: spark-driver\n",
        "4:17: submitter_pool: must be a node pool or node group without taints, got 'spark-driver'; "
        "there are: managed-ondemand",
    ),
    (
        "presets: [fixed]\n",
        "4:11: presets[0]: must be one of 'fixed-executors', 'dynamic-allocation', "
        "'dynamic-allocation-spot', 'spot-decommission', 'pvc-reuse', 'glue-catalog', 'single-az', "
        "'event-logs', got 'fixed'",
    ),
    (
        "presets: fixed-executors\n",
        "4:10: presets: must be a list, got 'fixed-executors'; start each entry with '- '",
    ),
    (
        "presets: [single-az, single-az]\n",
        "4:22: presets[1]: is given twice, got 'single-az'",
    ),
    (
        "presets: [fixed-executors, dynamic-allocation]\n",
        "4:28: presets[1]: cannot stand beside preset fixed-executors, which sets "
        "spark.dynamicAllocation.enabled to 'false', not 'true'; take one of them out",
    ),
    (
        "presets: [dynamic-allocation, dynamic-allocation-spot]\n",
        "4:31: presets[1]: cannot stand beside preset dynamic-allocation, which sets "
        "spark.dynamicAllocation.maxExecutors to '10', not '100'; take one of them out",
    ),
    (
        "presets: [dynamic-allocation-spot, pvc-reuse]\n",
        "4:36: presets[1]: cannot stand beside preset dynamic-allocation-spot: Spark would attach an "
        "EBS volume to a second pod while the first still has it; take one of them out",
    ),
    (
        "release: emr-6.11.0-latest\npresets: [pvc-reuse]\n",
        "5:11: presets[0]: needs emr-6.12.0 or newer, got 'pvc-reuse'; the job asks for emr-6.11.0-latest",
    ),
    (
        "presets: [event-logs]\nspark:\n  spark.eventLog.dir: s3://b/logs\n",
        "4:11: presets[0]: cannot stand beside spark.eventLog.dir: it keeps EMR from delivering them; "
        "take one of them out",
    ),
    (
        "presets: [fixed-executors]\nspark:\n  spark.dynamicAllocation.enabled: 'true'\n",
        "6:36: spark[\"spark.dynamicAllocation.enabled\"]: is 'false' by preset fixed-executors, got "
        "'true'; take one of the two out",
    ),
    (
        "spark:\n  executor.cores: '1'\n",
        "5:19: spark[\"executor.cores\"]: must begin with 'spark.', got 'executor.cores'",
    ),
    (
        "spark:\n  'spark.executor.cores ': '1'\n",
        '5:28: spark["spark.executor.cores "]: must have no blanks, with which Spark takes it for another, got '
        "'spark.executor.cores '; take them out",
    ),
    (
        "spark:\n  spark.executor.cores: '4'\n",
        '5:25: spark["spark.executor.cores"]: is what `executor.cores` says; take it out, and set that instead',
    ),
    (
        "spark:\n  spark.kubernetes.driver.podTemplateFile: s3://mine\n",
        '5:44: spark["spark.kubernetes.driver.podTemplateFile"]: is set by the platform; take it out; '
        "the team's pools decide",
    ),
    (
        "spark:\n  spark.speculation: true\n",
        '5:22: spark["spark.speculation"]: must be text, got true; put it in quotes',
    ),
    (
        "spark:\n  spark.app.name: ''\n",
        f'5:19: spark["spark.app.name"]: must be 1 to 1024 {IN_ONE_LINE}, got {""!r}; {NO_OTHERS}',
    ),
    (
        "spark:\n  spark.a: |\n    x\n",
        rf"""5:12: spark["spark.a"]: must be 1 to 1024 {IN_ONE_LINE}, got 'x\n'; {NO_OTHERS}""",
    ),
    (
        "configurations:\n  spark-log4j2:\n    ' ': x\n",
        f'6:5: configurations.spark-log4j2[" "]: key must be 1 to 1024 {IN_ONE_LINE}, got {" "!r}; {NO_OTHERS}',
    ),
    (
        "configurations:\n  '':\n    a: x\n",
        f'5:3: configurations[""]: key must be 1 to 1024 {IN_ONE_LINE}, got {""!r}; {NO_OTHERS}',
    ),
    (
        "spark:\n  spark.a: " + "x" * 1025 + "\n",
        f"""5:12: spark["spark.a"]: must be 1 to 1024 {IN_ONE_LINE}, got '{"x" * 78}…; {NO_OTHERS}""",
    ),
    (
        "spark:\n" + "".join(f"  spark.p{number}: '1'\n" for number in range(99)),
        "5:3: spark: must hold at most 98 properties besides the platform's own, those of presets included, got 99",
    ),
    (
        "spark:\n  spark.executor.heartbeatInterval: 300s\n",
        '5:37: spark["spark.executor.heartbeatInterval"]: must be shorter than spark.network.timeout, '
        "which is 120 s, got '300s'",
    ),
    (
        "spark:\n  spark.network.timeout: 5s\n",
        '5:26: spark["spark.network.timeout"]: must be longer than spark.executor.heartbeatInterval, which is 10 s, '
        "got '5s'",
    ),
    (
        "spark:\n  spark.a: '1'\n  spark.a: '2'\n",
        '6:3: spark["spark.a"]: key is given twice, first in line 5; keep one of them',
    ),
    (
        "presets: [dynamic-allocation]\nexecutor:\n  instances: 11\n",
        "6:14: executor.instances: must be at most spark.dynamicAllocation.maxExecutors, which is 10, got 11",
    ),
    (
        "presets: [dynamic-allocation]\nspark:\n  spark.dynamicAllocation.minExecutors: '20'\n",
        "6:41: spark[\"spark.dynamicAllocation.minExecutors\"]: must be at most maxExecutors, which is 10, got '20'",
    ),
    (
        "presets: [dynamic-allocation]\nspark:\n  spark.dynamicAllocation.maxExecutors: many\n",
        '6:41: spark["spark.dynamicAllocation.maxExecutors"]: must be a whole number in quotes, at most '
        "2147483647, got 'many'",
    ),
    (
        "presets: [dynamic-allocation]\nspark:\n  spark.dynamicAllocation.maxExecutors: '2147483648'\n",
        '6:41: spark["spark.dynamicAllocation.maxExecutors"]: must be a whole number in quotes, at most '
        "2147483647, got '2147483648'",
    ),
    (
        "spark:\n  spark.dynamicAllocation.enabled: 'True'\n  spark.dynamicAllocation.maxExecutors: '1'\n",
        '6:41: spark["spark.dynamicAllocation.maxExecutors"]: must be at least `executor.instances`, which is 2, '
        "got '1'",
    ),
    (
        "spark:\n  spark.dynamicAllocation.enabled: 'yes'\n",
        "5:36: spark[\"spark.dynamicAllocation.enabled\"]: must be 'true' or 'false', got 'yes'",
    ),
    (
        "release: emr-6.11.0-latest\nspark:\n  spark.dynamicAllocation.enabled: 'true'\n",
        '6:36: spark["spark.dynamicAllocation.enabled"]: needs emr-6.12.0 or newer, or '
        "spark.dynamicAllocation.shuffleTracking.enabled: 'true'; the job asks for emr-6.11.0-latest",
    ),
    (
        "release: emr-5.33.0-latest\nspark:\n  spark.dynamicAllocation.enabled: 'true'\n",
        '6:36: spark["spark.dynamicAllocation.enabled"]: needs emr-6.2.0 or newer; the job asks for emr-5.33.0-latest',
    ),
    (
        "spark:\n  spark.memory.offHeap.enabled: 'true'\n",
        "5:33: spark[\"spark.memory.offHeap.enabled\"]: needs spark.memory.offHeap.size: '1m' or more",
    ),
    (
        "release: emr-6.11.0-latest\nspark:\n  spark.dynamicAllocation.enabled: 'true'\n"
        "  spark.dynamicAllocation.shuffleTracking.enabled: true\n",
        '7:52: spark["spark.dynamicAllocation.shuffleTracking.enabled"]: must be text, got true; put it in quotes',
    ),
    (
        "spark:\n  spark.network.timeout: 5s\n  spark.executor.heartbeatInterval: 1\n",
        '6:37: spark["spark.executor.heartbeatInterval"]: must be text, got 1; put it in quotes',
    ),
    (
        f"executor:\n  memory: {'9' * 30}g\n",
        "5:11: executor.memory: must be an amount of memory as Spark writes it: a number and k, m, g or "
        f"t, got '{'9' * 30}g'; like '4g'",
    ),
    (
        "executor:\n  memory: 449m\n",
        "5:11: executor.memory: must be at least '450m', below which Spark does not start, got '449m'",
    ),
    (
        "driver:\n  memory: 460799k\n",
        "5:11: driver.memory: must be at least '450m', below which Spark does not start, got '460799k'",
    ),
    (
        "executor:\n  instances: 2147483648\n",
        "5:14: executor.instances: must be at most 2147483647, got 2147483648",
    ),
    (
        "configurations:\n  spark-defaults:\n    spark.a: '1'\n",
        "6:5: configurations.spark-defaults: must be left to `spark`; move its properties there",
    ),
    (
        "configurations:\n  emr-job-submitter:\n    jobsubmitter.node.selector.emr-eks/node-group: spot\n",
        '6:52: configurations.emr-job-submitter["jobsubmitter.node.selector.emr-eks/node-group"]: is what '
        "`submitter_pool` says; take it out, and set that instead",
    ),
    (
        "configurations:\n  emr-job-submitter:\n    jobsubmitter.node.selector.karpenter.sh/nodepool: spot\n",
        '6:55: configurations.emr-job-submitter["jobsubmitter.node.selector.karpenter.sh/nodepool"]: is what '
        "`submitter_pool` says; take it out, and set that instead",
    ),
    (
        "configurations:\n" + "".join(f"  c{number}: {{a: b}}\n" for number in range(99)),
        "5:3: configurations: makes a request that EMR refuses: configurationOverrides.applicationConfiguration "
        "must have at most 100 entries, got 101",
    ),
    (
        "monitoring:\n  rotation:\n    size: 100\n",
        "6:11: monitoring.rotation.size: must be text, got 100; put it in quotes",
    ),
    (
        "monitoring:\n  rotation:\n    size: 3GB\n",
        "6:11: monitoring.rotation.size: must be from 2KB to 2GB, got '3GB'",
    ),
    (
        "monitoring:\n  rotation:\n    files: 51\n",
        "6:12: monitoring.rotation.files: must be at most 50, got 51",
    ),
    (
        "monitoring:\n  log_prefix: 'a:b'\n",
        "5:15: monitoring.log_prefix: must be at most 256 characters in one line without : and *, not "
        "all of them blanks, got 'a:b'; for example 'nightly'",
    ),
    (
        "monitoring:\n  s3: 's3://logs'\n",
        "5:7: monitoring.s3: must be true or false, got 's3://logs'",
    ),
    (
        "retry:\n  max_attempts: 0\n",
        "5:17: retry.max_attempts: must be at least 1, got 0",
    ),
    (
        "release: emr-6.8.0-latest\nretry:\n  max_attempts: 2\n",
        "6:3: retry: needs emr-6.9.0 or newer; the job asks for emr-6.8.0-latest",
    ),
    (
        "tags:\n  aws:cost: x\n",
        "5:13: tags[\"aws:cost\"]: must not begin with 'aws:', which is AWS's own, got 'aws:cost'",
    ),
    (
        "tags:\n" + "".join(f"  t{number}: x\n" for number in range(51)),
        "5:3: tags: must be at most 50, got 51",
    ),
]


@pytest.mark.parametrize(("text", "message"), BAD)
def test_a_bad_file_is_told(
    text: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, platform: Platform
) -> None:
    monkeypatch.chdir(tmp_path)
    content = text.removeprefix(WHOLE) if text.startswith(WHOLE) else HEAD + text
    Path("job.yaml").write_text(content, "utf-8")
    with pytest.raises(InvalidFile) as error:
        open_job(Path("job.yaml"), platform)
    assert str(error.value) == f"job.yaml:{message}"


def test_these_are_many() -> None:
    """At least forty ways to be wrong for a job, and forty for a team, each told in words of its own."""
    assert len({message for _, message in BAD}) >= 60
    teams = {complaint for _, complaints in EDITS.values() for complaint in complaints if ": teams." in complaint}
    assert len(teams) >= 45


def test_the_head_alone_is_a_job(tmp_path: Path, platform: Platform) -> None:
    """Else the table above would prove little."""
    file = tmp_path / "job.yaml"
    file.write_text(HEAD, "utf-8")
    assert open_job(file, platform).team == "analytics"


def test_all_problems_are_told_at_once(cli: Cli, folder: Path) -> None:
    """And nothing is asked of AWS: there is none in this test."""
    (folder / "job.yaml").write_text(
        "name: a b\nteam: sales\nentry_point: x.py\npresets: [single-az, single-az]\nretries: 3\n", "utf-8"
    )
    for command in (["submit"], ["submit", "--dry-run"], ["render"]):
        answer = cli(*command, "job.yaml")
        assert answer.code == 2
        assert answer.out == ""
        assert [line.split(": ")[1] for line in answer.err.splitlines()] == ["name", "team", "presets[1]", "retries"]


def test_a_job_under_a_role_that_it_cannot_have_is_told(make_platform: MakePlatform, tmp_path: Path) -> None:
    roles = {
        "new": {"identity": "pod_identity"},
        "moving": {"identity": "both"},
        "notebooks": {"frameworks": ["interactive_endpoint", "livy"]},
    }
    platform = make_platform(teams={"analytics": {"job_roles": roles}})

    def told(role: str, release: str) -> str:
        file = tmp_path / "job.yaml"
        file.write_text(f"{HEAD}role: {role}\nrelease: {release}\n", "utf-8")
        try:
            open_job(file, platform)
        except InvalidFile as invalid:
            return str(invalid).removeprefix(f"{file}:")
        return ""

    # https://docs.aws.amazon.com/emr/latest/EMR-on-EKS-DevelopmentGuide/setting-up-enable-IAM.html
    assert told("new", "emr-7.2.0-latest") == (
        "5:10: release: needs emr-7.3.0 or newer, because its job role has `identity: pod_identity`, got "
        "'emr-7.2.0-latest'"
    )
    for role, release in (("new", "emr-7.3.0-latest"), ("moving", "emr-7.2.0-latest"), ("job", "emr-6.15.0-latest")):
        assert told(role, release) == ""
    assert told("notebooks", "emr-7.13.0-latest") == (
        "4:7: role: must be a job role whose `frameworks` include start_job_run; it is for interactive_endpoint, livy"
    )


def test_a_missing_file_is_told(cli: Cli) -> None:
    answer = cli("submit", "gone.yaml")
    assert (answer.code, answer.err) == (2, "gone.yaml: no such file; check the path\n")


@pytest.mark.parametrize(
    ("team", "blamed"),
    [
        ("analytics", []),
        ("analitics", ["--team: must be a team of the platform, got 'analitics'; did you mean 'analytics'?"]),
    ],
)
def test_the_team_of_the_command_line_is_blamed_there(
    team: str, blamed: list[str], tmp_path: Path, platform: Platform
) -> None:
    file = tmp_path / "job.yaml"
    file.write_text("{}\n", "utf-8")
    with pytest.raises(InvalidFile) as error:
        open_job(file, platform, team=team)
    missing = [f"{file}:1:1: {key}: is required" for key in ("name", "entry_point")]
    assert [str(each).partition(" (")[0] for each in error.value.problems] == [*blamed, *missing]


def test_an_unknown_team_spoils_no_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, platform: Platform) -> None:
    monkeypatch.chdir(tmp_path)
    Path("job.yaml").write_text('name: "${team}-x"\nteam: nope\nentry_point: "s3://${bucket}/x.py"\n', "utf-8")
    with pytest.raises(InvalidFile) as error:
        open_job(Path("job.yaml"), platform)
    assert str(error.value) == ("job.yaml:2:7: team: must be a team of the platform, got 'nope'; there are: analytics")


def test_code_is_a_file_that_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, platform: Platform) -> None:
    monkeypatch.chdir(tmp_path)
    os.mkfifo("job.py")
    Path("job.yaml").write_text("name: a\nteam: analytics\nentry_point: job.py\n", "utf-8")
    with pytest.raises(InvalidFile, match="not a regular file"):
        open_job(Path("job.yaml"), platform)


@pytest.mark.parametrize(
    "text",
    [
        "jars: [s3a://b/x.jar, 'local:///x.jar', 'https://b/x.jar', 'http://b/x.jar', 'hdfs:///x.jar']\n",
        "executor:\n  memory: 450m\n",
        "spark:\n  spark.dynamicAllocation.enabled: 'true'\n",
        "release: emr-6.11.0-latest\npresets: [dynamic-allocation]\n",
        "release: emr-6.11.0-latest\npresets: [spot-decommission]\nspark:\n  spark.dynamicAllocation.enabled: 'TRUE'\n",
    ],
)
def test_what_starts_is_not_refused(text: str, tmp_path: Path, platform: Platform) -> None:
    file = tmp_path / "job.yaml"
    file.write_text(HEAD + text, "utf-8")
    assert open_job(file, platform)


def test_another_team_than_the_files_can_be_named(platform: Platform) -> None:
    assert open_job(ROOT / "examples" / "jobs" / "pi.yaml", platform, team="analytics").team == "analytics"
