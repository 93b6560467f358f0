"""The region of a request: in the host or the signature, never in the path.

Moto looks for `.REGION.amazonaws.com` in the whole URL, and finds it in the path of a call that names a
service principal, such as `emr-containers.amazonaws.com` in the ARN of EMR's service-linked role.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from moto.core.responses import BaseResponse

_region_of_url = BaseResponse.get_region_from_url


def _region_of_host(self: BaseResponse, request: Any, full_url: str) -> str:
    return _region_of_url(self, request, f"http://{urlsplit(full_url).netloc}/")


def install() -> None:
    """Correct moto's responses, all of them."""
    BaseResponse.get_region_from_url = _region_of_host  # type: ignore[method-assign]  # put in its place on purpose
