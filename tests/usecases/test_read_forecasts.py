"""A file that is dropped into the folder is traded at the next capture, and decided alike ever after."""

import http.server
import threading
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from prescient_dagster.catalog import load_strategy
from prescient_dagster.store.books import portfolios
from prescient_dagster.store.database import Database
from prescient_dagster.store.market import captures, forecasts
from prescient_dagster.usecases import read_forecasts
from prescient_dagster.usecases.replay import entrant, open_source, replayed
from prescient_dagster.usecases.trade import CycleRunner
from prescient_dagster.usecases.trade_plans import Order
from prescient_dagster.usecases.verify import verify
from tests.assets.worlds import START, a_listing, favourites

HEAD = "market_id,probability,made_at,source\n"
NEAR = {"yes_price": 0.5, "no_price": 0.5, "best_bid": 0.49, "best_ask": 0.51}


class Desktop:
    """A home whose portfolio trades what stands in the folder."""

    def __init__(self, database: Database, captures_folder: Any, folder: Path) -> None:
        self.database, self.captures, self.folder = database, captures_folder, folder
        folder.mkdir()
        config = {"fill_model": "touch", "max_age_hours": 1000}
        new = portfolios.NewPortfolio("seer", "forecasts", Decimal(1_000), strategy_config=config)
        portfolios.create(database, new)

    def write(self, name: str, *rows: str) -> None:
        (self.folder / name).write_text(HEAD + "".join(f"{row}\n" for row in rows))

    def read(self) -> list[forecasts.FileRead]:
        return read_forecasts.read(self.database, str(self.folder))

    def capture(self, hours: int, *, read: bool = True) -> list[str]:
        """Read, take a capture, trade it; what was bought."""
        if read:
            self.read()
        listing = a_listing(*({**market, **NEAR} for market in favourites(3)), hours=hours)
        record = captures.save(self.database, self.captures, listing)
        captures.mark_ready(self.database, record.capture_id)
        return self.trade(record.capture_id)

    def trade(self, capture_id: int) -> list[str]:
        runner = CycleRunner(load_strategy("forecasts"), self.database, self.captures, lambda *_, **__: {})
        (result,) = runner.carry_out(Order(["seer"], capture_id=capture_id))
        assert result.status == "ok", result.error
        return [each.signal.market_id for each in result.trades]


@pytest.fixture
def desktop(database: Database, captures_folder: Any, tmp_path: Path) -> Desktop:
    return Desktop(database, captures_folder, tmp_path / "forecasts")


def at(hours: float) -> str:
    return (START + timedelta(hours=hours)).isoformat()


def test_a_file_is_traded_at_the_next_capture_and_replays_and_verification_agree(desktop: Desktop) -> None:
    assert desktop.capture(1) == []
    desktop.write("desk.csv", f"500,0.9,{at(1)},m")
    assert desktop.capture(2) == ["500"]
    desktop.write("more.csv", f"501,0.2,{at(1)},m", f"502,0.9,{at(4)},m")
    assert desktop.capture(3) == ["501"]  # the other was not made yet
    assert desktop.capture(4) == ["502"]

    assert verify(desktop.database, desktop.captures, "seer").differences == []
    (replay_id,) = replayed(
        desktop.database,
        open_source(desktop.database, desktop.captures),
        [entrant(desktop.database, None, "seer", {})],
    )
    query = "SELECT market_id, timestamp, cash_delta FROM prescient.{} WHERE {} ORDER BY timestamp, market_id"
    with desktop.database.begin() as connection:
        live = connection.execute(text(query.format("trades", "true"))).all()
        again = connection.execute(text(query.format("replay_trades", f"replay_id = {replay_id}"))).all()
    assert [tuple(row) for row in live] == [tuple(row) for row in again]
    assert len(live) == 3


def test_what_was_read_after_a_capture_changes_nothing_that_was_decided_on_it(desktop: Desktop) -> None:
    desktop.capture(1)
    desktop.capture(2)
    desktop.write("late.csv", f"500,0.9,{at(0)},m")
    desktop.read()
    assert verify(desktop.database, desktop.captures, "seer").differences == []
    assert desktop.capture(3, read=False) == ["500"]


def test_a_bad_row_is_counted_and_shown_and_the_others_are_traded(desktop: Desktop) -> None:
    desktop.write("desk.csv", f"500,90,{at(0)},m", f"501,0.9,{at(0)},m")
    (read,) = desktop.read()
    assert (read.rows, read.new, read.refusals) == (2, 1, 1)
    (kept,) = forecasts.files(desktop.database)
    assert kept["examples"] == [[1, "probability is '90', not a number from 0 to 1"]]
    assert desktop.capture(1) == ["501"]


def test_a_file_is_read_once_and_again_when_it_has_changed(desktop: Desktop) -> None:
    desktop.write("desk.csv", f"500,0.9,{at(0)},m")
    assert [read.new for read in desktop.read()] == [1]
    assert desktop.read() == []
    desktop.write("desk.csv", f"500,0.9,{at(0)},m", f"501,0.9,{at(0)},m")
    assert [(read.rows, read.new) for read in desktop.read()] == [(2, 1)]
    desktop.write("desk.csv", f"500,0.8,{at(0)},m")
    assert [read.new for read in desktop.read()] == [1]
    desktop.write("desk.csv", f"500,0.9,{at(0)},m")
    assert [read.new for read in desktop.read()] == [1]  # taken back: the last word counts
    assert [each.probability for each in forecasts.load(desktop.database)] == [0.9, 0.9, 0.8, 0.9]


def test_a_file_that_cannot_be_read_stands_beside_those_that_can(desktop: Desktop) -> None:
    (desktop.folder / "bad.csv").write_text("a,b\n")
    desktop.write("good.csv", f"500,0.9,{at(0)},m")
    assert [(read.file, bool(read.error), read.new) for read in desktop.read()] == [
        ("bad.csv", True, 0),
        ("good.csv", False, 1),
    ]
    (desktop.folder / "bad.csv").unlink()
    desktop.read()
    assert [each["file"] for each in forecasts.files(desktop.database)] == ["good.csv"]


class Answers(http.server.BaseHTTPRequestHandler):
    status, body = 200, b""

    def do_GET(self) -> None:
        self.send_response(self.status)
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def address() -> Iterator[tuple[str, type[Answers]]]:
    class Here(Answers):
        pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Here)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/f.csv?key=secret", Here
    server.shutdown()


def test_an_address_is_asked_and_what_goes_wrong_is_told_without_its_key(
    address: tuple[str, type[Answers]], database: Database
) -> None:
    url, answers = address
    answers.body = f"{HEAD}500,0.9,{at(0)},m\n".encode()
    assert [read.new for read in read_forecasts.read(database, url)] == [1]
    assert read_forecasts.read(database, url) == []
    answers.status = 503
    (failed,) = read_forecasts.read(database, url)
    assert failed.error == "it answered 503"
    assert "secret" not in str(forecasts.files(database))
