"""Why a market was entered or not, from the Dagster UI. It does what `prescient explain` does, by the same function."""

from typing import Any

import dagster as dg
from pydantic import Field

from prescient_dagster.assets.forms.fields import BY_HAND, NOTHING, about, form_job
from prescient_dagster.assets.forms.plain_config import filled, schema
from prescient_dagster.assets.runs.failures import explained
from prescient_dagster.assets.told.tables import columns, plain_row, table
from prescient_dagster.domain.errors import InvalidInput
from prescient_dagster.resources import CaptureFiles, DatabaseResource
from prescient_dagster.store.books import portfolios
from prescient_dagster.usecases.shown import explain
from prescient_dagster.usecases.shown.explain import EXIT_COLUMNS, STEP_COLUMNS, Question, step_row

TEXTS = ("portfolio", "market_id", "market_question", "capture_id")
SIGNALS = columns(action="string", target_price="float", amount="float", status="string", reject_reason="string")
TRADES = columns(trade_id="int", kind="string", side="string", shares="float", price="float", cash_delta="float")


class ExplainForm(dg.Config):
    """Which market of which portfolio is meant, on which capture."""

    portfolio: str = Field("", description="slug or number of the portfolio")
    market: str = Field("", description="the market by its id")
    capture: int | None = Field(
        None, description="the capture by its number; unset: where the market was last entered, or else the newest"
    )
    trade: int | None = Field(None, description="in place of all three: a trade by its number")


def explain_job() -> dg.JobDefinition:
    """The job that explains."""

    @dg.op(name="explain", out=NOTHING, config_schema=schema(ExplainForm))
    def explain_market(
        context: dg.OpExecutionContext, database: DatabaseResource, capture_files: CaptureFiles
    ) -> dg.Output[None]:
        store, form = database.open(), filled(ExplainForm, context)
        with explained():
            document = explain.explained(store, capture_files.folder, _question(form))
            about(context, portfolios.get(store, document["portfolio"]))
        return dg.Output(None, metadata=_told(document))

    told = "Tells why a portfolio entered a market or did not: every rule in order, and the first that refused."
    return form_job("explain_market", explain_market, ExplainForm, told, BY_HAND)


def _question(form: ExplainForm) -> Question:
    if form.trade is not None:
        if form.portfolio or form.market or form.capture is not None:
            raise InvalidInput("trade says which portfolio, market and capture: leave those out")
        return Question(trade=form.trade)
    if not form.portfolio or not form.market:
        raise InvalidInput("give portfolio and market, or trade")
    return Question(form.portfolio, form.market, form.capture)


def _told(document: dict[str, Any]) -> dict[str, Any]:
    """The verdicts first, then every rule."""
    verdicts = {"entry": document["verdict"], "exit": document["exit_verdict"], "done": document["did"]}
    told = {name: value for name, value in verdicts.items() if value is not None}
    told |= {name: document[name] for name in TEXTS if document[name] is not None}
    shown = {
        "steps": table(_of_texts(STEP_COLUMNS), [_cells(step_row(step), STEP_COLUMNS) for step in document["steps"]])
    }
    if document["exits"]:
        rows = [_cells(step_row(step), EXIT_COLUMNS) for step in document["exits"]]
        shown["exits"] = table(_of_texts(EXIT_COLUMNS), rows)
    for name, schema_of in (("signals", SIGNALS), ("trades", TRADES)):
        rows = [{**plain_row(schema_of, row), "side_label": row["side_label"]} for row in document[name]]
        if rows:
            shown[name] = table(schema_of, rows)
    return told | shown


def _of_texts(names: tuple[str, ...]) -> dg.TableSchema:
    return columns(**dict.fromkeys(names, "string"))


def _cells(row: dict[str, Any], names: tuple[str, ...]) -> dict[str, str]:
    yes = {True: "yes", False: "no", None: ""}
    return {name: yes.get(row[name], "") if isinstance(row[name], bool | None) else str(row[name]) for name in names}
