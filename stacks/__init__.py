"""The stacks of a platform, and the model of `platform.yaml` that they are made from."""
