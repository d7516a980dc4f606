"""What goes wrong in a page: complaints in its console, exceptions, requests that fail, dialogs."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import ConsoleMessage, Dialog, Page, Request, Response


class Faults:
    """The faults of one page, in their order."""

    def __init__(self) -> None:
        self.found: list[str] = []

    @classmethod
    def of(cls, page: Page) -> "Faults":
        """Listen to a page from now on."""
        faults = cls()
        page.on("console", faults._console)
        page.on("pageerror", lambda error: faults.found.append(f"exception: {error}"))
        page.on("requestfailed", faults._failed)
        page.on("response", faults._answered)
        page.on("dialog", faults._dialog)
        return faults

    @contextmanager
    def none(self) -> "Iterator[None]":
        """Fail at the end of the block if there were any."""
        yield
        assert self.found == [], self.found

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.found.append(f"console: {message.text}")

    def _failed(self, request: Request) -> None:
        # A page that is left gives up what it still waits for.
        if request.failure != "net::ERR_ABORTED":
            self.found.append(f"{request.method} {request.url}: {request.failure}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400:
            self.found.append(f"{response.request.method} {response.url}: {response.status}")

    def _dialog(self, dialog: Dialog) -> None:
        self.found.append(f"dialog: {dialog.message}")
        dialog.dismiss()
