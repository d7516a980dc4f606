"""The tables of the pages against the code, and that everything they name is there."""

import inspect
import re
import shlex
from collections.abc import Iterator
from dataclasses import fields
from enum import Enum, StrEnum
from typing import Any

import pytest
from dagster import AssetKey

from benchmarks.__main__ import BENCHMARKS
from prescient_dagster.catalog import load_strategy, strategy_names
from prescient_dagster.cli.main import build
from prescient_dagster.definitions import defs as platform
from prescient_dagster.domain.books.ledger import TradeKind
from prescient_dagster.domain.books.portfolios import PortfolioStatus
from prescient_dagster.domain.books.snapshots import MarkSource, Snapshot
from prescient_dagster.domain.market import bounds
from prescient_dagster.domain.market.kept_texts import MOST_LETTERS
from prescient_dagster.domain.market.markets import Untradable
from prescient_dagster.domain.strategy.fill_models import FillModel
from prescient_dagster.domain.strategy.signals import RejectReason, SignalStatus
from prescient_dagster.settings import Settings
from prescient_dagster.store.tables_out import TABLES
from prescient_dagster.venue import sizes
from prescient_dagster.web.admission import Refusal
from strategy_assets.definitions import defs as strategies
from tests.assets.filled_forms import form_fields
from tests.pages import PAGES, README, ROOT, Page

STRATEGIES, MONEY, OPERATIONS, SECURITY, KEEPING, CONFIGURATION, BENCHMARKS_PAGE, DEVELOPING = (
    next(page for page in PAGES if page.path.stem == name)
    for name in (
        *("strategies", "money", "operations", "security", "keeping", "configuration", "benchmarks", "developing"),
    )
)
COMMAND = re.compile(r"\bprescient ([a-z][a-z-]*)(?: ([a-z][a-z-]*))?")
COMMANDS: Any = build()


def commands() -> dict[str, Any]:
    """Every command by its full name: `db upgrade`."""
    found = {}
    for name, command in COMMANDS.commands.items():
        for inner, nested in getattr(command, "commands", {"": command}).items():
            found[f"{name} {inner}".strip()] = nested.loaded()
    return found


def table(page: Page, *heading: str) -> list[tuple[str, ...]]:
    assert heading in page.tables(), f"{page.name} has no table with the heading {heading}"
    return page.tables()[heading]


def code(text: object) -> str:
    return f"`{text}`"


def test_every_setting_of_the_environment_is_listed_with_its_default_and_meaning() -> None:
    prefix = Settings.model_config["env_prefix"]
    expected = [
        (code(f"{prefix}{name.upper()}"), default_of(field.default), field.description)
        for name, field in Settings.model_fields.items()
    ]
    told = table(CONFIGURATION, "variable", "default", "meaning")
    assert told[: len(expected)] == expected


def default_of(value: object) -> str:
    if value in (None, ""):
        return ""
    return code(int(value) if isinstance(value, bool) else value)


def test_every_refusal_of_the_guard_is_told_with_its_status() -> None:
    told = [
        int(status) for _, what in table(SECURITY, "a request", "is") for status in re.findall(r"refused, (\d+)", what)
    ]
    assert sorted(told) == sorted(refusal.status for refusal in Refusal)


def test_the_bounds_for_what_strangers_send_are_those_of_the_code() -> None:
    told = {what: bound for what, bound, _ in table(SECURITY, "what", "bound", "beyond it")}
    assert told["a question or a title"] == f"{MOST_LETTERS} letters"
    assert told["an identifier"] == f"{bounds.LONGEST_ID} letters"
    assert told["an answer of a venue"] == f"{sizes.MOST_ANSWER_BYTES // 1024**2} MB, unpacked"
    assert told["a file to import or to replay"] == f"{sizes.MOST_FILE_BYTES // 1024**2} MB, packed and unpacked"
    assert told["a Parquet file"] == f"{sizes.MOST_ROWS:,} rows"
    assert told["an amount of USD or shares"] == f"{bounds.AMOUNT.low:.0f} to {bounds.AMOUNT.high:,.0f}"
    years = (int(str(moment)[:4]) for moment in (bounds.FIRST_TIME, bounds.LAST_TIME))
    assert told["a time"] == f"the years {next(years)} to {next(years) - 1}"


def test_every_variable_of_make_is_there() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    ours = {
        name
        for name, *_ in table(CONFIGURATION, "variable", "default", "meaning")
        if not name.startswith("`PRESCIENT_")
    }
    given = re.findall(r"^([A-Z]+) \?=", makefile, re.MULTILINE)
    assert {name.strip("`") for name in ours} == set(given)


def test_every_setting_of_the_strategies_is_listed_with_its_defaults() -> None:
    (heading,) = (heading for heading in STRATEGIES.tables() if heading[0] == "setting")
    shipped = heading[2:]
    assert set(shipped) <= set(strategy_names())
    assert table(STRATEGIES, *heading) == list(setting_rows(shipped))


