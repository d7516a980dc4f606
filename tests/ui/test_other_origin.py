"""A page of another origin tries to use Prescient, by the proxy and without: nothing is launched, nothing is read."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.deploy.proxy import OPERATOR, proxied
from tests.processes import wait_for
from tests.ui.conftest import PATIENCE_MILLISECONDS
from tests.ui.elsewhere import elsewhere
from tests.ui.faults import Faults
from tests.ui.served import BY_HAND, Served, serving

TITLE = "Runs"
BEFORE_IT = {"a form", "a frame", "a picture", "a script", "a web socket", "a fetch of JSON"}


@dataclass(frozen=True)
class Door:
    """Where the UI is asked for, how a browser comes in, and who refuses."""

    url: str
    context: dict[str, Any]
    guards: bool


@pytest.fixture(scope="module")
def quiet() -> Iterator[Served]:
    """Nothing happens by itself."""
    with serving(**BY_HAND) as served:
        yield served


@pytest.fixture(scope="module", params=["by itself", "behind the proxy"])
def door(request: pytest.FixtureRequest, quiet: Served, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    if request.param == "by itself":
        yield Door(quiet.url, {}, guards=True)
        return
    port = int(quiet.url.rpartition(":")[2])
    user = {"username": OPERATOR[0], "password": OPERATOR[1]}
    with proxied(tmp_path_factory.mktemp("proxy"), port, port) as proxy:
        yield Door(proxy.url, {"ignore_https_errors": True, "http_credentials": user}, guards=False)


@pytest.fixture
def visitor(browser: Browser, door: Door) -> Iterator[Page]:
    """A page of somebody who has come in, and goes elsewhere now; what is refused is no fault here."""
    expect.set_options(timeout=PATIENCE_MILLISECONDS)
    context = browser.new_context(**door.context)
    page = context.new_page()
    page.goto(f"{door.url}/runs")
    expect(page.get_by_text(TITLE, exact=True).first).to_be_visible()
    yield page
    context.close()


def refusals(served: Served) -> list[str]:
    log = (served.home / "dagster" / "dev.log").read_text()
    return [line.partition("refused ")[2] for line in log.splitlines() if "refused " in line]


def test_whatever_a_page_of_another_origin_tries_nothing_is_launched_and_nothing_is_read(
    visitor: Page, door: Door, quiet: Served
) -> None:
    before, runs = len(refusals(quiet)), quiet.runs()
    answers: dict[str, int] = {}
    with elsewhere() as page:
        visitor.goto(page)
        visitor.on("response", lambda answer: answers.setdefault(answer.url, answer.status))
        seen = visitor.evaluate("target => everything(target)", door.url)
        visitor.wait_for_timeout(1_000)  # a beacon is not waited for
        framed = [frame for frame in visitor.frames if frame.locator("text=Prescient").count()]
    assert set(seen) >= BEFORE_IT
    assert seen == dict.fromkeys(seen, "")
    assert framed == []
    assert {status for url, status in answers.items() if url.startswith(door.url)} == {403}
    assert quiet.runs() == runs
    told = refusals(quiet)[before:]
    assert len(told) == (len(seen) if door.guards else 0), told
    assert len([line for line in told if page.rstrip("/") in line or "-site" in line]) == len(told)


def test_a_link_from_elsewhere_leads_into_the_ui(visitor: Page, door: Door) -> None:
    with elsewhere() as page:
        visitor.goto(page)
        visitor.evaluate("target => { document.querySelector('a').href = target }", f"{door.url}/runs")
        with Faults.of(visitor).none():
            visitor.get_by_text("there").click()
            expect(visitor.get_by_text(TITLE, exact=True).first).to_be_visible()


def test_our_own_page_is_told_of_what_happens_while_it_happens(visitor: Page, door: Door, quiet: Served) -> None:
    """Its web socket is open, and what a run says comes through it."""
    told: list[str] = []
    visitor.on("websocket", lambda socket: socket.on("framereceived", lambda frame: told.append(str(frame))))
    launched = quiet.ask(LAUNCH)["launchRun"]["run"]["runId"]
    with Faults.of(visitor).none():
        visitor.goto(f"{door.url}/runs/{launched}")
        expect(visitor.get_by_text("Success", exact=True).first).to_be_visible()
    assert any("connection_ack" in frame for frame in told)


LAUNCH = """mutation { launchRun(executionParams: {selector: {repositoryLocationName: "prescient_dagster",
  repositoryName: "__repository__", jobName: "status_job"}}) { ... on LaunchRunSuccess { run { runId } } } }"""


def test_a_foreign_host_gets_400(quiet: Served) -> None:
    with pytest.raises(HTTPError, match="400"):
        urlopen(Request(quiet.url, headers={"Host": "stranger.example"}))
    wait_for("its line", lambda: any("stranger.example" in line for line in refusals(quiet)))
