"""Strategy configs: what is refused, in which words, and what the effective config is."""

from typing import Any

import pytest

from prescient_dagster.domain.errors import InvalidConfig
from prescient_dagster.domain.strategy.configs import StrategyConfig, TradeFrequency, validated
from prescient_dagster.domain.strategy.fill_models import FillModel
from strategy_assets.arbitrage.strategy import ArbitrageConfig
from strategy_assets.mean_reversion import MeanReversionConfig
from strategy_assets.momentum import MomentumConfig

NOTHING_SET = dict.fromkeys(("market_min_conviction", "market_max_conviction", "min_confidence"))


def faults(settings: Any, model: type[StrategyConfig] = MomentumConfig) -> list[str]:
    with pytest.raises(InvalidConfig) as refusal:
        validated(model, settings)
    assert str(refusal.value) == "; ".join(refusal.value.errors)
    assert "\n" not in str(refusal.value)
    return list(refusal.value.errors)


def can_never_trade(settings: dict[str, Any], model: type[StrategyConfig] = MomentumConfig) -> str:
    (fault,) = faults(settings, model)
    start = "this config can never trade: "
    assert fault.startswith(start)
    return fault.removeprefix(start)


def test_a_mistyped_setting_is_told_which_one_was_meant() -> None:
    assert faults({"min_confidnce": 0.8}) == ['unknown setting "min_confidnce"; did you mean min_confidence?']


def test_a_setting_that_is_like_no_other_is_told_which_there_are() -> None:
    (fault,) = faults({"leverage": 3})
    assert fault.startswith('unknown setting "leverage"; there are category_exclude, category_include, event_max_days')


def test_a_setting_with_a_line_break_in_its_name_is_told_on_one_line() -> None:
    assert faults({"min_confi\ndence": 1})[0].startswith(r'unknown setting "min_confi\ndence"; did you mean')


@pytest.mark.parametrize(
    ("settings", "fault"),
    [
        ({"trade_amount": "5"}, 'trade_amount must be a number, got "5"'),
        ({"trade_amount": True}, "trade_amount must be a number, got true"),
        ({"trade_amount": [5]}, "trade_amount must be a number, got [5]"),
        ({"trade_amount": {"usd": 5}}, 'trade_amount must be a number, got {"usd": 5}'),
        ({"trade_amount": float("nan")}, "trade_amount must be a finite number, got NaN"),
        ({"event_min_volume": float("inf")}, "event_min_volume must be a finite number, got Infinity"),
        ({"event_min_volume": "1e5"}, 'event_min_volume must be a number, got "1e5"'),
        ({"max_positions": "5"}, 'max_positions must be a whole number, got "5"'),
        ({"max_positions": True}, "max_positions must be a whole number, got true"),
        ({"max_positions": 5.5}, "max_positions must be a whole number, got 5.5"),
        ({"max_positions": None}, "max_positions cannot be unset: leave it out to have its default"),
        ({"trade_frequency": "hourly"}, "trade_frequency must be one of 'high', 'medium' or 'low', got \"hourly\""),
        ({"fill_model": 3}, "fill_model must be one of 'book', 'touch' or 'mid', got 3"),
        ({"trade_amount": "x" * 99}, f'trade_amount must be a number, got "{"x" * 56}...'),
    ],
)
def test_a_wrong_type_is_told_what_is_wanted_and_what_was_given(settings: dict[str, Any], fault: str) -> None:
    assert faults(settings) == [fault]


