"""What a cycle tells in the UI: the figures behind each decision, words where nothing was done, no markup of others."""

import base64
import re
from collections.abc import Mapping
from typing import Any

import dagster as dg
import pytest
from sqlalchemy import text

from prescient_dagster.assets.told.fills import slippage_percent
from prescient_dagster.store.books import portfolios
from prescient_dagster.store.books.cycles import Stage
from prescient_dagster.usecases import trade_results
from tests.assets.conftest import Platform, Ran
from tests.assets.worlds import a_listing, favourites
from tests.builders import D, a_trade

SHOWN_IN_PLACE = 1_000
"""Longer Markdown is behind a button in Dagster's UI."""
HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "[click](javascript:alert(1))",
    "![](https://tracker.example/pixel.png)",
    "a | b\n| --- |\n| c |",
    "`</svg><script>alert(1)</script>`",
    "see www.tracker.example or https://tracker.example",
]


def told(platform: Platform, ran: Ran) -> dict[tuple[str, str], Mapping[str, dg.MetadataValue[Any]]]:
    """The metadata of each materialization by asset and portfolio."""
    return {
        (event.asset_key.path[-1], event.partition or ""): event.step_materialization_data.materialization.metadata
        for entry in platform.instance.all_logs(ran.run_id)
        if (event := entry.dagster_event) is not None
        and event.event_type is dg.DagsterEventType.ASSET_MATERIALIZATION
        and event.asset_key is not None
    }


