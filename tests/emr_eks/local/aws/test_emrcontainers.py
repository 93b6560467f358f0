"""https://docs.aws.amazon.com/emr-on-eks/latest/APIReference/Welcome.html."""

import datetime
from typing import Any

import pytest

from .conftest import Aws, Refused

ROLE = "arn:aws:iam::123456789012:role/job"
JOB = {
    "executionRoleArn": ROLE,
    "releaseLabel": "emr-7.13.0-latest",
    "jobDriver": {"sparkSubmitJobDriver": {"entryPoint": "s3://bucket/job.py", "entryPointArguments": ["b", "a"]}},
}


def provider(cluster: str, namespace: str = "team") -> dict[str, Any]:
    return {"type": "EKS", "id": cluster, "info": {"eksInfo": {"namespace": namespace}}}


@pytest.fixture
def virtual_cluster(aws: Aws, cluster: str) -> str:
    made = aws("emr-containers").create_virtual_cluster(name=cluster, containerProvider=provider(cluster))
    return str(made["id"])


def start(aws: Aws, virtual_cluster: str, **changes: Any) -> str:
    return str(aws("emr-containers").start_job_run(virtualClusterId=virtual_cluster, **{**JOB, **changes})["id"])


def test_virtual_cluster_runs_at_once_and_is_terminated_by_deletion(aws: Aws, virtual_cluster: str) -> None:
    emr = aws("emr-containers")
    found = emr.describe_virtual_cluster(id=virtual_cluster)["virtualCluster"]
    assert found["state"] == "RUNNING"
    assert found["containerProvider"]["info"]["eksInfo"]["namespace"] == "team"
    assert found["arn"].endswith(f":/virtualclusters/{virtual_cluster}")
    emr.delete_virtual_cluster(id=virtual_cluster)
    assert emr.describe_virtual_cluster(id=virtual_cluster)["virtualCluster"]["state"] == "TERMINATED"


def test_a_namespace_takes_one_virtual_cluster(aws: Aws, virtual_cluster: str, cluster: str, refused: Refused) -> None:
    emr = aws("emr-containers")
    another = {"name": "another", "containerProvider": provider(cluster)}
    refused("ValidationException", emr.create_virtual_cluster, **another)
    emr.create_virtual_cluster(name="another", containerProvider=provider(cluster, "second"))
    emr.delete_virtual_cluster(id=virtual_cluster)
    emr.create_virtual_cluster(**another)


@pytest.mark.parametrize(
    ("called", "namespace"), [("bad name", "team"), ("x" * 65, "team"), ("good", "Team"), ("good", "x" * 64)]
)
def test_names_and_namespaces_are_checked(
    aws: Aws, cluster: str, called: str, namespace: str, refused: Refused
) -> None:
    arguments = {"name": called, "containerProvider": provider(cluster, namespace)}
    refused("ValidationException", aws("emr-containers").create_virtual_cluster, **arguments)


def test_the_eks_cluster_must_exist(aws: Aws, refused: Refused) -> None:
    arguments = {"name": "lost", "containerProvider": provider("no-such-cluster")}
    refused("ResourceNotFoundException", aws("emr-containers").create_virtual_cluster, **arguments)


def test_emr_lets_itself_into_the_cluster(aws: Aws, virtual_cluster: str, cluster: str) -> None:
    """https://docs.aws.amazon.com/emr/latest/EMR-on-EKS-DevelopmentGuide/setting-up-cluster-access.html."""
    eks = aws("eks")
    (principal,) = eks.list_access_entries(clusterName=cluster)["accessEntries"]
    assert principal.endswith("/AWSServiceRoleForAmazonEMRContainers")
    (policy,) = eks.list_associated_access_policies(clusterName=cluster, principalArn=principal)[
        "associatedAccessPolicies"
    ]
    assert policy["policyArn"].endswith("/AmazonEMRJobPolicy")
    assert policy["accessScope"] == {"type": "namespace", "namespaces": ["team"]}
    aws("emr-containers").delete_virtual_cluster(id=virtual_cluster)
    assert eks.list_access_entries(clusterName=cluster)["accessEntries"] == []


