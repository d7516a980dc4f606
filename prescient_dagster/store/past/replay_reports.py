"""What a report tells of replays: all of them in a handful of queries, as `reports` tells it of portfolios."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, func, select, tuple_
from sqlalchemy.dialects.postgresql import distinct_on

from prescient_dagster.domain.books.settlement import Ending, Verdict
from prescient_dagster.domain.figures.performance import History
from prescient_dagster.domain.figures.position_histories import Remark
from prescient_dagster.domain.figures.reports import Played, ReportPortfolio
from prescient_dagster.domain.figures.signal_tally import SignalTally
from prescient_dagster.store.figures.report_rows import remark, tallied
from prescient_dagster.store.market.capture_sources import StoredCaptures
from prescient_dagster.store.past.replays import FOLLOWED, histories, label, labelled
from prescient_dagster.store.tables import replay_signals, replay_trades, replays

EndDates = Mapping[str, datetime | None]


def load_replays(connection: Connection, replay_ids: Sequence[int]) -> list[ReportPortfolio]:
    """The replays of these numbers, in that order. What one of them saw of how markets ended is its own.

    Raises:
        NotFound: there is no such replay.
    """
    if not replay_ids:
        return []
    found = histories(connection, replay_ids).portfolios
    query = select(replays).where(replays.c.replay_id.in_(replay_ids))
    rows = {row["replay_id"]: row for row in connection.execute(query).mappings()}
    tallies, ends = _tallies(connection, replay_ids), _end_dates(connection, replay_ids)
    return [
        _portfolio(history, rows[number], tallies.get(number, SignalTally()), ends.get(number, {}))
        for number, history in zip(replay_ids, found, strict=True)
    ]


def _portfolio(history: History, row: RowMapping, signals: SignalTally, ends: EndDates) -> ReportPortfolio:
    return ReportPortfolio(
        history,
        verdicts={market_id: Verdict(Ending(ending)) for market_id, ending in row["endings"].items()},
        name=_title(row),
        settings=row["config"],
        signals=signals,
        end_dates=ends,
        played=_played(row),
    )


def _title(row: RowMapping) -> str:
    strategy = row["strategy_type"].replace("_", " ")
    return f"Replay {row['replay_id']} of {strategy}" + (f": {row['name']}" if row["name"] else "")


def _played(row: RowMapping) -> Played:
    return Played(
        source="" if row["source"] == StoredCaptures.name else row["source"],
        settings_of=row["portfolio"] or "",
        first=row["first_captured_at"],
        last=row["last_captured_at"],
        captures=row["captures_read"],
        missing=row["captures_missing"],
        duplicated=row["captures_duplicated"],
        notes=row["notes"],
    )


def _tallies(connection: Connection, replay_ids: Sequence[int]) -> dict[int, SignalTally]:
    ended = (replay_signals.c.replay_id, replay_signals.c.status, replay_signals.c.reject_reason)
    query = select(*ended, func.count()).where(replay_signals.c.replay_id.in_(replay_ids)).group_by(*ended)
    return tallied(connection.execute(query))


def _end_dates(connection: Connection, replay_ids: Sequence[int]) -> dict[int, dict[str, datetime | None]]:
    """When the events of what is held at the end should end, as the newest signal of that market knew it."""
    market = (replay_signals.c.replay_id, replay_signals.c.market_id)
    query = (
        select(*market, replay_signals.c.event_end_date)
        .where(tuple_(*market).in_(_held(replay_ids)))
        .order_by(*market, replay_signals.c.number.desc())
        .ext(distinct_on(*market))
    )
    ends: dict[int, dict[str, datetime | None]] = defaultdict(dict)
    for replay_id, market_id, end in connection.execute(query):
        ends[replay_id][market_id] = end
    return ends


def _held(replay_ids: Sequence[int]) -> Select[Any]:
    market = (replay_trades.c.replay_id, replay_trades.c.market_id)
    mine = replay_trades.c.replay_id.in_(replay_ids)
    return select(*market).where(mine).group_by(*market).having(func.sum(replay_trades.c.shares) > 0)


def replay_remarks(connection: Connection, fills: Mapping[str, Iterable[str]]) -> dict[str, dict[str, Remark]]:
    """What stands beside these fills of replays, by their names and `source_ref`; other names are passed over."""
    numbers = {name: number for name in fills if (number := labelled(name)) is not None}
    wanted = [(number, ref) for name, number in numbers.items() for ref in fills[name]]
    remarks: dict[str, dict[str, Remark]] = defaultdict(dict)
    if wanted:
        for replay_id, ref, *told in connection.execute(_remarks_of(wanted)):
            remarks[label(replay_id)][ref] = remark(*told)
    return remarks


def _remarks_of(wanted: Sequence[tuple[int, str]]) -> Select[Any]:
    key = (replay_trades.c.replay_id, replay_trades.c.source_ref)
    return (
        select(*key, replay_trades.c.details, replay_signals.c.reason, replay_signals.c.confidence)
        .select_from(replay_trades.join(replay_signals, FOLLOWED))
        .where(tuple_(*key).in_(wanted))
    )
