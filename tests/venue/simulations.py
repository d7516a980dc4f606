"""Simulated venues for tests, and what their service answers, page by page."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import numpy as np

from prescient_dagster.venue.simulated import SimulatedVenue
from prescient_dagster.venue.simulation.profiles import Plant
from prescient_dagster.venue.simulation.timetable import MAX_MARKETS_PER_EVENT, event_id, market_id
from prescient_dagster.venue.simulation.transport import SimulatedTransport
from prescient_dagster.venue.simulation.world import SimulatedWorld

SEED, EVENTS = 7, 60
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
HOUR, DAY = 3600, 86_400

Record = dict[str, Any]


class Clock:
    """A clock that a test sets."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **delta: float) -> None:
        self.now += timedelta(**delta)


def a_venue(clock: Clock, *, seed: int = SEED, events: int = EVENTS, speed: float = 1) -> SimulatedVenue:
    return SimulatedVenue(seed, events, speed, NOON, clock)


def a_service(second: int, *, seed: int = SEED, events: int = EVENTS) -> httpx.Client:
    """The service as it stands at a simulated second."""
    transport = SimulatedTransport(SimulatedWorld(seed, events, NOON), lambda: second)
    return httpx.Client(transport=transport, base_url="http://gamma.simulated.invalid")


def pages(service: httpx.Client, limit: int = 500) -> Iterator[httpx.Response]:
    """The pages of a crawl of the open events."""
    query: dict[str, str] = {"closed": "false", "limit": str(limit)}
    while True:
        page = service.get("/events/keyset", params=query)
        yield page
        cursor = page.json().get("next_cursor")
        if cursor is None:
            return
        query["after_cursor"] = cursor


def open_events(second: int, *, seed: int = SEED, events: int = EVENTS, limit: int = 500) -> list[Record]:
    return [
        event for page in pages(a_service(second, seed=seed, events=events), limit) for event in page.json()["events"]
    ]


def open_markets(second: int, *, seed: int = SEED, events: int = EVENTS) -> list[Record]:
    """The markets of all open events, those that have closed already among them."""
    return [market for event in open_events(second, seed=seed, events=events) for market in event["markets"]]


def markets_by_id(second: int, ids: list[str], closed: bool | None = None) -> list[Record]:
    query: list[tuple[str, str | int | float | bool | None]] = [
        ("limit", 100),
        *(("id", market_id) for market_id in ids),
    ]
    if closed is not None:
        query.append(("closed", closed))
    answer: list[Record] = a_service(second).get("/markets/keyset", params=query).json()["markets"]
    return answer


def yes_price(market: Record) -> float:
    return float(json.loads(market["outcomePrices"])[0])


def is_traded(market: Record) -> bool:
    return bool(market["active"] and not market["closed"] and market["acceptingOrders"])


@dataclass(frozen=True)
class Planted:
    """A true mispricing that shows: the event, and the markets that take part (of a nested pair: narrower, wider)."""

    kind: Plant
    event_id: str
    market_ids: tuple[str, ...]


def planted(seed: int, events: int, second: int) -> list[Planted]:
    """The mispricings that are live at that second."""
    now = SimulatedWorld(seed, events, NOON).open_state(second)
    found = []
    for row in np.flatnonzero(now.planting.live).tolist():
        number, kind = int(now.roster.lives.numbers[row]), Plant(int(now.roster.lives.plants[row]))
        legs = now.roster.leg[now.planting.parts & (now.roster.event == row)].tolist()
        ids = tuple(market_id(number * MAX_MARKETS_PER_EVENT + leg) for leg in legs)
        found.append(Planted(kind, event_id(number), ids))
    return found
