"""Calls that are sent again because their answer was lost: they are answered as before, and do nothing more.

On a busy machine about one connection in a thousand breaks between the answer and the SDK that waits for it, which then
sends the same call once more. What has been made by then must not be refused as made already, nor be made twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
# A lost answer is asked for again within seconds.
KEPT = 1000


class Answer(NamedTuple):
    """What was answered to a call."""

    status: str
    headers: list[tuple[str, str]]
    body: list[bytes]


class Resent:
    """Answers as *application* does, and asks it but once for each call that succeeds. Takes one request at a time.

    AWS's SDKs give all attempts of one call the same id. https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
    """

    def __init__(self, application: Callable[[Environ, StartResponse], Iterable[bytes]]) -> None:
        self._application = application
        self._answers: dict[str, Answer] = {}

    def __call__(self, environ: Environ, start_response: StartResponse) -> list[bytes]:
        """Answer one request, as WSGI wants it."""
        call = environ.get("HTTP_AMZ_SDK_INVOCATION_ID", "")
        answer = self._answers.get(call) or self._ask(environ)
        if call and answer.status.startswith("2"):
            self._answers[call] = answer
            if len(self._answers) > KEPT:
                del self._answers[next(iter(self._answers))]
        start_response(answer.status, answer.headers)
        return answer.body

    def _ask(self, environ: Environ) -> Answer:
        said: list[Any] = []
        body = list(self._application(environ, lambda status, headers, *_: said.extend((status, headers))))
        status, headers = said
        return Answer(status, headers, body)
