"""Selling by hand from the Dagster UI: the job is a form. It does what `prescient sell` does, by the same function."""

from typing import Any

import dagster as dg
from pydantic import Field

from prescient_dagster.assets.forms.fields import BY_HAND, NOTHING, Named, about, form_job
from prescient_dagster.assets.forms.plain_config import filled, schema
from prescient_dagster.assets.runs.failures import explained
from prescient_dagster.assets.told.tables import columns, table
from prescient_dagster.resources import CaptureFiles, DatabaseResource, VenueResource
from prescient_dagster.store.books import portfolios
from prescient_dagster.usecases.sell import Sale, Seller

TRADES = columns(
    market_id="string", question="string", side="string", shares="float", price="float", fee="float", cash_delta="float"
)


class SaleForm(Named):
    """Which position is to be sold."""

    market: str = Field(description="the market by its id, as the positions of the portfolio show it")
    bundle: bool = Field(False, description="where it is a leg of a bundle: sell the whole of it")


def sale_job() -> dg.JobDefinition:
    """The job that sells a position by hand."""

    @dg.op(name="sell", out=NOTHING, config_schema=schema(SaleForm))
    def sell(
        context: dg.OpExecutionContext, database: DatabaseResource, capture_files: CaptureFiles, venue: VenueResource
    ) -> dg.Output[None]:
        store, form = database.open(), filled(SaleForm, context)
        with explained():
            about(context, portfolios.get(store, form.portfolio))
            seller = Seller(store, capture_files.folder, lambda: venue.open(store))
            return dg.Output(None, metadata=_told(seller.sell(form.portfolio, form.market, bundle=form.bundle)))

    told = "Sells by hand what a portfolio holds in a market: at what is bid on the newest capture, with its fee."
    return form_job("sell_position", sell, SaleForm, told, BY_HAND)


def _told(sale: Sale) -> dict[str, Any]:
    rows = [
        {
            "market_id": trade.market_id,
            "question": trade.market_question,
            "side": str(trade.side),
            "side_label": trade.side_label,
            **{name: float(getattr(trade, name)) for name in ("shares", "price", "fee", "cash_delta")},
        }
        for trade in sale.trades
    ]
    left = {f"left of {each.market_id}": float(each.shares) for each in sale.left}
    return {"portfolio": sale.portfolio, "capture_id": sale.capture_id, "trades": table(TRADES, rows), **left}
