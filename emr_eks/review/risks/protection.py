"""Encryption, protection against deletion, backups and logs that are turned off or down."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from emr_eks.review.compare import Comparison, Step
from emr_eks.review.paths import at, blocks, strings, whole
from emr_eks.review.report import Action
from emr_eks.review.risks.rule import CRITICAL, HIGH, MEDIUM, Found, Rules, Subject

RULES = Rules()


@RULES.rule("encryption-off", "Something is no longer encrypted, or not with a key of its own")
def encryption(comparison: Comparison) -> Iterator[Found]:
    """Yield volumes, secrets, logs, queues and buckets whose encryption goes or falls back to AWS's own key."""
    for step in comparison.steps():
        what = _encryption_lost(step)
        if what and not (step.after is None and _owner_goes(comparison, step)):
            yield Found(Subject.of(step), HIGH, what, "restore the encryption")


def _encryption_lost(step: Step) -> str | None:
    kind = step.resource.type
    if step.before is None or (step.after is None and kind != "aws_s3_bucket_server_side_encryption_configuration"):
        return None
    if kind == "aws_eks_cluster" and step.old("encryption_config") and not step.new("encryption_config"):
        return "Kubernetes secrets are no longer encrypted with a key of yours"
    if kind in ("aws_launch_template", "kubernetes_manifest") and _plain_volumes(step.new) > _plain_volumes(step.old):
        return "volumes of new nodes are not encrypted: shuffle data and images lie there in the clear"
    if kind == "aws_cloudwatch_log_group" and step.old("kms_key_id") and not step.new("kms_key_id"):
        return "new logs are no longer encrypted with a key of yours"
    if kind == "aws_sqs_queue" and step.old("sqs_managed_sse_enabled") is True and not _queue_encrypted(step):
        return "messages in the queue are no longer encrypted"
    if kind == "aws_sns_topic" and step.old("kms_master_key_id") and not step.new("kms_master_key_id"):
        return "messages of the topic are no longer encrypted"
    if kind == "aws_s3_bucket_server_side_encryption_configuration":
        if step.action is Action.destroy:
            return "new objects are encrypted with S3's own key only"
        path = "rule.apply_server_side_encryption_by_default.sse_algorithm"
        if str(step.old(path)).startswith("aws:kms") and not str(step.new(path)).startswith("aws:kms"):
            return "new objects are encrypted with S3's own key only, which any reader of the bucket can use"
    return None


def _queue_encrypted(step: Step) -> bool:
    return step.new("sqs_managed_sse_enabled") is True or bool(step.new("kms_master_key_id"))


def _plain_volumes(side: Any) -> int:
    """Count the volumes that are not encrypted, of a launch template or of a node class."""
    found = [*blocks(side("block_device_mappings")), *blocks(side("manifest.spec.blockDeviceMappings"))]
    return sum(str(at(each, "ebs.encrypted")).lower() != "true" for each in found)


@RULES.rule("encryption-key-changed", "Something gets another key")
def key_changed(comparison: Comparison) -> Iterator[Found]:
    """Yield what takes another key: what was written before stays under the old one, and a cluster wholly."""
    places = {
        "aws_cloudwatch_log_group": "kms_key_id",
        "aws_s3_bucket_server_side_encryption_configuration": (
            "rule.apply_server_side_encryption_by_default.kms_master_key_id"
        ),
        "aws_sns_topic": "kms_master_key_id",
        "aws_sqs_queue": "kms_master_key_id",
        "aws_eks_cluster": "encryption_config.provider.key_arn",
    }
    for step in comparison.steps(*places):
        path = places[step.resource.type]
        old, new = step.old(path), step.new(path)
        if not (old and new) or old == new:
            continue
        if step.resource.type == "aws_eks_cluster" and not step.action.replaces:
            # https://github.com/hashicorp/terraform-provider-aws/issues/34883
            yield Found(
                Subject.of(step),
                HIGH,
                f"EKS gives a cluster no other key: Terraform tells of a change and makes none, and secrets stay under "
                f"{old}",
                "undo it, and keep the old key as long as the cluster; another key takes another cluster",
            )
        else:
            yield Found(
                Subject.of(step),
                MEDIUM,
                f"new data is encrypted with another key; what is there stays under {old}",
                "keep the old key as long as anything under it is needed, and let readers use both",
            )


