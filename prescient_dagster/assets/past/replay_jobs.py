"""A replay from the Dagster UI: the job is a form, filled in at its launchpad. It does what `prescient replay` does."""

from collections.abc import Sequence
from typing import Any

import dagster as dg
from pydantic import Field, create_model

from prescient_dagster.assets.forms.fields import (
    NOTHING,
    OverCaptures,
    Settings,
    choice,
    form_job,
    hours,
    settings_field,
)
from prescient_dagster.assets.forms.plain_config import filled, schema
from prescient_dagster.assets.runs.failures import explained
from prescient_dagster.assets.told.pages import report_link
from prescient_dagster.assets.told.pictures import equity_curve
from prescient_dagster.assets.told.tables import columns, table
from prescient_dagster.domain.books.ledger import Trade
from prescient_dagster.domain.figures.performance import History
from prescient_dagster.resources import CaptureFiles, DatabaseResource
from prescient_dagster.store.database import Database
from prescient_dagster.store.past import replays
from prescient_dagster.usecases.replay import Entrant, entrant, open_source, replayed

TOLD = ("captures_read", "captures_missing", "captures_duplicated", "strategy_type", "source")
HOURS = 4
MOST_TRADES = 100
TRADES = columns(
    timestamp="string",
    question="string",
    kind="string",
    side="string",
    shares="float",
    price="float",
    cash_delta="float",
    market_id="string",
)
FIGURES = ("equity", "total_profit_loss", "total_return", "max_drawdown", "fills", "synthetic_share", "win_rate")


class ReplayForm(OverCaptures):
    """What is to be played on what."""

    portfolio: str = Field("", description="slug or number of a portfolio to take strategy, settings and balance from")
    config: Settings = settings_field("{setting: value} where it differs, null: no bound")
    balance: float = Field(0, description="the cash it begins with (USD); 0: the portfolio's, or 10,000")
    name: str = Field("", description="what to call it in lists")


def replay_job(strategies: Sequence[str]) -> dg.JobDefinition:
    """The job that plays one of these strategies over stored captures."""
    chosen = (choice("ReplayStrategy", strategies) | None, Field(None, description="unless a portfolio is given"))
    form = create_model(ReplayForm.__name__, __base__=ReplayForm, strategy=chosen)

    @dg.op(name="play", out=NOTHING, config_schema=schema(form))
    def play(
        context: dg.OpExecutionContext, database: DatabaseResource, capture_files: CaptureFiles
    ) -> dg.Output[None]:
        store, config = database.open(), filled(form, context)
        with explained():
            bounds = config.bounds()
            player = _entrant(store, config)
            source = open_source(store, capture_files.folder, config.captures or None, **bounds)
            (replay_id,) = replayed(store, source, [player], **bounds)
            found = replays.get(store, replay_id)
        for note in found.notes:
            context.log.warning(note)
        sheet = f"prescient report --replay {replay_id} -o replay-{replay_id}.html"
        told = {
            "replay_id": replay_id,
            "page": report_link([replays.label(replay_id)]),
            "tear_sheet": sheet,
            **{name: getattr(found, name) for name in TOLD},
        }
        figures = {name: _number(found.figures[name]) for name in FIGURES}
        history = replays.load_histories(store, [replay_id]).portfolios[0]
        return dg.Output(None, metadata={**told, **figures, **_shown(history)})

    told = "Plays a strategy over stored captures, by the rules that live portfolios follow. Nothing live is touched."
    return form_job("replay", play, form, told, hours(HOURS))


def _shown(history: History) -> dict[str, Any]:
    """The curve and the first trades; the tear sheet has them all."""
    equity = [float(snapshot.equity) for snapshot in history.snapshots]
    curve = equity_curve([float(history.initial_balance), *equity], "equity since the beginning")
    rows = [_trade(priced.trade) for priced in history.trades[:MOST_TRADES]]
    trades = {"trades": table(TRADES, rows)} if rows else {}
    return {"equity_curve": dg.MetadataValue.md(curve), "trades_made": len(history.trades), **trades}


def _trade(trade: Trade) -> dict[str, Any]:
    return {
        "timestamp": f"{trade.timestamp:%Y-%m-%d %H:%M:%S}",
        "question": trade.market_question,
        "kind": str(trade.kind),
        "side": str(trade.side),
        "side_label": trade.side_label,
        "shares": float(trade.shares),
        "price": float(trade.price),
        "cash_delta": float(trade.cash_delta),
        "market_id": trade.market_id,
    }


def _entrant(database: Database, form: Any) -> Entrant:
    strategy = None if form.strategy is None else form.strategy.value
    balance = str(form.balance) if form.balance else None
    return entrant(database, strategy, form.portfolio or None, dict(form.config), balance, form.name)


def _number(value: Any) -> Any:
    """A figure that says nothing is empty."""
    return "" if value is None else float(value)
