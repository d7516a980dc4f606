"""Overviews for the tests of the page of all portfolios."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from prescient_dagster.domain.books.ledger import Position
from prescient_dagster.domain.figures.leaderboard import Leaderboard, leaderboard
from prescient_dagster.domain.figures.overview import Curve, Overview, Owned, lines, total, yesterday
from prescient_dagster.domain.figures.performance import History
from tests.builders import NOON, YES, D
from tests.report.reports import a_busy_portfolio
from tests.track_records import LOST, WON

WRITTEN = datetime(2026, 7, 1, 12, tzinfo=UTC)


def an_overview(histories: Sequence[History], owned: Sequence[Owned] = (), **fields: Any) -> Overview:
    """The overview of portfolios of which nothing more is told, unless it is."""
    board = leaderboard(histories, {})
    return of_board(histories, board, owned or [Owned() for _ in histories], **fields)


def of_board(histories: Sequence[History], board: Leaderboard, owned: Sequence[Owned], **fields: Any) -> Overview:
    found = lines(histories, board, owned)
    values = {"lines": found, "total": total(board, found), "since": yesterday(board), "written_at": WRITTEN}
    return Overview(**{**values, **fields})


def a_busy_overview(portfolios: int, question: str = "", *, young: bool = False) -> Overview:
    """Portfolios that traded for four months and hold three positions each, or that began today."""
    endings = Random(0)
    verdicts = {str(number): endings.choice((WON, LOST)) for number in range(30)}
    days = 1 if young else 120
    found = [a_busy_portfolio(seed, 60, 120, verdicts) for seed in range(portfolios)]
    histories = [
        History(each.history.slug, each.history.strategy_type, D(1_000), each.history.snapshots[:days], trades)
        for each in found
        for trades in [[] if young else each.history.trades]
    ]
    told = question or "Will the ferry to the outer islands of Middlebrook sail every day until the end of March?"
    owned = [
        Owned(each.name, "active", [a_position(n, told) for n in range(3)], curve(seed) if young else ())
        for seed, each in enumerate(found)
    ]
    named = {
        "venue": "simulated",
        "warnings": [question] if question else [],
        "problems": [question] if question else [],
    }
    return of_board(histories, leaderboard(histories, verdicts), owned, **named)


def a_position(number: int, question: str) -> Position:
    """A hundred shares for 40 USD, worth 35 and more."""
    mark, told = D(f"0.{35 + 5 * number}"), {"side_label": question, "marked_at": NOON}
    return Position(str(number), YES, "1", question, D(100), D(40), NOON, mark=mark, **told)


def curve(seed: int) -> Curve:
    """Half an hour, minute by minute."""
    random = Random(seed)
    return [(NOON - timedelta(minutes=30 - minute), D(round(1_000 + random.gauss(0, 4), 2))) for minute in range(30)]
