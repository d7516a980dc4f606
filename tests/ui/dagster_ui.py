"""Dagster's pages as a trader uses them: the materialize dialog, the launchpad, a partition, a tick."""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from playwright.sync_api import Locator, Page, Response, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from tests.processes import wait_for
from tests.ui.served import Served


@dataclass(frozen=True)
class DagsterUi:
    """The pages of one `prescient dev`."""

    page: Page
    served: Served

    def open(self, path: str) -> Page:
        """Go to a page."""
        self.page.goto(f"{self.served.url}{path}")
        return self.page

    def open_partition(self, strategy: str, stage: str, slug: str) -> Page:
        """Go to what an asset last did for a portfolio."""
        page = self.open(f"/assets/{strategy}/{stage}?view=partitions&partition={slug}")
        expect(page.get_by_text("Metadata", exact=True)).to_be_visible()
        return page

    def materialize_group(self, strategy: str) -> Locator:
        """Open the dialog that materializes all assets of a strategy."""
        self.open(f"/locations/strategy_assets/asset-groups/{strategy}")
        self.page.get_by_role("button", name="Materialize all").click()
        return self.page.get_by_role("dialog").first

    def choose(self, dialog: Locator, slugs: Iterable[str]) -> None:
        """Choose portfolios in the dialog."""
        dialog.get_by_text("Select a partition or create one").click()
        menu = self.page.get_by_role("dialog").last
        for slug in slugs:
            menu.get_by_text(slug, exact=True).first.click()
        self.page.keyboard.press("Escape")

    def launch_backfill(self, dialog: Locator) -> str:
        """Launch what is chosen, and go to the page of the backfill; its id."""
        with self.page.expect_response(lambda response: _asks(response, "LaunchPartitionBackfill")) as answer:
            dialog.get_by_role("button", name="Launch backfill").click()
        backfill_id = str(answer.value.json()["data"]["launchPartitionBackfill"]["backfillId"])
        self.open(f"/runs/b/{backfill_id}")
        return backfill_id

    def launchpad(self, location: str, job: str) -> Page:
        """Open the form of a job."""
        page = self.open(f"/locations/{location}/jobs/{job}/playground")
        expect(page.get_by_text("No errors")).to_be_visible()
        return page

    def choose_partition(self, slug: str) -> None:
        """Choose a portfolio in the launchpad."""
        self.page.get_by_placeholder("Partition").click()
        self.page.get_by_role("menuitem", name=slug, exact=True).click()
        expect(self.page.get_by_text(f"partition: {slug}")).to_be_visible()

    def write_config(self, text: str) -> None:
        """Replace what stands in the editor, and wait until Dagster has judged it."""
        self.page.locator(".CodeMirror").click()
        self.page.keyboard.press("ControlOrMeta+A")
        with self.page.expect_response(lambda response: _judges(response, text)):
            self.page.keyboard.insert_text(text)

    def complete(self) -> Locator:
        """Ask the editor what could stand here, until it answers: while it judges what was typed, it does not."""
        offers = self.page.locator(".CodeMirror-hints")
        wait_for("completions", lambda: self._offered(offers))
        return offers

    def _offered(self, offers: Locator) -> bool:
        self.page.keyboard.press("Control+Space")
        try:
            offers.wait_for(timeout=5_000)
        except PlaywrightTimeout:
            return False
        return True

    def launch_run(self) -> str:
        """Launch what the launchpad says, and go to the page of the run; its id."""
        self.page.get_by_role("button", name="Launch Run").click()
        self.page.wait_for_url("**/runs/*")
        return self.page.url.rsplit("/", 1)[-1].partition("?")[0]

    def ended(self, status: str) -> None:
        """Wait until the run that is shown has ended so: Success or Failure."""
        expect(self.page.get_by_text(status, exact=True).first).to_be_visible()

    def backfill_succeeded(self) -> None:
        """Wait until the backfill that is shown has ended well for all three assets of a strategy."""
        expect(self.page.get_by_text("100% completed")).to_have_count(3)
        expect(self.page.get_by_text("Succeeded", exact=True)).to_have_count(2)  # its status, and a column

    def backfill_failed(self) -> None:
        """Wait until the backfill that is shown has ended, and badly for one portfolio or more."""
        expect(self.page.get_by_text("Failed", exact=True)).to_have_count(2)  # its status, and a column


def _asks(response: Response, operation: str) -> bool:
    asked = response.request.post_data
    return "/graphql" in response.url and bool(asked) and json.loads(asked)["operationName"] == operation


def _judges(response: Response, text: str) -> bool:
    if not _asks(response, "PreviewConfigQuery"):
        return False
    variables = json.loads(response.request.post_data or "{}")["variables"]
    return str(variables.get("runConfigData", "")).strip() == text.strip()
