"""Portfolios from the command line: made, changed, paused, closed; and what is refused leaves nothing behind."""

import json
from pathlib import Path

import dagster as dg
import pytest

from tests.cli.commands import Prescient

AGGRESSIVE = {
    "event_min_liquidity": 100_000,
    "event_min_volume": 200_000,
    "market_min_conviction": 0.60,
    "market_max_conviction": 0.75,
    "min_confidence": 0.80,
    "max_positions": 5,
    "trade_amount": 500,
}
SHOWN = (
    *("portfolio_id", "slug", "name", "description", "strategy_type", "strategy_config", "status", "initial_balance"),
    *("current_balance", "total_invested", "market_value", "equity", "total_profit_loss", "realized_profit_loss"),
    *("unrealized_profit_loss", "trade_count", "positions", "marks"),
    *("high_equity", "halted_at", "halted_by", "oldest_mark_at"),
    "created_at",
)


def create(prescient: Prescient, slug: str = "bold", **options: str) -> None:
    options = {"strategy": "momentum", "balance": "10000", **options}
    done = prescient("portfolio", "create", slug, *(word for name in options for word in (f"--{name}", options[name])))
    assert done.code == 0, done


def test_the_example_of_the_predecessor_works_as_it_is(prescient: Prescient) -> None:
    create(prescient, name="Aggressive Momentum", balance="50000", config=json.dumps(AGGRESSIVE))
    shown = prescient("portfolio", "show", "bold", "--json").json
    assert tuple(shown) == SHOWN
    assert (shown["name"], shown["strategy_config"]) == ("Aggressive Momentum", AGGRESSIVE)
    assert (shown["initial_balance"], shown["current_balance"], shown["equity"]) == (50_000, 50_000, 50_000)
    assert (shown["status"], shown["positions"]) == ("active", 0)


def test_creating_prints_what_was_created(prescient: Prescient) -> None:
    done = prescient("portfolio", "create", "bold", "--strategy", "momentum", "--balance", "100.5", "--json")
    assert (done.json["slug"], done.json["initial_balance"]) == ("bold", 100.5)


def test_a_new_portfolio_is_a_partition_at_once(prescient: Prescient) -> None:
    create(prescient)
    with dg.DagsterInstance.get() as instance:
        assert instance.get_dynamic_partitions("momentum_portfolios") == ["bold"]


def test_a_config_can_come_from_a_file(prescient: Prescient, tmp_path: Path) -> None:
    (tmp_path / "bold.json").write_text('{"trade_amount": 50}')
    create(prescient, config="@bold.json")
    assert prescient("portfolio", "show", "bold", "--json").json["strategy_config"] == {"trade_amount": 50}


def test_settings_can_be_given_one_by_one_beside_json(prescient: Prescient) -> None:
    given = ("trade_amount=50", "trade_frequency=low", "market_max_conviction=null", '{"max_positions": 3}')
    options = [word for each in given for word in ("--config", each)]
    prescient("portfolio", "create", "bold", "--strategy", "momentum", "--balance", "1234.5678", *options)
    config = {"trade_amount": 50, "trade_frequency": "low", "market_max_conviction": None, "max_positions": 3}
    assert prescient("portfolio", "show", "bold", "--json").json["strategy_config"] == config


def test_money_is_shown_to_the_cent_and_exact_in_json(prescient: Prescient) -> None:
    create(prescient, balance="1234.5678")
    told = prescient("portfolio", "list").out
    assert ("1,234.57" in told, "1,234.5678" in told) == (True, False)
    assert prescient("portfolio", "list", "--json").json[0]["equity"] == 1234.5678


def test_the_number_works_where_the_slug_does(prescient: Prescient) -> None:
    create(prescient)
    number = prescient("portfolio", "show", "bold", "--json").json["portfolio_id"]
    assert prescient("portfolio", "pause", number, "--json").json["slug"] == "bold"
    assert prescient("signals", number, "--json").json == []


def test_the_list_has_the_oldest_first_and_can_be_of_one_strategy(prescient: Prescient) -> None:
    create(prescient, "zoe")
    create(prescient, "ann", strategy="mean_reversion")
    assert [row["slug"] for row in prescient("portfolio", "list", "--json").json] == ["zoe", "ann"]
    assert [row["slug"] for row in prescient("portfolio", "list", "--strategy", "momentum", "--json").json] == ["zoe"]


def test_an_update_is_laid_over_what_is_there(prescient: Prescient) -> None:
    create(prescient, config='{"trade_amount": 50, "max_positions": 3, "max_slippage": 0.02}')
    arguments = ("--config", '{"trade_amount": 60, "event_max_days_until_end": null}', "--reset", "max_positions")
    shown = prescient("portfolio", "update", "bold", *arguments, "--name", "Bold", "--json").json
    assert shown["strategy_config"] == {
        "trade_amount": 60,
        "max_slippage": 0.02,
        "event_max_days_until_end": None,
    }
    assert shown["name"] == "Bold"


def test_an_update_that_can_never_trade_changes_nothing(prescient: Prescient) -> None:
    create(prescient, config='{"min_confidence": 0.8}')
    done = prescient("portfolio", "update", "bold", "--config", '{"market_max_conviction": 0.5}')
    assert "can never trade" in done.complaint
    assert prescient("portfolio", "show", "bold", "--json").json["strategy_config"] == {"min_confidence": 0.8}


