"""Polymarket's two services over HTTP: Gamma lists events and markets, the CLOB keeps order books.

Both are public. Whatever httpx raises ends here, as one line that names the address and what came from it.
"""

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
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
    decode_history,
    decode_market,
    decode_market_page,
    excerpt,
)
from prescient_dagster.venue.polymarket.pacing import DEFAULT_RETRY, RateLimit, RetryPolicy, Sleep, retry_after_seconds
from prescient_dagster.venue.sizes import MOST_ANSWER_BYTES

EVENTS_PER_PAGE = 100
MARKETS_PER_PAGE = 100
EVENT_REQUESTS, MARKET_REQUESTS, BOOK_REQUESTS, HISTORY_REQUESTS = 500, 300, 500, 1_000  # per 10 seconds

TIMEOUT_SECONDS, CONNECT_SECONDS, SHORTEST_TIMEOUT_SECONDS = 10.0, 5.0, 0.05  # without a sign of life
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
    until: float = math.inf  # by the monotonic clock: no try takes longer, none begins later

    def __str__(self) -> str:
        return f"{self.method} {self.url}"


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: httpx.Headers
    body: bytes


class _RetryableError(Exception):
    """What went wrong, where a later try may succeed."""

    def __init__(self, kind: type[VenueError], reason: str, retry_after_seconds: float = 0) -> None:
        super().__init__(reason)
        self.kind = kind
        self.retry_after_seconds = retry_after_seconds


class RefusedRequest(VenueAnswerInvalid):
    """The service answered that it will not, with a status that another try does not change.

    Attributes:
        body: the beginning of what it said, one line.
    """

    def __init__(self, message: str, status: int, body: str) -> None:
        super().__init__(message)
        self.status, self.body = status, body


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
        self._http = httpx.Client(transport=transport, headers={"User-Agent": "prescient"})
        self._retry = retry
        self._sleep = sleep
        self._events_limit = RateLimit(EVENT_REQUESTS, sleep=sleep)
        self._markets_limit = RateLimit(MARKET_REQUESTS, sleep=sleep)
        self._books_limit = RateLimit(BOOK_REQUESTS, sleep=sleep)
        self._history_limit = RateLimit(HISTORY_REQUESTS, sleep=sleep)

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
            wanted = [("closed", state), ("include_tag", "true"), ("limit", str(MARKETS_PER_PAGE))]
            filters = [*wanted, *(("id", market_id) for market_id in ids)]
            yield from self._pages(_Question("GET", url, self._markets_limit, filters), decode_market_page)

    def market(self, market_id: str, until: float = math.inf) -> MarketPage:
        """One market whatever its state, asked for alone; a page without it where the venue knows no such market.

        Args:
            until: by the monotonic clock: when the answer must be there.
        """
        url = f"{self._gamma_url}/markets/{quote(market_id, safe='')}"
        try:
            question = _Question("GET", url, self._markets_limit, [("include_tag", "true")], until=until)
            return self._ask(question, decode_market)
        except RefusedRequest as refusal:
            if refusal.status == httpx.codes.NOT_FOUND:
                return MarketPage([])
            raise

    def books(self, token_ids: Sequence[str], until: float = math.inf) -> list[Any]:
        """The order books of these tokens, at most 500, as they are sent, as far as there are any.

        Args:
            until: by the monotonic clock: when the answer must be there.
        """
        body = [{"token_id": token} for token in token_ids]
        question = _Question("POST", f"{self._clob_url}/books", self._books_limit, body=body, until=until)
        return self._ask(question, decode_books)

    def price_history(self, token_id: str, since: int, until: int, minutes: int) -> Any:
        """What a token cost from one second to another, about every so many minutes, as it is sent."""
        asked = {"market": token_id, "startTs": since, "endTs": until, "fidelity": minutes}
        parameters = [(name, str(value)) for name, value in asked.items()]
        return self._ask(
            _Question("GET", f"{self._clob_url}/prices-history", self._history_limit, parameters), decode_history
        )

    def price_histories(self, token_ids: Sequence[str], since: int, until: int, minutes: int) -> Mapping[str, Any]:
        """The same of at most twenty tokens, as far as the service knows them."""
        body = {"markets": list(token_ids), "start_ts": since, "end_ts": until, "fidelity": minutes}
        question = _Question("POST", f"{self._clob_url}/batch-prices-history", self._history_limit, body=body)
        told = self._ask(question, decode_history)
        return {token: told[token] for token in token_ids if isinstance(told, dict) and token in told}

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
            stop=stop_after_attempt(self._retry.attempts) | stop_before_delay(self._patience_seconds(question)),
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
        answer = self._send(question)
        _require_success(question, answer)
        try:
            return decode(answer.body)
        except VenueAnswerInvalid as error:
            raise _RetryableError(VenueAnswerInvalid, f"the answer is {error}") from error

    def _send(self, question: _Question) -> _Answer:
        parameters = httpx.QueryParams(list(question.parameters))
        seconds = min(TIMEOUT_SECONDS, max(question.until - time.monotonic(), SHORTEST_TIMEOUT_SECONDS))
        timeout = httpx.Timeout(seconds, connect=min(seconds, CONNECT_SECONDS))
        asked = {"params": parameters, "json": question.body, "timeout": timeout}
        try:
            with self._http.stream(question.method, question.url, **asked) as response:
                return _Answer(response.status_code, response.headers, _body(response, question.until))
        except _NEVER_SENT as error:
            raise VenueUnavailable(f"{question}: cannot be asked ({error}); check the venue's address") from error
        except _FOREIGN as error:
            raise _RetryableError(VenueUnavailable, f"no answer ({_described(error)})") from error

    def _patience_seconds(self, question: _Question) -> float:
        return min(self._retry.patience_seconds, question.until - time.monotonic())

    def _wait_seconds(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = error.retry_after_seconds if isinstance(error, _RetryableError) else 0
        return self._retry.wait_seconds(state.attempt_number, asked)


def _body(response: httpx.Response, until: float) -> bytes:
    """All of an answer, within bounds; one that comes drop by drop is not waited for longer than `until`."""
    parts = bytearray()
    for part in response.iter_bytes():
        parts += part
        if len(parts) > MOST_ANSWER_BYTES:
            told = f"the answer is larger than {MOST_ANSWER_BYTES // 1024**2} MB"
            raise _RetryableError(VenueAnswerInvalid, told)
        if time.monotonic() > until:
            raise httpx.ReadTimeout("the answer takes too long")
    return bytes(parts)


def _require_success(question: _Question, answer: _Answer) -> None:
    status = answer.status
    if status == httpx.codes.OK:
        return
    if status in _BUSY or status >= httpx.codes.INTERNAL_SERVER_ERROR:
        asked = retry_after_seconds(answer.headers.get("Retry-After"), datetime.now(UTC))
        wish = f", to be asked again in {asked:g} s" if asked else ""
        raise _RetryableError(VenueUnavailable, f"answered {status}{wish}", asked)
    told = excerpt(answer.body)
    raise RefusedRequest(f"{question}: answered {status}: {told}", status, told)


def _described(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def _chunks(texts: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    return (texts[start : start + size] for start in range(0, len(texts), size))
