"""What can be launched by hand: what the launchpad documents, what it refuses, and that the page's YAML works."""

from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg
import pytest
import yaml

from prescient_dagster.assets.cycle import op_name
from prescient_dagster.catalog import load_strategy, strategy_names
from prescient_dagster.domain.strategy.configs import StrategyConfig
from prescient_dagster.domain.strategy.fill_models import FillModel
from strategy_assets.definitions import defs
from tests.assets.conftest import Platform
from tests.assets.worlds import a_listing, favourites
from tests.pages import PAGES

(PAGE,) = (page for page in PAGES if page.path.stem == "launching")
EXAMPLES = [yaml.safe_load(block) for block in PAGE.fences("yaml")]


def fields_of(strategy: str, *, of_a_portfolio: bool = False) -> Mapping[str, Any]:
    """The fields of the job's run config as the launchpad sees them."""
    op = defs.resolve_job_def(strategy).graph.node_defs[0]
    fields = op.config_schema.config_type.fields  # type: ignore[union-attr]
    if not of_a_portfolio:
        return fields
    per_slug = fields["portfolios"].config_type.inner_type  # it may also be null
    return per_slug.inner_type.fields


def launched(strategy: str, **config: Any) -> Any:
    """The run config as Dagster takes it before a launch."""
    return dg.validate_run_config(defs.resolve_job_def(strategy), {"ops": {op_name(strategy): {"config": config}}})


@pytest.mark.parametrize("of_a_portfolio", [False, True])
@pytest.mark.parametrize("strategy", strategy_names())
def test_the_launchpad_documents_every_setting(strategy: str, of_a_portfolio: bool) -> None:
    model: type[StrategyConfig] = load_strategy(strategy).config
    fields = fields_of(strategy, of_a_portfolio=of_a_portfolio)
    schema = model.model_json_schema()["properties"]

    assert set(fields) - {"capture_id", "portfolios"} == set(model.model_fields)
    for name, info in model.model_fields.items():
        told = fields[name].description
        assert told.startswith(info.description)
        assert f"({schema[name]['unit']})" in told or schema[name]["unit"] == "choice"
        assert f"default {spoken(info.get_default(call_default_factory=True))}" in told
        for bound in bounds_of(schema[name]):
            assert f" {bound:,.15g}" in told


def spoken(default: Any) -> str:
    match default:
        case None:
            return "unset"
        case bool():
            return str(default).lower()
        case dict():
            return "{"
        case int() | float():
            return f"{default:,.15g}"
    return str(default.value)


def bounds_of(schema: Mapping[str, Any]) -> Iterator[float]:
    for part in [schema, *schema.get("anyOf", [])]:
        yield from (part[key] for key in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum") if key in part)


@pytest.mark.parametrize("strategy", strategy_names())
def test_nothing_has_to_be_set(strategy: str) -> None:
    assert dg.validate_run_config(defs.resolve_job_def(strategy), {})
    assert not any(field.is_required for field in fields_of(strategy).values())
    assert {"capture_id", "portfolios"} <= {name for name, field in fields_of(strategy).items() if field.description}


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ({"min_confidense": 0.8}, "min_confidense"),
        ({"max_positions": "many"}, "max_positions"),
        ({"max_positions": 1.5}, "max_positions"),
        ({"fill_model": "magic"}, "fill_model"),
        ({"capture_id": "newest"}, "capture_id"),
        ({"portfolios": {"one": {"trade_amuont": 5}}}, "trade_amuont"),
        ({"portfolios": {"one": {"trade_amount": "all"}}}, "trade_amount"),
        ({"portfolios": {"one": {"trade_frequency": "often"}}}, "trade_frequency"),
        ({"portfolios": {"one": {"capture_id": 3}}}, "capture_id"),
        ({"portfolios": ["one"]}, "portfolios"),
    ],
)
def test_what_is_no_setting_at_all_is_refused_before_the_launch(config: dict[str, Any], told: str) -> None:
    with pytest.raises(dg.DagsterInvalidConfigError, match=told):
        launched("momentum", **config)


@pytest.mark.parametrize("config", [{"trade_amount": -5}, {"market_max_conviction": 0.1}, {"fill_model": None}])
def test_what_only_a_portfolio_can_judge_passes_the_launch(config: dict[str, Any]) -> None:
    assert launched("momentum", **config)
    assert launched("momentum", portfolios={"one": config})


@pytest.mark.parametrize("model", [str(model) for model in FillModel])
def test_every_choice_is_taken_by_its_value(model: str) -> None:
    assert launched("scalping", fill_model=model, portfolios={"one": {"fill_model": model}})


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: next(iter(example["ops"])))
def test_what_the_page_says_to_paste_runs_and_counts(platform: Platform, example: dict[str, Any]) -> None:
    ((op, body),) = example["ops"].items()
    strategy, config = op.removesuffix("_cycle"), dict(body["config"])
    of_portfolios = config.pop("portfolios", {})
    platform.capture(a_listing(*favourites(3)))
    slugs = ["other", *of_portfolios]
    for slug in slugs:
        platform.portfolio(slug, strategy)

    ran = platform.run(slugs, strategy, config=body["config"])

    assert ran.success, ran.failure
    for slug in slugs:
        used = platform.config(slug)
        assert used.items() >= {**config, **of_portfolios.get(slug, {})}.items()


@pytest.mark.parametrize("config", [{"trade_amount": -5}, {"market_max_conviction": 0.1}, {"max_positions": 0}])
def test_an_impossible_setting_fails_its_portfolio_alone_before_it_trades(
    platform: Platform, config: dict[str, Any]
) -> None:
    platform.capture(a_listing(*favourites(1)))
    for slug in ("good", "spoiled"):
        platform.portfolio(slug)

    ran = platform.run(["good", "spoiled"], config={"portfolios": {"spoiled": config}})

    assert "1 of 2 portfolios failed. spoiled: " in ran.failure
    assert next(iter(config)) in ran.failure
    assert not platform.rows("signals", "spoiled")
    assert len(platform.rows("trades", "good")) == 1