def test_an_update_says_what_to_change(prescient: Prescient) -> None:
    create(prescient)
    done = prescient("portfolio", "update", "bold")
    assert (done.code, "--config" in done.complaint) == (2, True)


def test_a_paused_portfolio_resumes_and_a_flat_one_closes_for_good(prescient: Prescient) -> None:
    create(prescient)
    states = [prescient("portfolio", verb, "bold", "--json").json["status"] for verb in ("pause", "resume", "close")]
    assert states == ["paused", "active", "closed"]
    assert "closed" in prescient("portfolio", "resume", "bold").complaint


CREATE = ("portfolio", "create", "new", "--strategy", "momentum", "--balance", "1000")
REFUSED = {
    "a mistyped key": ((*CREATE, "--config", '{"min_confidense": 0.8}'), "did you mean min_confidence?"),
    "a wrong type": ((*CREATE, "--config", '{"max_positions": "ten"}'), "max_positions must be a whole number"),
    "NaN": ((*CREATE, "--config", '{"min_confidence": NaN}'), "NaN is not a number"),
    "infinity by overflow": ((*CREATE, "--config", '{"trade_amount": 1e999}'), "finite"),
    "a key twice": ((*CREATE, "--config", '{"trade_amount": 1, "trade_amount": 2}'), "trade_amount is given twice"),
    "two faults": ((*CREATE, "--config", '{"a": 1, "max_positions": 0}'), 'got 0; unknown setting "a"'),
    "never trades": ((*CREATE, "--config", '{"min_confidence": 0.9}'), "market_max_conviction 0.65, the default"),
    "broken JSON": ((*CREATE, "--config", '{"a": '), "--config is not JSON: Expecting value at line 1, column 7"),
    "deep JSON": ((*CREATE, "--config", "[" * 100_000), "JSON"),
    "not an object": ((*CREATE, "--config", "[1]"), "must be a JSON object"),
    "no such file": ((*CREATE, "--config", "@nowhere.json"), "nowhere.json cannot be read"),
    "an unknown strategy": (
        ("portfolio", "create", "new", "--strategy", "momentun", "--balance", "1000"),
        "did you mean momentum?",
    ),
    "a path as strategy": (
        ("portfolio", "create", "new", "--strategy", "../momentum", "--balance", "1000"),
        "unknown strategy",
    ),
    "a taken slug": (("portfolio", "create", "taken", *CREATE[3:]), "slug 'taken' is taken"),
    "a slug with a comma": (("portfolio", "create", "a,b", *CREATE[3:]), "slug 'a,b' is not usable"),
    "a slug with SQL": (("portfolio", "create", "a'; --", *CREATE[3:]), "is not usable"),
    "a negative balance": ((*CREATE[:-1], "-5"), "balance -5 is not usable"),
    "no number as balance": ((*CREATE[:-1], "NaN"), "balance NaN is not usable"),
    "a number as slug": (("portfolio", "create", "7", *CREATE[3:]), "slug '7' is not usable"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_bad_input_is_one_line_and_writes_nothing(what: str, prescient: Prescient) -> None:
    arguments, reason = REFUSED[what]
    create(prescient, "taken")
    assert reason in prescient(*arguments).complaint
    assert [row["slug"] for row in prescient("portfolio", "list", "--json").json] == ["taken"]


@pytest.mark.parametrize("verb", ["show", "pause", "resume", "close"])
def test_an_unknown_portfolio_is_told_with_what_to_do(verb: str, prescient: Prescient) -> None:
    assert "prescient portfolio list" in prescient("portfolio", verb, "nobody").complaint


def test_no_database_is_one_line(bare_prescient: Prescient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRESCIENT_DATABASE_URL", "postgresql://anna:secret@127.0.0.1:1/nowhere")
    told = bare_prescient("portfolio", "list").complaint
    assert "no database answers" in told
    assert "secret" not in told


def test_a_halt_and_a_change_of_settings_stand_in_the_log(prescient: Prescient) -> None:
    create(prescient)
    assert prescient("portfolio", "halt", "bold", "--json").json["halted_by"] == "by_hand"
    assert prescient("portfolio", "resume", "bold", "--json").json["halted_at"] is None
    assert prescient("portfolio", "update", "bold", "--config", '{"max_drawdown": 0.2}').code == 0
    told = prescient("portfolio", "log", "bold", "--json").json
    assert [entry["what"] for entry in told] == ["config", "resumed", "halted"]
    assert told[0]["details"] == {"before": {}, "after": {"max_drawdown": 0.2}, "try": None}
    assert all("prescient portfolio" in entry["by"] for entry in told)


def test_a_limit_that_leaves_less_than_the_least_order_is_refused_for_a_new_portfolio(prescient: Prescient) -> None:
    options = ("--strategy", "momentum", "--balance", "100", "--config", '{"max_exposure": 0.009}')
    refused = prescient("portfolio", "create", "tight", *options)
    assert refused.code == 1
    assert "can never trade: max_exposure 0.009 of 100 USD allows 0.9 USD, less than 1 USD" in refused.complaint


def test_apply_without_a_try_and_a_try_of_nothing_are_refused(prescient: Prescient) -> None:
    create(prescient)
    assert prescient("portfolio", "update", "bold", "--config", "trade_amount=5", "--apply").code == 2
    assert prescient("portfolio", "update", "bold", "--name", "B", "--try", "3").code == 2
    no_capture = prescient("portfolio", "update", "bold", "--config", "trade_amount=5", "--try", "3")
    assert "there is no capture to try settings on" in no_capture.complaint
