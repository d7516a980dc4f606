"""`prescient replay` and `prescient replays` on the command line."""

import json
from pathlib import Path

import pytest

from prescient_dagster.cli.terminal.times import read_since, read_until
from tests.cli.commands import Prescient

TOUCH = '{"fill_model": "touch"}'


@pytest.fixture
def events(shared_data: Path) -> Path:
    return shared_data / "events"


def test_a_replay_over_recordings_is_kept_and_shown(prescient: Prescient, events: Path) -> None:
    told = prescient(
        *("replay", "--strategy", "momentum", "--config", TOUCH, "--captures", f"recorded:{events}"),
        *("--name", "first", "--json"),
    ).json
    assert (told["replay_id"], told["name"], told["captures_read"], told["captures_missing"]) == (1, "first", 3, 0)
    assert (told["equity"], told["fills"], told["synthetic_share"]) == (9992.84817, 5, 1)
    assert told["config"]["fill_model"] == "touch"
    assert [trade["market_id"] for trade in told["trades"]] == ["507884", "507868", "514497", "509096", "509095"]
    assert told["trades"][0]["source_ref"] == "signal:1"
    assert prescient("replays", "show", 1, "--json").json == told
    (listed,) = prescient("replays", "list", "--json").json
    assert (listed["replay_id"], listed["equity"]) == (1, 9992.84817)
    assert "momentum" in prescient("replays", "list").out


def test_bounds_settings_and_balance_are_taken(prescient: Prescient, events: Path) -> None:
    config = json.dumps({"fill_model": "touch", "trade_amount": 50})
    told = prescient(
        *("replay", "--strategy", "momentum", "--config", config, "--captures", events, "--balance", 500),
        *("--from", "2025-06-12", "--to", "2025-06-13", "--json"),
    ).json
    assert (told["captures_read"], told["initial_balance"], told["from_time"]) == (1, 500, "2025-06-12T00:00:00Z")
    assert (told["config"]["trade_amount"], told["trades"]) == (50, [])


def test_a_portfolio_lends_its_strategy_settings_and_balance(prescient: Prescient, events: Path) -> None:
    config = json.dumps({"fill_model": "touch", "max_positions": 2})
    prescient("portfolio", "create", "bold", "--strategy", "momentum", "--balance", 700, "--config", config)
    told = prescient(
        *("replay", "--portfolio", "bold", "--config", '{"trade_amount": 30}', "--captures", events, "--json")
    ).json
    assert (told["portfolio"], told["strategy_type"], told["initial_balance"]) == ("bold", "momentum", 700)
    assert (told["config"]["max_positions"], told["config"]["trade_amount"]) == (2, 30)
    assert told["name"] == ""


def test_people_read_figures_trades_and_what_is_missing(prescient: Prescient, events: Path, tmp_path: Path) -> None:
    for path in events.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    sorted(tmp_path.glob("*.json"))[1].write_text("no JSON")
    done = prescient("replay", "--strategy", "momentum", "--config", TOUCH, "--captures", tmp_path)
    assert done.code == 0
    assert "507884" in done.out
    assert "1 capture was missing, the first of 2025-06-13 20:30:00" in done.err


def test_a_removed_replay_is_gone(prescient: Prescient, events: Path) -> None:
    prescient("replay", "--strategy", "momentum", "--config", TOUCH, "--captures", events)
    assert prescient("replays", "delete", 1).code == 0
    assert prescient("replays", "show", 1).complaint.startswith("error: there is no replay 1")
    assert "no replay yet" in prescient("replays", "list").out


def test_its_tear_sheet_is_written_beside_it(prescient: Prescient, events: Path) -> None:
    asked = ("replay", "--strategy", "momentum", "--config", TOUCH, "--captures", events, "--report", "one.html")
    done = prescient(*asked, "--json")
    assert (done.code, done.json["replay_id"]) == (0, 1)
    assert "one.html: 1 replay, " in done.err
    page = Path("one.html").read_text(encoding="utf-8")
    assert prescient("report", "--replay", 1, "-o", "again.html").code == 0
    assert Path("again.html").read_text(encoding="utf-8") == page


def test_nothing_is_played_where_its_tear_sheet_cannot_be_written(prescient: Prescient, events: Path) -> None:
    Path("notes.html").write_text("mine", encoding="utf-8")
    done = prescient("replay", "--strategy", "momentum", "--captures", events, "--report", "notes.html")
    assert "notes.html is there and is no report" in done.complaint
    assert prescient("replays", "list", "--json").json == []


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ((), "say what to play"),
        (("--strategy", "momentum", "--portfolio", "bold"), "say what to play"),
        (("--strategy", "momentum", "--verify"), "--verify looks at the whole life of a --portfolio SLUG"),
        (("--portfolio", "bold", "--verify", "--from", "2026-01-01"), "leave the other options out"),
        (("--portfolio", "bold", "--verify", "--report", "one.html"), "leave the other options out"),
        (("--strategy", "momentum", "--from", "soon"), "--from 'soon' is no moment"),
    ],
)
def test_what_cannot_be_meant_is_a_usage_error(
    bare_prescient: Prescient, arguments: tuple[str, ...], complaint: str
) -> None:
    done = bare_prescient("replay", *arguments)
    assert done.code == 2
    assert complaint in done.complaint


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--strategy", "momentun"), "unknown strategy 'momentun'; did you mean momentum?"),
        (("--portfolio", "nobody"), "there is no portfolio 'nobody'"),
        (("--strategy", "momentum", "--config", '{"trade_amont": 1}'), 'unknown setting "trade_amont"'),
        (("--strategy", "momentum", "--balance", "0"), "balance 0 is not usable"),
        (("--strategy", "momentum"), "no capture of captures can be replayed"),
        (("--strategy", "momentum", "--captures", "/nowhere"), "/nowhere holds no recordings"),
        (("--portfolio", "nobody", "--verify"), "there is no portfolio 'nobody'"),
    ],
)
def test_what_is_not_there_is_told_in_a_line(prescient: Prescient, arguments: tuple[str, ...], complaint: str) -> None:
    done = prescient("replay", *arguments)
    assert done.code == 1
    assert complaint in done.complaint


def test_a_portfolio_without_a_life_has_no_drift(prescient: Prescient) -> None:
    prescient("portfolio", "create", "bold", "--strategy", "momentum", "--balance", 700)
    told = prescient("replay", "--portfolio", "bold", "--verify", "--json")
    assert told.code == 0
    assert (told.json["portfolio"], told.json["drift"], told.json["cycles"]) == ("bold", False, 0)
    assert "no drift" in prescient("replay", "--portfolio", "bold", "--verify").out


def test_a_day_is_meant_whole_and_a_moment_as_it_is() -> None:
    assert str(read_since("2026-03-01")) == "2026-03-01 00:00:00+00:00"
    assert str(read_until("2026-03-01")) == "2026-03-01 23:59:59.999999+00:00"
    assert str(read_until("2026-03-01T12:00+02:00")) == "2026-03-01 10:00:00+00:00"
    assert read_since(None) is None
