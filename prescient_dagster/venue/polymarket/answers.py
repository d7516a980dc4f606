"""How an answer of Polymarket becomes typed records.

An answer is decoded straight into structs. Where that fails it is read again record by record, so that one broken
record costs itself and not its page.
"""

import json
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

import msgspec

from prescient_dagster.domain.errors import VenueAnswerInvalid
from prescient_dagster.domain.market.bounds import LONGEST_ID
from prescient_dagster.domain.market.markets import Rejection
from prescient_dagster.venue import kinds
from prescient_dagster.venue.polymarket.columns import printable
from prescient_dagster.venue.polymarket.schemas import Event, EventsAnswer, Market, MarketsAnswer

RecordT = TypeVar("RecordT", Event, Market)

_events_answer = msgspec.json.Decoder(EventsAnswer | list[Event])
_markets_answer = msgspec.json.Decoder(MarketsAnswer | list[Market])
_market_answer = msgspec.json.Decoder(Market)
_any_answer = msgspec.json.Decoder()

_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
EXPECTED = {
    "events": "expected a list of events with their markets below them, as /events answers",
    "markets": "expected a list of markets, as /markets answers",
}


@dataclass(frozen=True, slots=True)
class EventPage:
    """Events as listed; `market_counts` tells how many markets came with each, unparsable ones included."""

    events: list[Event]
    market_counts: list[int]
    next_cursor: str | None = None
    rejections: list[Rejection] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class MarketPage:
    """Markets listed on their own."""

    markets: list[Market]
    next_cursor: str | None = None
    rejections: list[Rejection] = field(default_factory=list)


class _UnreadableError(Exception):
    """A record that cannot be read, and why."""


def decode_event_page(body: bytes) -> EventPage:
    """Events from an answer of `/events/keyset`, or from an array of events.

    Raises:
        VenueAnswerInvalid: it is not JSON, or not a list of events.
    """
    try:
        answer = _events_answer.decode(body)
    except _UNREADABLE:
        return _salvaged_events(body)
    events, cursor = (answer, None) if isinstance(answer, list) else (answer.events, answer.next_cursor)
    if any(event.markets is None for event in events):
        return _salvaged_events(body)  # where the keys of the records are still known, so that no other kind passes
    return EventPage(events, [len(event.markets or ()) for event in events], cursor)


def decode_market_page(body: bytes) -> MarketPage:
    """Markets from an answer of `/markets/keyset`, or from an array of markets.

    Raises:
        VenueAnswerInvalid: it is not JSON, or not a list of markets.
    """
    try:
        answer = _markets_answer.decode(body)
    except _UNREADABLE:
        return _salvaged_markets(body)
    return MarketPage(answer) if isinstance(answer, list) else MarketPage(answer.markets, answer.next_cursor)


def decode_market(body: bytes) -> MarketPage:
    """The market in an answer of `/markets/ID`, read as one of a list is.

    Raises:
        VenueAnswerInvalid: it is not JSON.
    """
    try:
        return MarketPage([_market_answer.decode(body)])
    except _UNREADABLE:
        rejections: list[Rejection] = []
        return MarketPage(_readable_markets([_document(body)], rejections), None, rejections)


def decode_books(body: bytes) -> list[Any]:
    """What an answer of `POST /books` lists, as it was sent: each book is judged for itself.

    Raises:
        VenueAnswerInvalid: it is not JSON, or not a list.
    """
    try:
        answer = _any_answer.decode(body)
    except _UNREADABLE:
        answer = _document(body)
    if not isinstance(answer, list):
        raise VenueAnswerInvalid(f"no list of order books: {excerpt(body)}")
    return answer


def decode_history(body: bytes) -> Any:
    """What an answer of `/prices-history` tells, as it was sent: a list of points, or of many tokens one for each.

    Raises:
        VenueAnswerInvalid: it is not JSON, or no history.
    """
    try:
        answer = _any_answer.decode(body)
    except _UNREADABLE:
        answer = _document(body)
    if not isinstance(answer, dict) or not isinstance(answer.get("history"), list | dict):
        raise VenueAnswerInvalid(f"no history of prices: {excerpt(body)}")
    return answer["history"]