@pytest.mark.parametrize(
    ("settings", "fault"),
    [
        ({"trade_amount": 0.99}, "trade_amount must be 1 or more, got 0.99"),
        ({"trade_amount": 2e9}, "trade_amount must be 1,000,000,000 or less, got 2000000000.0"),
        ({"max_positions": 0}, "max_positions must be 1 or more, got 0"),
        ({"max_positions_per_event": 0}, "max_positions_per_event must be 1 or more, got 0"),
        ({"event_min_volume": -1}, "event_min_volume must be 0 or more, got -1"),
        ({"market_min_conviction": 1.01}, "market_min_conviction must be 1 or less, got 1.01"),
        ({"min_confidence": -0.1}, "min_confidence must be 0 or more, got -0.1"),
        ({"profit_target": 0}, "profit_target must be more than 0, got 0"),
        ({"stop_loss": 1.5}, "stop_loss must be 1 or less, got 1.5"),
        ({"max_holding_days": 0}, "max_holding_days must be more than 0, got 0"),
        ({"reentry_hours": -1}, "reentry_hours must be 0 or more, got -1"),
        ({"max_slippage": 2}, "max_slippage must be 1 or less, got 2"),
        ({"max_capture_age_minutes": 0}, "max_capture_age_minutes must be more than 0, got 0"),
    ],
)
def test_a_value_out_of_bounds_is_told_the_bound(settings: dict[str, Any], fault: str) -> None:
    assert faults(settings) == [fault]


def test_every_fault_is_told_at_once() -> None:
    assert len(faults({"trade_amount": 0, "max_positions": "many", "leverage": 2})) == 3


@pytest.mark.parametrize("given", [[1], "momentum", 5, None])
def test_what_is_no_object_of_settings_is_refused(given: Any) -> None:
    assert faults(given)[0].startswith("a config is a JSON object of settings, got ")


def test_a_minimum_over_its_maximum_names_both() -> None:
    assert (
        can_never_trade({"event_min_days_until_end": 31})
        == "event_min_days_until_end 31 is more than event_max_days_until_end 30, the default"
    )
    assert (
        can_never_trade({"market_min_conviction": 0.7, "market_max_conviction": 0.6})
        == "market_min_conviction 0.7 is more than market_max_conviction 0.6"
    )


def test_a_minimum_equal_to_its_maximum_is_allowed() -> None:
    validated(MomentumConfig, {"event_min_days_until_end": 30, "market_min_conviction": 0.65})


def test_a_least_price_over_what_the_band_allows_names_the_bands_default() -> None:
    assert can_never_trade({"min_confidence": 0.85}) == (
        "the favourite's price would have to be 0.85 or more by min_confidence, "
        "0.825 or less by market_max_conviction 0.65, the default"
    )


def test_a_band_under_the_least_price_names_the_least_prices_default() -> None:
    assert can_never_trade({"market_min_conviction": 0.1, "market_max_conviction": 0.4}) == (
        "the favourite's price would have to be 0.75 or more by min_confidence, the default, "
        "0.7 or less by market_max_conviction 0.4"
    )


def test_a_favourite_dearer_than_any_price_there_is_can_never_be_bought() -> None:
    assert can_never_trade({"market_min_conviction": 0.9999, "market_max_conviction": 1}) == (
        "the favourite's price would have to be 0.99995 or more by market_min_conviction 0.9999, "
        "0.9999 or less by the highest price there is"
    )
    validated(MomentumConfig, {"market_min_conviction": 0.9998, "market_max_conviction": None})


def test_the_edges_of_the_band_are_decided_exactly() -> None:
    validated(MomentumConfig, {"min_confidence": 0.825})
    validated(MomentumConfig, {"market_max_conviction": 0.7, "min_confidence": 0.85})
    can_never_trade({"min_confidence": 0.8250001})


def test_a_conviction_of_nothing_leaves_no_favourite() -> None:
    settings = NOTHING_SET | {"market_max_conviction": 0}
    assert can_never_trade(settings) == "market_max_conviction 0 leaves no favourite: both sides would cost 0.5"


def test_mean_reversion_needs_a_favourite_above_70_cents() -> None:
    settings = NOTHING_SET | {"market_max_conviction": 0.4}
    assert can_never_trade(settings, MeanReversionConfig) == "market_max_conviction 0.4 leaves no favourite above 0.7"
    validated(MeanReversionConfig, settings | {"market_max_conviction": 0.41})


