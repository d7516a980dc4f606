"""Stands before the web server, refuses what `admission` refuses, and names each refusal once in the log."""

import logging

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from prescient_dagster.web.admission import Hosts, Refusal, judge

LOG = logging.getLogger("dagster-webserver")
LONGEST = 200
HEADERS = {
    "Content-Security-Policy": "frame-ancestors 'self'",  # beside Dagster's own: both hold
    "X-Frame-Options": "SAMEORIGIN",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
"""Whatever is answered: no foreign page has it in a frame, a window, a picture or a script."""


class Guard:
    """ASGI middleware: requests and web sockets of known hosts and of our own pages pass."""

    def __init__(self, app: ASGIApp, hosts: Hosts) -> None:
        self.app, self.hosts = app, hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        asked = HTTPConnection(scope)
        refusal = judge(asked.headers, scope.get("method", ""), self.hosts)
        answer = refuse(asked, refusal) if refusal else self.app
        await answer(scope, receive, _with_headers(send))


def refuse(asked: HTTPConnection, refusal: Refusal) -> PlainTextResponse:
    """The answer to a request, or to a web socket before it is open, that is refused, which is told to the log."""
    LOG.warning("%s", told(asked, refusal))
    return PlainTextResponse(f"{refusal.words}\n", refusal.status)


def told(asked: HTTPConnection, refusal: Refusal) -> str:
    """One line that names a refused request: nothing unprintable, and no query, which may hold anything."""
    method = asked.scope.get("method", "web socket")
    parts = [f"refused {method} {asked.scope['path']}: {refusal.words}"]
    parts += [f"{name} {asked.headers[name]}" for name in ("host", "origin", "sec-fetch-site") if name in asked.headers]
    return "; ".join(part.encode("unicode_escape").decode("ascii")[:LONGEST] for part in parts)


def _with_headers(send: Send) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                if value not in headers.getlist(name):
                    headers.append(name, value)
        await send(message)

    return sent
