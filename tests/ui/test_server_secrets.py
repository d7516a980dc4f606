"""A secret of the server, asked for in every field there is, is found in no answer, page, table or file."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import psutil
import pytest
from dagster._config import ConfigAnyInstance
from playwright.sync_api import Page, Response, WebSocket, expect

from prescient_dagster.store.books.portfolios import NewPortfolio
from strategy_assets.definitions import defs as strategy_defs
from tests.assets.launchpads import FREE, FROM_ENVIRONMENT, JOBS, MARKER, VARIABLE, fields_of, laid, least
from tests.cli.test_passwords import everything
from tests.processes import command_line, of_home, wait_for
from tests.ui.dagster_ui import DagsterUi
from tests.ui.served import BY_HAND, Served, serving

MADE = [NewPortfolio("a", "hybrid", Decimal(10_000))]
LAUNCH = """mutation($selector: JobOrPipelineSelector!, $config: RunConfigData!, $tags: [ExecutionTag!]) {
  launchRun(executionParams: {selector: $selector, runConfigData: $config, executionMetadata: {tags: $tags}}) {
    __typename ... on LaunchRunSuccess { run { runId } } ... on RunConfigValidationInvalid { errors { message } } } }"""
TYPED = f"slug: b\nstrategy: momentum\nbalance:\n  env: {VARIABLE}"
PAGES = [
    "/runs",
    "/config",
    "/locations",
    "/deployment/daemons",
    "/locations/prescient_dagster/jobs/create_portfolio",
    "/assets/hybrid/signals?view=partitions&partition=a",
    "/assets/hybrid/snapshots?view=events",
]


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """Its processes have the secret."""
    with serving(MADE, test_marker=MARKER, **BY_HAND) as served:
        yield served


@pytest.fixture
def told(page: Page) -> list[str]:
    """All that the page is told: answers, and what comes through web sockets."""
    told: list[str] = []

    def listen(socket: WebSocket) -> None:
        socket.on("framereceived", lambda frame: told.append(str(frame)))

    def answered(response: Response) -> None:
        if "/graphql" in response.url:
            told.append(response.text())

    page.on("websocket", listen)
    page.on("response", answered)
    return told


def launch(served: Served, location: str, job: str, config: Any) -> dict[str, Any]:
    selector = {"repositoryLocationName": location, "repositoryName": "__repository__", "pipelineName": job}
    tags = [{"key": "dagster/partition", "value": "a"}] if location == "strategy_assets" else []
    answer: dict[str, Any] = served.ask(LAUNCH, selector=selector, config=config, tags=tags)["launchRun"]
    return answer


def test_every_field_that_names_a_variable_is_refused_before_launch(served: Served) -> None:
    there = set(served.runs())
    for defs, name in JOBS:
        job = defs.resolve_job_def(name)
        location = "strategy_assets" if defs is strategy_defs else "prescient_dagster"
        for path, config_type in fields_of(job):
            if config_type is not ConfigAnyInstance:
                answer = launch(served, location, name, laid(least(job), path, FROM_ENVIRONMENT))
                assert answer["__typename"] == "RunConfigValidationInvalid", (name, path)
                assert MARKER not in str(answer)
    assert set(served.runs()) == there


def test_what_any_value_is_taken_for_shows_the_secret_nowhere(served: Served, page: Page, told: list[str]) -> None:
    """The runs that were launched, what the launchpad says while somebody types, and what all that has left."""
    code_servers = [process for process in of_home(served.home) if " code-server " in command_line(process)]
    assert all(psutil.Process(process.pid).environ()[VARIABLE] == MARKER for process in code_servers)
    runs = [_launched(served, *place) for place in FREE]
    wait_for("their ends", lambda: all(served.runs()[run]["status"] in ("FAILURE", "SUCCESS") for run in runs))
    ui, shown = DagsterUi(page, served), ""
    for path in [*PAGES, *(f"/runs/{run}" for run in runs)]:
        ui.open(path)
        page.wait_for_load_state("networkidle")
        shown += page.content()
    ui.open("/locations/prescient_dagster/jobs/create_portfolio/playground")
    ui.write_config(TYPED)
    expect(page.get_by_text("Errors Only")).to_be_visible()
    shown += page.content()

    assert VARIABLE in shown
    assert len(told) > len(PAGES)
    assert MARKER not in shown
    assert MARKER not in "".join(told)
    assert not [table for table, content in everything(served.database.url).items() if MARKER in content]
    files = (
        path for path in served.home.rglob("*") if path.is_file() and "data" not in path.parts
    )  # the tables are there
    assert not [path for path in files if MARKER.encode() in path.read_bytes()]


def _launched(served: Served, defs: Any, name: str, path: tuple[str | int, ...]) -> str:
    location = "strategy_assets" if defs is strategy_defs else "prescient_dagster"
    config = laid(least(defs.resolve_job_def(name)), (*path[:-1], "lookback_hours"), FROM_ENVIRONMENT)
    return str(launch(served, location, name, config)["run"]["runId"])
