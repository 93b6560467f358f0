"""Calls that the embedded AWS does not answer: refused once and for all, and remembered.

A traceback with status 500 makes an AWS SDK try again for minutes. These calls come back as an error of
the client (status 400) in the service's own protocol, which no SDK retries.
"""

from __future__ import annotations

import functools
import sys
import traceback
import warnings
from collections import Counter
from typing import Any, NamedTuple

import botocore.session
from flask import Flask, Response
from flask import request as flask_request
from moto.core.exceptions import ServiceException
from moto.core.model import OperationModel, ServiceModel
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import get_service_router
from moto.core.serialize import get_serializer_class
from moto.core.utils import get_service_model
from moto.moto_server.werkzeug_app import BackendRequest
from werkzeug.exceptions import HTTPException, NotFound


class NotAnsweredLocally(ServiceException):
    """The error that a caller sees; no SDK tries again, and Terraform's provider does not look over it."""

    code = "NotAnsweredLocally"


class Call(NamedTuple):
    """One operation of one service, by AWS's names, and why it was not answered."""

    service: str
    operation: str
    reason: str


class Unanswered:
    """The calls that were not answered, and how often each was made."""

    def __init__(self) -> None:
        self._calls: Counter[Call] = Counter()

    def __len__(self) -> int:
        return len(self._calls)

    def as_list(self) -> list[dict[str, Any]]:
        """Return the calls in the order in which they were first made."""
        return [{**call._asdict(), "count": count} for call, count in self._calls.items()]

    def refuse(self, request: Request, reason: str) -> Response:
        """Remember the call that *request* makes, and answer it with an error that names it."""
        service = service_of(request)
        call = Call(service or "unknown", operation_of(request, service), reason)
        self._calls[call] += 1
        message = f"The embedded AWS does not answer {call.service}:{call.operation} ({reason})."
        return _error(request, service, message)

    def watch(self, app: Flask) -> Flask:
        """Refuse what *app*, moto's application for one service, has no path or code for."""

        def failed(error: Exception) -> Response | HTTPException:
            request = _current()
            if isinstance(error, HTTPException):
                unrouted = error is request.routing_exception
                return self.refuse(request, "moto has no such path") if unrouted else error
            if isinstance(error, NotImplementedError):
                return self.refuse(request, "moto does not implement it")
            traceback.print_exception(error, file=sys.stderr)
            return self.refuse(request, f"moto failed with {type(error).__name__}: {error}")

        def unmatched(response: Response) -> Response:
            request = _current()
            nameless = response.status_code == 404 and request.method != "HEAD" and not response.get_data()
            if nameless and service_of(request) != "s3":
                return self.refuse(request, "no operation has this path")
            return response

        app.register_error_handler(Exception, failed)
        app.after_request(unmatched)
        return app

    def application(self) -> Flask:
        """Return an application that refuses everything: the services that moto does not know at all."""
        app = Flask("unanswered")
        app.request_class = BackendRequest

        @app.before_request
        def refuse() -> Response:
            return self.refuse(_current(), "moto does not know the service")

        return app


def service_of(request: Request) -> str | None:
    """Return botocore's name of the service that *request* was signed for, None when it wasn't signed."""
    # Credential=AKIA/20261121/us-east-1/eks/aws4_request
    scope = request.headers.get("Authorization", "").partition("Credential=")[2].split(",")[0].split("/")
    return scope[3] if len(scope) == 5 else None


def operation_of(request: Request, service: str | None) -> str:
    """Return the name of the operation, or method and path where the service's model doesn't tell."""
    action = request.values.get("Action") or request.headers.get("X-Amz-Target", "").rpartition(".")[2]
    model = _model(service)
    if not action and model is not None:
        try:
            action = str(get_service_router(model.service_name).match(request)[0].name)
        except (NotFound, NotImplementedError):
            action = ""
    return action or f"{request.method} {request.path}"


def _current() -> Any:
    return flask_request._get_current_object()  # type: ignore[attr-defined]  # a proxy of werkzeug's


@functools.cache
def _model(service: str | None) -> ServiceModel | None:
    """Return the model of the service that signs as *service*, which is not always its name."""
    if service is None:
        return None
    session = botocore.session.get_session()
    names = session.get_available_services()
    if service in names:
        return get_service_model(service)
    for name in names:
        if session.get_service_model(name).signing_name == service:
            return get_service_model(name)
    return None


def _error(request: Request, service: str | None, message: str) -> Response:
    model = _model(service)
    if model is None:
        return Response(message, 400, content_type="text/plain")
    protocol = determine_request_protocol(model, request.content_type)
    serializer = get_serializer_class(model.service_name, protocol)(operation_model=OperationModel({}, model))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the code is ours, and not in the service's model
        serialized = serializer.serialize(NotAnsweredLocally(message))
    return Response(serialized["body"], 400, headers=serialized["headers"])
