"""A JSON file of prices: one event with the histories of its markets."""

import json
from collections.abc import Iterator
from typing import Any

from prescient_dagster.domain.errors import InvalidInput
from prescient_dagster.venue import kinds
from prescient_dagster.venue.series.rows import SeriesRows, named
from prescient_dagster.venue.series.values import PriceUnit, shown

LACKS = ("bid and ask", "volume", "liquidity", "when the event ends", "fees", "how markets end")
POINT = ("timestamp", "probability")


def rows(text: str) -> SeriesRows:
    """The points of all histories of the file.

    Raises:
        AnotherKindError: it is another document.
        InvalidInput: it is no JSON, or something of it is missing.
    """
    document = _document(text)
    title, markets = _parts(document)
    points = list(_points(markets))
    number = len(points)
    return SeriesRows(
        times=[point["timestamp"] for _, _, point in points],
        market_ids=[str(market) for market, _, _ in points],
        event_ids=["1"] * number,
        event_titles=[title] * number,
        questions=[markets[market - 1]["question"] for market, _, _ in points],
        prices=[point["probability"] for _, _, point in points],
        volumes=[0] * number,
        liquidities=[None] * number,
        ends=[None] * number,
        time_name="timestamp",
        price_name="probability",
        documented=PriceUnit.PERCENT,
        place=lambda row: _place(markets, points[row][0], points[row][1]),
        lacks=LACKS,
    )


def _document(text: str) -> Any:
    try:
        return json.loads(text, parse_int=kinds.read_int)
    except json.JSONDecodeError as error:
        raise InvalidInput(f"line {error.lineno} is no JSON from column {error.colno} on") from error
    except RecursionError as error:
        raise InvalidInput("its JSON is nested too deeply") from error


def _parts(document: Any) -> tuple[str, list[dict[str, Any]]]:
    """The title, and the markets, each with a question and a history."""
    markets = document.get("markets") if isinstance(document, dict) else None
    if not isinstance(markets, list) or (markets and not any(_has_history(market) for market in markets)):
        raise kinds.AnotherKindError(kinds.of_document(document))
    title = document.get("title")
    if not isinstance(title, str) or not title.strip():
        raise InvalidInput(f"title is {shown(title)}, expected the title of the event")
    for number, market in enumerate(markets, 1):
        if not _has_history(market):
            raise InvalidInput(f"market {number} has no history: expected a question and a list of points")
        if not isinstance(market.get("question"), str):
            raise InvalidInput(f"market {number} has no question: expected a text")
    return title, markets


def _has_history(market: Any) -> bool:
    return isinstance(market, dict) and isinstance(market.get("history"), list)


def _points(markets: list[dict[str, Any]]) -> Iterator[tuple[int, int, dict[str, Any]]]:
    """Each point with the numbers of its market and of itself, from 1."""
    for number, market in enumerate(markets, 1):
        for place, point in enumerate(market["history"], 1):
            missing = [name for name in POINT if not isinstance(point, dict) or name not in point]
            if missing:
                told = kinds.told_keys(list(point)) if isinstance(point, dict) else shown(point)
                raise InvalidInput(f"{_place(markets, number, place)} lacks {' and '.join(missing)}; it has {told}")
            yield number, place, point


def _place(markets: list[dict[str, Any]], market: int, point: int) -> str:
    return f"market {named(markets[market - 1]['question'])}, point {point}"
