"""A capture of a whole venue against plain JSON parsing of the same bytes."""

import time
from collections.abc import Iterator
from pathlib import Path

import orjson

from benchmarks.measure import Figure, apart, migrated, scratch_home
from benchmarks.venue import crawled, write_pages
from prescient_dagster.store import captures
from prescient_dagster.store.database import connect


def parse_only(paths: list[Path]) -> float:
    begun = time.perf_counter()
    for path in paths:
        orjson.loads(path.read_bytes())
    return time.perf_counter() - begun


def capture(paths: list[Path], home: Path, url: str) -> float:
    database = connect(url)
    begun = time.perf_counter()
    captures.save(database, home / "captures", crawled(paths))
    return time.perf_counter() - begun


def run() -> Iterator[Figure]:
    with scratch_home() as home:
        database = migrated(home)
        paths = write_pages(home)
        plain = min(apart(parse_only, paths).seconds for _ in range(3))
        measured = apart(capture, paths, home, database.url)
        megabytes = sum(path.stat().st_size for path in paths) / 1e6
        yield Figure(f"parse, normalise and store {megabytes:.0f} MB / orjson.loads", measured.seconds / plain, 2)
        yield Figure("peak memory", measured.peak_mb, 1_500, "MB")
