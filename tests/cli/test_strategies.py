"""Strategies from the command line: what there is, what they can be told, whether a config is good."""

import pytest

from tests.cli.commands import Prescient


def test_every_strategy_is_listed_with_its_state(bare_prescient: Prescient) -> None:
    listed = {row["name"]: row["status"] for row in bare_prescient("strategy", "list", "--json").json}
    assert {"momentum": "online", "mean_reversion": "online"}.items() <= listed.items()


def test_a_strategy_shows_its_defaults_and_its_schema(bare_prescient: Prescient) -> None:
    shown = bare_prescient("strategy", "show", "momentum", "--json").json
    assert (shown["name"], shown["strategy_type"]) == ("momentum", "momentum")
    assert shown["default_config"]["min_confidence"] == 0.75
    assert set(shown["config_schema"]["properties"]) == set(shown["default_config"])


def test_the_table_of_settings_has_defaults_bounds_and_meanings(bare_prescient: Prescient) -> None:
    lines = bare_prescient("strategy", "show", "momentum").out.splitlines()
    (line,) = [line for line in lines if line.strip().startswith("max_slippage")]
    assert line.split()[1:7] == ["0.05", "at", "least", "0,", "at", "most"]
    (line,) = [line for line in lines if line.strip().startswith("trade_frequency")]
    assert "high or medium or low" in line


def test_a_good_config_is_valid(bare_prescient: Prescient) -> None:
    done = bare_prescient("strategy", "validate", "momentum", "--config", '{"max_positions": 8}', "--json")
    assert (done.code, done.json) == (0, {"valid": True, "errors": [], "warnings": []})


def test_a_doubtful_config_is_valid_with_a_warning(bare_prescient: Prescient) -> None:
    config = '{"event_min_days_until_end": null}'
    done = bare_prescient("strategy", "validate", "momentum", "--config", config, "--json")
    assert (done.code, done.json["valid"], len(done.json["warnings"])) == (0, True, 1)


def test_a_bad_config_has_all_its_errors_and_exit_code_1(bare_prescient: Prescient) -> None:
    config = '{"max_position": 8, "trade_amount": "a"}'
    done = bare_prescient("strategy", "validate", "momentum", "--config", config, "--json")
    assert (done.code, done.json["valid"], len(done.json["errors"])) == (1, False, 2)


def test_the_errors_are_readable_without_json(bare_prescient: Prescient) -> None:
    done = bare_prescient("strategy", "validate", "momentum", "--config", '{"max_position": 8}')
    assert done.out.splitlines()[0] == "not valid"
    assert "did you mean max_positions?" in done.out


@pytest.mark.parametrize("command", ["show", "validate"])
def test_an_unknown_strategy_is_told_with_the_nearest(command: str, bare_prescient: Prescient) -> None:
    config = ("--config", "{}") if command == "validate" else ()
    assert "did you mean momentum?" in bare_prescient("strategy", command, "momentm", *config).complaint
