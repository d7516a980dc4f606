"""`prescient cycle` and `sell`: portfolios act on the newest capture now, by their rules or by hand."""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Annotated, Any

import typer

from prescient_dagster.assets.runs import cycle_runs
from prescient_dagster.assets.runs.shard_verdicts import judge
from prescient_dagster.assets.runs.shards import Shard, blocks
from prescient_dagster.catalog import strategy_names
from prescient_dagster.cli.runs import Runner
from prescient_dagster.cli.server import home
from prescient_dagster.cli.terminal import output
from prescient_dagster.cli.terminal.options import AsJson, Name, Verbose
from prescient_dagster.cli.terminal.waiting import waiting
from prescient_dagster.domain.books.portfolios import Portfolio, PortfolioStatus
from prescient_dagster.domain.errors import NotFound, StrategyUnavailable
from prescient_dagster.domain.strategy.config_faults import did_you_mean
from prescient_dagster.settings import Settings
from prescient_dagster.store.books import cycles, portfolios
from prescient_dagster.store.database import Database
from prescient_dagster.store.market import captures
from prescient_dagster.usecases.sell import Seller, document
from prescient_dagster.usecases.trade_plans import ResultStatus
from prescient_dagster.usecases.venues import venue_opened
from prescient_dagster.usecases.without_strategy import look_after, without_strategy

COLUMNS = ("portfolio", "status", "signals_generated", "markets_analyzed", "trades_executed", "error")
Slugs = Annotated[list[str] | None, typer.Argument(metavar="[SLUG]...", help="Slugs or numbers of portfolios.")]
OfStrategy = Annotated[str | None, typer.Option(metavar="S", help="All portfolios of this strategy.")]
SOLD_COLUMNS = ("market_id", "market_question", "side", "shares", "price", "fee", "cash_delta")
Market = Annotated[str, typer.Argument(metavar="MARKET_ID", help="The market, as `prescient positions` shows it.")]
Bundle = Annotated[bool, typer.Option("--bundle", help="Where it is a leg of a bundle: sell the whole of it.")]
Everybody = Annotated[bool, typer.Option("--all", help="All portfolios that are not closed.")]


