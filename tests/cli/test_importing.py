"""`prescient captures import`: a series of prices becomes a folder that can be replayed and traded on."""

import json
import resource
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from prescient_dagster.domain.books.ledger import Account, Holding, Trade, booked, opened, rebuilt, worth
from prescient_dagster.domain.books.snapshots import Snapshot
from prescient_dagster.domain.market.bounds import AMOUNT
from prescient_dagster.store.books.positions import marked
from prescient_dagster.store.database import Database
from prescient_dagster.store.past import replays
from prescient_dagster.store.tables import replay_snapshots
from tests.builders import D
from tests.cli.commands import Prescient
from tests.venue.gamma import a_market
from tests.venue.test_series import a_csv, a_row


def test_the_folder_is_a_recorded_venue(prescient: Prescient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = a_csv(tmp_path, a_row("10:00:00"), a_row("10:15:00", price=0.45))
    told = prescient("captures", "import", file, "-o", tmp_path / "past", "--json").json
    assert (told["captures"], told["markets"], told["first"]) == (2, 1, "2026-06-05T10:00:00Z")
    assert any("0.005" in line for line in told["assumes"])
    monkeypatch.setenv("PRESCIENT_VENUE", f"recorded:{tmp_path / 'past'}")
    taken = prescient("capture", "--json").json
    assert (taken["captured_at"], taken["tradable_markets"], taken["status"]) == ("2026-06-05T10:00:00Z", 1, "ready")
    (market,) = prescient("markets", "--json").json
    assert (market["best_bid"], market["best_ask"], market["yes_price"]) == (0.395, 0.405, 0.4)


def test_what_was_assumed_stands_beside_the_captures(bare_prescient: Prescient, tmp_path: Path) -> None:
    file = a_csv(tmp_path, a_row("10:00:00"))
    done = bare_prescient("captures", "import", file, "-o", tmp_path / "past", "--half-spread", 0.01)
    note = (tmp_path / "past" / "import.txt").read_text()
    assert note == done.out
    assert "the price less and plus 0.01" in note


def test_a_folder_that_holds_something_is_left_alone(bare_prescient: Prescient, tmp_path: Path) -> None:
    file = a_csv(tmp_path, a_row("10:00:00"))
    assert "is not empty" in bare_prescient("captures", "import", file, "-o", tmp_path).complaint


QUOTES = "quotes-15min-2026-06-05_2026-06-09.csv.gz"
MIDTERMS = "balance-of-power-2026-midterms-10min.json.gz"
UNFILTERED = dict.fromkeys(
    f"{of}_min_{what}" for of in ("event", "market") for what in ("liquidity", "volume", "volume_24hr")
)
WIDE = UNFILTERED | {"market_min_conviction": 0.2, "market_max_conviction": 0.98, "fill_model": "touch"}
"""No least liquidity or volume, and favourites from 0.60 to 0.99."""
EXITS = {"profit_target": 0.02, "stop_loss": 0.15, "reentry_hours": 1, "max_holding_days": 1, "max_positions": 20}
MEAN_REVERSION = WIDE | EXITS | {"market_max_conviction": 0.8}
MOMENTUM = WIDE | EXITS | {"min_confidence": 0.6, "event_max_days_until_end": None}
SCALPING = UNFILTERED | {"fill_model": "touch", "max_dip": 0.3}


def test_strategies_trade_on_the_recorded_quotes_and_their_books_balance(
    prescient: Prescient, shared_data: Path, database: Database, tmp_path: Path
) -> None:
    told = prescient("captures", "import", shared_data / "series" / QUOTES, "-o", tmp_path / "past", "--json").json
    assert (told["captures"], told["markets"], told["incomplete_captures"]) == (420, 100, 0)
    for strategy, config in (("momentum", MOMENTUM), ("mean_reversion", MEAN_REVERSION), ("scalping", SCALPING)):
        played = play(prescient, tmp_path / "past", strategy, config)
        assert (played["captures_read"], played["captures_missing"]) == (420, 0)
        require_trades(played)
        require_balance(database, played)


def test_a_strategy_trades_on_the_recorded_set_and_its_books_balance(
    prescient: Prescient, shared_data: Path, database: Database, tmp_path: Path
) -> None:
    """All of it is imported, and five of its days are played."""
    arguments = (shared_data / "series" / MIDTERMS, "-o", tmp_path / "past", "--complete-set", "--ends", "2026-11-03")
    told = prescient("captures", "import", *arguments, "--json").json
    assert (told["captures"], told["markets"], told["incomplete_captures"]) == (4_025, 5, 84)
    played = play(prescient, tmp_path / "past", "mean_reversion", MEAN_REVERSION, "--to", "2026-02-28")
    assert (played["captures_read"], played["captures_missing"]) == (702, 0)
    require_trades(played)
    require_balance(database, played)


def play(prescient: Prescient, folder: Path, strategy: str, config: dict[str, Any], *bounds: str) -> Any:
    """The document of a replay over this folder."""
    asked = ("--strategy", strategy, "--config", json.dumps(config), "--captures", folder, *bounds)
    return prescient("replay", *asked, "--json").json


def require_trades(played: dict[str, Any]) -> None:
    assert len(played["trades"]) > 10
    assert {trade["kind"] for trade in played["trades"]} == {"buy", "sell"}


def require_balance(database: Database, played: dict[str, Any]) -> None:
    """To the last digit: each snapshot of a replay is what its trades up to then make of the initial balance."""
    (history,) = replays.load_histories(database, [played["replay_id"]]).portfolios
    trades = [each.trade for each in history.trades]
    assert [trade["source_ref"] for trade in played["trades"]] == [trade.source_ref for trade in trades]
    accounts = list(accumulate(trades, booked, initial=opened(history.initial_balance)))
    marks, times = _marks(database, played["replay_id"]), [trade.timestamp for trade in trades]
    for snapshot in history.snapshots:
        _agree(snapshot, accounts[bisect_right(times, snapshot.timestamp)], marks[snapshot.timestamp])
    last, account = history.snapshots[-1], rebuilt(history.initial_balance, trades)
    assert last.balance == history.initial_balance + sum(trade.cash_delta for trade in trades)
    assert last.realized_profit_loss + last.unrealized_profit_loss == last.equity - history.initial_balance
    assert _held(trades) == {holding: position.shares for holding, position in account.positions.items()}
    assert D(played["equity"]) == last.equity


def _agree(snapshot: Snapshot, account: Account, marks: dict[str, Any]) -> None:
    value = sum(map(worth, marked(account.positions.values(), marks)))
    assert marks.keys() == {f"{market_id}:{side}" for market_id, side in account.positions}
    assert (snapshot.balance, snapshot.market_value) == (account.balance, value)
    assert (snapshot.positions, snapshot.total_invested) == (len(account.positions), account.total_invested)
    assert (snapshot.trade_count, snapshot.fees_paid) == (account.trade_count, account.fees_paid)
    assert (snapshot.realized_profit_loss, snapshot.equity) == (account.realized_profit_loss, account.balance + value)
    assert snapshot.unrealized_profit_loss == value - account.total_invested
    assert snapshot.total_profit_loss == snapshot.realized_profit_loss + snapshot.unrealized_profit_loss


def _held(trades: list[Trade]) -> dict[Holding, Decimal]:
    """The shares that are held at the end, added up without the ledger; at no time were they fewer than none."""
    held: dict[Holding, Decimal] = defaultdict(Decimal)
    for trade in trades:
        held[trade.market_id, trade.side] += trade.shares
        assert held[trade.market_id, trade.side] >= 0
    return {holding: shares for holding, shares in held.items() if shares}


def _marks(database: Database, replay_id: int) -> dict[Any, dict[str, Any]]:
    """What was held and what a share of it was worth, by the time of the snapshot."""
    told = select(replay_snapshots.c.timestamp, replay_snapshots.c.marks)
    with database.begin() as connection:
        return dict(connection.execute(told.where(replay_snapshots.c.replay_id == replay_id)).all())


WRONG = {
    "a price history": {"history": [{"t": 1_772_366_400, "p": 0.4}]},
    "a year far off": {"title": "x", "markets": [{"question": "A?", "history": [{"timestamp": 1, "probability": 40}]}]},
    "fractions": {
        "title": "x",
        "markets": [{"question": "A?", "history": [{"timestamp": 1_772_366_400, "probability": 0.4}]}],
    },
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_file_is_one_line_and_leaves_no_folder(bare_prescient: Prescient, tmp_path: Path, name: str) -> None:
    file = tmp_path / "prices.json"
    file.write_text(json.dumps(WRONG[name]))
    done = bare_prescient("captures", "import", file, "-o", tmp_path / "new" / "past")
    assert (done.code, done.complaint.startswith("error: ")) == (1, True)
    assert "unexpected" not in done.err
    assert [path.name for path in tmp_path.iterdir() if path.name != "home"] == ["prices.json"]


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("--liquidity", f"{AMOUNT.high * 10:g}", "--liquidity"),
        ("--liquidity", "1e308", "--liquidity"),
        ("--liquidity", "nan", "--liquidity"),
        ("--ends", "9999-01-01", "--ends is 9999-01-01: use a time of the years 2000 to 2099"),
        ("--ends", "1850-01-01", "--ends is 1850-01-01"),
    ],
)
def test_what_is_assumed_must_make_sense_as_what_a_file_tells(
    bare_prescient: Prescient, tmp_path: Path, option: str, value: str, message: str
) -> None:
    series = a_csv(tmp_path, a_row("10:00:00"))
    done = bare_prescient("captures", "import", series, "-o", tmp_path / "past", option, value)
    assert message in done.complaint
    assert not (tmp_path / "past").exists()


