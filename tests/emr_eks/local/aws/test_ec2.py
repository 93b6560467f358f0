"""Launch templates: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateLaunchTemplate.html."""

from .conftest import Aws, Refused

INSTANCE_TAGS = {"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "node"}]}
VOLUME_TAGS = {"ResourceType": "volume", "Tags": [{"Key": "Name", "Value": "disk"}]}


def data_of(aws: Aws, template_id: str, version: str = "$Latest") -> dict[str, object]:
    found = aws("ec2").describe_launch_template_versions(LaunchTemplateId=template_id, Versions=[version])
    return dict(found["LaunchTemplateVersions"][0]["LaunchTemplateData"])


def test_tag_specifications_come_back_as_sent(aws: Aws, name: str) -> None:
    template = aws("ec2").create_launch_template(
        LaunchTemplateName=name,
        LaunchTemplateData={"TagSpecifications": [INSTANCE_TAGS, VOLUME_TAGS]},
        TagSpecifications=[{"ResourceType": "launch-template", "Tags": [{"Key": "team", "Value": "data"}]}],
    )["LaunchTemplate"]
    assert template["Tags"] == [{"Key": "team", "Value": "data"}]
    assert data_of(aws, template["LaunchTemplateId"])["TagSpecifications"] == [INSTANCE_TAGS, VOLUME_TAGS]


def test_a_templates_own_tags_are_not_given_to_instances(aws: Aws, name: str) -> None:
    template = aws("ec2").create_launch_template(
        LaunchTemplateName=name,
        LaunchTemplateData={"InstanceType": "m5.large"},
        TagSpecifications=[{"ResourceType": "launch-template", "Tags": [{"Key": "team", "Value": "data"}]}],
    )["LaunchTemplate"]
    assert not data_of(aws, template["LaunchTemplateId"]).get("TagSpecifications")


def test_versions_keep_their_own_data(aws: Aws, name: str) -> None:
    ec2 = aws("ec2")
    made = ec2.create_launch_template(LaunchTemplateName=name, LaunchTemplateData={"UserData": "Zmlyc3Q="})
    template_id = made["LaunchTemplate"]["LaunchTemplateId"]
    second = {"UserData": "c2Vjb25k", "TagSpecifications": [VOLUME_TAGS]}
    ec2.create_launch_template_version(LaunchTemplateId=template_id, LaunchTemplateData=second)
    assert data_of(aws, template_id, "1")["UserData"] == "Zmlyc3Q="
    latest = data_of(aws, template_id)
    assert latest["UserData"] == "c2Vjb25k"
    assert latest["TagSpecifications"] == [VOLUME_TAGS]


def test_tags_added_later_are_described(aws: Aws, name: str) -> None:
    ec2 = aws("ec2")
    made = ec2.create_launch_template(LaunchTemplateName=name, LaunchTemplateData={"InstanceType": "m5.large"})
    template_id = made["LaunchTemplate"]["LaunchTemplateId"]
    ec2.create_tags(Resources=[template_id], Tags=[{"Key": "late", "Value": "yes"}])
    (template,) = ec2.describe_launch_templates(LaunchTemplateIds=[template_id])["LaunchTemplates"]
    assert template["Tags"] == [{"Key": "late", "Value": "yes"}]


def test_deleting_a_template_again_says_what_terraform_takes_for_done(aws: Aws, name: str, refused: Refused) -> None:
    """The provider sends a call again when an answer is lost: internal/service/ec2/ec2_launch_template.go."""
    ec2 = aws("ec2")
    made = ec2.create_launch_template(LaunchTemplateName=name, LaunchTemplateData={"InstanceType": "m5.large"})
    template_id = made["LaunchTemplate"]["LaunchTemplateId"]
    ec2.delete_launch_template(LaunchTemplateId=template_id)
    refused("InvalidLaunchTemplateId.NotFound", ec2.delete_launch_template, LaunchTemplateId=template_id)
