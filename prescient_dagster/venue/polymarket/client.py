"""Polymarket's two services over HTTP: Gamma lists events and markets, the CLOB keeps order books.

Both are public. Whatever httpx raises ends here, as one line that names the address and what came from it.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import quote

import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt, stop_before_delay

from prescient_dagster.domain.errors import VenueAnswerInvalid, VenueError, VenueUnavailable
from prescient_dagster.venue.polymarket.ahead import one_ahead
from prescient_dagster.venue.polymarket.answers import (
    EventPage,
    MarketPage,
    decode_books,
    decode_event_page,
    decode_market,
    decode_market_page,
    excerpt,
)
from prescient_dagster.venue.polymarket.pacing import DEFAULT_RETRY, RateLimit, RetryPolicy, Sleep, retry_after_seconds
from prescient_dagster.venue.polymarket.schemas import Book

EVENTS_PER_PAGE = 100
MARKETS_PER_PAGE = 100
TOKENS_PER_REQUEST = 500
EVENT_REQUESTS, MARKET_REQUESTS, BOOK_REQUESTS = 500, 300, 500  # per 10 seconds

_TIMEOUT = httpx.Timeout(10, connect=5)
_BUSY = frozenset({425, 429})  # the matching engine restarts; too many requests
_FOREIGN = (httpx.HTTPError, httpx.CookieConflict, httpx.StreamError)
_NEVER_SENT = (httpx.InvalidURL, httpx.UnsupportedProtocol, UnicodeError, OverflowError)

AnswerT = TypeVar("AnswerT")
PageT = TypeVar("PageT", EventPage, MarketPage)
Parameters = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class _Question:
    method: str
    url: str
    limit: RateLimit
    parameters: Parameters = ()
    body: Any = None

    def __str__(self) -> str:
        return f"{self.method} {self.url}"


class _RetryableError(Exception):
    """What went wrong, where a later try may succeed."""

    def __init__(self, kind: type[VenueError], reason: str, retry_after_seconds: float = 0) -> None:
        super().__init__(reason)
        self.kind = kind
        self.retry_after_seconds = retry_after_seconds


class _AbsentError(VenueAnswerInvalid):
    """The service knows no such thing (404)."""


class PolymarketClient:
    """Asks Polymarket, at its pace and as often as it takes."""

    def __init__(
        self,
        gamma_url: str,
        clob_url: str,
        *,
        transport: httpx.BaseTransport | None = None,
        retry: RetryPolicy = DEFAULT_RETRY,
        sleep: Sleep = time.sleep,
    ) -> None:
        self._gamma_url = gamma_url.rstrip("/")
        self._clob_url = clob_url.rstrip("/")
        self._http = httpx.Client(transport=transport, timeout=_TIMEOUT, headers={"User-Agent": "prescient"})
        self._retry = retry
        self._sleep = sleep
        self._events_limit = RateLimit(EVENT_REQUESTS, sleep=sleep)
        self._markets_limit = RateLimit(MARKET_REQUESTS, sleep=sleep)
        self._books_limit = RateLimit(BOOK_REQUESTS, sleep=sleep)

    def open_events(self) -> Iterator[EventPage]:
        """All events that are not closed, page by page; the next page is fetched while one is worked on.

        Raises:
            VenueError: a page could not be had, or the pages go round in a circle.
        """
        filters = [("closed", "false"), ("limit", str(EVENTS_PER_PAGE))]
        question = _Question("GET", f"{self._gamma_url}/events/keyset", self._events_limit, filters)
        return one_ahead(self._pages(question, decode_event_page))

    def markets(self, market_ids: Sequence[str], *, closed: bool) -> Iterator[MarketPage]:
        """These markets as far as they are closed, or open, page by page; one that is not `active` is in neither."""
        url, state = f"{self._gamma_url}/markets/keyset", str(closed).lower()
        for ids in _chunks(market_ids, MARKETS_PER_PAGE):
            filters = [("closed", state), ("limit", str(MARKETS_PER_PAGE)), *(("id", market_id) for market_id in ids)]
            yield from self._pages(_Question("GET", url, self._markets_limit, filters), decode_market_page)

    def market(self, market_id: str) -> MarketPage:
        """One market whatever its state, asked for alone; a page without it where the venue knows no such market."""
        url = f"{self._gamma_url}/markets/{quote(market_id, safe='')}"
        try:
            return self._ask(_Question("GET", url, self._markets_limit), decode_market)
        except _AbsentError:
            return MarketPage([])

    def books(self, token_ids: Sequence[str]) -> Iterator[list[Book]]:
        """The order books of these tokens, as far as there are any."""
        for tokens in _chunks(token_ids, TOKENS_PER_REQUEST):
            body = [{"token_id": token} for token in tokens]
            yield self._ask(_Question("POST", f"{self._clob_url}/books", self._books_limit, body=body), decode_books)

    def close(self) -> None:
        """Let go of connections."""
        self._http.close()

    def _pages(self, first: _Question, decode: Callable[[bytes], PageT]) -> Iterator[PageT]:
        """Every filter is sent again with every cursor; a short page is not the last one, a missing cursor is."""
        question, cursors = first, set[str]()
        while True:
            page = self._ask(question, decode)
            yield page
            cursor = page.next_cursor
            if not cursor:
                return
            if cursor in cursors:
                raise VenueAnswerInvalid(f"{first}: the cursor {excerpt(cursor.encode())} came twice; try again later")
            cursors.add(cursor)
            parameters = (*first.parameters, ("after_cursor", cursor))
            question = _Question(first.method, first.url, first.limit, parameters)

    def _ask(self, question: _Question, decode: Callable[[bytes], AnswerT]) -> AnswerT:
        retrying = Retrying(
            retry=retry_if_exception_type(_RetryableError),
            wait=self._wait_seconds,
            stop=stop_after_attempt(self._retry.attempts) | stop_before_delay(self._retry.patience_seconds),
            sleep=self._sleep,
            reraise=True,
        )
        try:
            answer: AnswerT = retrying(self._ask_once, question, decode)
        except _RetryableError as last:
            tries = retrying.statistics["attempt_number"]
            raise last.kind(f"{question}: {last} (after {tries} {'try' if tries == 1 else 'tries'})") from last
        return answer

    def _ask_once(self, question: _Question, decode: Callable[[bytes], AnswerT]) -> AnswerT:
        question.limit.wait()
        response = self._send(question)
        _require_success(question, response)
        try:
            return decode(response.content)
        except VenueAnswerInvalid as error:
            raise _RetryableError(VenueAnswerInvalid, f"the answer is {error}") from error

    def _send(self, question: _Question) -> httpx.Response:
        parameters = httpx.QueryParams(list(question.parameters))
        try:
            return self._http.request(question.method, question.url, params=parameters, json=question.body)
        except _NEVER_SENT as error:
            raise VenueUnavailable(f"{question}: cannot be asked ({error}); check the venue's address") from error
        except _FOREIGN as error:
            raise _RetryableError(VenueUnavailable, f"no answer ({_described(error)})") from error

    def _wait_seconds(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = error.retry_after_seconds if isinstance(error, _RetryableError) else 0
        return self._retry.wait_seconds(state.attempt_number, asked)


def _require_success(question: _Question, response: httpx.Response) -> None:
    status = response.status_code
    if status == httpx.codes.OK:
        return
    if status in _BUSY or response.is_server_error:
        asked = retry_after_seconds(response.headers.get("Retry-After"), datetime.now(UTC))
        wish = f", to be asked again in {asked:g} s" if asked else ""
        raise _RetryableError(VenueUnavailable, f"answered {status}{wish}", asked)
    kind = _AbsentError if status == httpx.codes.NOT_FOUND else VenueAnswerInvalid
    raise kind(f"{question}: answered {status}: {excerpt(response.content)}")


def _described(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def _chunks(texts: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    return (texts[start : start + size] for start in range(0, len(texts), size))
