"""What every strategy keeps to, as checks that any strategy file can be put through.

A check takes a loaded strategy and fails with what is wrong. `test_contract.py` puts every file in `strategy_assets/`
through all of them, so that a new file is checked without being named anywhere.
"""

import ast
import importlib.util
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from prescient_dagster.assets.run_config import run_config_class
from prescient_dagster.domain.bundles import BundleId
from prescient_dagster.domain.candidates import Selection
from prescient_dagster.domain.configs import StrategyConfig, validated
from prescient_dagster.domain.cycle import execute
from prescient_dagster.domain.errors import InvalidConfig
from prescient_dagster.domain.ledger import opened
from prescient_dagster.domain.markets import Capture
from prescient_dagster.domain.signals import Side, Signal
from prescient_dagster.domain.strategies import Strategy, View
from tests.builders import D, a_position, decided
from tests.strategies import probes

LONGEST_REASON = 300
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


@dataclass(frozen=True)
class Subject:
    """A strategy that is being checked, and the file it came from."""

    path: Path
    strategy: Strategy[Any]

    def config(self, **settings: Any) -> StrategyConfig:
        return validated(self.strategy.config, settings)

    def wide(self) -> StrategyConfig:
        """Its defaults without any filter that can be left out."""
        fields = self.strategy.config.model_fields
        return self.config(**{name: None for name in fields if name.startswith(("event_m", "market_m"))})

    def wishes(self, capture: Capture, config: StrategyConfig | None = None, rows: Any = None) -> list[Signal]:
        """What it would buy on a capture."""
        config = config or self.config()
        rows = self.strategy.select(capture, config).rows if rows is None else rows
        return list(self.strategy.decide(View(capture, rows), config))


