"""Books are asked for by the five hundred, in bounded time, and what can be had is had."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from prescient_dagster.domain.cycle.fills import OrderBook
from prescient_dagster.domain.cycle.order_books import Book, NoBook
from prescient_dagster.venue.polymarket import book_requests
from prescient_dagster.venue.polymarket.client import PolymarketClient

NO_BOOK = httpx.Response(404, json={"error": "No orderbook exists for the requested token id"})


class Clob:
    """Answers each request by its tokens, and remembers them and how long the client slept."""

    def __init__(self, answer: Callable[[Sequence[str]], httpx.Response]) -> None:
        self._answer = answer
        self.asked: list[list[str]] = []
        self.slept: list[float] = []

    def books(self, *tokens: str) -> dict[str, Book]:
        transport = httpx.MockTransport(self._handle)
        client = PolymarketClient("https://g.test", "https://c.test", transport=transport, sleep=self.slept.append)
        return book_requests.order_books(client, tokens)

    def _handle(self, request: httpx.Request) -> httpx.Response:
        tokens = [each["token_id"] for each in json.loads(request.content)]
        self.asked.append(tokens)
        answer = self._answer(tokens)
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)


def listed(tokens: Sequence[str]) -> httpx.Response:
    return httpx.Response(200, json=[{"asset_id": token, "bids": [], "asks": []} for token in tokens])


def states(found: dict[str, Book]) -> dict[str, str]:
    return {token: "readable" if isinstance(book, OrderBook) else str(book.reason) for token, book in found.items()}


def test_books_are_asked_for_by_the_five_hundred_and_each_once() -> None:
    clob, tokens = Clob(listed), [str(number) for number in range(1200)]
    assert list(clob.books(*tokens, "5", "0")) == tokens
    assert [len(batch) for batch in clob.asked] == [500, 500, 200]


def test_nothing_is_asked_for_nothing() -> None:
    clob = Clob(listed)
    assert clob.books() == {}
    assert clob.asked == []


def test_a_request_that_is_refused_for_one_token_costs_that_token_alone() -> None:
    tokens = [str(number) for number in range(100)]
    clob = Clob(lambda asked: NO_BOOK if "42" in asked else listed(asked))
    assert states(clob.books(*tokens)) == {token: "no_book" if token == "42" else "readable" for token in tokens}
    clob = Clob(lambda asked: httpx.Response(400, text="Invalid payload") if "42" in asked else listed(asked))
    found = states(clob.books(*tokens))
    assert found == {token: "venue_unavailable" if token == "42" else "readable" for token in tokens}
    assert clob.slept == []


def test_where_every_request_is_refused_the_halves_come_to_an_end() -> None:
    tokens = [str(number) for number in range(2000)]
    clob = Clob(lambda _: NO_BOOK)
    found = clob.books(*tokens)
    assert len(found) == 2000
    assert set(states(found).values()) <= {"no_book", "venue_unavailable"}
    assert len(clob.asked) == 4 + book_requests.MOST_FURTHER_REQUESTS


@pytest.mark.parametrize("status", [401, 403, 404, 410, 301])
def test_an_address_that_is_not_there_is_not_asked_again_and_again(status: int) -> None:
    clob = Clob(lambda _: httpx.Response(status, text="<html>not found</html>"))
    assert states(clob.books("1", "2")) == {"1": "venue_unavailable", "2": "venue_unavailable"}
    assert len(clob.asked) == 1


@pytest.mark.parametrize("body", ["<html>busy</html>", "", "{}", "[", "null"])
def test_an_answer_that_is_no_list_makes_its_tokens_unavailable(body: str) -> None:
    clob = Clob(lambda _: httpx.Response(200, text=body))
    assert states(clob.books("1", "2")) == {"1": "venue_unavailable", "2": "venue_unavailable"}


def test_garbage_for_some_tokens_leaves_the_others_readable() -> None:
    tokens = [str(number) for number in range(600)]
    clob = Clob(lambda asked: httpx.Response(200, text="<html>") if "0" in asked else listed(asked))
    found = states(clob.books(*tokens))
    assert [found[token] for token in ("0", "499", "500", "599")] == ["venue_unavailable"] * 2 + ["readable"] * 2


def test_a_service_that_is_down_is_waited_for_once_not_once_a_batch() -> None:
    clob = Clob(lambda _: httpx.Response(503))
    found = clob.books(*(str(number) for number in range(1600)))
    assert set(states(found).values()) == {"venue_unavailable"}
    assert sum(clob.slept) < book_requests.PATIENCE_SECONDS + 4 * book_requests.SECONDS_PER_REQUEST
    (why,) = {book.why for book in found.values() if isinstance(book, NoBook)}
    assert "answered 503" in why


def test_a_service_that_comes_back_in_time_is_heard() -> None:
    answers = [httpx.Response(503), httpx.Response(425), listed(["1"])]
    clob = Clob(lambda _: answers.pop(0))
    assert states(clob.books("1")) == {"1": "readable"}


def test_who_asks_for_more_patience_than_there_is_is_not_waited_for() -> None:
    clob = Clob(lambda _: httpx.Response(429, headers={"Retry-After": "600"}))
    assert states(clob.books("1")) == {"1": "venue_unavailable"}
    assert clob.slept == []


@contextmanager
def a_slow_service(handle: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            handle(self)

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def silence(_: BaseHTTPRequestHandler) -> None:
    time.sleep(3)


def drops(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    try:
        for _ in range(60):
            handler.wfile.write(b" ")
            time.sleep(0.05)
    except OSError:
        pass  # nobody listens any more


@pytest.mark.parametrize("handle", [silence, drops])
def test_nobody_is_waited_for_longer_than_there_is_time(
    handle: Callable[[BaseHTTPRequestHandler], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(book_requests, "PATIENCE_SECONDS", 0.4)
    monkeypatch.setattr(book_requests, "SECONDS_PER_REQUEST", 0.1)
    with a_slow_service(handle) as address:
        client, begun = PolymarketClient(address, address), time.monotonic()
        found = book_requests.order_books(client, [str(number) for number in range(1001)])
        took = time.monotonic() - begun
    assert set(states(found).values()) == {"venue_unavailable"}
    assert took < 2.5
