"""A crawl of a whole venue over HTTP, from a server that takes 100 ms for each page of 100 events."""

import multiprocessing
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from benchmarks.measure import Figure, apart
from benchmarks.venue import write_pages
from prescient_dagster.venue.polymarket.client import EVENTS_PER_PAGE, PolymarketClient
from prescient_dagster.venue.polymarket.venue import PolymarketVenue

EVENTS = 22_000
SECONDS_A_PAGE = 0.1


def crawl(address: str) -> float:
    """Seconds of a whole crawl."""
    venue = PolymarketVenue(address, address)
    begun = time.perf_counter()
    venue.next_listing(None)
    seconds = time.perf_counter() - begun
    venue.close()
    return seconds


def fetch(address: str) -> float:
    """Seconds of fetching the same pages without looking at them."""
    client = PolymarketClient(address, address)
    begun = time.perf_counter()
    for _page in client.open_events():
        pass
    seconds = time.perf_counter() - begun
    client.close()
    return seconds


@contextmanager
def slow_server(paths: list[Path]) -> Iterator[str]:
    """The address of a server in a process of its own that answers with these pages in turn."""
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_serve, args=(sender, paths), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{receiver.recv()}"
    finally:
        process.terminate()
        process.join()


def _serve(sender: Connection, paths: list[Path]) -> None:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            (cursor,) = parse_qs(urlsplit(self.path).query).get("after_cursor", ["t0n0"])
            body = paths[int(cursor.partition("n")[2]) // EVENTS_PER_PAGE].read_bytes()
            time.sleep(SECONDS_A_PAGE)
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    sender.send(server.server_port)
    server.serve_forever()


def run() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory(prefix="prescient-bench-") as folder, _paged(Path(folder)) as (address, pages):
        whole, fetched = (apart(work, address).seconds for work in (crawl, fetch))
        name = f"crawl of {EVENTS:,} events in {pages} pages, {SECONDS_A_PAGE * 1000:.0f} ms a page"
        yield Figure(name, whole, 60, "s")
        yield Figure("the same / fetching its pages alone", whole / fetched, 1.5)


@contextmanager
def _paged(folder: Path) -> Iterator[tuple[str, int]]:
    paths = write_pages(folder, EVENTS)
    with slow_server(paths) as address:
        yield address, len(paths)
