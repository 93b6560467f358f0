"""https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_LifecycleHook.html: target and role may be absent."""

from .conftest import Aws


def test_a_hook_has_no_queue_that_nobody_named(aws: Aws, name: str) -> None:
    autoscaling = aws("autoscaling")
    autoscaling.create_launch_configuration(
        LaunchConfigurationName=name, ImageId="ami-12345678", InstanceType="m5.large"
    )
    autoscaling.create_auto_scaling_group(
        AutoScalingGroupName=name,
        LaunchConfigurationName=name,
        MinSize=0,
        MaxSize=1,
        AvailabilityZones=["us-east-1a"],
    )
    autoscaling.put_lifecycle_hook(
        AutoScalingGroupName=name,
        LifecycleHookName="drain",
        LifecycleTransition="autoscaling:EC2_INSTANCE_TERMINATING",
        HeartbeatTimeout=300,
        DefaultResult="CONTINUE",
    )
    (hook,) = autoscaling.describe_lifecycle_hooks(AutoScalingGroupName=name)["LifecycleHooks"]
    assert (hook["HeartbeatTimeout"], hook["DefaultResult"]) == (300, "CONTINUE")
    assert "NotificationTargetARN" not in hook
    assert "RoleARN" not in hook
