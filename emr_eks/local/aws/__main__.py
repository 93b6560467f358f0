"""Run the embedded AWS: `python -m emr_eks.local.aws --port 0 --ready-file PATH`."""

from __future__ import annotations

from emr_eks.local.aws.server import main

if __name__ == "__main__":
    raise SystemExit(main())