def rows(metadata: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    value = metadata[name]
    assert isinstance(value, dg.TableMetadataValue)
    columns = [column.name for column in value.schema.columns]
    assert all(record.data.keys() == set(columns) for record in value.records)
    return [dict(record.data) for record in value.records]


def run_of(platform: Platform, slug: str, **options: Any) -> dict[str, Mapping[str, dg.MetadataValue[Any]]]:
    """What one portfolio's run tells, by asset."""
    ran = platform.run([slug], **options)
    assert ran.success, ran.failure
    return {asset: metadata for (asset, _), metadata in told(platform, ran).items()}


def test_a_trade_leads_back_to_its_signal_its_capture_and_its_settings(platform: Platform) -> None:
    capture = platform.capture(a_listing(*favourites(2)))
    platform.portfolio("one")

    found = run_of(platform, "one", config={"max_positions": 1})

    (signal,), (fill,) = rows(found["signals"], "signals"), rows(found["trades"], "fills")
    (stored,) = platform.rows("trades", "one")
    assert signal["signal_id"] == fill["signal_id"] == stored["signal_id"]
    assert signal["question"] == fill["question"] == "Will it happen 0 times?"
    assert (signal["status"], signal["reason"]) == ("executed", "favourite at 0.8")
    assert fill["touch"] == fill["price"] == 0.81
    assert (fill["slippage_percent"], fill["fee"], fill["synthetic"]) == (0, 0, True)
    assert found["trades"]["signals_page"].value == "portfolios/one/signals/momentum"
    (cycle,) = platform.rows("cycles", "one")
    for metadata in found.values():
        assert metadata["capture_id"].value == capture
        assert metadata["captured_at"].value == stored["timestamp"].timestamp()
        assert metadata["capture_age_minutes"].value < 5
        assert metadata["config_sha256"].value == cycle["config_sha256"]
        assert metadata["run_settings"].value == {"max_positions": 1}
    assert [name for name, metadata in found.items() if "config" in metadata] == ["signals"]
    assert found["signals"]["config"].value == platform.config("one")


@pytest.mark.parametrize(
    ("shares", "price", "touch", "percent"),
    [(10, "0.505", "0.50", 1), (-10, "0.495", "0.50", 1), (-10, "0.50", "0.50", 0)],
)
def test_slippage_is_what_was_worse_than_the_best_quote(shares: float, price: str, touch: str, percent: float) -> None:
    trade = a_trade(shares=shares, price=D(price), details={"touch": touch})
    assert slippage_percent(trade) == percent


def test_the_funnel_tells_what_each_filter_removed_and_what_it_left(platform: Platform) -> None:
    platform.capture(a_listing(*favourites(3), {"liquidity": 1.0}, {"tradable": False}))
    platform.portfolio("one", max_positions=2)

    signals = run_of(platform, "one")["signals"]

    funnel = {row["filter"]: (row["bound"], row["removed"], row["left"]) for row in rows(signals, "funnel")}
    assert funnel["tradable"] == ("", 1, 4)
    assert funnel["market_min_liquidity"] == ("10,000", 1, 3)
    assert list(funnel.values())[-1][2] == signals["markets_analyzed"].value == 3
    assert signals["entries_wished"].value == 3
    assert signals["summary"].value == (
        "2 entries and 0 exits: 3 of 5 markets passed the filters, the strategy would enter 3 of them; "
        "what is held, or finds no free slot, is left out"
    )
    assert "prescient explain one MARKET_ID --capture" in signals["ask_why"].value


def test_filters_by_words_show_them_and_tell_of_a_capture_that_has_none(platform: Platform) -> None:
    platform.capture(a_listing(*favourites(2)))
    platform.portfolio("one", tags_exclude=["NBA", "nfl"])

    signals = run_of(platform, "one")["signals"]

    (row,) = (row for row in rows(signals, "funnel") if row["filter"] == "tags_exclude")
    assert (row["bound"], row["removed"], row["left"]) == ("NBA, nfl", 0, 2)
    assert signals["filters_note"].value.startswith("tags_exclude: the capture has no tags")


def test_each_member_of_a_blend_has_its_own_funnel(platform: Platform) -> None:
    platform.capture(a_listing(*favourites(3), {"tradable": False}))
    platform.portfolio("one", "hybrid", weights={"momentum": 1.0, "scalping": 1.0})

    funnel = rows(run_of(platform, "one", strategy="hybrid")["signals"], "funnel")

    left = {row["filter"]: row["left"] for row in funnel}
    assert left["momentum.market_max_conviction"] == 3  # and the next begins anew
    assert left["momentum.tradable"] == left["scalping.tradable"] == 3


def test_refusals_are_counted_by_reason(platform: Platform) -> None:
    platform.capture(a_listing(*favourites(2, fee_rate=float("nan")), *favourites(2, liquidity=90_000.0)))
    platform.portfolio("one", balance=150)

    trades = run_of(platform, "one")["trades"]

    counted = {row["reason"]: row["signals"] for row in rows(trades, "refusals")}
    assert [row["status"] for row in rows(trades, "fills")].count("rejected: unknown_fee") == 2
    assert counted.pop("unknown_fee") == 2
    assert sum(counted.values()) + 2 == trades["signals_rejected"].value
    assert "refused" in trades["summary"].value


def test_a_snapshot_shows_its_figures_its_curve_and_what_is_held(platform: Platform) -> None:
    platform.portfolio("one")
    for hour, bid in enumerate((0.79, 0.70, 0.60)):
        platform.capture(a_listing(*favourites(2, best_bid=bid, yes_price=0.8), hours=hour))
        snapshot = run_of(platform, "one")["snapshots"]

    stored = platform.rows("snapshots", "one")[-1]
    for name in ("equity", "balance", "market_value", "total_profit_loss", "fees_paid"):
        assert snapshot[name].value == float(stored[name])
    assert snapshot["summary"].value.startswith(f"worth {stored['equity']:,.2f} USD")
    held = rows(snapshot, "held")
    assert [row["question"] for row in held] == ["Will it happen 0 times?", "Will it happen 1 times?"]
    assert sum(row["profit_loss"] for row in held) == pytest.approx(float(stored["unrealized_profit_loss"]))
    drawn = points(snapshot["equity_curve"].value)
    assert len(drawn) == 4  # the initial balance, and three snapshots
    assert drawn == sorted(drawn)  # it fell and fell: further down is a greater y
    assert picture(snapshot["profit_by_position"].value)


def picture(markdown: str) -> str:
    (encoded,) = re.findall(r"^!\[[\w ]*\]\(data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)\)$", markdown)
    assert len(markdown) < SHOWN_IN_PLACE
    return base64.b64decode(encoded).decode()


def points(markdown: str) -> list[tuple[int, ...]]:
    (line,) = re.findall(r'<polyline points="([^"]+)"', picture(markdown))
    return [tuple(map(int, point.split(","))) for point in line.split()]


def test_a_run_of_many_portfolios_draws_no_pictures(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    platform.capture(a_listing(*favourites(1)))
    for slug in ("a", "b", "c"):
        platform.portfolio(slug)
    monkeypatch.setattr(trade_results, "MOST_ILLUSTRATED", 2)

    many, few = platform.run(["a", "b", "c"]), platform.run(["a", "b"])

    assert many.success
    assert few.success
    snapshot = told(platform, many)["snapshots", "a"]
    assert snapshot["equity"].value
    assert not {"equity_curve", "held", "profit_by_position"} & set(snapshot)


def test_a_repeated_run_says_that_nothing_was_done_and_where_it_was(platform: Platform) -> None:
    capture = platform.capture(a_listing(*favourites(1)))
    platform.portfolio("one")
    first = platform.run(["one"], config={"trade_amount": 50})

    again = run_of(platform, "one", config={"trade_amount": 70})

    (cycle,) = platform.rows("cycles", "one")
    for metadata in again.values():
        assert metadata["status"].value == "already_traded"
        assert metadata["summary"].value.startswith(
            f"capture {capture} was traded at {cycle['started_at']:%Y-%m-%d %H}"
        )
        assert metadata["begun_in_run"] == dg.MetadataValue.dagster_run(first.run_id)
        assert metadata["begun_at"].value == cycle["started_at"].timestamp()
        assert metadata["config_sha256"].value == cycle["config_sha256"]
        assert not {"signals_generated", "trades_executed", "equity"} & set(metadata)
    assert again["signals"]["config"].value["trade_amount"] == 50  # type: ignore[index,call-overload]


def test_paused_closing_and_closed_portfolios_say_so(platform: Platform) -> None:
    platform.capture(a_listing(*favourites(1)))
    for slug in ("paused", "closing", "closed"):
        platform.portfolio(slug)
    platform.run(["closing"])
    platform.capture(a_listing(*favourites(1), hours=1))
    portfolios.pause(platform.database, "paused")
    portfolios.close(platform.database, "closing")
    portfolios.close(platform.database, "closed")

    found = told(platform, platform.run(["paused", "closing", "closed"]))

    assert "paused: it is valued and trades nothing" in found["signals", "paused"]["summary"].value
    assert found["snapshots", "paused"]["equity"].value == 1_000
    assert "enters nothing and sells all it can" in found["signals", "closing"]["summary"].value
    assert "nothing left to do" in found["trades", "closed"]["summary"].value


def test_a_dry_run_and_a_portfolio_that_seldom_enters_say_so(platform: Platform) -> None:
    platform.capture(a_listing(*favourites(1)))
    platform.capture(a_listing(*favourites(1), hours=0.1))
    platform.portfolio("dry")
    platform.portfolio("daily", trade_frequency="low")

    dry = run_of(platform, "dry", stages=[Stage.SIGNALS])["signals"]
    daily = run_of(platform, "daily")["signals"]

    assert "a dry run" in dry["summary"].value
    assert [row["status"] for row in rows(dry, "signals")] == ["pending"]
    assert "does not enter at this capture" in daily["summary"].value


def test_the_trades_of_a_dry_run_lead_back_to_it(platform: Platform) -> None:
    platform.capture(a_listing(*favourites(1)))
    platform.portfolio("one")
    dry = platform.run(["one"], stages=[Stage.SIGNALS])

    trades = run_of(platform, "one", stages=[Stage.TRADES, Stage.SNAPSHOTS])["trades"]

    assert trades["begun_in_run"] == dg.MetadataValue.dagster_run(dry.run_id)
    assert rows(trades, "fills")[0]["signal_id"] == platform.rows("signals", "one")[0]["signal_id"]


def test_books_that_have_seen_a_newer_capture_say_so(platform: Platform) -> None:
    platform.capture(a_listing(*favourites(1)))
    platform.portfolio("one")
    with platform.database.begin() as connection:
        connection.execute(text("UPDATE prescient.portfolios SET books_at = now() + interval '1 year'"))

    signals = run_of(platform, "one")["signals"]

    assert signals["status"].value == "already_traded"
    assert "settlements of a newer capture" in signals["summary"].value
    assert "config" not in signals


def test_the_failure_is_a_table_of_portfolios_reasons_and_remedies(platform: Platform) -> None:
    platform.capture(a_listing(*favourites(1)))
    for slug in ("broken", "stranger"):
        platform.portfolio(slug)
    with platform.database.begin() as connection:
        connection.execute(text("DELETE FROM prescient.portfolios WHERE slug = 'stranger'"))

    ran = platform.run(["broken", "stranger"], config={"portfolios": {"broken": {"trade_amount": -1}}})

    (metadata,) = (
        event.step_failure_data.user_failure_data.metadata
        for entry in platform.instance.all_logs(ran.run_id)
        if (event := entry.dagster_event) is not None and event.is_step_failure
    )
    broken, stranger = rows(metadata, "failed")
    assert (broken["portfolio"], stranger["portfolio"]) == ("broken", "stranger")
    assert "trade_amount must be 1 or more" in broken["reason"]
    assert "prescient portfolio update broken" in broken["what_to_do"]
    assert "make the portfolio, or leave its partition out" in stranger["what_to_do"]


def test_what_a_venue_writes_is_never_markup(platform: Platform) -> None:
    markets = [
        {**market, "question": question, "slug": question, "event_title": question, "yes_label": question}
        for market, question in zip(favourites(len(HOSTILE)), HOSTILE, strict=True)
    ]
    platform.capture(a_listing(*markets))
    platform.portfolio("one", balance=100_000)

    found = run_of(platform, "one")

    assert sorted(row["question"] for row in rows(found["snapshots"], "held")) == sorted(HOSTILE)
    assert [row["question"] for row in rows(found["signals"], "signals")] == HOSTILE  # in a cell, as it stands
    for metadata in found.values():
        for name, value in metadata.items():
            if isinstance(value, dg.MarkdownMetadataValue):
                drawn = picture(value.value)  # one picture and nothing else
                assert not any(part in drawn for part in ("script", "onerror", "javascript", "tracker"))
            else:
                assert name in ("signals_page", "am_i_ahead") or not isinstance(
                    value, dg.UrlMetadataValue | dg.PathMetadataValue
                ), name
