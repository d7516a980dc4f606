"""Fetching the next page while the last one is worked on."""

from collections.abc import Iterator
from concurrent.futures import Future
from threading import Thread
from typing import TypeVar

PageT = TypeVar("PageT")


def one_ahead(pages: Iterator[PageT]) -> Iterator[PageT]:
    """The same pages and the same error at the same place, each asked for while the one before is worked on.

    Never more than one is under way. Who stops early, or is interrupted, does not wait for it: the thread is a daemon.
    """
    coming = _asked_for(pages)
    while (page := coming.result()) is not None:
        coming = _asked_for(pages)
        yield page


def _asked_for(pages: Iterator[PageT]) -> "Future[PageT | None]":
    coming: Future[PageT | None] = Future()
    Thread(target=_fetch, args=(pages, coming), name="next page", daemon=True).start()
    return coming


def _fetch(pages: Iterator[PageT], coming: "Future[PageT | None]") -> None:
    try:
        coming.set_result(next(pages, None))
    except BaseException as error:  # raised again where the page is wanted
        coming.set_exception(error)
