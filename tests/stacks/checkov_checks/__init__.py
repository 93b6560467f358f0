"""What Checkov loads with `--external-checks-dir`."""
