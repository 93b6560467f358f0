"""How a move is written in Python, ready to paste."""

from __future__ import annotations

from emr_eks.review.compare import Step


def python_of(step: Step) -> str:
    """Return the call that tells Terraform where the resource of *step* was.

    `move_from_id` is cdktf's (https://developer.hashicorp.com/terraform/cdktf/concepts/constructs#move-resources).
    """
    return f'{variable(step.resource.path)}.move_from_id("{step.moved_from}")'


def variable(path: str) -> str:
    """Return what the primary child of the construct at *path* is usually called: `resource`."""
    last = path.rpartition("/")[2]
    return "self.resource" if last == "Resource" else f"self.{_snake(last)}"


def _snake(name: str) -> str:
    words = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
    return "".join(letter if letter.isalnum() else "_" for letter in words).strip("_")
