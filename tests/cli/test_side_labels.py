"""Which side was bought can be read off every command that tells a side, also once the market has left the listing."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, update

from prescient_dagster.store.database import Database
from prescient_dagster.store.tables import positions
from tests.cli.commands import Prescient
from tests.derby import DERBY, PLAYED, quoted, record

HOSTILE = '[bold]<img src=x onerror="x">\x1b[31m'
CONFIG = '{"market_max_conviction": 0.8, "fill_model": "touch", "stop_loss": 0.3}'


@pytest.fixture
def recorded(prescient: Prescient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "recorded"
    monkeypatch.setenv("PRESCIENT_VENUE", f"recorded:{folder}")
    return folder


def traded(prescient: Prescient) -> None:
    """One portfolio that bets on the favourite and one that bets against it, on the next recording."""
    assert prescient("capture").code == 0
    for slug, strategy in (("bold", "momentum"), ("shy", "mean_reversion")):
        new = ("portfolio", "create", slug, "--strategy", strategy, "--balance", 10_000, "--config", CONFIG)
        assert prescient(*new).code == 0
    assert prescient("cycle", "--all").code == 0


def sides(document: Any) -> Iterator[dict[str, Any]]:
    """Everything in a document that tells a side."""
    if isinstance(document, dict):
        if {"side", "action"} & document.keys():
            yield document
        document = list(document.values())
    if isinstance(document, list):
        for each in document:
            yield from sides(each)


def test_every_command_tells_the_label_beside_the_side(prescient: Prescient, recorded: Path) -> None:
    record(recorded, {}, {}, PLAYED, None)
    traded(prescient)
    prescient("capture")  # a snapshot of both, so that they can be compared
    prescient("cycle", "--all")
    replay = ("replay", "--strategy", "momentum", "--config", CONFIG)
    bought, against = "yes (Ravensport)", "no (Milltown Rovers)"
    commands: dict[tuple[object, ...], tuple[str, ...]] = {
        ("signals", "bold", "--capture", 1): ("buy_yes (Ravensport)",),
        ("signals", "shy", "--capture", 1): ("buy_no (Milltown Rovers)",),
        ("trades", "bold"): (bought,),
        ("positions", "bold"): (bought,),
        ("positions", "shy", "--capture", 1): (against,),
        ("explain", "bold", DERBY, "--capture", 1): (
            *("yes (Ravensport) or no (Milltown Rovers)", "passes every rule: buy_yes (Ravensport)"),
            "buy_yes (Ravensport): executed",
        ),
        ("explain", "bold", DERBY, "--capture", 2): (f"113.63 {bought}",),
        ("markets",): ("Ravensport",),
        ("compare", "bold", "shy"): (f"shy: {against}; bold: {bought}",),
        replay: (bought,),
    }
    told = {command: " ".join(prescient(*command).out.split()) for command in commands}
    wrong = {command: out for command, out in told.items() if not all(each in out for each in commands[command])}
    assert wrong == {}
    documents = [prescient(*command, "--json").json for command in commands if command != ("markets",)]
    found = [each for document in documents for each in sides(document)]
    assert len(found) > len(commands)
    assert {each["side_label"] for each in found} == {"Ravensport", "Milltown Rovers"}
    prescient("capture")  # it is played
    prescient("capture")  # and has left the listing
    assert prescient("trades", "bold").out.count(bought) == 2
    assert "no (Milltown Rovers)" in prescient("trades", "shy", "--capture", 3).out
    assert prescient("report").code == 0
    page = Path("report.html").read_text(encoding="utf-8")
    assert "<bdi>YES (Ravensport)</bdi> won" in page
    assert "<bdi>NO (Milltown Rovers)</bdi> lost" in page


def test_books_that_do_not_balance_name_the_side_with_its_label(
    prescient: Prescient, recorded: Path, database: Database
) -> None:
    record(recorded, {})
    traded(prescient)
    with database.begin() as connection:
        connection.execute(update(positions).values(shares=positions.c.shares + 1))
    told = prescient("db", "reconcile").out
    assert f"position {DERBY} yes (Ravensport) is " in told
    assert f"position {DERBY} no (Milltown Rovers) is " in told
    with database.begin() as connection:
        connection.execute(delete(positions))
    assert f"position {DERBY} yes (Ravensport) is nothing" in prescient("db", "reconcile").out


def test_a_label_is_repeated_nowhere_if_it_says_no_more_than_the_side(prescient: Prescient, recorded: Path) -> None:
    record(recorded, {}, labels=("YES", "No"))
    traded(prescient)
    for command in ("trades", "positions", "signals"):
        out = prescient(command, "bold").out
        assert "yes" in out
        assert "(" not in out


def test_a_label_of_a_stranger_stays_text(prescient: Prescient, recorded: Path) -> None:
    record(recorded, {}, PLAYED, labels=(HOSTILE, "x" * 400))
    traded(prescient)
    assert 'yes ([bold]<img src=x onerror="x"> [31m)' in prescient("positions", "bold").out
    shown = prescient("positions", "shy").out
    assert "…" in shown
    assert 59 <= shown.count("x") < 120
    prescient("capture")
    assert prescient("report").code == 0
    page = Path("report.html").read_text(encoding="utf-8")
    assert "<img" not in page
    assert "&lt;img src=x onerror=" in page


def test_quotes_that_turn_sell_the_side_that_was_bought_under_its_label(prescient: Prescient, recorded: Path) -> None:
    record(recorded, {}, quoted(0.30, 0.32))
    traded(prescient)
    prescient("capture")
    prescient("cycle", "bold")
    assert "sell_yes (Ravensport)" in prescient("signals", "bold").out
    assert "sell_yes (Ravensport): executed" in prescient("explain", "bold", DERBY, "--capture", 2).out


def test_what_is_held_from_before_labels_were_kept_learns_its_label(
    prescient: Prescient, recorded: Path, database: Database
) -> None:
    record(recorded, {}, {}, PLAYED)
    traded(prescient)
    with database.begin() as connection:
        connection.execute(update(positions).values(side_label=None))
    assert "Ravensport)" not in prescient("positions", "bold").out
    prescient("capture")
    prescient("cycle", "bold")
    assert "yes (Ravensport)" in prescient("positions", "bold").out
    prescient("capture")
    assert "yes (Ravensport)" in prescient("trades", "bold", "--capture", 3).out
