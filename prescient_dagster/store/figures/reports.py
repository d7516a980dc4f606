"""What a report tells of portfolios beside their histories: all of them in a handful of queries, at one moment.

Replays, which `replay_reports` reads, may stand beside them.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, func, or_, select, true, tuple_
from sqlalchemy.dialects.postgresql import distinct_on

from prescient_dagster.domain.books.ledger import Position, worth
from prescient_dagster.domain.books.settlement import Verdict
from prescient_dagster.domain.figures.overview import is_young
from prescient_dagster.domain.figures.performance import History
from prescient_dagster.domain.figures.position_histories import Remark
from prescient_dagster.domain.figures.reports import Funnel, ReportPortfolio
from prescient_dagster.domain.figures.signal_tally import SignalTally
from prescient_dagster.domain.watch.lateness import warnings
from prescient_dagster.store.books import equity_tracks
from prescient_dagster.store.books.held import held_by
from prescient_dagster.store.books.snapshots import curves
from prescient_dagster.store.database import Database
from prescient_dagster.store.figures.performance import histories
from prescient_dagster.store.figures.report_rows import remark, tallied
from prescient_dagster.store.lateness import lateness
from prescient_dagster.store.past.replay_reports import load_replays, replay_remarks
from prescient_dagster.store.tables import cycles, portfolios, positions, signals, trades, world

MOST_POINTS = 240
IDENTITY = ("name", "description", "status", "settings")


@dataclass(frozen=True, slots=True)
class ReportData:
    """What a report starts from.

    Attributes:
        venue: empty where no capture has been taken yet, or none of them saw it.
        warnings: what a reader has to know of what was traded live.
    """

    portfolios: Sequence[ReportPortfolio]
    venue: str
    warnings: Sequence[str] = ()


def load_report(database: Database, names: Sequence[str] = (), replay_ids: Sequence[int] = ()) -> ReportData:
    """The portfolios with these slugs or numbers and the replays with these, in that order; without any all portfolios.

    Raises:
        NotFound: there is no such portfolio or replay.
    """
    with database.view() as connection:
        found = _live(connection, names) if names or not replay_ids else []
        found += load_replays(connection, list(dict.fromkeys(replay_ids)))
        venue = connection.scalar(select(world.c.venue)) or ""
        live = any(each.played is None for each in found)
        late = list(warnings(lateness(connection))) if live else []
    saw_it = not found or any(each.played is None or not each.played.source for each in found)
    return ReportData(found, venue if saw_it else "", late)


def _live(connection: Connection, names: Sequence[str]) -> list[ReportPortfolio]:
    found = histories(connection, names)
    slugs = [history.slug for history in found.portfolios]
    told, tallies = _identities(connection, slugs), _tallies(connection, slugs)
    ends, funnels = _end_dates(connection, slugs), _funnels(connection, slugs)
    young = curves(connection, [each.slug for each in found.portfolios if is_young(each)], MOST_POINTS)
    for slug, points in young.items():
        told[slug]["young"] = points
    return [_portfolio(each, found.verdicts, told[each.slug], tallies, ends, funnels) for each in found.portfolios]


def _portfolio(  # noqa: PLR0913, PLR0917 - what was read of all of them
    history: History,
    verdicts: Mapping[str, Verdict],
    told: Mapping[str, Any],
    tallies: Mapping[str, SignalTally],
    ends: Mapping[str, Mapping[str, datetime | None]],
    funnels: Mapping[str, Funnel],
) -> ReportPortfolio:
    slug = history.slug
    return ReportPortfolio(
        history,
        verdicts,
        **told,
        signals=tallies.get(slug, SignalTally()),
        end_dates=ends.get(slug, {}),
        funnel=funnels.get(slug),
    )


def _identities(connection: Connection, slugs: Sequence[str]) -> dict[str, dict[str, Any]]:
    """What it is called and set to, and what it holds."""
    named = (portfolios.c.portfolio_id, portfolios.c.name, portfolios.c.description, equity_tracks.STATUS)
    query = select(portfolios.c.slug, *named, portfolios.c.strategy_config.label("settings"))
    rows = connection.execute(query.where(portfolios.c.slug.in_(slugs))).mappings().all()
    held = held_by(connection, [row["portfolio_id"] for row in rows])
    return {
        row["slug"]: {name: row[name] for name in IDENTITY}
        | {"held": _greatest_first(held.get(row["portfolio_id"], []))}
        for row in rows
    }


def _greatest_first(held: Sequence[Position]) -> list[Position]:
    return sorted(held, key=lambda position: (-worth(position), *position.holding))


def _tallies(connection: Connection, slugs: Sequence[str]) -> dict[str, SignalTally]:
    """How many signals ended in each way; those of dry runs and of a cycle that is going are pending."""
    ended = (portfolios.c.slug, signals.c.status, signals.c.reject_reason)
    query = select(*ended, func.count()).select_from(signals.join(portfolios)).where(portfolios.c.slug.in_(slugs))
    return tallied(connection.execute(query.group_by(*ended)))


def _end_dates(connection: Connection, slugs: Sequence[str]) -> dict[str, dict[str, datetime | None]]:
    """When the events of what is held should end, as the newest signal of that market knew it."""
    mine = (signals.c.portfolio_id == positions.c.portfolio_id) & (signals.c.market_id == positions.c.market_id)
    query = (
        select(portfolios.c.slug, positions.c.market_id, signals.c.event_end_date)
        .select_from(positions.join(portfolios).join(signals, mine))
        .where(portfolios.c.slug.in_(slugs))
        .order_by(portfolios.c.slug, positions.c.market_id, signals.c.capture_id.desc())
        .ext(distinct_on(portfolios.c.slug, positions.c.market_id))
    )
    ends: dict[str, dict[str, datetime | None]] = defaultdict(dict)
    for slug, market_id, end in connection.execute(query):
        ends[slug][market_id] = end
    return ends


def _funnels(connection: Connection, slugs: Sequence[str]) -> dict[str, Funnel]:
    """Of the newest cycle of each: one look into the index per portfolio, there may be thousands of cycles."""
    newest = (
        select(cycles.c.funnel, cycles.c.markets_analyzed)
        .where(cycles.c.portfolio_id == portfolios.c.portfolio_id)
        .order_by(cycles.c.capture_id.desc())
        .limit(1)
        .correlate(portfolios)
        .lateral("newest")
    )
    query = select(portfolios.c.slug, newest).select_from(portfolios.join(newest, true()))
    return {
        slug: Funnel([(name, removed) for name, removed in funnel], left)
        for slug, funnel, left in connection.execute(query.where(portfolios.c.slug.in_(slugs)))
    }


def load_remarks(database: Database, fills: Mapping[str, Iterable[str]]) -> dict[str, dict[str, Remark]]:
    """What stands beside these fills, by slug or a replay's name and `source_ref`; what is not a fill has no remark."""
    remarks: dict[str, dict[str, Remark]] = defaultdict(dict)
    with database.view() as connection:
        known = select(portfolios.c.portfolio_id, portfolios.c.slug).where(portfolios.c.slug.in_(fills))
        slugs = {row.portfolio_id: row.slug for row in connection.execute(known)}
        wanted = [(number, ref) for number, slug in slugs.items() for ref in fills[slug]]
        for portfolio_id, ref, *told in connection.execute(_remarks_of(wanted)):
            remarks[slugs[portfolio_id]][ref] = remark(*told)
        return remarks | replay_remarks(connection, fills)


def _remarks_of(wanted: Sequence[tuple[int, str]]) -> Select[Any]:
    """By the unique key of the trades: a few fills of each portfolio, whatever their number is."""
    key = (trades.c.portfolio_id, trades.c.source_ref)
    return (
        select(*key, trades.c.details, signals.c.reason, signals.c.confidence)
        .select_from(trades.outerjoin(signals, signals.c.signal_id == trades.c.signal_id))
        # A fill has a signal, or was sold by hand at what was quoted.
        .where(tuple_(*key).in_(wanted), or_(trades.c.signal_id.is_not(None), trades.c.details["touch"].is_not(None)))
    )