@RULES.rule("key-disabled", "A key is disabled or no longer rotated")
def key_disabled(comparison: Comparison) -> Iterator[Found]:
    """Yield KMS keys that are turned off or no longer rotate."""
    for step in comparison.steps("aws_kms_key"):
        if step.before and step.after:
            if step.new("is_enabled") is False and step.old("is_enabled") is not False:
                yield Found(
                    Subject.of(step),
                    CRITICAL,
                    "what it encrypted cannot be read while it is disabled",
                    "leave it enabled",
                )
            if step.old("enable_key_rotation") is True and step.new("enable_key_rotation") is not True:
                yield Found(Subject.of(step), MEDIUM, "the key is no longer rotated every year", "leave rotation on")


@RULES.rule("deletion-protection-off", "Something can be deleted more easily than before")
def deletion_protection(comparison: Comparison) -> Iterator[Found]:
    """Yield what loses a guard against being destroyed."""
    for step in comparison.steps():
        if step.before and step.after:
            for path, guarded, consequence in _GUARDS:
                if step.old(path) == guarded and step.new(path) != guarded and path.partition(".")[0] != "lifecycle":
                    yield _unguarded(step, consequence)
            before, after = (whole(side("deletion_window_in_days")) for side in (step.old, step.new))
            if step.resource.type == "aws_kms_key" and before is not None and after is not None and after < before:
                yield _unguarded(step, f"a destroyed key can be saved for {after} days instead of {before}")
    for stack in comparison.stacks:
        for step in stack.meta:
            if step.old("lifecycle.prevent_destroy") is True and step.new("lifecycle.prevent_destroy") is not True:
                yield _unguarded(step, "Terraform no longer refuses to destroy it")


_GUARDS = (
    ("deletion_protection", True, "AWS no longer refuses to delete it"),
    ("deletion_protection_enabled", True, "AWS no longer refuses to delete it"),
    ("disable_api_termination", True, "AWS no longer refuses to end its instances"),
    ("skip_destroy", True, "when it is removed from the code, the logs in it are deleted"),
    ("force_destroy", False, "when it is removed from the code, every object in it is deleted with it"),
    ("force_delete", False, "when it is removed from the code, every image in it is deleted with it"),
)


def _unguarded(step: Step, consequence: str) -> Found:
    return Found(
        Subject.of(step), HIGH, consequence, "leave the guard on, unless its removal is what the next change is for"
    )


@RULES.rule("backup-off", "Overwritten and deleted objects cannot be restored")
def backup(comparison: Comparison) -> Iterator[Found]:
    """Yield buckets whose versioning is turned off, or that keep old versions for a shorter time."""
    for step in comparison.steps("aws_s3_bucket_versioning"):
        was = step.old("versioning_configuration.status") == "Enabled"
        gone = step.action is Action.destroy and not _owner_goes(comparison, step)
        if was and (gone or (step.after and step.new("versioning_configuration.status") != "Enabled")):
            yield Found(
                Subject.of(step),
                HIGH,
                "objects that are overwritten or deleted from now on are lost",
                "leave versioning on",
            )
    for step in comparison.steps("aws_s3_bucket_lifecycle_configuration"):
        for name, before, after in _rules(step, "noncurrent_version_expiration.noncurrent_days"):
            if after is not None and (before is None or after < before):
                told = "for ever" if before is None else f"{before} days"
                yield Found(
                    Subject.of(step),
                    MEDIUM,
                    f"old versions are kept {after} days instead of {told} (rule {name}); older ones are deleted",
                    "make sure that nobody restores from further back",
                )


