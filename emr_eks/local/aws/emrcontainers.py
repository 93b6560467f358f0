"""EMR on EKS: virtual clusters, job runs, job templates and interactive endpoints, with their tags.

A job run moves when it is described: DescribeJobRun shows SUBMITTED first, RUNNING next, and COMPLETED from
then on. No pod runs. The rules are those of
https://docs.aws.amazon.com/emr-on-eks/latest/APIReference/Welcome.html
"""

from __future__ import annotations

import datetime
import json
import re
from dataclasses import dataclass, field
from typing import Any, TypeVar

from botocore import xform_name
from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult, EmptyResult, PaginatedResult
from moto.core.utils import utcnow
from moto.eks.exceptions import ResourceNotFoundException as ClusterNotFound
from moto.eks.models import eks_backends
from moto.emrcontainers import models, responses, urls
from moto.emrcontainers.utils import random_cluster_id, random_id, random_job_id

from emr_eks.local.aws.extension import extend

Tags = dict[str, str]

_NAME = r"[\.\-_/#A-Za-z0-9]{1,64}"
_NAMESPACE = r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
_RELEASE = r"emr-(spark-)?\d+\.\d+\.\d+-([a-z0-9]+-)*(latest|\d{8})"
_FINISHED = ("COMPLETED", "FAILED", "CANCELLED", "CANCEL_PENDING")
_NEXT_STATE = {"PENDING": "SUBMITTED", "SUBMITTED": "RUNNING", "RUNNING": "COMPLETED"}


class ValidationException(ServiceException):
    """The request is wrong, or comes at the wrong time."""

    code = "ValidationException"


class ResourceNotFoundException(ServiceException):
    """What the request names does not exist."""

    code = "ResourceNotFoundException"


@dataclass
class VirtualCluster:
    """A namespace of an EKS cluster, registered with EMR."""

    id: str
    arn: str
    name: str
    container_provider: dict[str, Any]
    client_token: str
    tags: Tags
    security_configuration_id: str | None = None
    session_enabled: bool | None = None
    scheduler_configuration: dict[str, int] | None = None
    state: str = "RUNNING"
    created_at: datetime.datetime = field(default_factory=utcnow)

    @property
    def namespace(self) -> str:
        """The Kubernetes namespace."""
        return str(self.container_provider["info"]["eksInfo"]["namespace"])


@dataclass
class JobRun:
    """A job sent to a virtual cluster."""

    id: str
    arn: str
    virtual_cluster_id: str
    client_token: str
    name: str | None
    execution_role_arn: str
    release_label: str
    job_driver: dict[str, Any]
    configuration_overrides: dict[str, Any] | None
    retry_policy_configuration: dict[str, int] | None
    created_by: str
    tags: Tags
    state: str = "PENDING"
    state_details: str | None = None
    failure_reason: str | None = None
    finished_at: datetime.datetime | None = None
    created_at: datetime.datetime = field(default_factory=utcnow)

    def advance(self) -> None:
        """Move on to the next state, if there is one."""
        self.state = _NEXT_STATE.get(self.state, self.state)
        if self.state == "COMPLETED" and self.finished_at is None:
            self.finish("COMPLETED", "JobRun completed. The embedded AWS ran no pod for it.")

    def finish(self, state: str, details: str) -> None:
        """End the run now."""
        self.state, self.state_details, self.finished_at = state, details, utcnow()


@dataclass
class JobTemplate:
    """A job with values left open."""

    id: str
    arn: str
    name: str
    client_token: str
    job_template_data: dict[str, Any]
    created_by: str
    tags: Tags
    kms_key_arn: str | None = None
    created_at: datetime.datetime = field(default_factory=utcnow)

    def job(self, parameters: dict[str, str]) -> dict[str, Any]:
        """Return the job with `${Name}` replaced by the parameter's value or its default."""
        text = json.dumps({k: v for k, v in self.job_template_data.items() if k != "parameterConfiguration"})
        for name, parameter in (self.job_template_data.get("parameterConfiguration") or {}).items():
            value = parameters.get(name, parameter.get("defaultValue"))
            if value is None:
                raise ValidationException(f"Parameter {name} of job template {self.id} has no value.")
            text = text.replace(f"${{{name}}}", json.dumps(value)[1:-1])
        return dict(json.loads(text))