def cycle(
    slugs: Slugs = None,
    strategy: OfStrategy = None,
    everybody: Everybody = False,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Let portfolios act on the newest capture now: signals, trades, snapshot.

    Schedules do this by themselves under `prescient dev`. A portfolio trades a capture once: repeated, nothing happens.
    Exit code 1 if a portfolio failed, or with --all if none is active.

    Example:  prescient cycle bold contrarian --json
    """
    if sum((bool(slugs), strategy is not None, everybody)) != 1:
        raise typer.BadParameter("say which: slugs, or --strategy S, or --all")

    settings = home.read_settings()
    database = home.open_database(settings)
    chosen = _chosen(database, slugs or [], strategy)
    document = _document(*_watched(settings, database, chosen, verbose)) if chosen else _document(None, [])
    output.print_json(document) if as_json else output.print_table(document["results"], COLUMNS, _told(document))
    _exit(document, chosen, everybody)


def _exit(document: dict[str, Any], chosen: Sequence[Portfolio], everybody: bool) -> None:
    if everybody and not any(portfolio.status is PortfolioStatus.ACTIVE for portfolio in chosen):
        raise NotFound("no portfolio is active: create or resume one")
    if document["summary"]["failed"]:
        raise typer.Exit(1)


def _told(document: dict[str, Any]) -> str:
    summary = document["summary"]
    return f"capture {document['capture_id']}: {summary['successful']} of {summary['total_portfolios']} portfolios"


def _chosen(database: Database, slugs: Iterable[str], strategy: str | None) -> list[Portfolio]:
    named = {portfolio.slug: portfolio for portfolio in (portfolios.get(database, slug) for slug in slugs)}
    if named:
        return list(named.values())
    found = [each for each in portfolios.list_all(database, strategy) if each.status is not PortfolioStatus.CLOSED]
    if strategy is not None and not found:
        hint = "" if strategy in strategy_names() else did_you_mean(strategy, strategy_names())
        raise NotFound(f"there is no {strategy} portfolio{hint}")
    return found


def _watched(
    settings: Settings, database: Database, chosen: Sequence[Portfolio], verbose: bool
) -> tuple[int, list[dict[str, Any]]]:
    """The same as is carried out, with how many have acted on the terminal."""
    capture_id = captures.ready(database).capture_id
    with waiting("portfolios", partial(cycles.acted, database, capture_id), len(chosen)):
        return _carried_out(settings, database, chosen, capture_id, verbose)


def _carried_out(
    settings: Settings, database: Database, chosen: Sequence[Portfolio], capture_id: int, verbose: bool
) -> tuple[int, list[dict[str, Any]]]:
    """The capture traded on, and one result for each portfolio in the order chosen."""
    results = {portfolio.slug: cycle_runs.result(portfolio.slug, ResultStatus.CLOSED) for portfolio in chosen}
    left = without_strategy(chosen)
    opened = partial(venue_opened, settings, database)
    looked_after = look_after(database, settings.captures_folder, opened, left, capture_id)
    results |= {each.slug: cycle_runs.result_without_run(each) for each in looked_after}
    with Runner.opened(settings, database, verbose=verbose) as runner:
        for strategy in sorted({each.strategy_type for each in chosen if each not in left}):
            wanted = {
                each.slug
                for each in chosen
                if each.strategy_type == strategy and each.status is not PortfolioStatus.CLOSED
            }
            keys = cycle_runs.synced_partitions(runner.instance, database, strategy)
            to_trade = blocks(strategy, keys, wanted, settings.portfolios_per_run)
            results |= _of_strategy(runner, database, to_trade, capture_id) if to_trade else {}
    return capture_id, list(results.values())


def _of_strategy(
    runner: Runner, database: Database, blocks: Sequence[Shard], capture_id: int
) -> dict[str, dict[str, Any]]:
    """The results by slug; a strategy that does not load fails its portfolios alone."""
    strategy = blocks[0].strategy
    try:
        job = cycle_runs.cycle_job(strategy)
    except (NotFound, StrategyUnavailable) as error:
        return {
            slug: cycle_runs.result(slug, ResultStatus.FAILED, error=str(error))
            for block in blocks
            for slug in block.keys
        }
    results: dict[str, dict[str, Any]] = {}
    ran = []
    for block in blocks:
        run = runner.run(job, **cycle_runs.cycle_options(block, capture_id))
        ran.append(run.dagster_run)
        results |= cycle_runs.results_of(run, strategy, block.keys)
    if len(ran) > 1:
        judge(runner.instance, database, capture_id, ran)
    return results


def _document(capture_id: int | None, results: list[dict[str, Any]]) -> dict[str, Any]:
    failed = sum(result["status"] is ResultStatus.FAILED for result in results)
    summary = {"total_portfolios": len(results), "successful": len(results) - failed, "failed": failed}
    return {"capture_id": capture_id, "summary": summary, "results": results}


def sell(name: Name, market: Market, bundle: Bundle = False, as_json: AsJson = False) -> None:
    """Sell by hand what a portfolio holds in a market: at what is bid on the newest capture, with its fee.

    As far as the bids within the portfolio's max_slippage reach; a bundle whole or not at all. The market is then not
    entered for the portfolio's reentry_hours.

    Example:  prescient sell bold 512233
    """
    settings = home.read_settings()
    database = home.open_database(settings)
    seller = Seller(database, settings.captures_folder, partial(venue_opened, settings, database))
    sold = document(seller.sell(name, market, bundle=bundle))
    if as_json:
        output.print_json(sold)
        return
    output.print_table(
        sold["trades"], SOLD_COLUMNS, f"{sold['portfolio']}: sold by hand on capture {sold['capture_id']}"
    )
    for left in sold["left"]:
        print(f"{left['shares']} shares of {left['market_id']} are left: the bids did not reach for more")
