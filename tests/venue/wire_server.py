"""A venue in Polymarket's wire format on this machine, whose listing and order books a test sets as it goes."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.venue.gamma import Record, a_market, an_event

Answer = tuple[int, bytes]
NO_BOOK: Answer = (404, b'{"error":"No orderbook exists for the requested token id"}')


class WireVenue:
    """What the server answers from.

    Attributes:
        books: by token; one that is absent has none.
        instead: what `POST /books` answers in place of the books, by the tokens asked for.
        asked: the tokens of each request for books.
        alone: what is answered of a market that is asked for alone, by its id.
        histories: points of past prices, by token, as they are sent.
        together: whether the past of many tokens can be asked for in one request.
        past_asked: the tokens and the span of each request for past prices.
        past_instead: what is answered in place of past prices, by the number of the request; no answer cuts it off.
    """

    def __init__(self) -> None:
        self.events: list[Record] = []
        self.books: dict[str, Any] = {}
        self.instead: Callable[[Sequence[str]], Answer | None] = lambda _: None
        self.asked: list[list[str]] = []
        self.markets_fail: Answer | None = None
        self.alone: dict[str, Answer] = {}
        self.histories: dict[str, list[Record]] = {}
        self.together = True
        self.past_asked: list[tuple[list[str], int, int]] = []
        self.past_instead: Callable[[int], Answer | str | None] = lambda _: None
        self.closing = threading.Event()
        self.address = ""

    def lists(self, *events: Record) -> None:
        """List these events, with an order book of 5,000 shares at each quote."""
        self.events = list(events)
        self.books = {}
        for market in (market for event in events for market in event["markets"]):
            self.books |= _books(market)

    def answer_get(self, path: str, query: Mapping[str, Sequence[str]]) -> Answer:
        """Gamma's answers."""
        if path == "/events/keyset":
            return _ok({"events": self.events})
        if path == "/markets/keyset":
            return self.markets_fail or _ok({"markets": self._markets(query)})
        return self.alone.get(path.removeprefix("/markets/"), (404, b'{"error":"not found"}'))

    def answer_past(self, tokens: Sequence[str], since: int, until: int) -> Answer | str:
        """The CLOB's answer of past prices: of one token a list, of many a list for each."""
        self.past_asked.append((list(tokens), since, until))
        found = {token: self._past_of(token, since, until) for token in tokens if token in self.histories}
        return self.past_instead(len(self.past_asked)) or _ok({"history": found})

    def _past_of(self, token: str, since: int, until: int) -> list[Record]:
        return [point for point in self.histories.get(token, []) if since <= point["t"] <= until]

    def _markets(self, query: Mapping[str, Sequence[str]]) -> list[Record]:
        listed = [market for event in self.events for market in event["markets"]]
        closed = query["closed"][0] == "true"
        return [each for each in listed if each["id"] in query.get("id", ()) and each["closed"] is closed]

    def answer_books(self, tokens: Sequence[str]) -> Answer:
        """The CLOB's answer."""
        self.asked.append(list(tokens))
        found = [{"asset_id": token, **self.books[token]} for token in tokens if token in self.books]
        return self.instead(tokens) or _ok(found)


def _ok(document: Any) -> Answer:
    return 200, json.dumps(document).encode()


def quoted(market_id: str, bid: float, ask: float, **fields: Any) -> Record:
    """A deep market with these quotes, in an event of much volume."""
    mid = round((bid + ask) / 2, 4)
    prices = {"bestBid": bid, "bestAsk": ask, "outcomePrices": json.dumps([str(mid), str(round(1 - mid, 4))])}
    deep = {"liquidity": "2000000", "volume": "9000000", "volume24hr": 900000, "lastTradePrice": mid}
    return a_market(market_id, **prices, **deep, endDate="2026-03-11T12:00:00Z", **fields)


def an_event_of(event_id: str, *markets: Record, **fields: Any) -> Record:
    """An event that every strategy's default filters let through."""
    big = {"liquidity": 9e6, "volume": 9e7, "volume24hr": 9e6, "endDate": "2026-03-11T12:00:00Z"}
    return an_event(event_id, *markets, **big, **fields)


def a_set(event_id: str, *markets: Record) -> Record:
    """An event in which exactly one of the markets pays YES."""
    legs = [market | {"negRisk": True, "negRiskMarketID": f"0xset{event_id}"} for market in markets]
    return an_event_of(event_id, *legs, negRisk=True)


def levels(*pairs: tuple[object, object]) -> list[Record]:
    """Levels of a book on the wire."""
    return [{"price": price, "size": size} for price, size in pairs]


def _books(market: Record) -> dict[str, Any]:
    yes, no = json.loads(market["clobTokenIds"])
    bid, ask = market["bestBid"], market["bestAsk"]
    return {
        yes: {"bids": levels((str(bid), "5000")), "asks": levels((str(ask), "5000"))},
        no: {"bids": levels((str(round(1 - ask, 4)), "5000")), "asks": levels((str(round(1 - bid, 4)), "5000"))},
    }


def _alone(answer: Answer | str, token: str) -> Answer | str:
    """What a token's own request is answered, by what one for many would be."""
    if isinstance(answer, str) or answer[0] != 200:
        return answer
    return _ok({"history": json.loads(answer[1])["history"].get(token, [])})


@contextmanager
def wire_server() -> Iterator[WireVenue]:
    """The venue, served at its `address` until the block ends."""
    venue = WireVenue()
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(venue)) as server:
        server.daemon_threads = True
        venue.address = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield venue
        venue.closing.set()
        server.shutdown()


def _handler(venue: WireVenue) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            address = urlsplit(self.path)
            if address.path == "/prices-history":
                asked = {name: values[0] for name, values in parse_qs(address.query).items()}
                token = asked["market"]
                answer = venue.answer_past([token], int(asked["startTs"]), int(asked["endTs"]))
                self._send(_alone(answer, token))
                return
            self._send(venue.answer_get(address.path, parse_qs(address.query)))

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if self.path == "/batch-prices-history":
                past = venue.answer_past(asked["markets"], asked["start_ts"], asked["end_ts"])
                self._send(past if venue.together else (404, b"404 page not found"))
                return
            self._send(venue.answer_books([each["token_id"] for each in asked]))

        def _send(self, answer: Answer | str) -> None:
            if isinstance(answer, str):
                self.close_connection = True
                return
            status, body = answer
            try:
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            except OSError:
                pass  # who asked has gone

        def log_message(self, *_: object) -> None: ...

    return Handler
