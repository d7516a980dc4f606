"""Portfolios side by side, from the Dagster UI. It does what `prescient compare` does, by the same function."""

from collections.abc import Sequence
from typing import Any

import dagster as dg
from pydantic import Field

from prescient_dagster.assets.forms.fields import BY_HAND, NOTHING, form_job
from prescient_dagster.assets.forms.plain_config import filled, schema
from prescient_dagster.assets.runs.failures import explained
from prescient_dagster.assets.told.pages import report_link
from prescient_dagster.assets.told.tables import columns, plain_row, table
from prescient_dagster.domain.figures.comparison import Comparison
from prescient_dagster.resources import DatabaseResource
from prescient_dagster.store.past.replays import label
from prescient_dagster.usecases.shown.compare import DIFFERENCES, difference_row, portfolio_rows, side_by_side

MOST_MARKETS = 50
PORTFOLIOS = columns(
    portfolio="string",
    strategy_type="string",
    equity_before="float",
    profit="float",
    total_return="string",
    markets_entered="int",
    fills="int",
)
MARKETS = columns(
    portfolio="string", market_id="string", question="string", entered_by="string", difference="string", profit="float"
)


class Several(dg.Config):
    """Which portfolios and replays are meant."""

    portfolios: list[str] = Field([], description="slugs or numbers of portfolios")
    replays: list[int] = Field([], description="replays by their numbers")

    def names(self) -> list[str]:
        """What they are called together."""
        return [*self.portfolios, *map(label, self.replays)]


def compare_job() -> dg.JobDefinition:
    """The job that compares."""

    @dg.op(name="compare", out=NOTHING, config_schema=schema(Several))
    def compare(context: dg.OpExecutionContext, database: DatabaseResource) -> dg.Output[None]:
        names = filled(Several, context).names()
        with explained():
            found, compared = side_by_side(database.open(), names)
        rows = [{**row, "total_return": f"{row['total_return']:.2%}"} for row in portfolio_rows(found)]
        told: dict[str, Any] = {
            "verdict": "; ".join(each.verdict for each in compared),
            "page": report_link([row["portfolio"] for row in rows]),
            "captures": found.window.captures,
            "portfolios": table(PORTFOLIOS, [plain_row(PORTFOLIOS, row) for row in rows]),
            "differences": table(None, [_texts(difference_row(each)) for each in compared]),
        }
        return dg.Output(None, metadata=told | _markets(compared))

    told = "Compares portfolios and replays with the first of them, on the captures that all have seen."
    return form_job("compare_portfolios", compare, Several, told, BY_HAND)


def _markets(compared: Sequence[Comparison]) -> dict[str, Any]:
    """The markets that made the difference, the largest of each comparison first."""
    rows = [
        {
            "portfolio": each.slug,
            "market_id": market.market_id,
            "question": market.market_question,
            "entered_by": market.entered_by,
            "difference": f"{market.difference:+.3%}",
            "profit": float(market.profit),
        }
        for each in compared
        for market in each.markets[:MOST_MARKETS]
    ]
    return {"markets": table(MARKETS, [plain_row(MARKETS, row) for row in rows])} if rows else {}


def _texts(row: dict[str, Any]) -> dict[str, str]:
    return {name: "" if row[name] is None else str(row[name]) for name in DIFFERENCES}
