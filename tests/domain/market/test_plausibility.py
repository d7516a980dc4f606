"""What a capture must look like to be traded, and what the rules say where it does not."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from prescient_dagster.domain.market import plausibility
from prescient_dagster.domain.market.markets import Rejection
from prescient_dagster.domain.market.plausibility import Finding, Plausibility
from tests.builders import a_capture, a_closed_market, a_market
from tests.recordings import events_listing, markets_listing
from tests.venue.simulations import Clock, a_venue

HOSTILE = "<script>alert(1)</script> [click](http://evil.example)"


def table(*markets: Mapping[str, Any]) -> pd.DataFrame:
    return a_capture(*markets).markets


def markets(count: int, **columns: Any) -> list[dict[str, Any]]:
    return [a_market(f"{number:03}", **columns) for number in range(count)]


def unreadable(count: int) -> list[Rejection]:
    return [Rejection("market", str(number), "bestAsk is 'cheap'") for number in range(count)]


def wrong(found: Sequence[Finding]) -> dict[Plausibility, str]:
    return {finding.rule: finding.wrong for finding in found if finding.wrong}


def test_an_ordinary_capture_is_traded() -> None:
    found = plausibility.findings(10, table(*markets(10)), [], 10)

    assert [finding.rule for finding in found] == list(Plausibility)
    assert wrong(found) == {}
    assert plausibility.refusal(found) is None


@pytest.mark.parametrize(("count", "before", "refused"), [(5, 10, False), (4, 10, True), (4, None, False)])
def test_less_than_half_of_the_markets_before_forbids_trading(count: int, before: int | None, refused: bool) -> None:
    assert plausibility.counts(count, count, before).forbids is refused


def test_a_venue_on_which_nothing_is_tradable_is_not_traded() -> None:
    found = plausibility.findings(1, table(a_closed_market()), [], None)

    assert "no market is tradable" in (plausibility.refusal(found) or "")


@pytest.mark.parametrize("column", ["best_bid", "best_ask", "last_price", "yes_price", "no_price"])
@pytest.mark.parametrize("price", [-0.000001, 1.000001, np.inf])
def test_a_single_price_outside_0_to_1_forbids_trading(column: str, price: float) -> None:
    frame = table(*markets(3))
    frame.loc[1, column] = price

    finding = plausibility.prices(frame)

    assert finding.forbids
    assert finding.wrong == "1 of 3 markets have a price outside 0 to 1"
    assert [row["market_id"] for row in finding.worst] == ["001"]


def test_prices_of_0_and_1_and_missing_ones_are_in_range() -> None:
    frame = table(a_market(yes=1.0, bid=None, ask=None), a_market("2", yes=0.0, bid=0.0, ask=1.0))

    assert not plausibility.prices(frame).wrong


def test_the_price_furthest_away_is_shown_first_and_missing_ones_are_none() -> None:
    frame = table(*markets(3, bid=None))
    frame.loc[0, "last_price"], frame.loc[2, "yes_price"] = 1.5, -7.0

    worst = plausibility.prices(frame).worst

    assert [row["market_id"] for row in worst] == ["002", "000"]
    assert worst[0]["best_bid"] is None


@pytest.mark.parametrize(("crossed", "warns", "refused"), [(0, False, False), (1, True, False), (2, True, True)])
def test_a_few_crossed_quotes_warn_and_many_forbid_trading(crossed: int, warns: bool, refused: bool) -> None:
    frame = table(*markets(20 - crossed), *[a_market(f"x{n}", bid=0.81, ask=0.80) for n in range(crossed)])

    finding = plausibility.quotes(frame)

    assert (bool(finding.wrong), finding.forbids) == (warns, refused)
    assert finding.figures == {"crossed": crossed, "quoted": 20}


def test_quotes_that_touch_or_are_stale_or_are_missing_are_not_crossed() -> None:
    frame = table(
        a_market("1", bid=0.8, ask=0.8), a_closed_market("2", bid=0.9, ask=0.1), a_market("3", bid=None, ask=0.1)
    )

    assert plausibility.quotes(frame).figures == {"crossed": 0, "quoted": 1}


@pytest.mark.parametrize(("count", "warns", "refused"), [(5, False, False), (6, True, False), (21, True, True)])
def test_records_that_cannot_be_read_warn_and_many_forbid_trading(count: int, warns: bool, refused: bool) -> None:
    finding = plausibility.records(1_000 - count, unreadable(count))

    assert (bool(finding.wrong), finding.forbids) == (warns, refused)
    assert len(finding.worst) == min(count, plausibility.MOST_ROWS)


def test_exactly_the_greatest_share_that_can_be_read_is_traded() -> None:
    assert not plausibility.records(980, unreadable(20)).forbids


def test_all_reasons_are_told() -> None:
    frame = table(*markets(2, bid=0.9, ask=0.1))
    frame.loc[0, "last_price"] = 2

    reason = plausibility.refusal(plausibility.findings(1, frame, unreadable(9), 100)) or ""

    assert len(reason.split("; ")) == 4


def test_no_text_of_the_venue_gets_into_a_reason() -> None:
    frame = table(*markets(2, bid=0.9, ask=0.1, question=HOSTILE))

    found = plausibility.quotes(frame)

    assert HOSTILE not in found.wrong
    assert found.worst[0]["question"] == HOSTILE


def test_a_broken_column_of_a_whole_venue_shows_its_twenty_worst_rows() -> None:
    frame = table(*markets(100))
    frame["spread"] = -np.arange(1, 101) / 1_000

    worst = plausibility.quotes(frame).worst

    assert [row["market_id"] for row in worst] == [f"{number:03}" for number in range(99, 79, -1)]


def test_no_recording_of_the_real_venue_is_found_fault_with(shared_data: Path) -> None:
    at, seen = datetime(2026, 1, 1, tzinfo=UTC), 0
    for path in sorted(shared_data.rglob("*.json")):
        records = json.loads(path.read_bytes())
        if not isinstance(records, list) or not records or not {"markets", "outcomes"} & records[0].keys():
            continue
        read = events_listing if "markets" in records[0] else markets_listing
        listing = read(path.read_bytes(), at)
        found = plausibility.findings(len(listing.events), listing.markets, listing.rejections, len(listing.markets))
        assert wrong(found) == {}, path
        seen += len(listing.markets)
    assert seen > 1_000


def test_a_large_simulated_venue_is_found_no_fault_with() -> None:
    clock = Clock()
    venue = a_venue(clock, events=2_000)
    for _ in range(3):
        listing = venue.next_listing(None)
        assert listing is not None
        found = plausibility.findings(len(listing.events), listing.markets, listing.rejections, len(listing.markets))
        assert wrong(found) == {}
        clock.forward(days=9)
