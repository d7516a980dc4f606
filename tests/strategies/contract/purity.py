"""Where a strategy has its knowledge from: the capture it is handed, and nothing else."""

import ast
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from prescient_dagster.domain.strategy.candidates import Selection
from prescient_dagster.domain.strategy.signals import Signal
from tests.strategies import probes
from tests.strategies.contract.subject import Subject, trees

CLOCKS = {"time", "zoneinfo", "calendar"}
CHANCE = {"random", "secrets", "uuid"}
OUTSIDE = (
    {
        "os",
        "sys",
        "io",
        "pathlib",
        "tempfile",
        "shutil",
        "subprocess",
        "asyncio",
        "threading",
        "multiprocessing",
        "logging",
    }
    | {"socket", "ssl", "urllib", "http", "requests", "httpx", "aiohttp"}
    | {"sqlite3", "sqlalchemy", "psycopg2", "pyarrow", "dagster"}
)
NO_REASON_TO_IMPORT = (
    dict.fromkeys(CLOCKS, "only a venue knows what time it is: take view.captured_at")
    | dict.fromkeys(CHANCE, "the same capture has to give the same signals")
    | dict.fromkeys(OUTSIDE, "a strategy fetches and stores nothing: it is handed a capture")
)
FORBIDDEN_CALLS = {"now", "utcnow", "today", "default_rng", "open", "print", "input", "read_csv", "read_parquet"}


def imports_only_what_is_pure(subject: Subject) -> None:
    """It imports the domain and libraries that compute: no clock, no chance, no files, no network, no other layer."""
    for tree in trees(subject):
        for name in _imported(tree):
            root, *rest = name.split(".")
            assert root not in NO_REASON_TO_IMPORT, f"{name}: {NO_REASON_TO_IMPORT[root]}"
            assert root != "prescient_dagster" or rest[:1] == ["domain"], f"{name}: strategies know the domain only"
        called = {node.attr if isinstance(node, ast.Attribute) else node.id for node in _callees(tree)}
        assert not called & FORBIDDEN_CALLS


def decides_the_same_twice(subject: Subject) -> None:
    """The same capture and config give the same candidates and the same signals, in the same order."""
    for capture in probes.probes():
        again = replace(capture, markets=capture.markets.copy())
        assert _told(subject.strategy.select(capture, subject.config())) == _told(
            subject.strategy.select(again, subject.config())
        )
        assert subject.wishes(capture) == subject.wishes(again)


def changes_nothing_it_is_given(subject: Subject) -> None:
    """Capture, config and candidates are as before once it has decided."""
    for capture in probes.probes():
        before = replace(capture, markets=capture.markets.copy())
        for column in capture.columns.values():
            column.flags.writeable = False
        rows = subject.strategy.select(capture, subject.wide()).rows.copy()
        rows.flags.writeable = False
        subject.wishes(capture, subject.wide(), rows)
        assert capture.markets.equals(before.markets)
        assert all(list(texts) == before.texts[name] for name, texts in capture.texts.items())


def knows_no_order(subject: Subject) -> None:
    """Which markets it buys does not depend on the order in which they are listed."""
    for capture in probes.probes():
        assert set(subject.wishes(capture)) == set(subject.wishes(probes.shuffled(capture)))


def knows_no_clock(subject: Subject) -> None:
    """A capture that is moved in time, with every time in it, is traded alike."""
    for capture in probes.probes():
        later = probes.postponed(capture, timedelta(days=400))
        assert _essence(subject.wishes(later)) == _essence(subject.wishes(capture))


def knows_no_market_by_name(subject: Subject) -> None:
    """Ids and addresses tell it nothing: with other ones it buys the same."""
    for capture in probes.probes():
        anew = subject.wishes(probes.renamed(capture))
        back = [replace(wish, market_id=wish.market_id[1:], event_id=wish.event_id[1:]) for wish in anew]
        assert _essence(back) == _essence(subject.wishes(capture))


def never_sees_the_outcome(subject: Subject) -> None:
    """Events that are over change nothing for the others, however they ended, and are never entered."""
    for capture in probes.probes():
        alone = subject.wishes(capture, subject.wide())
        for winner in (0, 1):
            beside = probes.with_decided_events(capture, winner=winner)
            assert set(subject.wishes(beside, subject.wide())) == set(alone)


def _told(selection: Selection) -> tuple[list[int], Any]:
    return selection.rows.tolist(), selection.funnel


def _essence(wishes: Sequence[Signal]) -> list[Signal]:
    """The signals without the name of their bundle, which holds ids and the time."""
    return [replace(wish, bundle=wish.bundle and wish.bundle.rpartition(":")[0].partition(":")[0]) for wish in wishes]


def _imported(source: ast.Module) -> Iterable[str]:
    for node in ast.walk(source):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def _callees(source: ast.Module) -> Iterable[ast.Attribute | ast.Name]:
    callees = (node.func for node in ast.walk(source) if isinstance(node, ast.Call))
    return (callee for callee in callees if isinstance(callee, ast.Attribute | ast.Name))
