"""How a move is written in Python, ready to paste."""

from __future__ import annotations

from emr_eks.review.compare import Step
from emr_eks.review.model import Resource


def python_of(step: Step) -> str:
    """Return the call that tells Terraform where the resource of *step* was.

    `move_from_id` is cdktf's (https://developer.hashicorp.com/terraform/cdktf/concepts/constructs#move-resources).
    """
    return f'{variable(step.resource.path)}.move_from_id("{step.moved_from}")'


def handover(gone: Resource, new: Resource) -> tuple[str, ...]:
    """Return the lines by which one stack lets go of a resource and another takes it over, without destroying it.

    `removed` is Terraform's, since 1.7, and cdktf has no call for it; `import_from` is cdktf's.
    https://developer.hashicorp.com/terraform/language/resources/syntax#removing-resources
    """
    block = f'[{{"from": "{gone.address}", "lifecycle": {{"destroy": False}}}}]'
    return (
        f'in the stack {gone.stack}: `self.add_override("removed", {block})`',
        f'in the construct of {new.path}: `{variable(new.path)}.import_from("...")`, with its id in the cloud',
    )


def variable(path: str) -> str:
    """Return what the primary child of the construct at *path* is usually called: `resource`."""
    last = path.rpartition("/")[2]
    return "self.resource" if last == "Resource" else f"self.{_snake(last)}"


def _snake(name: str) -> str:
    words = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
    return "".join(letter if letter.isalnum() else "_" for letter in words).strip("_")
