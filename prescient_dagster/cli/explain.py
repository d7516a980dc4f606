"""`prescient explain`: why a portfolio entered a market on a capture, or did not."""

from typing import Annotated, Any

import typer

from prescient_dagster.cli.server import home
from prescient_dagster.cli.terminal import output
from prescient_dagster.cli.terminal.options import AsJson
from prescient_dagster.cli.terminal.waiting import waiting
from prescient_dagster.usecases.shown.explain import (
    EXIT_COLUMNS,
    SIGNAL_COLUMNS,
    STEP_COLUMNS,
    TRADE_COLUMNS,
    Question,
    explained,
    sides_told,
    step_row,
)

OptionalName = Annotated[str | None, typer.Argument(metavar="SLUG", help="The portfolio's slug or number.")]
MarketId = Annotated[
    str | None, typer.Argument(metavar="MARKET_ID", help="The market's id, as `prescient markets` lists it.")
]
CaptureOfEntry = Annotated[
    int | None,
    typer.Option(
        "--capture", metavar="ID", min=1, help="Without it: where the market was last entered, or else the newest."
    ),
]
TradeId = Annotated[
    int | None, typer.Option("--trade", metavar="ID", min=1, help="Explain this trade; nothing else is needed.")
]


def explain(
    name: OptionalName = None,
    market_id: MarketId = None,
    capture: CaptureOfEntry = None,
    trade: TradeId = None,
    as_json: AsJson = False,
) -> None:
    """Show why a portfolio entered a market or did not: every rule in order, and the first that refused.

    It is worked out again from the capture, with the settings and the books that the cycle on it began with. Where the
    portfolio has not traded the capture, it tells what a cycle would do with its settings of now.

    Example:  prescient explain bold 507884 --capture 1
    """
    if trade is not None and (name is not None or market_id is not None or capture is not None):
        raise typer.BadParameter("--trade says which portfolio, market and capture: leave those out")
    settings = home.read_settings()
    with waiting("deciding it again"):
        document = explained(
            home.open_database(settings), settings.captures_folder, _asked(name, market_id, capture, trade)
        )
    output.print_json(document) if as_json else _print(document)


def _asked(name: str | None, market_id: str | None, capture: int | None, trade: int | None) -> Question:
    if trade is not None:
        return Question(trade=trade)
    if name is None or market_id is None:
        raise typer.BadParameter("give SLUG and MARKET_ID, or --trade ID")
    return Question(name, market_id, capture)


def _print(document: dict[str, Any]) -> None:
    moment = f"capture {document['capture_id']}, {document['captured_at']:%Y-%m-%d %H:%M:%S} UTC"
    title = document["market_question"] or f"market {document['market_id']}"
    heading = f"{document['portfolio']}, {moment}: {title}{sides_told(document)}"
    output.print_table(map(step_row, document["steps"]), STEP_COLUMNS, heading)
    if document["exits"]:
        output.print_table(map(step_row, document["exits"]), EXIT_COLUMNS, "exit rules of what is held")
    if document["signals"]:
        output.print_table(document["signals"], SIGNAL_COLUMNS, "signals")
    if document["trades"]:
        output.print_table(document["trades"], TRADE_COLUMNS, "trades")
    verdicts = {"entry": document["verdict"], "exit": document["exit_verdict"], "done": document["did"]}
    output.print_record({name: verdict for name, verdict in verdicts.items() if verdict is not None})
