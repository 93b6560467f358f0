"""Karpenter node pools as data, and the ground that every Spec of the project stands on.

Pure: nothing in this package imports cdktf, jsii or a provider binding.
"""