@dataclass
class Endpoint:
    """An interactive endpoint of a virtual cluster; EMR's API calls it a managed endpoint."""

    id: str
    arn: str
    name: str
    virtual_cluster_id: str
    client_token: str
    type: str
    release_label: str
    execution_role_arn: str
    tags: Tags
    configuration_overrides: dict[str, Any] | None = None
    state: str = "ACTIVE"
    created_at: datetime.datetime = field(default_factory=utcnow)


Kept = TypeVar("Kept", VirtualCluster, JobRun, JobTemplate, Endpoint)


class EMRContainersBackend(models.EMRContainersBackend):
    """Moto's backend with EMR's rules, idempotency, job templates and tags."""

    virtual_clusters: dict[str, VirtualCluster]  # type: ignore[assignment]  # moto's hold its own class
    job_runs: dict[str, JobRun]  # type: ignore[assignment]  # moto's hold its own class

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.job_templates: dict[str, JobTemplate] = {}
        self.endpoints: dict[str, Endpoint] = {}

    # Virtual clusters

    def create_virtual_cluster(  # type: ignore[override]  # not moto's signature
        self,
        name: str,
        container_provider: dict[str, Any],
        client_token: str,
        tags: Tags | None = None,
        **settings: Any,
    ) -> VirtualCluster:
        """Register a namespace; each takes one virtual cluster, and needs its EKS cluster."""
        if made := _made_with(client_token, self.virtual_clusters):
            return made
        _check(_NAME, name, "name")
        eks_cluster = container_provider["id"]
        namespace = (container_provider.get("info") or {}).get("eksInfo", {}).get("namespace") or "default"
        _check(_NAMESPACE, namespace, "namespace")
        container_provider["info"] = {"eksInfo": {"namespace": namespace}}
        self._check_eks_cluster(eks_cluster)
        if namespace in self._namespaces(eks_cluster):
            raise ValidationException("A virtual cluster already exists in the given namespace")
        identifier = random_cluster_id()
        virtual_cluster = VirtualCluster(
            identifier,
            self._arn(f"virtualclusters/{identifier}"),
            name,
            container_provider,
            client_token,
            tags or {},
            **settings,
        )
        self.virtual_clusters[identifier] = virtual_cluster
        self._admit(eks_cluster)
        return virtual_cluster

    def describe_virtual_cluster(  # type: ignore[override]  # not moto's signature
        self, cluster_id: str
    ) -> VirtualCluster:
        """Return a virtual cluster, also one that was terminated."""
        if cluster_id not in self.virtual_clusters:
            raise ResourceNotFoundException(f"Virtual cluster {cluster_id} doesn't exist.")
        return self.virtual_clusters[cluster_id]

    def update_virtual_cluster(self, cluster_id: str, scheduler_configuration: dict[str, int] | None) -> VirtualCluster:
        """Change how many job runs a virtual cluster takes."""
        virtual_cluster = self._running(cluster_id)
        virtual_cluster.scheduler_configuration = scheduler_configuration
        return virtual_cluster

    def delete_virtual_cluster(  # type: ignore[override]  # not moto's signature
        self, cluster_id: str
    ) -> VirtualCluster:
        """Terminate a virtual cluster, at once."""
        virtual_cluster = self._running(cluster_id)
        virtual_cluster.state = "TERMINATED"
        self._admit(virtual_cluster.container_provider["id"])
        return virtual_cluster

    def list_virtual_clusters(  # type: ignore[override]  # not moto's signature
        self,
        container_provider_id: str | None = None,
        container_provider_type: str | None = None,
        created_after: datetime.datetime | None = None,
        created_before: datetime.datetime | None = None,
        states: list[str] | None = None,
    ) -> list[VirtualCluster]:
        """Return the virtual clusters that fit, in the order in which they were made."""
        return [
            v
            for v in _created(self.virtual_clusters, created_after, created_before)
            if container_provider_id in (None, v.container_provider["id"])
            and container_provider_type in (None, v.container_provider["type"])
            and (not states or v.state in states)
        ]

    # Job runs

    def start_job_run(  # type: ignore[override]  # not moto's signature
        self,
        virtual_cluster_id: str,
        client_token: str,
        name: str | None = None,
        job_template_id: str | None = None,
        job_template_parameters: dict[str, str] | None = None,
        tags: Tags | None = None,
        retry_policy_configuration: dict[str, int] | None = None,
        **job: Any,
    ) -> JobRun:
        """Take a job for a virtual cluster that is RUNNING."""
        if made := _made_with(client_token, self.job_runs):
            return made
        self._running(virtual_cluster_id)
        tags = dict(tags or {})
        if job_template_id:
            values = self.describe_job_template(job_template_id).job(job_template_parameters or {})
            tags = {**(values.pop("jobTags", None) or {}), **tags}
            job = {**{xform_name(key): value for key, value in values.items()}, **job}
        for required in ("execution_role_arn", "release_label", "job_driver"):
            if not job.get(required):
                raise ValidationException(f"{required} is required without a job template.")
        if name is not None:
            _check(_NAME, name, "name")
        if not re.fullmatch(_RELEASE, job["release_label"]):
            raise ResourceNotFoundException(f"Release {job['release_label']} doesn't exist.")
        identifier = random_job_id()
        run = JobRun(
            identifier,
            self._arn(f"virtualclusters/{virtual_cluster_id}/jobruns/{identifier}"),
            virtual_cluster_id,
            client_token,
            name,
            job["execution_role_arn"],
            job["release_label"],
            job["job_driver"],
            job.get("configuration_overrides"),
            retry_policy_configuration,
            self._caller,
            tags,
        )
        self.job_runs[identifier] = run
        return run

    def describe_job_run(  # type: ignore[override]  # not moto's signature
        self, job_run_id: str, virtual_cluster_id: str
    ) -> JobRun:
        """Return a job run, in the state after the one that was seen last."""
        run = self._job_run(job_run_id, virtual_cluster_id)
        run.advance()
        return run

    def cancel_job_run(  # type: ignore[override]  # not moto's signature
        self, job_run_id: str, virtual_cluster_id: str
    ) -> JobRun:
        """Cancel a job run that is not finished."""
        run = self._job_run(job_run_id, virtual_cluster_id)
        if run.state in _FINISHED:
            raise ValidationException(f"Job run {job_run_id} is not in a cancellable state")
        run.finish("CANCELLED", "JobRun CANCELLED successfully.")
        return run

    def list_job_runs(  # type: ignore[override]  # not moto's signature
        self,
        virtual_cluster_id: str,
        created_before: datetime.datetime | None = None,
        created_after: datetime.datetime | None = None,
        name: str | None = None,
        states: list[str] | None = None,
    ) -> list[JobRun]:
        """Return the job runs of a virtual cluster that fit, in the order in which they were started."""
        return [
            run
            for run in _created(self.job_runs, created_after, created_before)
            if run.virtual_cluster_id == virtual_cluster_id
            and name in (None, run.name)
            and (not states or run.state in states)
        ]

    # Job templates

    def create_job_template(
        self,
        name: str,
        client_token: str,
        job_template_data: dict[str, Any],
        tags: Tags | None = None,
        kms_key_arn: str | None = None,
    ) -> JobTemplate:
        """Keep a job template."""
        if made := _made_with(client_token, self.job_templates):
            return made
        _check(_NAME, name, "name")
        identifier = random_id(25)
        template = JobTemplate(
            identifier,
            self._arn(f"jobtemplates/{identifier}"),
            name,
            client_token,
            job_template_data,
            self._caller,
            tags or {},
            kms_key_arn,
        )
        self.job_templates[identifier] = template
        return template

    def describe_job_template(self, template_id: str) -> JobTemplate:
        """Return a job template."""
        if template_id not in self.job_templates:
            raise ResourceNotFoundException(f"Job template {template_id} doesn't exist.")
        return self.job_templates[template_id]

    def list_job_templates(
        self, created_after: datetime.datetime | None = None, created_before: datetime.datetime | None = None
    ) -> list[JobTemplate]:
        """Return the job templates made in a span of time."""
        return _created(self.job_templates, created_after, created_before)

    def delete_job_template(self, template_id: str) -> JobTemplate:
        """Forget a job template."""
        self.describe_job_template(template_id)
        return self.job_templates.pop(template_id)

    # Interactive endpoints

    def create_managed_endpoint(
        self, virtual_cluster_id: str, client_token: str, tags: Tags | None = None, **settings: Any
    ) -> Endpoint:
        """Make an endpoint, ACTIVE at once."""
        if made := _made_with(client_token, self.endpoints):
            return made
        self._running(virtual_cluster_id)
        identifier = random_id(13)
        arn = self._arn(f"virtualclusters/{virtual_cluster_id}/endpoints/{identifier}")
        endpoint = Endpoint(
            identifier,
            arn,
            virtual_cluster_id=virtual_cluster_id,
            client_token=client_token,
            tags=tags or {},
            **settings,
        )
        self.endpoints[identifier] = endpoint
        return endpoint

    def describe_managed_endpoint(self, endpoint_id: str, virtual_cluster_id: str) -> Endpoint:
        """Return an endpoint, also one that was terminated."""
        endpoint = self.endpoints.get(endpoint_id)
        if endpoint is None or endpoint.virtual_cluster_id != virtual_cluster_id:
            raise ResourceNotFoundException(f"Managed endpoint {endpoint_id} doesn't exist.")
        return endpoint

    def list_managed_endpoints(
        self,
        virtual_cluster_id: str,
        created_after: datetime.datetime | None,
        created_before: datetime.datetime | None,
        types: list[str] | None,
        states: list[str] | None,
    ) -> list[Endpoint]:
        """Return the endpoints of a virtual cluster that fit."""
        return [
            endpoint
            for endpoint in _created(self.endpoints, created_after, created_before)
            if endpoint.virtual_cluster_id == virtual_cluster_id
            and (not types or endpoint.type in types)
            and (not states or endpoint.state in states)
        ]

    def delete_managed_endpoint(self, endpoint_id: str, virtual_cluster_id: str) -> Endpoint:
        """Terminate an endpoint, at once."""
        endpoint = self.describe_managed_endpoint(endpoint_id, virtual_cluster_id)
        endpoint.state = "TERMINATED"
        return endpoint

    # Tags

    def tags_of(self, resource_arn: str) -> Tags:
        """Return the tags of anything kept here, to read or to change."""
        for kept in (self.virtual_clusters, self.job_runs, self.job_templates, self.endpoints):
            for resource in kept.values():
                if resource.arn == resource_arn:
                    return resource.tags
        raise ResourceNotFoundException(f"Resource {resource_arn} doesn't exist.")

    # What the rules above share

    @property
    def _caller(self) -> str:
        return f"arn:{self.partition}:iam::{self.account_id}:user/moto"

    def _arn(self, resource: str) -> str:
        return f"arn:{self.partition}:emr-containers:{self.region_name}:{self.account_id}:/{resource}"

    def _namespaces(self, eks_cluster: str) -> list[str]:
        running = self.list_virtual_clusters(container_provider_id=eks_cluster, states=["RUNNING"])
        return [virtual_cluster.namespace for virtual_cluster in running]

    def _running(self, cluster_id: str) -> VirtualCluster:
        virtual_cluster = self.describe_virtual_cluster(cluster_id)
        if virtual_cluster.state != "RUNNING":
            raise ValidationException(f"Virtual cluster {cluster_id} is not in RUNNING state")
        return virtual_cluster

    def _job_run(self, job_run_id: str, virtual_cluster_id: str) -> JobRun:
        run = self.job_runs.get(job_run_id)
        if run is None or run.virtual_cluster_id != virtual_cluster_id:
            raise ResourceNotFoundException(f"Job run {job_run_id} doesn't exist.")
        return run

    @property
    def _eks(self) -> Any:
        return eks_backends[self.account_id][self.region_name]

    def _check_eks_cluster(self, name: str) -> None:
        try:
            self._eks.describe_cluster(name)
        except ClusterNotFound as error:
            raise ResourceNotFoundException(f"EKS cluster {name} doesn't exist.") from error

    def _admit(self, eks_cluster: str) -> None:
        if eks_cluster in self._eks.clusters:
            self._eks.admit_emr(eks_cluster, self._namespaces(eks_cluster))


