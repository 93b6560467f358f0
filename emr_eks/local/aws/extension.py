"""How a service of ours takes the place of moto's."""

from __future__ import annotations

from typing import Any

from moto.core.base_backend import BackendDict, BaseBackend
from moto.core.responses import BaseResponse


def extend(backends: BackendDict[Any], backend: type[BaseBackend], urls: Any, response: type[BaseResponse]) -> None:
    """Let *backend* and *response* answer every path of a service.

    *backends* is moto's registry of the service's backends, *urls* moto's `urls` module of the service.
    The operation is found in botocore's model, so that those which moto has no path for are found too.
    """
    correct(backends, backend, urls)
    urls.url_paths.clear()
    urls.url_paths.update({"{0}/$": response.dispatch, "{0}/(?P<path>.+)$": response.dispatch})


def correct(backends: BackendDict[Any], backend: type[BaseBackend], urls: Any) -> None:
    """Let *backend* stand for moto's; the paths and the responses stay moto's own."""
    backends.backend = backend
    # Moto derives the module from the backend's own, by name.
    backend._url_module = property(lambda self: urls)  # type: ignore[assignment,method-assign]
