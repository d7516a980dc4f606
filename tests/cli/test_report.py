"""`prescient report`: the tear sheet as a file."""

from pathlib import Path

import pytest

from prescient_dagster.domain.books.portfolios import PortfolioStatus
from prescient_dagster.store.books import portfolios
from prescient_dagster.store.database import Database
from tests.cli.commands import Prescient
from tests.store.histories import Books


@pytest.fixture
def books(database: Database, tmp_path: Path) -> Books:
    return Books(database, tmp_path / "captures")


def a_world(books: Books) -> None:
    for slug in ("bold", "shy"):
        one = books.portfolio(slug)
        books.buy(one, 0)
        books.snapshot(one, 1, 1_010, trade_count=1)


def test_it_says_where_the_page_is(prescient: Prescient, books: Books) -> None:
    a_world(books)
    done = prescient("report")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("report.html: 2 portfolios, ")
    page = Path("report.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert "bold" in page
    assert "shy" in page


def test_only_the_named_portfolios_are_on_it(prescient: Prescient, books: Books) -> None:
    a_world(books)
    assert prescient("report", "shy", "-o", "shy.html").code == 0
    page = Path("shy.html").read_text(encoding="utf-8")
    assert "shy" in page
    assert "bold" not in page


def test_closed_portfolios_have_a_report_of_their_own(prescient: Prescient, books: Books) -> None:
    a_world(books)
    none = prescient("report", "--archived")
    assert (none.code, none.err.count("\n")) == (1, 1)
    assert "no portfolio is closed" in none.err
    books.portfolio("past")
    assert portfolios.close(books.database, "past").status is PortfolioStatus.CLOSED
    assert prescient("report", "--archived").code == 0
    page = Path("report.html").read_text(encoding="utf-8")
    assert ("past" in page, "bold" in page) == (True, False)
    assert prescient("report", "bold", "--archived").code == 2


def test_an_earlier_report_is_replaced_and_nothing_is_left_beside_it(prescient: Prescient, books: Books) -> None:
    before = {each.name for each in Path().iterdir()}
    assert prescient("report").code == 0
    a_world(books)
    assert prescient("report").code == 0
    assert "shy" in Path("report.html").read_text(encoding="utf-8")
    assert {each.name for each in Path().iterdir()} - before - {"captures", "home"} == {"report.html"}


def test_a_file_that_is_no_report_is_not_replaced(prescient: Prescient) -> None:
    Path("notes.html").write_text("<p>mine</p>", encoding="utf-8")
    assert "notes.html" in prescient("report", "-o", "notes.html").complaint
    assert Path("notes.html").read_text(encoding="utf-8") == "<p>mine</p>"


@pytest.mark.parametrize("place", [".", "missing/report.html"])
def test_a_place_that_cannot_be_written_is_one_line(prescient: Prescient, place: str) -> None:
    assert "name another file with -o" in prescient("report", "-o", place).complaint


def test_an_unknown_portfolio_is_one_line_and_no_page(prescient: Prescient) -> None:
    assert "prescient portfolio list" in prescient("report", "nobody").complaint
    assert not Path("report.html").exists()


def test_an_empty_world_gives_a_page_that_says_so(prescient: Prescient) -> None:
    assert prescient("report").code == 0
    assert "There is no portfolio yet" in Path("report.html").read_text(encoding="utf-8")


def test_real_cycles_on_the_recordings_are_told(on_recordings: Prescient) -> None:
    created = on_recordings(
        *("portfolio", "create", "one", "--strategy", "momentum", "--balance", "10000"),
        *("--config", '{"fill_model": "touch"}'),
    )
    assert created.code == 0, created
    for _ in range(3):
        assert on_recordings("capture").code == 0
        assert on_recordings("cycle", "one").code == 0
    assert on_recordings("report", "one").code == 0
    page = Path("report.html").read_text(encoding="utf-8")
    assert "9,992.85" in page  # the equity that is worked by hand elsewhere
    assert "No closed position made a profit yet." in page
    assert "candidates left" in page


def test_a_replay_stands_beside_the_portfolio_that_is_named_or_alone(
    prescient: Prescient, books: Books, shared_data: Path, tmp_path: Path
) -> None:
    a_world(books)
    recordings = tmp_path / "<recordings>"
    recordings.mkdir()
    for path in sorted((shared_data / "events").glob("*.json")):
        (recordings / path.name).write_bytes(path.read_bytes())
    sorted(recordings.iterdir())[1].write_text("no JSON")
    config = ("--config", '{"fill_model": "touch"}')
    assert prescient("replay", "--portfolio", "bold", *config, "--captures", recordings, "--name", "an idea").code == 0
    assert prescient("report", "bold", "--replay", 1, "--replay", 1).out.startswith(
        "report.html: 1 portfolio and 1 replay, "
    )
    page = Path("report.html").read_text(encoding="utf-8")
    assert "Replay 1 of momentum: an idea" in page
    assert "shy" not in page
    assert "Replays are left out." in page
    assert prescient("report", "--replay", 1).out.startswith("report.html: 1 replay, ")
    page = Path("report.html").read_text(encoding="utf-8")
    assert "<title>Replay 1 of momentum: an idea" in page
    assert "with the settings of <bdi>bold</bdi>" in page
    assert "&lt;recordings&gt;" in page
    assert "2 captures from " in page
    assert "1 missing, 0 there twice" in page
    assert "1 capture was missing, the first of 2025-06-13 20:30:00" in page


def test_an_unknown_replay_is_one_line_and_no_page(prescient: Prescient) -> None:
    assert "there is no replay 9: `prescient replays list`" in prescient("report", "--replay", 9).complaint
    assert not Path("report.html").exists()
