"""Serve a stand-in provider for many runs of Terraform: `python -u serve_stand_in.py kubernetes`."""

from __future__ import annotations

import sys

from tf.runner import run_provider

from emr_eks.local.kubernetes import __main__ as stand_in


class Named:
    """What `run_provider` asks of a provider that it serves for debugging."""

    def full_name(self) -> str:
        return f"registry.terraform.io/hashicorp/{sys.argv[1]}"


if __name__ == "__main__":
    vars(stand_in)["run_provider"] = lambda _, arguments: run_provider(Named(), [*arguments, "--dev"])
    sys.exit(stand_in.main())
