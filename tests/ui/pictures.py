"""Pictures of the pages. They are taken whenever the tests run, so that they cannot go stale."""

from pathlib import Path

from playwright.sync_api import Page, ViewportSize, expect

MOST_BYTES = 200_000
WINDOW: ViewportSize = {"width": 1280, "height": 800}
TALL: ViewportSize = {"width": 1600, "height": 1200}
AT_WORK = "[class*=Spinner_], [class*=Skeleton], .bp5-skeleton"


class Pictures:
    """Takes pictures of a page into a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._folder.mkdir(parents=True, exist_ok=True)

    def take(self, page: Page, name: str, window: ViewportSize = WINDOW) -> None:
        """A picture of what the page shows in a window of this size, once it has loaded."""
        page.set_viewport_size(window)
        page.evaluate("document.fonts.ready")
        expect(page.locator(AT_WORK).filter(visible=True)).to_have_count(0)
        path = self._folder / f"{name}.png"
        page.screenshot(path=path, animations="disabled", caret="hide")
        assert path.stat().st_size < MOST_BYTES, name
