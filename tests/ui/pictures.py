"""Pictures of the pages. They are taken whenever the tests run: a page that cannot be shown any more fails one."""

from pathlib import Path

from playwright.sync_api import Page, ViewportSize, expect

MOST_BYTES = 200_000
WINDOW: ViewportSize = {"width": 1280, "height": 800}
TALL: ViewportSize = {"width": 1600, "height": 1200}
MOST_LOOKS, PAUSE_MILLISECONDS = 8, 400
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
        picture = _still(page)
        assert len(picture) < MOST_BYTES, name
        (self._folder / f"{name}.png").write_bytes(picture)


def _still(page: Page) -> bytes:
    """A picture on which nothing moves any more, but for what never stands still, like a clock."""
    before, picture = b"", page.screenshot(animations="disabled", caret="hide")
    for _ in range(MOST_LOOKS):
        if picture == before:
            break
        page.wait_for_timeout(PAUSE_MILLISECONDS)
        before, picture = picture, page.screenshot(animations="disabled", caret="hide")
    return picture
