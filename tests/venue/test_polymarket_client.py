"""The client asks as the services want to be asked, tries again where that helps, and ends in one line where not."""

import json
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any

import httpx
import pytest

from prescient_dagster.domain.errors import VenueAnswerInvalid, VenueError, VenueUnavailable
from prescient_dagster.venue.polymarket.client import PolymarketClient
from prescient_dagster.venue.polymarket.pacing import DEFAULT_RETRY, RateLimit, RetryPolicy, retry_after_seconds
from prescient_dagster.venue.polymarket.venue import PolymarketVenue
from tests.venue.gamma import NOON, a_market, an_event, on_the_wire

Answer = httpx.Response | Exception
PAGE = on_the_wire(an_event())
HTTPX_ERRORS = [error for error in vars(httpx).values() if isinstance(error, type) and issubclass(error, Exception)]


class Service:
    """Answers in turn, the last answer for ever, and remembers what was asked and how long the client slept."""

    def __init__(self, *answers: Answer, retry: RetryPolicy = DEFAULT_RETRY) -> None:
        self.answers = list(answers)
        self.asked: list[httpx.Request] = []
        self.slept: list[float] = []
        transport = httpx.MockTransport(self._answer)
        self.client = PolymarketClient(
            "https://gamma.test/", "https://clob.test", transport=transport, retry=retry, sleep=self.slept.append
        )

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    def event_ids(self) -> list[Any]:
        return [event.id for page in self.client.open_events() for event in page.events]

    def failure(self) -> VenueError:
        with pytest.raises(VenueError) as raised:
            self.event_ids()
        assert len(str(raised.value).splitlines()) == 1
        assert "/events/keyset" in str(raised.value)
        return raised.value


def ok(body: bytes = PAGE) -> httpx.Response:
    return httpx.Response(200, content=body)


def test_every_filter_is_sent_again_with_every_cursor() -> None:
    service = Service(
        ok(on_the_wire(an_event("1"), cursor="a&b")), ok(on_the_wire(cursor="z")), ok(on_the_wire(an_event("2")))
    )
    assert service.event_ids() == ["1", "2"]
    assert [request.url.params.multi_items() for request in service.asked] == [
        [("closed", "false"), ("limit", "100")],
        [("closed", "false"), ("limit", "100"), ("after_cursor", "a&b")],
        [("closed", "false"), ("limit", "100"), ("after_cursor", "z")],
    ]


def test_the_next_page_is_asked_for_while_one_is_worked_on() -> None:
    asked_twice = Event()

    def answer(request: httpx.Request) -> httpx.Response:
        if "after_cursor" not in request.url.params:
            return ok(on_the_wire(an_event("1"), cursor="a"))
        asked_twice.set()
        return ok(on_the_wire(an_event("2")))

    client = PolymarketClient("https://gamma.test", "https://clob.test", transport=httpx.MockTransport(answer))
    pages = client.open_events()
    next(pages)
    assert asked_twice.wait(10)
    assert [event.id for page in pages for event in page.events] == ["2"]


@pytest.mark.parametrize("cursors", [["a", "a"], ["a", "b", "c", "a"]])
def test_a_cursor_that_comes_again_is_an_error(cursors: list[str]) -> None:
    service = Service(*(ok(on_the_wire(an_event(), cursor=cursor)) for cursor in cursors))
    assert "the cursor 'a' came twice" in str(service.failure())
    assert len(service.asked) == len(cursors)


@pytest.mark.parametrize("status", [425, 429, 500, 502, 503, 599])
def test_a_busy_server_is_asked_again(status: int) -> None:
    service = Service(httpx.Response(status), httpx.Response(status), ok())
    assert service.event_ids() == ["e1"]
    assert service.slept == [0.5, 1.0]


