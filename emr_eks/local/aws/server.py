"""The server process of the embedded AWS."""

from __future__ import annotations

import argparse
import json
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import botocore.session

LOOPBACK = "127.0.0.1"
STATUS_PATH = "/emr-eks/status"

# Moto reads these when it is imported. Platforms attach AWS's managed policies by ARN.
os.environ.setdefault("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
# It also makes sessions of boto3, each of which would read AWS's endpoints and models anew: a third of the start.
botocore.session.create_loader = cache(botocore.session.create_loader)

from moto.core.models import DEFAULT_ACCOUNT_ID  # noqa: E402
from moto.moto_server.werkzeug_app import (  # noqa: E402
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import BaseWSGIServer, make_server  # noqa: E402

from emr_eks.local.aws import install  # noqa: E402
from emr_eks.local.aws.inventory import inventory  # noqa: E402
from emr_eks.local.aws.resent import Environ, Resent, StartResponse  # noqa: E402
from emr_eks.local.aws.unanswered import Unanswered  # noqa: E402


class EmbeddedAws(DomainDispatcherApplication):
    """Every AWS service on one address; the service is told by the request's signature."""

    def __init__(self) -> None:
        self.unanswered = Unanswered()
        self._calls: Counter[str] = Counter()
        self._regions: set[str] = set()
        self._started = time.monotonic()
        self._one_at_a_time = threading.RLock()
        super().__init__(self._application)
        self._answer_once = Resent(super().__call__)
        self._backend_for = cache(super().get_backend_for_host)

    def get_backend_for_host(self, host: str | None) -> Any:
        """Return moto's name of the service; moto looks through its folders for each request."""
        return self._backend_for(host)

    def _application(self, service: Any) -> Any:
        if service is None:
            return self.unanswered.application()
        return self.unanswered.watch(create_backend_app(service))

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request, as WSGI wants it."""
        signature = environ.get("HTTP_AUTHORIZATION")
        if environ["PATH_INFO"] == STATUS_PATH and not signature:
            return self._answer_status(start_response)
        scope = (signature or "").partition("Credential=")[2].split("/")
        service = scope[3] if len(scope) > 4 else ""
        if service:
            self._calls[service] += 1
            self._regions.add(scope[2])
        if service == "sqs":  # may wait for messages, and must not hold the others up
            return list(super().__call__(environ, start_response))
        # Moto's backends use each other's dictionaries; Terraform makes ten calls at a time.
        with self._one_at_a_time:
            return self._answer_once(environ, start_response)

    def status(self) -> dict[str, Any]:
        """Return what runs here, for `emr-eks local status`."""
        with self._one_at_a_time:
            resources = inventory()
        return {
            "pid": os.getpid(),
            "uptime_seconds": round(time.monotonic() - self._started, 1),
            "account": DEFAULT_ACCOUNT_ID,
            "regions": sorted(self._regions),
            "calls": dict(sorted(self._calls.items())),
            "resources": resources,
            "unanswered": self.unanswered.as_list(),
        }

    def _answer_status(self, start_response: StartResponse) -> list[bytes]:
        body = json.dumps(self.status(), indent=2).encode()
        start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        return [body]


class QuietHandler(MotoRequestHandler):
    """Does not write a line for each request."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Write nothing."""


def serve(port: int = 0) -> BaseWSGIServer:
    """Return the server, bound to *port* on loopback (0: any free one), not yet serving."""
    install()
    return make_server(LOOPBACK, port, EmbeddedAws(), threaded=True, request_handler=QuietHandler)


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT; say where, in JSON, as soon as requests are answered."""
    parser = argparse.ArgumentParser(prog="python -m emr_eks.local.aws", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="port on loopback; 0, the default, takes a free one")
    parser.add_argument("--ready-file", type=Path, help="file to write url, port and pid to; removed at the end")
    options = parser.parse_args(arguments)
    server = serve(options.port)
    port = server.server_port
    ready = json.dumps({"url": f"http://{LOOPBACK}:{port}", "port": port, "pid": os.getpid()})
    for number in (signal.SIGTERM, signal.SIGINT):
        # `shutdown` waits for `serve_forever`, which this very thread runs.
        signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
    if options.ready_file:
        _write(options.ready_file, ready)
    print(ready, flush=True)
    try:
        server.serve_forever(poll_interval=0.05)
    finally:
        server.server_close()
        if options.ready_file:
            options.ready_file.unlink(missing_ok=True)
    return 0


def _write(path: Path, text: str) -> None:
    """Write *text* so that a reader sees all of it or nothing."""
    draft = path.with_name(path.name + ".new")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)
