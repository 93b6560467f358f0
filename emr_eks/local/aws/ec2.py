"""EC2: launch templates as they were sent, with the tags that they have now, and gone by their ids."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult
from moto.ec2 import urls
from moto.ec2.exceptions import InvalidLaunchTemplateIdNotFound
from moto.ec2.models import EC2Backend as MotoEC2Backend
from moto.ec2.models import ec2_backends
from moto.ec2.responses import EC2Response as MotoEC2Response
from moto.ec2.utils import parse_user_data

from emr_eks.local.aws.extension import extend


class EC2Backend(MotoEC2Backend):
    """Moto's backend, whose launch templates keep what they were made of."""

    def create_launch_template(
        self,
        name: str,
        description: str,
        template_data: dict[str, Any],
        tag_spec: dict[str, Any],
    ) -> Any:
        """Make a template; its own tags are no part of the data that instances are launched with."""
        specifications = template_data.get("TagSpecifications")
        if specifications is not None:
            template_data["TagSpecifications"] = [s for s in specifications if s["ResourceType"] != "launch-template"]
        return super().create_launch_template(name, description, template_data, tag_spec)

    def delete_launch_template(self, name: str, tid: str | None) -> Any:
        """Delete a template; by the error for an unknown id Terraform, asking again, knows that it is gone.

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
        """
        if tid and tid not in self.launch_templates:
            raise InvalidLaunchTemplateIdNotFound(tid)
        return super().delete_launch_template(name, tid)


class EC2Response(MotoEC2Response):
    """Moto's responses, corrected."""

    def create_launch_template_version(self) -> ActionResult:
        """CreateLaunchTemplateVersion: user data are kept in the form in which moto launches instances."""
        data = self._get_param("LaunchTemplateData", {})
        data["UserData"] = parse_user_data(data.get("UserData"))
        return super().create_launch_template_version()

    def describe_launch_templates(self) -> ActionResult:
        """DescribeLaunchTemplates, with today's tags."""
        for template in self.ec2_backend.launch_templates.values():
            template.tags = template.get_tags()
        return super().describe_launch_templates()


def install() -> None:
    """Correct moto's EC2."""
    extend(ec2_backends, EC2Backend, urls, EC2Response)
