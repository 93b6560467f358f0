"""Karpenter before v1beta1: `Provisioner` v1alpha5 and `AWSNodeTemplate` v1alpha1, read and turned into v1.

The YAML files here are the provisioners of four published set-ups; they are what the conversion is tested on.
"""
