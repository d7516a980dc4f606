"""Every portfolio with its figures, and every strategy with those of its portfolios as one."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from prescient_dagster.domain.books.settlement import Verdict
from prescient_dagster.domain.figures.performance import History, Performance, TrackRecord, performance, track_record


@dataclass(frozen=True, slots=True)
class Contender:
    """A portfolio, or all of a strategy's together.

    Attributes:
        name: the portfolio's slug, or `all momentum`, which no slug can be.
        portfolios: how many it is made of.
    """

    name: str
    strategy_type: str
    portfolios: int
    performance: Performance


@dataclass(frozen=True, slots=True)
class Leaderboard:
    """Portfolios in the order in which they were given, strategies by name."""

    portfolios: Sequence[Contender]
    strategies: Sequence[Contender]

    def document(self) -> dict[str, list[dict[str, Any]]]:
        """All figures of all, by their names."""
        return {
            "portfolios": [
                {"slug": each.name, "strategy_type": each.strategy_type, **each.performance.figures()}
                for each in self.portfolios
            ],
            "strategies": [
                {"strategy_type": each.strategy_type, "portfolios": each.portfolios, **each.performance.figures()}
                for each in self.strategies
            ],
        }


def ranked(contenders: Iterable[Contender]) -> list[Contender]:
    """Highest total return first; equal ones by name."""
    return sorted(contenders, key=lambda each: (-each.performance.returns.total_return, each.name))


def leaderboard(histories: Iterable[History], verdicts: Mapping[str, Verdict]) -> Leaderboard:
    """The figures of these portfolios and of their strategies.

    Args:
        verdicts: how markets ended, by market id, as far as it may be known.
    """
    records = [(history, track_record(history, verdicts)) for history in histories]
    portfolios = [contender(history.slug, history.strategy_type, [record]) for history, record in records]
    pools = by_strategy((history.strategy_type, record) for history, record in records)
    return Leaderboard(portfolios, pooled(pools))


def by_strategy(records: Iterable[tuple[str, TrackRecord]]) -> dict[str, list[TrackRecord]]:
    """Track records, each of which comes with the strategy it belongs to, strategy by strategy."""
    pools: dict[str, list[TrackRecord]] = defaultdict(list)
    for strategy_type, record in records:
        pools[strategy_type].append(record)
    return pools


def pooled(pools: Mapping[str, Sequence[TrackRecord]]) -> list[Contender]:
    """Strategies, each with all of its track records as one, by name."""
    return [contender(f"all {name}", name, pools[name]) for name in sorted(pools)]


def contender(name: str, strategy_type: str, records: Sequence[TrackRecord]) -> Contender:
    """These track records as one, with their figures."""
    return Contender(name, strategy_type, len(records), performance(records))