@RULES.rule("retention-shortened", "Logs or objects are kept for a shorter time")
def retention(comparison: Comparison) -> Iterator[Found]:
    """Yield log groups and buckets that delete earlier than before."""
    for step in comparison.steps("aws_cloudwatch_log_group"):
        old, new = (whole(side("retention_in_days")) or 0 for side in (step.old, step.new))
        if step.before and step.after and new != 0 and (old == 0 or new < old):
            yield Found(
                Subject.of(step),
                MEDIUM,
                f"logs are kept {new} days instead of {old or 'for ever'}; older ones are deleted",
                "export what is still needed",
            )
    for step in comparison.steps("aws_s3_bucket_lifecycle_configuration"):
        for name, before, after in _rules(step, "expiration.days"):
            if after is not None and (before is None or after < before):
                yield Found(
                    Subject.of(step),
                    MEDIUM,
                    f"objects are deleted after {after} days"
                    + (f" instead of {before} (rule {name})" if before else f" by the new rule {name}"),
                    "copy what is still needed",
                )


@RULES.rule("logging-off", "Something is no longer logged")
def logging(comparison: Comparison) -> Iterator[Found]:
    """Yield control-plane logs, flow logs and access logs that are turned off or record less."""
    for step in comparison.steps("aws_eks_cluster"):
        lost = sorted(
            {*strings(step.old("enabled_cluster_log_types"))} - {*strings(step.new("enabled_cluster_log_types"))}
        )
        if step.before and step.after and lost:
            yield Found(
                Subject.of(step),
                HIGH if "audit" in lost else MEDIUM,
                f"the control plane no longer logs {', '.join(lost)}: what happened cannot be found out later",
                "leave them on",
            )
    for step in comparison.steps("aws_flow_log"):
        less = step.old("traffic_type") == "ALL" and step.after is not None and step.new("traffic_type") != "ALL"
        gone = step.action is Action.destroy and not _goes(comparison, "aws_vpc")
        if step.before and (less or gone):
            what = "connections are no longer recorded" if gone else f"only {step.new('traffic_type')} is recorded"
            yield Found(Subject.of(step), MEDIUM, what, "leave flow logs of all traffic on")
    for step in comparison.steps("aws_eks_addon"):
        kept = "configuration_values.containerLogs.enabled"
        if step.before and step.after and step.old(kept) is True and step.new(kept) is not True:
            yield Found(
                Subject.of(step),
                MEDIUM,
                "what containers print is no longer kept",
                "make sure that EMR's logs are enough",
            )
    for step in comparison.steps("aws_s3_bucket_logging"):
        if step.action is Action.destroy and not _owner_goes(comparison, step):
            yield Found(Subject.of(step), MEDIUM, "who reads the bucket is no longer recorded", "leave access logs on")


def _rules(step: Step, path: str) -> Iterator[tuple[str, int | None, int | None]]:
    """Yield name, and the days at *path* before and after, of each rule of a lifecycle configuration that stays."""
    if step.before and step.after:
        old, new = ({str(rule.get("id")): rule for rule in blocks(side("rule"))} for side in (step.old, step.new))
        for name in sorted({*old, *new}):
            before, after = (at(side.get(name), path) if name in side else None for side in (old, new))
            yield name, whole(before), whole(after)


def _owner_goes(comparison: Comparison, step: Step) -> bool:
    """Tell whether the bucket that *step* is a part of is destroyed too."""
    owner = str(step.old("bucket"))
    return any(
        other.action is Action.destroy
        and (other.resource.address in owner or other.old("bucket") == step.old("bucket"))
        for other in comparison.steps("aws_s3_bucket")
    )


def _goes(comparison: Comparison, kind: str) -> bool:
    return any(step.action is Action.destroy for step in comparison.steps(kind))