def test_same_token_makes_one_thing(aws: Aws, cluster: str, virtual_cluster: str) -> None:
    emr = aws("emr-containers")
    twice = {"name": "t", "containerProvider": provider(cluster, "token"), "clientToken": cluster}
    first, second = emr.create_virtual_cluster(**twice), emr.create_virtual_cluster(**twice)
    assert first["id"] == second["id"]
    token = f"{cluster}-job"
    assert start(aws, virtual_cluster, clientToken=token) == start(aws, virtual_cluster, clientToken=token)
    assert start(aws, virtual_cluster) != start(aws, virtual_cluster)


def test_virtual_clusters_are_listed_by_state_cluster_and_age(aws: Aws, cluster: str, virtual_cluster: str) -> None:
    emr = aws("emr-containers")

    def listed(**filters: Any) -> list[str]:
        found = emr.list_virtual_clusters(containerProviderId=cluster, **filters)["virtualClusters"]
        return [one["id"] for one in found]

    other = emr.create_virtual_cluster(name="b", containerProvider=provider(cluster, "b"))["id"]
    emr.delete_virtual_cluster(id=other)
    assert listed() == [virtual_cluster, other]
    assert listed(states=["RUNNING"]) == [virtual_cluster]
    assert listed(states=["RUNNING", "TERMINATED"]) == [virtual_cluster, other]
    hour = datetime.timedelta(hours=1)
    now = datetime.datetime.now(datetime.timezone.utc)
    assert listed(createdAfter=now - hour) == [virtual_cluster, other]
    assert listed(createdAfter=now + hour) == []
    assert listed(createdBefore=now - hour) == []
    assert emr.list_virtual_clusters(containerProviderId="none")["virtualClusters"] == []


def test_job_run_needs_a_running_virtual_cluster(aws: Aws, virtual_cluster: str, refused: Refused) -> None:
    emr = aws("emr-containers")
    refused("ResourceNotFoundException", emr.start_job_run, virtualClusterId="x" * 25, **JOB)
    emr.delete_virtual_cluster(id=virtual_cluster)
    refused("ValidationException", emr.start_job_run, virtualClusterId=virtual_cluster, **JOB)


def test_job_run_is_submitted_runs_and_completes(aws: Aws, virtual_cluster: str) -> None:
    emr = aws("emr-containers")
    run = {"virtualClusterId": virtual_cluster, "id": start(aws, virtual_cluster, name="sleep")}
    states = [emr.describe_job_run(**run)["jobRun"]["state"] for _ in range(4)]
    assert states == ["SUBMITTED", "RUNNING", "COMPLETED", "COMPLETED"]
    done = emr.describe_job_run(**run)["jobRun"]
    assert done["name"] == "sleep"
    assert done["finishedAt"] >= done["createdAt"]
    assert done["jobDriver"]["sparkSubmitJobDriver"]["entryPointArguments"] == ["b", "a"]


def test_finished_job_run_cannot_be_cancelled(aws: Aws, virtual_cluster: str, refused: Refused) -> None:
    emr = aws("emr-containers")
    run = {"virtualClusterId": virtual_cluster, "id": start(aws, virtual_cluster)}
    emr.cancel_job_run(**run)
    assert emr.describe_job_run(**run)["jobRun"]["state"] == "CANCELLED"
    refused("ValidationException", emr.cancel_job_run, **run)


def test_job_runs_are_listed_by_state_and_name(aws: Aws, virtual_cluster: str) -> None:
    emr = aws("emr-containers")
    first, second = start(aws, virtual_cluster, name="one"), start(aws, virtual_cluster, name="two")
    emr.cancel_job_run(virtualClusterId=virtual_cluster, id=second)

    def listed(**filters: Any) -> list[str]:
        runs = emr.list_job_runs(virtualClusterId=virtual_cluster, **filters)["jobRuns"]
        return [run["id"] for run in runs]

    assert listed() == [first, second]
    assert listed(states=["CANCELLED"]) == [second]
    assert listed(name="one") == [first]


@pytest.mark.parametrize("label", ["7.13.0", "emr-7.13-latest", "emr-7.13.0"])
def test_release_must_exist(aws: Aws, virtual_cluster: str, label: str, refused: Refused) -> None:
    arguments = {**JOB, "virtualClusterId": virtual_cluster, "releaseLabel": label}
    refused("ResourceNotFoundException", aws("emr-containers").start_job_run, **arguments)


