"""Nothing changed: another checkout and this one play the same side by side, and everything is equal to the last digit.

    python benchmarks/equality.py CHECKOUT [--captures 200] [--data DIR]

Both play the simulated venue with 25 portfolios from a fixed start, replay and verify them, explain markets, and replay
every strategy over recordings (`events/*.json` and `series/*` in DIR). What they kept and told is compared: rows of all
tables but for real times, names of runs and identities of code. Exit code 1 where anything differs.
"""

import argparse
import io
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import redirect_stdout
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

START = datetime(2026, 3, 1, tzinfo=UTC)
OTHERWISE = {"run_id", "source", "code_version", "created_at", "started_at", "stored_at", "fetched_at", "asked_at"}
"""Names of what is another at every run: real times, identities of runs and code, the folder that was played."""
EXPLAINED = 2  # markets per portfolio: traded ones, and as many that were not
SHOWN = 10

Found = Mapping[str, list[Any]]
"""What a side kept and told, by table or command."""


def main() -> int:
    given = _arguments().parse_args()
    if given.side:
        given.side.write_text(json.dumps(play(given.captures, given.data), default=str))
        return 0
    here = Path(__file__).resolve().parents[1]
    with tempfile.TemporaryDirectory() as folder:
        checkouts = {"before": given.checkout, "after": here}
        sides = [_played(checkout, Path(folder) / name, given) for name, checkout in checkouts.items()]
    differing = list(differences(*sides))
    for line in differing[:SHOWN]:
        print(line)
    rows = {name: len(rows) for name, rows in sides[1].items()}
    where = dict(Counter(line.split()[0].rstrip(":") for line in differing))
    print(f"{len(differing)} differences {where} in {sum(rows.values())} rows and documents: {rows}")
    return bool(differing)


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("checkout", type=Path, help="the other checkout")
    parser.add_argument("--captures", type=int, default=200, help="of the simulated venue")
    parser.add_argument("--data", type=Path, help="a folder of recordings")
    parser.add_argument("--side", type=Path, help=argparse.SUPPRESS)
    return parser


def _played(checkout: Path, file: Path, given: argparse.Namespace) -> Found:
    """What a checkout plays, in a process that imports from there."""
    root = checkout.resolve()
    options = ["--captures", str(given.captures), "--side", str(file)]
    options += ["--data", str(given.data.resolve())] if given.data else []
    command = [sys.executable, "-P", __file__, str(root), *options]
    subprocess.run(command, check=True, cwd=root, env={**os.environ, "PYTHONPATH": str(root)})
    found: Found = json.loads(file.read_text())
    return found


def differences(one: Found, other: Found) -> Iterator[str]:
    """A line for each row or document that is not the same; what only one side has names for is left out."""
    for name in one.keys() & other.keys():
        if len(one[name]) != len(other[name]):
            yield f"{name}: {len(one[name])} rows, {len(other[name])} rows"
        for number, (before, after) in enumerate(zip(one[name], other[name], strict=False)):
            if differing := list(_differing(before, after, "")):
                yield f"{name} {number}: " + "; ".join(differing[:3])


def _differing(before: Any, after: Any, at: str) -> Iterator[str]:
    if isinstance(before, dict) and isinstance(after, dict):
        for name in sorted((before.keys() & after.keys()) - OTHERWISE):
            yield from _differing(before[name], after[name], f"{at}.{name}")
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for number, pair in enumerate(zip(before, after, strict=True)):
            yield from _differing(*pair, f"{at}[{number}]")
    elif before != after:
        yield f"{at} was {before!r:.80}, is {after!r:.80}"


