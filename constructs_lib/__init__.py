"""Constructs for Amazon EMR on EKS, for CDK for Terraform: one noun a module.

Import what you need from its module, as in `from constructs_lib.vpc import Vpc, VpcSpec`. Importing this package
makes the provider bindings load lazily, wherever they are imported afterwards, and does nothing else.
"""

from constructs_lib import accelerator

accelerator.install()
