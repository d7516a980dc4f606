"""The simulated venue behind HTTP: the requests the real services answer, answered from the state."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import msgspec
import numpy as np

from prescient_dagster.venue.simulation.books import books
from prescient_dagster.venue.simulation.draws import Integers
from prescient_dagster.venue.simulation.identity import token_number
from prescient_dagster.venue.simulation.timetable import MAX_MARKETS_PER_EVENT, market_number
from prescient_dagster.venue.simulation.wire import Gamma
from prescient_dagster.venue.simulation.world import SimulatedWorld, WorldState

_MOST_EVENTS, _MOST_MARKETS, _MOST_TOKENS = 100, 100, 500
_DEFAULT_LIMIT = 20
_ALONE = "/markets/"


class _RequestError(Exception):
    """A request the service would refuse."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


@dataclass(frozen=True, slots=True)
class _Cursor:
    """Where a crawl stands. It carries the second at which the crawl began: all of its pages show that instant."""

    second: int
    position: int

    @classmethod
    def read(cls, text: str) -> "_Cursor":
        match = re.fullmatch(r"t(\d{1,15})n(\d{1,15})", text, re.ASCII)
        if match is None:
            raise _RequestError(422, "after_cursor is not a cursor of this service")
        return cls(int(match[1]), int(match[2]))

    def __str__(self) -> str:
        return f"t{self.second}n{self.position}"


class SimulatedTransport(httpx.BaseTransport):
    """Answers `GET /events/keyset`, `GET /markets/keyset`, `GET /markets/ID` and `POST /books` like Gamma and the CLOB.

    Args:
        world: which simulation.
        clock: the simulated second it is; asked once at the start of a crawl and once for every other request.
    """

    def __init__(self, world: SimulatedWorld, clock: Callable[[], int]) -> None:
        self._world = world
        self._clock = clock

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        routes: dict[tuple[str, str], Callable[[httpx.Request], object]] = {
            ("GET", "/events/keyset"): self._events,
            ("GET", "/markets/keyset"): self._markets,
            ("POST", "/books"): self._books,
        }
        known = routes.get((request.method, request.url.path))
        alone = request.method == "GET" and request.url.path.startswith(_ALONE)
        route = known or (self._market if alone else _not_found)
        try:
            return _answer(200, route(request), request)
        except _RequestError as refusal:
            return _answer(refusal.status, {"type": "validation error", "error": str(refusal)}, request)

    def _events(self, request: httpx.Request) -> dict[str, Any]:
        query = request.url.params
        cursor, limit = self._page(query, _MOST_EVENTS)
        closed = _flag(query, "closed")
        state = self._listed(closed, cursor.second)
        total = len(state.roster.lives.numbers)
        chosen = np.arange(cursor.position, min(cursor.position + limit, total))
        page = {"events": Gamma(self._world, state).events(chosen)}
        return page | _next(cursor, limit, total)

    def _markets(self, request: httpx.Request) -> dict[str, Any]:
        query = request.url.params
        cursor, limit = self._page(query, _MOST_MARKETS)
        numbers = [number for number in map(market_number, query.get_list("id")) if number is not None]
        if not query.get_list("id"):
            raise _RequestError(422, "id is required: markets without one are listed with their events")
        state, places = self._found(numbers, cursor.second)
        closed = _flag(query, "closed")
        places = places[~state.roster.placeholder[places]]  # what is not active is answered alone only
        places = places[state.closed[places] == closed] if closed is not None else places
        chosen = places[cursor.position : cursor.position + limit]
        page = {"markets": Gamma(self._world, state).markets(chosen)}
        return page | _next(cursor, limit, len(places))

    def _market(self, request: httpx.Request) -> dict[str, Any]:
        number = market_number(request.url.path.removeprefix(_ALONE))
        state, places = self._found([] if number is None else [number], self._clock())
        if not len(places):
            raise _RequestError(404, "id not found")
        (record,) = Gamma(self._world, state).markets(places)
        return record

    def _books(self, request: httpx.Request) -> list[dict[str, Any]]:
        tokens = _tokens(request.read())
        numbers = [number for token in tokens if (number := token_number(self._world.seed, token)) is not None]
        state, places = self._found(numbers, self._clock())
        wanted = set(tokens)
        stamp = str(int(self._world.instant(state.second).timestamp() * 1000))
        found = [book for book in books(state, places.tolist()) if book["asset_id"] in wanted]
        return [book | {"timestamp": stamp, "hash": ""} for book in found]

    def _page(self, query: httpx.QueryParams, most: int) -> tuple[_Cursor, int]:
        if "offset" in query:
            raise _RequestError(422, "offset is not supported, use after_cursor")
        text = query.get("limit", str(_DEFAULT_LIMIT))
        if not (text.isascii() and text.isdigit()) or int(text) < 1:
            raise _RequestError(422, "limit is not a positive number")
        after = query.get("after_cursor")
        return _Cursor.read(after) if after else _Cursor(self._clock(), 0), min(int(text), most)

    def _listed(self, closed: bool | None, second: int) -> WorldState:
        if closed is False:
            return self._world.open_state(second)
        return self._world.state(self._world.event_numbers(second, closed), second)

    def _found(self, numbers: Sequence[int], second: int) -> tuple[WorldState, Integers]:
        """The state of the events of these markets, and the markets' places in it."""
        events = self._world.known_events([number // MAX_MARKETS_PER_EVENT for number in numbers], second)
        state = self._world.state(events, second)
        return state, np.flatnonzero(np.isin(state.roster.numbers, np.array(numbers, dtype=np.int64)))


def _not_found(_request: httpx.Request) -> object:
    raise _RequestError(404, "not found")


def _flag(query: httpx.QueryParams, name: str) -> bool | None:
    return query[name].lower() == "true" if name in query else None


def _tokens(body: bytes) -> list[str]:
    try:
        tokens = [str(wish["token_id"]) for wish in msgspec.json.decode(body, type=list[dict[str, Any]])]
    except (msgspec.MsgspecError, KeyError) as error:
        raise _RequestError(400, "the body is not a list of token ids") from error
    if len(tokens) > _MOST_TOKENS:
        raise _RequestError(400, "Payload exceeds the limit")
    return tokens


def _next(cursor: _Cursor, limit: int, total: int) -> dict[str, str]:
    position = cursor.position + limit
    return {"next_cursor": str(_Cursor(cursor.second, position))} if position < total else {}


def _answer(status: int, body: object, request: httpx.Request) -> httpx.Response:
    content = msgspec.json.encode(body)
    return httpx.Response(status, headers={"Content-Type": "application/json"}, content=content, request=request)
