"""`kill -9` of parts of `prescient dev`: it goes on, by itself or once it is started again; nothing is traded twice."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from sqlalchemy import select

from prescient_dagster.assets.schedules import range_tags
from prescient_dagster.store import captures, portfolios
from prescient_dagster.store.tables import portfolios as portfolios_table
from prescient_dagster.store.trades import list_trades
from tests.processes import books, dev, free_port, of_home, wait_for
from tests.ui.served import Served

LOADED = "{ workspaceOrError { ... on Workspace { locationEntries { locationOrLoadError { __typename } } } } }"
LAUNCH = """mutation($tags: [ExecutionTag!]!) { launchRun(executionParams: {selector: {
  repositoryLocationName: "strategy_assets", repositoryName: "__repository__", jobName: "momentum"},
  executionMetadata: {tags: $tags}}) { ... on LaunchRunSuccess { run { runId } } } }"""


def launch(served: Served) -> str:
    """Start a run of all momentum portfolios; its id."""
    tags = range_tags(served.partitions("momentum"))
    answer = served.ask(LAUNCH, tags=[{"key": key, "value": value} for key, value in tags.items()])
    return str(answer["launchRun"]["run"]["runId"])


@contextmanager
def a_run_in_the_middle(served: Served) -> Iterator[str]:
    """A momentum run that waits for its last portfolio, which somebody else has locked."""
    wait_for("a capture", lambda: captures.newest_ready(served.database) is not None)
    wait_for("the partitions", lambda: len(served.partitions("momentum")) > 1)
    last = served.partitions("momentum")[-1]
    with served.database.begin() as connection:
        connection.execute(select(portfolios_table).where(portfolios_table.c.slug == last).with_for_update())
        run = launch(served)
        wait_for("its start", lambda: served.runs()[run]["status"] == "STARTED")
        yield run


def code_server(home: Path) -> list[psutil.Process]:
    """The process that serves the strategies."""
    words = ("api grpc", "strategy_assets")
    return [each for each in of_home(home) if all(word in " ".join(each.cmdline()) for word in words)]


def workers(home: Path) -> list[psutil.Process]:
    """The processes that carry out runs of strategies."""
    children = [child for server in code_server(home) for child in server.children()]
    return [child for child in children if "spawn_main" in " ".join(child.cmdline())]


def locations_load(served: Served) -> bool:
    entries = served.ask(LOADED)["workspaceOrError"]["locationEntries"]
    return {entry["locationOrLoadError"]["__typename"] for entry in entries} == {"RepositoryLocation"}


def traded_once(served: Served) -> bool:
    trades = [
        (portfolio.slug, trade["source_ref"])
        for portfolio in portfolios.list_all(served.database)
        for trade in list_trades(served.database, portfolio.portfolio_id)
    ]
    return bool(trades) and len(set(trades)) == len(trades)


def test_whatever_is_killed_it_goes_on_and_no_run_stays_started(home: Path) -> None:
    port = free_port()
    with books(home) as database:
        served = Served(home, f"http://127.0.0.1:{port}", database, {})
        with dev(home, port) as process:
            with a_run_in_the_middle(served) as run:
                wait_for("its process", lambda: workers(home) != [])
                workers(home)[0].kill()
                wait_for("its end", lambda: served.runs()[run]["status"] == "FAILURE")
            code_server(home)[0].kill()
            wait_for("the notice", lambda: "has died: starting another" in (home / "dev.err").read_text())
            wait_for("another code server", lambda: code_server(home) != [] and locations_load(served))
            process.kill()
            process.wait()

        with dev(home, port), a_run_in_the_middle(served) as run:
            for each in of_home(home):
                if each.name() != "postgres":
                    each.kill()

        with dev(home, port):
            wait_for("what was interrupted", lambda: served.runs()[run]["status"] == "CANCELED")
            assert "marked as canceled" in (home / "dev.err").read_text()
            seen = captures.newest_ready(database)
            assert seen is not None
            wait_for("the next capture, traded", lambda: served.configs_used(seen.capture_id + 1) != {})
            assert traded_once(served)
            assert served.prescient("db", "reconcile").returncode == 0
