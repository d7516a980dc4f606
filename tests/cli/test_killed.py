"""`kill -9` of parts of `prescient dev`: it goes on, by itself or once it is started again; nothing is traded twice."""

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
from sqlalchemy import func, select

from prescient_dagster.assets.partitions_asked import range_tags
from prescient_dagster.store.books import portfolios
from prescient_dagster.store.books.trades import list_trades
from prescient_dagster.store.market import captures
from prescient_dagster.store.tables import cycles
from prescient_dagster.store.tables import portfolios as portfolios_table
from tests.processes import (
    PATIENCE_SECONDS,
    books,
    children,
    command_line,
    dev,
    free_port,
    names_of_home,
    of_home,
    wait_for,
)
from tests.ui.served import Served

LAUNCH = """mutation($tags: [ExecutionTag!]!) { launchRun(executionParams: {selector: {
  repositoryLocationName: "strategy_assets", repositoryName: "__repository__", jobName: "momentum"},
  executionMetadata: {tags: $tags}}) { ... on LaunchRunSuccess { run { runId } } } }"""


def launch(served: Served) -> None:
    """Start a run of all momentum portfolios."""
    tags = range_tags(served.partitions("momentum"))
    answer = served.ask(LAUNCH, tags=[{"key": key, "value": value} for key, value in tags.items()])
    assert answer["launchRun"]["run"]["runId"]


def started(served: Served) -> set[str]:
    """The momentum runs that go on."""
    runs = served.runs().items()
    return {run_id for run_id, run in runs if (run["jobName"], run["status"]) == ("momentum", "STARTED")}


@contextmanager
def a_run_in_the_middle(served: Served) -> Iterator[str]:
    """A momentum run, ours or the schedule's, that waits for its last portfolio, which somebody else has locked."""
    wait_for("a capture", lambda: captures.newest_ready(served.database) is not None)
    wait_for("the partitions", lambda: len(served.partitions("momentum")) > 1)
    last, before = served.partitions("momentum")[-1], started(served)
    with served.database.begin() as connection:
        connection.execute(select(portfolios_table).where(portfolios_table.c.slug == last).with_for_update())
        launch(served)
        wait_for("a run", lambda: started(served) - before != set())
        yield (started(served) - before).pop()


def code_server(home: Path) -> list[psutil.Process]:
    """The process that serves the strategies."""
    return [each for each in of_home(home) if re.search("api grpc .*strategy_assets", command_line(each))]


def workers(home: Path) -> list[psutil.Process]:
    """The processes that carry out runs of strategies."""
    found = [child for server in code_server(home) for child in children(server)]
    return [child for child in found if "spawn_main" in command_line(child)]


def service(home: Path, module: str) -> psutil.Process:
    """The web server or the daemon."""
    return next(each for each in of_home(home) if f"-m {module}" in command_line(each))


def last_words(process: "subprocess.Popen[str]", home: Path) -> str:
    """The last line of a `prescient dev` that fails by itself; nothing that it had started is left."""
    assert process.wait(timeout=PATIENCE_SECONDS) == 1
    assert names_of_home(home) == {"postgres"}
    return (home / "dev.err").read_text().splitlines()[-1]


def last_traded(served: Served) -> int:
    """The newest capture that a portfolio has acted on."""
    with served.database.begin() as connection:
        return int(connection.execute(select(func.max(cycles.c.capture_id))).scalar() or 0)


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
            wait_for("another code server", lambda: code_server(home) != [] and len(served.locations_loaded()) == 2)
            process.kill()
            process.wait()

        with dev(home, port), a_run_in_the_middle(served) as run:
            for each in of_home(home):
                with suppress(psutil.NoSuchProcess):  # it has ended meanwhile
                    if each.name() != "postgres":
                        each.kill()

        with dev(home, port) as process:
            # Marked as canceled by the new one; or a tick of its schedule came first, and gave it up.
            wait_for("what was interrupted", lambda: served.runs()[run]["status"] in {"CANCELED", "FAILURE"})
            service(home, "dagster._daemon").kill()
            assert "dagster-daemon process shut down unexpectedly" in last_words(process, home)

        with dev(home, port) as process:
            service(home, "prescient_dagster.web").kill()
            assert "dagster-webserver process shut down unexpectedly" in last_words(process, home)

        with dev(home, port):
            seen = captures.newest_ready(database)
            assert seen is not None
            wait_for("a later capture, traded", lambda: last_traded(served) > seen.capture_id)
            assert traded_once(served)
            assert served.prescient("db", "reconcile").returncode == 0