def setting_rows(shipped: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """A row for each setting that any of these strategies has."""
    models = [load_strategy(name).config for name in shipped]
    names = dict.fromkeys(name for model in models for name in model.model_fields)
    for name in sorted(names, key=lambda name: (group(name), list(names).index(name))):
        meanings = dict.fromkeys(model.model_fields[name].description for model in models if name in model.model_fields)
        told = "; or ".join(str(meaning).replace("|", "\\|") for meaning in meanings)
        yield code(name), told, *(default_cell(model, name) for model in models)


def group(name: str) -> int:
    """Filters of the event, of the market, and the rest."""
    return next((number for number, prefix in enumerate(("event_m", "market_m")) if name.startswith(prefix)), 2)


def default_cell(model: Any, name: str) -> str:
    if name not in model.model_fields:
        return ""
    value = model.model_fields[name].get_default(call_default_factory=True)
    match value:
        case None:
            return "–"
        case Enum():
            return str(value.value)
        case bool():
            return str(value).lower()
        case dict():
            return ", ".join(f"{key} {each:g}" for key, each in value.items()) or "–"
    return f"{value:,.10g}"


def test_every_reason_why_a_market_is_not_tradable_is_named() -> None:
    told = STRATEGIES.text.partition("cannot be traded, and why")[2].partition("the first that holds")[0]
    assert re.findall(r"`([a-z_]+)`", told) == ["markets", *Untradable]


def test_the_readme_describes_the_strategies_in_their_own_words() -> None:
    for name, idea in table(README, "strategy", "idea"):
        assert load_strategy(name.strip("`")).description.rstrip(".").lower() == idea.lower()


@pytest.mark.parametrize(
    ("heading", "values"),
    [
        ("fill model", FillModel),
        ("status", SignalStatus),
        ("reason", RejectReason),
        ("kind", TradeKind),
        ("mark", MarkSource),
    ],
)
def test_every_value_there_is_has_its_row(heading: str, values: type[StrEnum]) -> None:
    (rows,) = (rows for names, rows in MONEY.tables().items() if names[0] == heading)
    assert [name for name, *_ in rows] == [code(value) for value in values]


def test_every_field_of_a_snapshot_is_listed() -> None:
    told = {name.strip("`") for name, _ in table(MONEY, "field", "meaning")}
    assert told == {field.name for field in fields(Snapshot)} - {"timestamp"}


def test_every_status_of_a_portfolio_is_listed() -> None:
    (rows,) = (rows for names, rows in OPERATIONS.tables().items() if names[0] == "status")
    assert [name for name, *_ in rows] == [str(status) for status in PortfolioStatus]


def test_everything_that_runs_by_itself_is_listed() -> None:
    told = [name for name, *_ in table(OPERATIONS, "name", "kind", "when", "what it does")]
    there = [each.name for each in (*(platform.schedules or ()), *(platform.sensors or ()))]
    assert {re.findall("`(.+?)`", name)[0] for name in told} == {*there, "momentum_schedule"}
    assert "momentum_schedule" in {schedule.name for schedule in strategies.schedules or ()}


def test_every_check_is_listed_with_what_fails_it_and_what_to_do() -> None:
    assert table(OPERATIONS, "check", "asset", "fails where", "severity", "what to do") == check_rows()


def check_rows() -> list[tuple[str, ...]]:
    """A row for each check, those of the strategies together, in the words of their own pages."""
    found: dict[tuple[str, ...], list[str]] = {}
    for key, description in sorted(described_checks().items()):
        parts = re.fullmatch(r"Fails where (.+)\. ((?:WARN|ERROR).*?)\. What to do: (.+)\.", description)
        assert parts is not None, f"{key} does not say where it fails, how severe that is and what to do"
        assets = found.setdefault((key[0], *parts.groups()), [])
        assets += [] if code(key[1]) in assets else [code(key[1])]
    return [(code(name), ", ".join(assets), *told) for (name, *told), assets in found.items()]


def described_checks() -> dict[tuple[str, str], str]:
    """The description of every check by its name and its asset; that of a strategy as `<strategy>/trades`."""
    assets = [asset for defs in (platform, strategies) for asset in defs.resolve_asset_graph().assets_defs]
    return {(spec.name, kind_of(spec.asset_key)): str(spec.description) for each in assets for spec in each.check_specs}


def kind_of(key: AssetKey) -> str:
    return "/".join(["<strategy>", *key.path[1:]] if len(key.path) > 1 else key.path)


def test_every_job_is_listed_with_what_it_does_and_its_fields() -> None:
    there = [job for job in platform.resolve_all_job_defs() if not job.name.startswith("__")]
    expected = [(code(job.name), (job.description or "").rstrip("."), told_fields(job)) for job in there]
    momentum = strategies.resolve_job_def("momentum")
    expected.append((code("momentum"), str(momentum.description).rstrip("."), ""))
    assert table(OPERATIONS, "job", "what it does", "fields") == expected


def told_fields(job: Any) -> str:
    """The fields of a form, those that must be filled in first."""
    fields = form_fields(job)
    needed, optional = ([code(name) for name in fields if fields[name].is_required is must] for must in (True, False))
    told = [", ".join(needed), f"optional {', '.join(optional)}" if optional else ""]
    return "; ".join(part for part in told if part)


def test_every_command_is_listed_with_what_it_does() -> None:
    expected = [(code(f"prescient {name}"), first_sentence(command)) for name, command in commands().items()]
    assert table(OPERATIONS, "command", "what it does") == expected


def first_sentence(command: Any) -> str:
    return re.split(r"(?<=\.)\s", " ".join(inspect.cleandoc(command.help).split()), maxsplit=1)[0].rstrip(".")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_that_a_page_names_is_there(page: Page) -> None:
    known = commands()
    for line in [*page.shell_lines(), *page.inline_code()]:
        for name, inner in COMMAND.findall(line):
            assert name in known or f"{name} {inner}" in known, line
        if line.startswith("prescient "):
            assert_options_exist(line, known)


def assert_options_exist(line: str, known: dict[str, Any]) -> None:
    words = shlex.split(line.replace("…", ""))[1:]
    command = known.get(" ".join(words[:2])) or known.get(words[0], COMMANDS)
    options = {"--help", *(option for parameter in command.params for option in parameter.opts)}
    assert {word for word in words if word.startswith("--")} <= options, line


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_target_of_make_that_a_page_names_is_there(page: Page) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    named = {match for line in [*page.shell_lines(), *page.inline_code()] for match in re.findall(r"^make (\w+)", line)}
    assert named <= targets


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_asset_that_a_page_names_is_there(page: Page) -> None:
    known = {key.to_user_string() for defs in (platform, strategies) for key in defs.resolve_all_asset_keys()}
    named = {text for text in page.inline_code() if re.fullmatch(r"[a-z_]+/(signals|trades|snapshots)", text)}
    assert named <= known
    if page == README:
        assert {code(key) for key in known if "/" not in key} <= set(re.findall("`[a-z_]+`", page.text))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_that_a_page_names_is_there(page: Page) -> None:
    examples = ("breakout.py", "breakout/__init__.py", "coin_toss.py", "_levels.py")
    invented = {f"strategy_assets/{name}" for name in examples}
    named = {text for text in page.inline_code() if re.fullmatch(r"[\w./-]+\.py|[a-z_]+/", text)} - invented
    assert [
        name for name in named if not (ROOT / name).exists() and not (ROOT / "prescient_dagster" / name).exists()
    ] == []
    for link in page.links():
        path, _, anchor = link.partition("#")
        target = (page.path.parent / path).resolve() if path else page.path
        assert target.exists(), link
        assert not anchor or anchor in anchors(Page(target)), link


def anchors(page: Page) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", page.prose, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def test_the_tree_for_developers_is_the_one_there_is() -> None:
    (tree,) = (block for block in DEVELOPING.fences("") if block.startswith("prescient_dagster/"))
    folder = ""
    for line in tree.splitlines():
        name = line.split()[0]
        folder = "" if not line.startswith(" ") else folder
        assert (ROOT / folder / name).exists(), name
        folder = name if not line.startswith(" ") else folder
    named = {line.split()[0] for line in tree.splitlines() if line.startswith("  ")}
    layers = (path for path in (ROOT / "prescient_dagster").iterdir() if path.is_dir() and path.name != "__pycache__")
    assert {f"{path.name}/" for path in layers} <= named


def test_every_figure_comes_from_a_benchmark() -> None:
    rows = table(BENCHMARKS_PAGE, "benchmark", "figure", "measured", "at most")
    assert {name.strip("`") for name, *_ in rows} <= set(BENCHMARKS)


def test_every_page_is_linked_from_the_readme() -> None:
    linked = {link.partition("#")[0] for link in README.links()}
    assert {page.name for page in PAGES if page != README} <= linked


def test_every_table_of_an_export_is_told() -> None:
    told = [name.strip("`") for name, _ in table(KEEPING, "table", "a row is")]
    assert told == [*(each.name for each in TABLES), "daily", "performance"]


def test_what_developing_says_is_there() -> None:
    """Every file, folder and make target that the page for developers names."""
    page = (ROOT / "docs" / "developing.md").read_text(encoding="utf-8")
    named = re.findall(r"`((?:prescient_dagster|strategy_assets|tests)/[\w/.]*)`", page)
    assert len(named) > 20
    assert [name for name in named if not (ROOT / name).exists()] == []
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert [each for each in re.findall(r"`make ([\w-]+)", page) if f"\n{each}:" not in makefile] == []
    folders = re.findall(r"ARGS=\"?(tests/\w+)", page)
    assert [name for name in folders if not (ROOT / name).is_dir()] == []
    rooms = {path.name for path in (ROOT / "prescient_dagster" / "domain").iterdir() if (path / "__init__.py").exists()}
    assert rooms == set(re.findall(r"\| `prescient_dagster/domain/(\w+)/` \|", page))
