"""The wire format of Polymarket: the fields that are needed, and nothing else of what the services send.

A number may come as int, float or text; a list comes as JSON inside a text. Anything may be missing.
"""

from typing import Annotated, Any

from msgspec import Meta, Struct, field

Id = Annotated[str, Meta(min_length=1)] | int
Number = float | str | None
InnerList = str | list[str | float] | None  # the service sends text; a bare list says the same


class FeeTerms(Struct, gc=False):
    """What a taker pays: `shares x rate x (p(1-p))^exponent`."""

    rate: Number = None
    exponent: Number = None


class Tag(Struct, gc=False):
    """What an event is about, in a word or two."""

    label: str | None = None


class Event(Struct, gc=False, rename="camel"):
    """An event of Gamma; with its markets where they are listed below it."""

    id: Id
    title: str | None = None
    slug: str | None = None
    liquidity: Number = None
    volume: Number = None
    volume_24hr: Number = field(default=None, name="volume24hr")
    start_date: str | None = None
    end_date: str | None = None
    neg_risk: bool | None = None
    neg_risk_augmented: bool | None = None
    closed: bool | None = None
    category: str | None = None
    tags: list[Tag] | None = None
    game_id: Any = None  # of a sport; only whether there is one counts
    markets: "list[Market] | None" = None


class Market(Struct, gc=False, rename="camel"):
    """A market of Gamma; with its event under `events` where it is listed on its own."""

    id: Id
    question: str | None = None
    slug: str | None = None
    condition_id: str | None = None
    description: str | None = None
    outcomes: InnerList = None
    outcome_prices: InnerList = None
    clob_token_ids: InnerList = None
    best_bid: Number = None
    best_ask: Number = None
    last_price: Number = field(default=None, name="lastTradePrice")
    liquidity: Number = None
    liquidity_num: Number = None
    volume: Number = None
    volume_num: Number = None
    volume_24hr: Number = field(default=None, name="volume24hr")
    price_change_1h: Number = field(default=None, name="oneHourPriceChange")
    price_change_24h: Number = field(default=None, name="oneDayPriceChange")
    tick_size: Number = field(default=None, name="orderPriceMinTickSize")
    min_order_size: Number = field(default=None, name="orderMinSize")
    start_date: str | None = None
    end_date: str | None = None
    fees_enabled: bool | None = None
    fee_schedule: FeeTerms | None = None
    neg_risk: bool | None = None
    neg_risk_market_id: str | None = field(default=None, name="negRiskMarketID")
    version: Any = None  # of the protocol; one of another type is unknown, not unreadable
    active: bool | None = None
    closed: bool | None = None
    archived: bool | None = None
    accepting_orders: bool | None = None
    enable_order_book: bool | None = None
    resolution_status: str | None = field(default=None, name="umaResolutionStatus")
    resolution_statuses: InnerList = field(default=None, name="umaResolutionStatuses")
    category: str | None = None
    tags: list[Tag] | None = None
    game_id: Any = None
    sports_market_type: Any = None
    game_start_time: str | None = None
    events: list[Event] | None = None


class EventsAnswer(Struct, gc=False):
    """A page of `/events/keyset`; the last one has no cursor."""

    events: list[Event]
    next_cursor: str | None = None


class MarketsAnswer(Struct, gc=False):
    """A page of `/markets/keyset`; the last one has no cursor."""

    markets: list[Market]
    next_cursor: str | None = None
