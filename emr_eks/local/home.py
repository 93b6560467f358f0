"""Where a local platform lives: one folder beside `cdktf.json`, and the AWS emulator that belongs to it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from http.client import HTTPException
from pathlib import Path
from typing import Any, NamedTuple

from emr_eks.failures import Failure

START_SECONDS = 60
STOP_SECONDS = 10
ANSWER_SECONDS = 30

_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Asks this machine itself; a proxy for the world outside knows nothing of it."""


class Cloud(NamedTuple):
    """A running AWS emulator."""

    endpoint_url: str
    pid: int

    def status(self) -> dict[str, Any]:
        """Return what runs there and which calls went unanswered."""
        with _direct.open(f"{self.endpoint_url}/emr-eks/status", timeout=ANSWER_SECONDS) as answer:
            status: dict[str, Any] = json.load(answer)
            return status


class Home:
    """The folder of one local platform; two platforms, or two checkouts, have two."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.synthesised = root / "cdktf.out"
        self.state = root / "state"
        self.objects = root / "objects"
        self.plugins = root / "plugins"
        self.cache = root / "cache"
        self.log = root / "aws.log"
        self._ready = root / "aws.json"
        self._process: subprocess.Popen[bytes] | None = None

    @classmethod
    def of(cls, platform_name: str) -> Home:
        """Return the home of a platform in the current folder. Raises `Failure` when that was deleted."""
        try:
            return cls(Path.cwd() / ".emr-eks" / "local" / platform_name)
        except FileNotFoundError:
            raise Failure("the folder that this runs in is gone; change to another one", exit_code=2) from None

    def cloud(self) -> Cloud | None:
        """Return the emulator if it runs. Raises `Failure` when its process is there and does not answer."""
        try:
            ready = json.loads(self._ready.read_text("utf-8"))
            found = Cloud(ready["url"], ready["pid"])
        except (OSError, ValueError, KeyError):
            return None
        try:
            # The port may have gone to another program since; only our own answers with its process id.
            return found if found.status()["pid"] == found.pid else None
        except (OSError, ValueError, KeyError, HTTPException) as error:
            silent = isinstance(getattr(error, "reason", error), TimeoutError)
            if not silent or self._ended(found.pid):
                return None
        raise Failure(
            f"the local cloud of {self.root} does not answer at {found.endpoint_url}, though its process {found.pid} "
            "is there; try again, or end that process, which loses what was deployed"
        )

    def running_cloud(self) -> Cloud:
        """Return the emulator. Raises `Failure` when it does not run."""
        found = self.cloud()
        if found is None:
            raise Failure(f"the local cloud of {self.root} is not up; run `emr-eks local deploy`", exit_code=2)
        return found

    def up(self) -> Cloud:
        """Start the emulator unless it runs. Raises `Failure` with its last words when it does not start."""
        found = self.cloud()
        if found:
            return found
        self._forget_lost_cloud()
        for folder in (self.state, self.objects, self.plugins, self.cache):
            folder.mkdir(parents=True, exist_ok=True)
        with self.log.open("wb") as log:
            # A session of its own: it outlives this command, and a Ctrl-C meant for this command.
            self._process = process = subprocess.Popen(
                [sys.executable, "-m", "emr_eks.local.aws", "--port", "0", "--ready-file", str(self._ready)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and process.poll() is None:
            found = self.cloud()
            if found:
                return found
            time.sleep(0.1)
        process.kill()
        last_words = self.log.read_text("utf-8", "replace")[-2000:]
        raise Failure(f"the AWS emulator did not start within {START_SECONDS} s; it said:\n{last_words}")

    def down(self) -> bool:
        """Stop the emulator and forget what was in it; False when there was nothing."""
        if not self.root.exists():
            return False
        found = self.cloud()
        if found:
            os.kill(found.pid, signal.SIGTERM)
            deadline = time.monotonic() + STOP_SECONDS
            while not self._ended(found.pid) and time.monotonic() < deadline:
                time.sleep(0.1)
        shutil.rmtree(self.root)
        return True

    def _ended(self, pid: int) -> bool:
        if self._process and self._process.pid == pid:
            return self._process.poll() is not None
        try:
            os.kill(pid, 0)
        except (ProcessLookupError, PermissionError):  # gone, and its number perhaps another user's now
            return True
        return False

    def _forget_lost_cloud(self) -> None:
        """Forget Terraform's state of an emulator that is gone, and its resources with it."""
        if self._process:
            self._process.wait()
        for folder in (self.state, self.objects):
            if folder.exists() and any(folder.iterdir()):
                print(
                    "the local cloud was lost (a restart, perhaps); starting again with an empty one",
                    file=sys.stderr,
                )
            shutil.rmtree(folder, ignore_errors=True)