def excerpt(body: bytes, length: int = 60) -> str:
    """The beginning of an answer on one line, safe to print."""
    text = ascii(body[: 4 * length].decode("utf-8", "replace"))[1:-1]
    return f"'{text[:length]}{'…' if len(text) > length else ''}'"


def _salvaged_events(body: bytes) -> EventPage:
    records, cursor = _records(body, "events")
    if records and all(_other_kind(record) for record in records):
        raise VenueAnswerInvalid(f"this is {kinds.of_list(records)}, {EXPECTED['events']}: {excerpt(body)}")
    page = EventPage([], [], cursor)
    for record in records:
        _salvage_event(record, page)
    return page


def _other_kind(record: Any) -> str | None:
    """What a record is that is no event; None: it may be one."""
    kind = kinds.of_record(record)
    if kind is not None:
        return None if kind in kinds.EVENTS else f"it is {kind.one}"
    has_markets = isinstance(record, dict) and isinstance(record.get("markets"), list)
    return None if has_markets else "it has neither a title nor markets"


def _salvage_event(record: Any, page: EventPage) -> None:
    markets = record.get("markets") if isinstance(record, dict) else None
    below = markets if isinstance(markets, list) else []
    other = _other_kind(record)
    if other is not None:
        page.rejections.append(_rejection("event", record, f"no event: {other}"))
        return
    try:
        event = _read(record | {"markets": None} if below else record, Event)
    except _UnreadableError as reason:
        page.rejections.append(_rejection("event", record, str(reason)))
        taken_along = f"its event cannot be read: {reason}"
        page.rejections.extend(_rejection("market", market, taken_along) for market in below)
        return
    event.markets = _readable_markets(below, page.rejections)
    page.events.append(event)
    page.market_counts.append(len(below))


def _salvaged_markets(body: bytes) -> MarketPage:
    records, cursor = _records(body, "markets")
    rejections: list[Rejection] = []
    return MarketPage(_readable_markets(records, rejections), cursor, rejections)


def _readable_markets(records: list[Any], rejections: list[Rejection]) -> list[Market]:
    markets = []
    for record in records:
        try:
            markets.append(_read(record, Market))
        except _UnreadableError as reason:
            rejections.append(_rejection("market", record, str(reason)))
    return markets


def _read(record: Any, kind: type[RecordT]) -> RecordT:
    try:
        struct = msgspec.convert(record, kind)
        msgspec.json.encode(struct)
    except msgspec.ValidationError as error:
        raise _UnreadableError(str(error)) from error
    except UnicodeEncodeError as error:
        raise _UnreadableError("a text that is not Unicode") from error
    return struct


def _rejection(kind: Literal["event", "market"], record: Any, reason: str) -> Rejection:
    known = record if isinstance(record, dict) else {}
    return Rejection(kind, printable(str(known.get("id") or known.get("slug") or "")[:LONGEST_ID]), printable(reason))


def _records(body: bytes, key: Literal["events", "markets"]) -> tuple[list[Any], str | None]:
    document = _document(body)
    listed = document if isinstance(document, dict) else {key: document}
    records, cursor = listed.get(key), listed.get("next_cursor")
    if not isinstance(records, list) or kinds.of_record(document) is not None:  # a market, say, has `events` too
        told = f"this is {kinds.of_document(document)}, {EXPECTED[key]}"
        raise VenueAnswerInvalid(f"no list of {key}: {told}: {excerpt(body)}")
    return records, None if cursor is None else str(cursor)


def _document(body: bytes) -> Any:
    """Any JSON; also with NaN, bad UTF-8 or control characters in it: they cost one record and not the page."""
    try:
        text = body.decode("utf-8-sig", "surrogateescape")
        return json.loads(text, parse_int=kinds.read_int, strict=False)
    except ValueError as error:
        known = kinds.of_content(body)
        told = f"it is {known}: " if known else ""
        raise VenueAnswerInvalid(f"not JSON: {told}{excerpt(body)}") from error
    except RecursionError as error:
        raise VenueAnswerInvalid(f"nested too deeply: {excerpt(body)}") from error