def test_an_import_that_breaks_off_leaves_everything_as_it_was(bare_prescient: Prescient, tmp_path: Path) -> None:
    file = a_csv(tmp_path, *(a_row(f"10:{minute:02}:00") for minute in range(30)))
    (tmp_path / "mine").mkdir()
    for folder in (tmp_path / "new" / "past", tmp_path / "mine"):
        with no_file_larger_than(5_000):  # less than a capture's markets
            complaint = bare_prescient("captures", "import", file, "-o", folder).complaint
        assert "cannot be used: File too large; choose another folder" in complaint
    assert not (tmp_path / "new").exists()
    assert list((tmp_path / "mine").iterdir()) == []
    assert bare_prescient("captures", "import", file, "-o", tmp_path / "mine").code == 0


@contextmanager
def no_file_larger_than(size: int) -> Iterator[None]:
    """Writing fails as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_folder_that_cannot_be_made_is_one_line(bare_prescient: Prescient, tmp_path: Path) -> None:
    file = a_csv(tmp_path, a_row("10:00:00"))
    for folder, why in ((file, "File exists"), (file / "past", "Not a directory")):
        assert f"cannot be used: {why}" in bare_prescient("captures", "import", file, "-o", folder).complaint
    assert file.read_bytes()


def test_what_prices_are_in_can_be_said_and_is_told(bare_prescient: Prescient, tmp_path: Path) -> None:
    file = tmp_path / "prices.json"
    file.write_text(json.dumps(WRONG["fractions"]))
    asked = ("captures", "import", file, "-o", tmp_path / "past", "--prices", "fraction", "--json")
    assert bare_prescient(*asked).json["reads"] == ["times: seconds since 1970", "prices: fraction"]


def test_a_recording_of_another_kind_is_refused_and_nothing_is_stored(
    prescient: Prescient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "recorded"
    folder.mkdir()
    (folder / "2026-03-01T12-00-00Z.json").write_text(json.dumps([a_market("1"), a_market("2")]))
    monkeypatch.setenv("PRESCIENT_VENUE", f"recorded:{folder}")
    assert "this is a list of 2 markets, expected a list of events" in prescient("capture").complaint
    assert "no capture" in prescient("markets").complaint
    assert "this is a list of 2 markets" in prescient("replay", "--strategy", "momentum", "--captures", folder).err
