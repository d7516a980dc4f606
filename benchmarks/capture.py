"""A capture of a whole venue against plain JSON parsing of the same bytes."""

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import orjson

from benchmarks.measure import Figure, apart, migrated, scratch_home
from benchmarks.venue import STARTED_AT, crawled, write_pages
from prescient_dagster.store.database import connect
from prescient_dagster.store.market import captures

ROUNDS = 3


def parse_only(paths: list[Path]) -> float:
    begun = time.perf_counter()
    for path in paths:
        orjson.loads(path.read_bytes())
    return time.perf_counter() - begun


def capture(paths: list[Path], home: Path, url: str, hour: int) -> float:
    database, captured_at = connect(url), STARTED_AT + timedelta(hours=hour)
    begun = time.perf_counter()
    captures.save(database, home / "captures", crawled(paths, captured_at))
    return time.perf_counter() - begun


def run() -> Iterator[Figure]:
    with scratch_home() as home:
        database = migrated(home)
        paths = write_pages(home)
        plain = min(apart(parse_only, paths).seconds for _ in range(ROUNDS))
        rounds = [apart(capture, paths, home, database.url, hour) for hour in range(ROUNDS)]
        ours = min(each.seconds for each in rounds)
        megabytes = sum(path.stat().st_size for path in paths) / 1e6
        yield Figure(f"parse, normalise and store {megabytes:.0f} MB / orjson.loads", ours / plain, 2)
        yield Figure("peak memory", max(each.peak_mb for each in rounds), 1_500, "MB")