def test_spark_release_is_known(aws: Aws, virtual_cluster: str) -> None:
    assert start(aws, virtual_cluster, releaseLabel="emr-spark-8.0.0-latest")


TEMPLATE = {
    **JOB,
    "releaseLabel": "emr-7.13.0-latest",
    "jobDriver": {"sparkSubmitJobDriver": {"entryPoint": "${script}", "entryPointArguments": ["${day}"]}},
    "parameterConfiguration": {
        "script": {"type": "STRING"},
        "day": {"type": "STRING", "defaultValue": "today"},
    },
    "jobTags": {"from": "template"},
}


def test_job_template_fills_in_a_job_run(aws: Aws, virtual_cluster: str, name: str, refused: Refused) -> None:
    emr = aws("emr-containers")
    template = emr.create_job_template(name=name, jobTemplateData=TEMPLATE)["id"]
    assert emr.describe_job_template(id=template)["jobTemplate"]["jobTemplateData"] == TEMPLATE
    run = emr.start_job_run(
        virtualClusterId=virtual_cluster,
        jobTemplateId=template,
        jobTemplateParameters={"script": 's3://bucket/"quoted".py'},
    )["id"]
    job = emr.describe_job_run(virtualClusterId=virtual_cluster, id=run)["jobRun"]
    assert job["jobDriver"]["sparkSubmitJobDriver"] == {
        "entryPoint": 's3://bucket/"quoted".py',
        "entryPointArguments": ["today"],
    }
    assert job["tags"] == {"from": "template"}
    arguments = {"virtualClusterId": virtual_cluster, "jobTemplateId": template}
    assert "script" in refused("ValidationException", emr.start_job_run, **arguments)


def test_job_templates_are_listed_and_deleted(aws: Aws, name: str, refused: Refused) -> None:
    emr = aws("emr-containers")
    template = emr.create_job_template(name=name, jobTemplateData=JOB)["id"]
    assert template in [one["id"] for one in emr.list_job_templates()["templates"]]
    emr.delete_job_template(id=template)
    refused("ResourceNotFoundException", emr.describe_job_template, id=template)


def test_everything_has_tags(aws: Aws, virtual_cluster: str, name: str, refused: Refused) -> None:
    emr = aws("emr-containers")
    run = start(aws, virtual_cluster)
    template = emr.create_job_template(name=name, jobTemplateData=JOB, tags={"old": "1"})
    arns = [
        emr.describe_virtual_cluster(id=virtual_cluster)["virtualCluster"]["arn"],
        emr.describe_job_run(virtualClusterId=virtual_cluster, id=run)["jobRun"]["arn"],
        template["arn"],
    ]
    for arn in arns:
        emr.tag_resource(resourceArn=arn, tags={"a": "1", "b": "2"})
        emr.untag_resource(resourceArn=arn, tagKeys=["a", "old"])
        assert emr.list_tags_for_resource(resourceArn=arn)["tags"] == {"b": "2"}
    unknown = arns[0].replace(virtual_cluster, "x" * 25)
    refused("ResourceNotFoundException", emr.list_tags_for_resource, resourceArn=unknown)


def test_an_interactive_endpoint_is_listed_until_it_is_deleted(
    aws: Aws, virtual_cluster: str, refused: Refused
) -> None:
    emr = aws("emr-containers")
    endpoint = {"name": "studio", "type": "JUPYTER_ENTERPRISE_GATEWAY", "releaseLabel": "emr-7.13.0-latest"}
    place = {"virtualClusterId": virtual_cluster}
    made = emr.create_managed_endpoint(**endpoint, **place, executionRoleArn=ROLE)
    live = {**place, "states": ["CREATING", "ACTIVE", "TERMINATING"]}
    assert [each["id"] for each in emr.list_managed_endpoints(**live)["endpoints"]] == [made["id"]]
    emr.delete_managed_endpoint(id=made["id"], **place)
    assert emr.list_managed_endpoints(**live)["endpoints"] == []
    assert emr.describe_managed_endpoint(id=made["id"], **place)["endpoint"]["state"] == "TERMINATED"
    refused("ResourceNotFoundException", emr.delete_managed_endpoint, id="gone", **place)
