"""Programs of others that must come to their own end."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from typing import Any


def run_to_its_end(command: Sequence[str], **options: Any) -> subprocess.CompletedProcess[str]:
    """Run *command* with the *options* of `Popen`, and return when it has ended by itself, whatever Ctrl-C does here.

    The terminal sends Ctrl-C to it too; Terraform then writes its state and lets go of the lock on it, which takes
    longer than the quarter of a second that `subprocess.run` gives before it kills.
    """
    with subprocess.Popen(command, text=True, **options) as process:
        while True:
            try:
                printed, _ = process.communicate()
                return subprocess.CompletedProcess(command, process.returncode, printed)
            except KeyboardInterrupt:
                continue
