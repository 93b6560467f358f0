"""The app that `cdktf` runs for `emr-eks local`: the project's own, and then `localise`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from emr_eks.local.localise import localise

STATE_VARIABLE = "EMR_EKS_LOCAL_STATE"


def main() -> int:
    """Run the app that cdktf.json names, and turn what it made towards the embedded cloud."""
    app = json.loads(Path("cdktf.json").read_text("utf-8"))["app"]
    # `python` in cdktf.json is whichever comes first; here it must be the one that runs us.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    code = subprocess.run(app, shell=True, env={**os.environ, "PATH": path}).returncode
    if code == 0:
        localise(Path(os.environ["CDKTF_OUTDIR"]), Path(os.environ[STATE_VARIABLE]))
    return code


if __name__ == "__main__":
    sys.exit(main())
