"""Halts and the log in the database: what a cycle halts stays so until resumed, and everything is told."""

from dataclasses import replace

import pytest

from prescient_dagster.domain.books.equity_track import Halt
from prescient_dagster.domain.errors import Conflict
from prescient_dagster.store.books import halts, portfolio_log, portfolios, statements
from prescient_dagster.store.books.cycles import load_standing
from prescient_dagster.store.database import Database
from tests.builders import D


@pytest.fixture
def bold(database: Database) -> Database:
    portfolios.create(database, portfolios.NewPortfolio("bold", "momentum", D(1_000)))
    return database


def log(database: Database) -> list[tuple[str, str]]:
    number = portfolios.get(database, "bold").portfolio_id
    return [(entry["what"], entry["by"]) for entry in portfolio_log.entries(database, number)]


def test_who_is_halted_by_hand_is_so_once_and_until_resumed(bold: Database) -> None:
    halts.halt(bold, "bold", "me")
    halts.halt(bold, "bold", "me again")
    track = load_standing(bold, "bold").account.equity_track
    assert (track.halted_by, track.last) == (Halt.BY_HAND, D(1_000))
    assert statements.statement(bold, "bold")["halted_by"] == "by_hand"
    halts.resume(bold, "bold", "you")
    assert load_standing(bold, "bold").account.equity_track.halted_at is None
    assert log(bold) == [("resumed", "you"), ("halted", "me")]


def test_nobody_saves_on_what_was_before_a_halt(bold: Database) -> None:
    before = load_standing(bold, "bold").version
    halts.halt(bold, "bold")
    assert load_standing(bold, "bold").version > before


def test_resuming_who_is_only_paused_keeps_its_high(bold: Database) -> None:
    portfolios.pause(bold, "bold", "me")
    halts.resume(bold, "bold", "me")
    standing = load_standing(bold, "bold")
    assert standing.account.equity_track == replace(standing.account.equity_track, high=D(1_000), halted_at=None)
    assert log(bold) == [("resumed", "me"), ("paused", "me")]


def test_who_is_closed_is_not_halted(bold: Database) -> None:
    portfolios.close(bold, "bold")
    with pytest.raises(Conflict, match="is closed"):
        halts.halt(bold, "bold")
