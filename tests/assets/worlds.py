"""A small world for the tests of the assets: listings whose markets every default filter lets through."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from prescient_dagster.domain.market.markets import Listing, event_frame, market_frame

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def a_listing(*markets: Mapping[str, Any], hours: float = 0, venue: str = "recorded") -> Listing:
    """A listing of one event with these markets, so many hours after the start."""
    at = START + timedelta(hours=hours)
    rows = [_market(number, len(markets), market) for number, market in enumerate(markets)]
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    return Listing(venue, at, event_frame(_event(len(markets))), market_frame(columns))


def favourites(count: int, **changes: Any) -> list[dict[str, Any]]:
    """Markets that momentum buys by default, with falling liquidity."""
    return [{"liquidity": 100_000.0 - number, **changes} for number in range(count)]


def _market(number: int, count: int, changes: Mapping[str, Any]) -> dict[str, Any]:
    end = START + timedelta(days=9)
    return {
        "market_id": str(500 + number),
        "event_id": "10",
        "event_title": "Will it happen?",
        "question": f"Will it happen {number} times?",
        "slug": f"it-{number}",
        "condition_id": f"0x{number}",
        "yes_token_id": f"{number}1",
        "no_token_id": f"{number}2",
        "yes_label": "Yes",
        "no_label": "No",
        "yes_price": 0.8,
        "no_price": 0.2,
        "best_bid": 0.79,
        "best_ask": 0.81,
        "last_price": 0.8,
        "liquidity": 100_000.0,
        "volume": 1_000_000.0,
        "volume_24hr": 100_000.0,
        "price_change_1h": 0.0,
        "price_change_24h": 0.0,
        "start_date": START,
        "end_date": end,
        "rules_hash": "r",
        "tick_size": 0.01,
        "min_order_size": 5.0,
        "fee_rate": 0.0,
        "fee_exponent": 1.0,
        "neg_risk": False,
        "neg_risk_augmented": False,
        "exclusive_group": "",
        "quote_source": "listing",
        "tags": "",
        "category": "",
        "game_start_time": None,
        "untradable": "",
        "tradable": True,
        "closed": False,
        "resolution_status": "",
        "event_liquidity": 1_000_000.0,
        "event_volume": 10_000_000.0,
        "event_volume_24hr": 1_000_000.0,
        "event_end_date": end,
        "event_market_count": count,
        **changes,
    }


def _event(count: int) -> dict[str, list[Any]]:
    return {
        "event_id": ["10"],
        "title": ["Will it happen?"],
        "slug": ["it"],
        "liquidity": [1_000_000.0],
        "volume": [10_000_000.0],
        "volume_24hr": [1_000_000.0],
        "start_date": [START],
        "end_date": [START + timedelta(days=9)],
        "neg_risk": [False],
        "neg_risk_augmented": [False],
        "closed": [False],
        "market_count": [count],
    }