@pytest.mark.parametrize("body", [b"<html>Just a moment...</html>", PAGE[: len(PAGE) // 2], b'{"error": "busy"}'])
def test_an_answer_that_is_no_page_is_asked_for_again(body: bytes) -> None:
    assert Service(ok(body), ok()).event_ids() == ["e1"]
    failure = Service(ok(body)).failure()
    assert isinstance(failure, VenueAnswerInvalid)
    assert "(after 6 tries)" in str(failure)


def test_retry_after_is_honoured() -> None:
    service = Service(httpx.Response(429, headers={"Retry-After": "7"}), ok())
    assert service.event_ids() == ["e1"]
    assert service.slept == [7.0]


def test_a_server_that_asks_for_more_patience_than_there_is_ends_it_at_once() -> None:
    service = Service(httpx.Response(503, headers={"Retry-After": "3600"}))
    failure = service.failure()
    assert isinstance(failure, VenueUnavailable)
    assert "answered 503, to be asked again in 3600 s (after 1 try)" in str(failure)
    assert service.slept == []


def test_a_dead_server_costs_less_than_half_a_minute() -> None:
    service = Service(httpx.ConnectError("connection refused"))
    assert isinstance(service.failure(), VenueUnavailable)
    assert len(service.asked) == 6
    assert sum(service.slept) == 12.5


@pytest.mark.parametrize("status", [301, 400, 403, 404, 422])
def test_a_refusal_is_not_asked_again(status: int) -> None:
    service = Service(httpx.Response(status, content=b"no\nway"))
    failure = service.failure()
    assert isinstance(failure, VenueAnswerInvalid)
    assert str(failure).endswith(rf"answered {status}: 'no\nway'")
    assert len(service.asked) == 1


@pytest.mark.parametrize("error", HTTPX_ERRORS)
def test_no_error_of_httpx_gets_out(error: type[Exception]) -> None:
    Service(_an(error)).failure()


def _an(error: type[Exception]) -> Exception:
    request = httpx.Request("GET", "https://gamma.test")
    if issubclass(error, httpx.HTTPStatusError):
        return error("refused", request=request, response=httpx.Response(500, request=request))
    try:
        return error("it broke")
    except TypeError:
        return error()


def test_the_list_of_httpx_errors_is_not_empty() -> None:
    assert {httpx.ReadTimeout, httpx.RemoteProtocolError, httpx.InvalidURL, httpx.StreamClosed} <= set(HTTPX_ERRORS)


@pytest.mark.parametrize("address", ["", "gamma.test", "ftp://gamma.test", "http://[::1", "http://gamma.test:abc"])
def test_an_address_that_is_none_is_not_tried_again(address: str) -> None:
    client = PolymarketClient(address, address, sleep=_never)
    with pytest.raises(VenueUnavailable, match="check the venue's address"):
        next(client.open_events())


def _never(_seconds: float) -> None:
    raise AssertionError("there is nothing to wait for")


def test_markets_are_asked_for_by_the_hundred() -> None:
    service = Service(ok(json.dumps({"markets": [a_market()]}).encode()))
    ids = [str(number) for number in range(250)]
    assert len(list(service.client.markets(ids, closed=True))) == 3
    asked = [request.url.params for request in service.asked]
    assert [len(params.get_list("id")) for params in asked] == [100, 100, 50]
    assert [market_id for params in asked for market_id in params.get_list("id")] == ids
    assert {(params["closed"], params["limit"]) for params in asked} == {("true", "100")}


def test_a_market_asked_for_alone_may_be_unknown_but_not_unanswered() -> None:
    service = Service(ok(json.dumps(a_market("7")).encode()), httpx.Response(404), ok(b"{}"), httpx.Response(403))
    assert [market.id for market in service.client.market("7").markets] == ["7"]
    assert service.client.market("8/../9?").markets == []
    assert [rejection.kind for rejection in service.client.market("10").rejections] == ["market"]
    with pytest.raises(VenueAnswerInvalid, match="/markets/11: answered 403"):
        service.client.market("11")
    assert [request.url.raw_path for request in service.asked[:2]] == [
        b"/markets/7?include_tag=true",
        b"/markets/8%2F..%2F9%3F?include_tag=true",
    ]


def test_nothing_is_asked_for_nothing() -> None:
    service = Service(ok())
    assert list(service.client.markets([], closed=False)) == []
    assert service.asked == []


def test_a_listing_is_stamped_with_the_moment_its_crawl_began() -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return ok(on_the_wire(an_event(str(len(asked))), cursor=None if len(asked) == 3 else str(len(asked))))

    venue = PolymarketVenue(
        "https://gamma.test",
        "https://clob.test",
        transport=httpx.MockTransport(answer),
        clock=lambda: NOON + timedelta(minutes=len(asked)),
    )
    listing = venue.next_listing(None)
    assert (listing.captured_at, len(listing.events)) == (NOON, 3)


def test_a_rate_limit_waits_until_the_oldest_request_is_ten_seconds_old() -> None:
    now = 0.0

    def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds

    limit = RateLimit(3, clock=lambda: now, sleep=sleep)
    sent = []
    for _ in range(7):
        limit.wait()
        sent.append(now)
        now += 1
    assert sent == [0, 1, 2, 10, 11, 12, 20]


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, 0),
        ("", 0),
        ("3", 3),
        ("1.5", 1.5),
        ("-4", 0),
        ("soon", 0),
        ("nan", 0),
        ("Sun, 01 Mar 2026 12:00:30 GMT", 30),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 0),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str | None, seconds: float) -> None:
    assert retry_after_seconds(header, datetime(2026, 3, 1, 12, tzinfo=UTC)) == seconds
