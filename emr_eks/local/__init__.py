"""The embedded cloud: one platform on one machine, with the real Terraform."""