def play(captures: int, data: Path | None) -> dict[str, list[Any]]:
    """What this checkout makes of everything: rows by table, documents by command."""
    from benchmarks import long_run
    from benchmarks.measure import migrated, scratch_home
    from prescient_dagster.venue.simulated import SimulatedVenue

    assert Path(long_run.__file__).is_relative_to(Path.cwd()), long_run.__file__
    with scratch_home() as home:
        database, clock = migrated(home), long_run.Clock(START)
        venue = SimulatedVenue(long_run.SEED, long_run.EVENTS, long_run.SPEED, START, clock=clock)
        slugs = long_run.create_portfolios(database)
        for _ in range(captures):
            long_run.take_capture(database, home / "captures", venue)
            long_run.trade(database, home / "captures", venue, slugs)
            clock.an_hour_later()
        os.environ |= {"PRESCIENT_HOME": str(home), "PRESCIENT_DATABASE_URL": database.url}
        told = {name: [_told(*command) for command in commands] for name, commands in _commands(database, slugs)}
        told["recordings"] = [] if data is None else list(_recordings(data, home))
        return told | _rows(database)


def _commands(database: Any, slugs: Mapping[str, list[str]]) -> Iterator[tuple[str, list[list[str]]]]:
    everybody = [slug for group in slugs.values() for slug in group]
    yield "replay", [["replay", "--portfolio", slug] for slug in everybody]
    yield "verify", [["replay", "--portfolio", slug, "--verify"] for slug in everybody]
    yield "sweep", [["sweep", "--strategy", "momentum", "--grid", "max_positions=2,5", "--grid", "trade_amount=20,50"]]
    yield "performance", [["performance"]]
    yield "explain", [["explain", *each] for slug in everybody for each in _some_markets(database, slug)]


def _some_markets(database: Any, slug: str) -> Iterator[list[str]]:
    """Some markets that a portfolio traded, on their captures, and some of what it left alone there."""
    signals = [row for row in _read(database, "signals") if row["slug"] == slug]
    for row in islice(signals, 0, None, max(len(signals) // EXPLAINED, 1)):
        yield [slug, row["market_id"], "--capture", str(row["capture_id"])]
    others = [row for row in _read(database, "signals") if row["slug"] != slug]
    for row in islice(others, 0, None, max(len(others) // EXPLAINED, 1)):
        yield [slug, row["market_id"], "--capture", str(row["capture_id"])]


def _recordings(data: Path, home: Path) -> Iterator[Any]:
    """Every strategy over each recording and series."""
    from prescient_dagster.catalog import strategy_names

    folders = [data / "events"]
    for number, series in enumerate(sorted((data / "series").glob("*.gz"))):
        folders.append(home / f"series-{number}")
        _told("captures", "import", str(series), "-o", str(folders[-1]))
    for folder in folders:
        for strategy in strategy_names():
            yield _told("replay", "--strategy", strategy, "--captures", str(folder))


def _told(*command: str) -> Any:
    """The document that a command of `prescient` prints."""
    from prescient_dagster.cli.main import run

    with redirect_stdout(io.StringIO()) as printed:
        code = run([*command, "--json"])
    if not printed.getvalue():
        raise SystemExit(f"prescient {' '.join(command)} ended with {code}")
    return json.loads(printed.getvalue())


def _rows(database: Any) -> dict[str, list[Any]]:
    tables = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'prescient' ORDER BY 1"
    names = [name for (name,) in _query(database, tables)]
    return {name: [row for (row,) in _query(database, _all_of(name))] for name in names if name != "alembic_version"}


def _all_of(table: str) -> str:
    left_out = " ".join(f"- '{name}'" for name in sorted(OTHERWISE))
    return f"SELECT row FROM (SELECT to_jsonb(t) {left_out} AS row FROM prescient.{table} t) AS rows ORDER BY row"


def _read(database: Any, table: str) -> list[dict[str, Any]]:
    joined = f"SELECT to_jsonb(t) || jsonb_build_object('slug', p.slug) FROM prescient.{table} t"
    ordered = "JOIN prescient.portfolios p USING (portfolio_id) ORDER BY p.slug, t.capture_id, t.rank"
    return [row for (row,) in _query(database, f"{joined} {ordered}")]


def _query(database: Any, statement: str) -> list[Any]:
    from sqlalchemy import text

    with database.begin() as connection:
        return list(connection.execute(text(statement)))


if __name__ == "__main__":
    sys.exit(main())