@pytest.mark.parametrize("model", [MomentumConfig, MeanReversionConfig])
def test_the_defaults_can_trade(model: type[StrategyConfig]) -> None:
    validated(model)


@pytest.mark.parametrize(
    "settings",
    [
        {
            "event_min_liquidity": 100000,
            "event_min_volume": 200000,
            "market_min_conviction": 0.60,
            "market_max_conviction": 0.75,
            "min_confidence": 0.80,
            "max_positions": 5,
            "trade_amount": 500,
        },
        {"event_min_liquidity": 50000, "market_min_conviction": 0.55, "max_positions": 8},
    ],
)
def test_the_examples_of_the_predecessor_work_as_they_are(settings: dict[str, Any]) -> None:
    config = validated(MomentumConfig, settings)
    assert {name: getattr(config, name) for name in settings} == settings


def test_later_layers_win_over_earlier_ones_and_those_over_the_defaults() -> None:
    config = validated(MomentumConfig, {"max_positions": 3, "trade_amount": 50}, {"trade_amount": 70})
    assert (config.max_positions, config.trade_amount, config.min_confidence) == (3, 70, 0.75)


def test_a_setting_that_is_null_is_unset_and_not_its_default() -> None:
    config = validated(MomentumConfig, {"event_min_volume": None})
    assert config.event_min_volume is None
    assert "event_min_volume" not in dict(config.bounds())


def test_choices_are_given_by_their_names() -> None:
    config = validated(MomentumConfig, {"trade_frequency": "low", "fill_model": "mid"})
    assert (config.trade_frequency, config.fill_model) == (TradeFrequency.LOW, FillModel.MID)


def test_an_unset_least_time_to_the_end_is_warned_of() -> None:
    assert list(validated(MomentumConfig).doubtful()) == []
    (warning,) = validated(MomentumConfig, {"event_min_days_until_end": None}).doubtful()
    assert warning == "event_min_days_until_end is unset: it lets events through that are past their end date"
    assert list(validated(ArbitrageConfig).doubtful()) == []  # its own default, which nobody chose


def test_equal_configs_have_the_same_identity_however_they_were_written() -> None:
    written = {"trade_amount": 100.0, "max_positions": 8}, {"max_positions": 8, "trade_amount": 100}
    assert len({validated(MomentumConfig, settings).sha256() for settings in written}) == 1
    assert validated(MomentumConfig, {"trade_amount": 100}).sha256() == validated(MomentumConfig).sha256()
    assert validated(MomentumConfig, {"trade_amount": 101}).sha256() != validated(MomentumConfig).sha256()
    assert validated(MomentumConfig, {"event_min_volume": None}).sha256() != validated(MomentumConfig).sha256()


def test_the_stored_document_leads_to_the_same_config() -> None:
    config = validated(MomentumConfig, {"max_positions": 8, "stop_loss": 0.1, "event_min_volume": None})
    again = validated(MomentumConfig, config.document())
    assert again == config
    assert again.sha256() == config.sha256()


@pytest.mark.parametrize("model", [MomentumConfig, MeanReversionConfig])
def test_the_schema_tells_of_every_setting_its_meaning_unit_bounds_and_default(model: type[StrategyConfig]) -> None:
    for name, schema in model.model_json_schema()["properties"].items():
        assert schema["description"], name
        assert schema["unit"], name
        assert "default" in schema, name
        kinds = schema.get("anyOf", [schema])
        unbounded = schema["unit"] in {"choice", "yes or no"}
        assert unbounded or {"minimum", "exclusiveMinimum", "minItems"} & kinds[0].keys(), name
        assert unbounded or {"maximum", "maxItems"} & kinds[0].keys(), name


def test_a_config_cannot_be_changed() -> None:
    for name in MomentumConfig.model_fields:
        with pytest.raises(ValueError, match="frozen"):
            setattr(validated(MomentumConfig), name, 5)