class EMRContainersResponse(responses.EMRContainersResponse):
    """Moto's responses, and those to the operations that moto lacks."""

    @property
    def emrcontainers_backend(self) -> EMRContainersBackend:
        """The backend of the caller's account and region."""
        # The backend that is registered is ours.
        return models.emrcontainers_backends[self.current_account][self.region]  # type: ignore[return-value]

    @property
    def _arguments(self) -> dict[str, Any]:
        return {xform_name(name): value for name, value in self.params.items()}

    def create_virtual_cluster(self) -> ActionResult:
        """CreateVirtualCluster."""
        return ActionResult(self.emrcontainers_backend.create_virtual_cluster(**self._arguments))

    def update_virtual_cluster(self) -> ActionResult:
        """UpdateVirtualCluster."""
        virtual_cluster = self.emrcontainers_backend.update_virtual_cluster(
            self._get_param("id"), self._get_param("schedulerConfiguration")
        )
        return ActionResult({"virtualCluster": virtual_cluster})

    def list_virtual_clusters(self) -> ActionResult:
        """ListVirtualClusters."""
        found = self.emrcontainers_backend.list_virtual_clusters(
            self._get_param("containerProviderId"),
            self._get_param("containerProviderType"),
            self._get_param("createdAfter"),
            self._get_param("createdBefore"),
            self._get_param("states"),
        )
        return PaginatedResult({"virtualClusters": found})

    def start_job_run(self) -> ActionResult:
        """StartJobRun."""
        return ActionResult(self.emrcontainers_backend.start_job_run(**self._arguments))

    def list_job_runs(self) -> ActionResult:
        """ListJobRuns."""
        found = self.emrcontainers_backend.list_job_runs(
            self._get_param("virtualClusterId"),
            self._get_param("createdBefore"),
            self._get_param("createdAfter"),
            self._get_param("name"),
            self._get_param("states"),
        )
        return PaginatedResult({"jobRuns": found})

    def create_job_template(self) -> ActionResult:
        """CreateJobTemplate."""
        return ActionResult(self.emrcontainers_backend.create_job_template(**self._arguments))

    def describe_job_template(self) -> ActionResult:
        """DescribeJobTemplate."""
        return ActionResult({"jobTemplate": self.emrcontainers_backend.describe_job_template(self._get_param("id"))})

    def list_job_templates(self) -> ActionResult:
        """ListJobTemplates."""
        found = self.emrcontainers_backend.list_job_templates(
            self._get_param("createdAfter"), self._get_param("createdBefore")
        )
        return PaginatedResult({"templates": found})

    def delete_job_template(self) -> ActionResult:
        """DeleteJobTemplate."""
        return ActionResult({"id": self.emrcontainers_backend.delete_job_template(self._get_param("id")).id})

    def create_managed_endpoint(self) -> ActionResult:
        """CreateManagedEndpoint."""
        return ActionResult(self.emrcontainers_backend.create_managed_endpoint(**self._arguments))

    def describe_managed_endpoint(self) -> ActionResult:
        """DescribeManagedEndpoint."""
        return ActionResult({"endpoint": self.emrcontainers_backend.describe_managed_endpoint(*self._endpoint)})

    def list_managed_endpoints(self) -> ActionResult:
        """ListManagedEndpoints."""
        found = self.emrcontainers_backend.list_managed_endpoints(
            self._get_param("virtualClusterId"),
            self._get_param("createdAfter"),
            self._get_param("createdBefore"),
            self._get_param("types"),
            self._get_param("states"),
        )
        return PaginatedResult({"endpoints": found})

    def delete_managed_endpoint(self) -> ActionResult:
        """DeleteManagedEndpoint."""
        return ActionResult(self.emrcontainers_backend.delete_managed_endpoint(*self._endpoint))

    @property
    def _endpoint(self) -> tuple[str, str]:
        return self._get_param("id"), self._get_param("virtualClusterId")

    def tag_resource(self) -> ActionResult:
        """TagResource."""
        self.emrcontainers_backend.tags_of(self._get_param("resourceArn")).update(self._get_param("tags"))
        return EmptyResult()

    def untag_resource(self) -> ActionResult:
        """UntagResource."""
        tags = self.emrcontainers_backend.tags_of(self._get_param("resourceArn"))
        for key in self._get_param("tagKeys"):
            tags.pop(key, None)
        return EmptyResult()

    def list_tags_for_resource(self) -> ActionResult:
        """ListTagsForResource."""
        return ActionResult({"tags": self.emrcontainers_backend.tags_of(self._get_param("resourceArn"))})


def install() -> None:
    """Answer EMR on EKS's calls in moto's place."""
    extend(models.emrcontainers_backends, EMRContainersBackend, urls, EMRContainersResponse)


def _check(pattern: str, value: str, name: str) -> None:
    if not re.fullmatch(pattern, value):
        raise ValidationException(f"Value '{value}' at '{name}' failed to satisfy the pattern {pattern}")


def _made_with(client_token: str, kept: dict[str, Kept]) -> Kept | None:
    """Return what an earlier request with the same token made."""
    return next((resource for resource in kept.values() if resource.client_token == client_token), None)


def _created(kept: dict[str, Kept], after: datetime.datetime | None, before: datetime.datetime | None) -> list[Kept]:
    return [
        resource
        for resource in kept.values()
        if (after is None or resource.created_at >= after) and (before is None or resource.created_at <= before)
    ]