def load(path: Path) -> Subject:
    """The strategy of a file, which need not be in the package."""
    spec = importlib.util.spec_from_file_location(f"strategy_assets.{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert hasattr(module, "STRATEGY"), f"{path.name} has to define STRATEGY"
    return Subject(path, module.STRATEGY)


# What it says of itself


def is_named_like_its_file(subject: Subject) -> None:
    """STRATEGY is a `Strategy` whose name is the file's: group, job, schedule and partitions are called so."""
    assert isinstance(subject.strategy, Strategy)
    assert subject.strategy.name == subject.path.stem


def describes_itself(subject: Subject) -> None:
    """Title, description and the module's first line say what it does, for people."""
    assert subject.strategy.title.strip()
    assert subject.strategy.description.strip().endswith(".")
    assert ast.get_docstring(_tree(subject)), f"{subject.path.name} has no docstring"


def documents_every_setting(subject: Subject) -> None:
    """Every setting has a default, a unit and a sentence; unknown settings are refused with a hint."""
    for name, field in subject.strategy.config.model_fields.items():
        assert not field.is_required(), f"{name} has no default"
        assert field.description, f"{name} does not say what it means"
        assert "unit" in dict(field.json_schema_extra or {}), f"{name} has no unit"  # type: ignore[arg-type]
    with pytest.raises(InvalidConfig, match="did you mean trade_amount"):
        subject.config(trade_amont=10)


def has_defaults_that_are_sound(subject: Subject) -> None:
    """The defaults pass the strategy's own checks, and what the config warns of is a sentence each."""
    config = subject.config()
    assert not list(config.impossible())
    assert all(isinstance(doubt, str) and doubt for doubt in config.doubtful())


def has_settings_that_are_json(subject: Subject) -> None:
    """Settings and their schema are JSON; what is stored with a cycle is the same config when read again."""
    json.dumps(subject.strategy.config.model_json_schema())
    document = json.loads(json.dumps(subject.config().document()))
    assert subject.config(**document) == subject.config()
    assert subject.config(**document).sha256() == subject.config().sha256()


def can_be_configured_in_a_run(subject: Subject) -> None:
    """Its settings become a Dagster run config, for the launchpad."""
    assert run_config_class(subject.strategy.name, subject.strategy.config).to_config_schema()


# Where it gets what it knows


def imports_only_what_is_pure(subject: Subject) -> None:
    """It imports the domain and libraries that compute: no clock, no chance, no files, no network, no other layer."""
    for name in _imported(_tree(subject)):
        root, *rest = name.split(".")
        assert root not in NO_REASON_TO_IMPORT, f"{name}: {NO_REASON_TO_IMPORT[root]}"
        assert root != "prescient_dagster" or rest[:1] == ["domain"], f"{name}: strategies know the domain only"
    called = {node.attr if isinstance(node, ast.Attribute) else node.id for node in _callees(_tree(subject))}
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


# What it decides


def finds_something_with_its_defaults(subject: Subject) -> None:
    """On a simulated venue its defaults trade at one time or another."""
    assert any(subject.wishes(capture) for capture in probes.probes())


def selects_tradable_markets(subject: Subject) -> None:
    """Candidates are tradable, each once and in order; the funnel counts what every filter removed."""
    for capture in probes.probes():
        selection = subject.strategy.select(capture, subject.config())
        rows = selection.rows.tolist()
        assert rows == sorted(set(rows))
        assert capture.columns["tradable"][selection.rows].all()
        assert all(isinstance(name, str) and removed >= 0 for name, removed in selection.funnel)


def wishes_for_candidates_only(subject: Subject) -> None:
    """Every signal buys a candidate, at most once besides bundles, at its listed price and for `trade_amount`."""
    config = subject.config(trade_amount=37.5)
    for capture in probes.probes():
        rows = subject.strategy.select(capture, config).rows
        wishes = subject.wishes(capture, config, rows)
        candidates = {capture.texts["market_id"][row]: int(row) for row in rows}
        single = [wish.market_id for wish in wishes if wish.bundle is None]
        assert len(single) == len(set(single))
        for wish in wishes:
            assert wish.action.is_entry
            assert wish.market_id in candidates
            assert wish.amount == D("37.5")
            column = "yes_price" if wish.action.side is Side.YES else "no_price"
            assert float(wish.target_price) == pytest.approx(capture.columns[column][candidates[wish.market_id]])


def gives_reasons(subject: Subject) -> None:
    """Every signal has a reason on one line and a confidence above 0."""
    for wish in _all_wishes(subject):
        assert wish.reason.strip()
        assert "\n" not in wish.reason
        assert len(wish.reason) <= LONGEST_REASON
        assert wish.confidence > 0
        assert wish.confidence.is_finite()
        assert wish.liquidity >= 0


def bundles_whole(subject: Subject) -> None:
    """The legs of a bundle agree in everything but market and side, and are as many as its name says."""
    for capture in probes.probes():
        legs_of: dict[str, list[Signal]] = {}
        for wish in subject.wishes(capture, subject.wide()):
            if wish.bundle is not None:
                legs_of.setdefault(wish.bundle, []).append(wish)
        for bundle, legs in legs_of.items():
            assert len(legs) == len({leg.market_id for leg in legs}) == BundleId.parse(bundle).legs >= 2
            assert len({(leg.amount, leg.shares, leg.confidence, leg.liquidity) for leg in legs}) == 1
            assert legs[0].shares
            assert subject.wide().least_margin() is not None


def trades_in_a_cycle(subject: Subject) -> None:
    """A portfolio can trade it: what it wishes for fills or is refused, and cash never goes below 0."""
    config, account = subject.config(fill_model="touch"), opened(D(300))
    for capture in probes.probes():
        signals = decided(subject.strategy, capture, account, config).signals
        _, account = execute(signals, account, capture, config, {})
        assert account.balance >= 0


# Where there is little to decide on


def lives_with_an_empty_venue(subject: Subject) -> None:
    """On a capture without markets, or without one that can be traded, it finds nothing and does not fail."""
    for capture in (probes.empty(), probes.closed_for_the_day()):
        for config in (subject.config(), subject.wide()):
            assert subject.strategy.select(capture, config).rows.tolist() == []
            assert subject.wishes(capture, config) == []


def lives_with_missing_numbers(subject: Subject) -> None:
    """Every number a venue may leave out may be missing; its signals still have finite numbers."""
    for capture in probes.probes():
        for wish in subject.wishes(probes.with_missing_numbers(capture), subject.wide()):
            assert wish.confidence.is_finite()
            assert wish.target_price.is_finite()


def lives_with_what_is_held(subject: Subject) -> None:
    """It can be asked while positions are held, also in markets that are no longer listed."""
    held = (a_position("gone"), a_position(probes.probes()[0].texts["market_id"][0]))
    for capture in probes.probes():
        rows = subject.strategy.select(capture, subject.config()).rows
        list(subject.strategy.decide(View(capture, rows, held), subject.config()))


Check = Callable[[Subject], None]
CHECKS: tuple[Check, ...] = (
    is_named_like_its_file,
    describes_itself,
    documents_every_setting,
    has_defaults_that_are_sound,
    has_settings_that_are_json,
    can_be_configured_in_a_run,
    imports_only_what_is_pure,
    decides_the_same_twice,
    changes_nothing_it_is_given,
    knows_no_order,
    knows_no_clock,
    knows_no_market_by_name,
    never_sees_the_outcome,
    finds_something_with_its_defaults,
    selects_tradable_markets,
    wishes_for_candidates_only,
    gives_reasons,
    bundles_whole,
    trades_in_a_cycle,
    lives_with_an_empty_venue,
    lives_with_missing_numbers,
    lives_with_what_is_held,
)


def _all_wishes(subject: Subject) -> Iterable[Signal]:
    return (wish for capture in probes.probes() for wish in subject.wishes(capture, subject.wide()))


def _told(selection: Selection) -> tuple[list[int], Any]:
    return selection.rows.tolist(), selection.funnel


def _essence(wishes: Sequence[Signal]) -> list[Signal]:
    """The signals without the name of their bundle, which holds ids and the time."""
    return [replace(wish, bundle=wish.bundle and wish.bundle.rpartition(":")[0].partition(":")[0]) for wish in wishes]


def _tree(subject: Subject) -> ast.Module:
    return ast.parse(subject.path.read_text(encoding="utf-8"))


def _imported(tree: ast.Module) -> Iterable[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def _callees(tree: ast.Module) -> Iterable[ast.Attribute | ast.Name]:
    callees = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
    return (callee for callee in callees if isinstance(callee, ast.Attribute | ast.Name))
