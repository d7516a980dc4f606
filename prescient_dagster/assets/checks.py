"""What is checked, what a failing check means, and what to do then. The rules themselves are in the domain.

A check that forbids trading is an ERROR and refuses the capture (`ready` does so); settlement is never held up, so no
check is blocking. Everything else is a WARN. Texts of strangers stand in tables only, which the UI shows as they are.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

import dagster as dg

from prescient_dagster.assets.told.endings import pending_rows
from prescient_dagster.assets.told.tables import table
from prescient_dagster.domain.books.unresolved import LATE_AFTER, Pending, overdue
from prescient_dagster.domain.market.plausibility import (
    FEW_UNREADABLE,
    MOST_CROSSED,
    MOST_UNREADABLE,
    Finding,
    Plausibility,
)
from prescient_dagster.domain.strategy.configs import StrategyConfig
from prescient_dagster.domain.strategy.signals import RejectReason
from prescient_dagster.domain.watch.health import MarketData

REFUSES = "ERROR, the capture is refused"
OLDEST_TRADED = timedelta(minutes=StrategyConfig.model_fields["max_capture_age_minutes"].default)
LONGEST_REASON = 300
MOST_ROWS = 100
DIFFERENCES, MISSING, CAPTURE = "differences", "missing", "capture_id"
NOBODY: Mapping[str, str] = {}
FAULTY_BOOKS = (RejectReason.BOOK_UNUSABLE, RejectReason.VENUE_UNAVAILABLE)


@dataclass(frozen=True, slots=True)
class Check:
    """A check as its page and the documentation tell of it.

    Attributes:
        asset: what it belongs to, the first of several.
        fails: where it fails.
        severity: of a failure.
        to_do: what to do then.
    """

    name: str
    asset: str
    fails: str
    severity: str
    to_do: str

    def spec(self, asset: dg.AssetKey | str | None = None) -> dg.AssetCheckSpec:
        """The check on its asset, or on another that has it too."""
        return dg.AssetCheckSpec(self.name, asset=asset or self.asset, description=self.description)

    def key(self, asset: dg.AssetKey) -> dg.AssetCheckKey:
        """The check on an asset."""
        return dg.AssetCheckKey(asset, self.name)

    @property
    def description(self) -> str:
        """What its page says."""
        return f"Fails where {self.fails}. {self.severity}. What to do: {self.to_do}."

    def result(
        self,
        wrong: str,
        *,
        error: bool = False,
        well: str = "",
        asset: dg.AssetKey | str | None = None,
        metadata: Mapping[str, float | dg.MetadataValue[Any]] | None = None,
    ) -> dg.AssetCheckResult:
        """How it came out.

        Args:
            wrong: what is wrong, in our own words; empty: it passed.
            error: whether that forbids trading, or the books are wrong.
            well: what to say where it passed.
        """
        return dg.AssetCheckResult(
            passed=not wrong,
            check_name=self.name,
            asset_key=dg.AssetKey.from_coercible(asset or self.asset),
            severity=dg.AssetCheckSeverity.ERROR if error else dg.AssetCheckSeverity.WARN,
            description=f"{wrong}: {self.to_do}" if wrong else well,
            metadata=metadata or {},
        )


OF_CAPTURES = (
    Check(
        Plausibility.COUNTS.value,
        "markets",
        "no market is tradable, or there are less than half as many markets as in the capture before",
        REFUSES,
        "look whether the venue works; a next capture like it is let through",
    ),
    Check(
        Plausibility.PRICES.value,
        "markets",
        "a price is below 0 or above 1",
        REFUSES,
        "report the rows that are shown; prices are read wrongly",
    ),
    Check(
        Plausibility.QUOTES.value,
        "markets",
        "a market has a bid above its ask",
        f"WARN; above {MOST_CROSSED:.0%} of the quoted markets {REFUSES}",
        "look at the rows on the venue; the next capture should be without them",
    ),
    Check(
        Plausibility.RECORDS.value,
        "markets",
        f"more than {FEW_UNREADABLE:.1%} of the venue's records cannot be read",
        f"WARN; above {MOST_UNREADABLE:.0%} {REFUSES}",
        "report the rows that are shown; they are left out, nothing trades on them",
    ),
    Check(
        Plausibility.CLOCK.value,
        "markets",
        "a live venue's capture is stamped more than two minutes after the database's clock, or before the newest one",
        f"{REFUSES}; nothing is settled on it",
        "set the machine's clock right; the next capture is let through",
    ),
)
FRESH = Check(
    "captures_fresh",
    "ready",
    "the newest capture that may be traded is older than `PRESCIENT_STALE_MINUTES`, or there is none",
    f"WARN; ERROR where there is none, or above {OLDEST_TRADED.total_seconds() / 60:.0f} minutes, from which on "
    "portfolios no longer trade on it by default",
    "see the last runs of `market_data`, and that `market_data_schedule` is on",
)
IN_TIME = Check(
    "resolutions_in_time",
    "resolutions",
    f"a market that is held waits for its resolution for {LATE_AFTER.days} days, or the venue no longer knows it",
    "WARN",
    "look at it on the venue; it is valued at the venue's last price and settled once it is resolved",
)
BALANCED = Check(
    "books_balance",
    "settlements",
    "the books rebuilt from the trades differ from the stored ones, be it in the last digit",
    "ERROR",
    "pause the portfolios (`prescient portfolio pause`), look again with `prescient db reconcile`, and report it",
)
NONE_FAILED = Check(
    "no_portfolio_failed",
    "performance",
    "the last cycle of a portfolio failed",
    "WARN",
    "correct the portfolio (`prescient portfolio update`); it trades the next capture",
)
BOOKS = Check(
    "books_usable",
    "markets",
    "an order book that was needed makes no sense, or the venue could not be asked for it",
    "WARN",
    "look at the rows and at the venue; orders on these tokens are refused, all others fill, and the next capture asks "
    "anew",
)
ASKED = Check(
    "resolutions_asked",
    "resolutions",
    "the venue could not be asked how markets ended that are held and no longer open",
    "WARN",
    "look at the reason and at the venue; what is held there waits, all trade on, and the next capture asks again",
)
UNSEEN = replace(BALANCED, to_do="the next capture looks again, `prescient db reconcile` looks now")
CHECKS = (*OF_CAPTURES, FRESH, IN_TIME, ASKED, BALANCED, NONE_FAILED, BOOKS)


def of_capture(found: Sequence[Finding]) -> Iterator[dg.AssetCheckResult]:
    """What the rules say of a capture, as results of the checks on `markets`."""
    checks = {check.name: check for check in OF_CAPTURES}
    for finding in found:
        yield checks[finding.rule.value].result(
            finding.wrong,
            error=finding.forbids,
            well=", ".join(f"{figure:,} {name.replace('_', ' ')}" for name, figure in finding.figures.items()),
            metadata={**finding.figures, **_table("worst", finding.worst)},
        )


def fresh(data: MarketData, at: datetime, stale_minutes: float) -> dg.AssetCheckResult:
    """Whether what may be traded is new enough. `at`: now, by our clock."""
    stale = "no capture is ready to be traded" if data.ready is None else data.stale(at, stale_minutes)
    if data.ready is None:
        return FRESH.result(_joined(stale, data.refused()), error=True)
    age = at - data.ready.stored_at
    return FRESH.result(
        _joined(stale, data.refused()) if stale else "",
        error=age > OLDEST_TRADED,
        well=f"capture {data.ready.capture_id} is new enough",
        metadata={"capture_id": data.ready.capture_id, "age_minutes": round(age / timedelta(minutes=1), 1)},
    )


def in_time(waiting: Sequence[Pending], captured_at: datetime) -> dg.AssetCheckResult:
    """Whether a market has been waiting for its resolution for too long by the venue's clock."""
    late = overdue(waiting, captured_at)
    rows = pending_rows(late, captured_at)
    wrong = f"{len(late)} of {len(waiting)} markets wait too long for their resolution, or are unknown to the venue"
    return IN_TIME.result(wrong if late else "", well=f"{len(waiting)} are pending", metadata=_table("pending", rows))


def asked_check(failure: str, asked: int) -> dg.AssetCheckResult:
    """Whether the venue told how markets ended. `failure`: why not; empty: it did, of so many that were `asked` for."""
    return ASKED.result(
        "the venue could not be asked" if failure else "",
        well=f"{asked} markets were asked for",
        metadata=_table("failed", [{"reason": failure[:LONGEST_REASON]}] if failure else []),
    )


def balance_check(
    asset: dg.AssetKey | str, found: Mapping[str, Sequence[str]], unseen: Mapping[str, str] = NOBODY
) -> dg.AssetCheckResult:
    """The result of reconciling the books of these portfolios. `unseen`: whose books were not looked at, and why."""
    wrong = {slug: list(differences) for slug, differences in found.items() if differences}
    if unseen and not wrong:
        return UNSEEN.result(f"nobody has looked at the books of {_because(unseen)}", asset=asset)
    return BALANCED.result(
        f"the books of {', '.join(wrong)} do not balance" if wrong else "",
        error=True,
        well=f"{len(found)} portfolios balance",
        asset=asset,
        metadata={DIFFERENCES: dg.MetadataValue.json(wrong)} if wrong else {},
    )


def failing_check(
    asset: dg.AssetKey | str, failing: Mapping[str, str], unseen: Mapping[str, str] = NOBODY
) -> dg.AssetCheckResult:
    """Which portfolios are left failed, and which shards have not come to their end; why, by name."""
    rows = [{"portfolio": slug, "reason": reason[:LONGEST_REASON]} for slug, reason in {**failing, **unseen}.items()]
    wrong = [f"the last cycle of {', '.join(failing)} failed"] if failing else []
    wrong += [f"there is no end of {_because(unseen)}"] if unseen else []
    return NONE_FAILED.result(
        "; ".join(wrong),
        well="no portfolio is left failed",
        asset=asset,
        metadata=_table("failed", rows),
    )


def _because(unseen: Mapping[str, str]) -> str:
    return "; ".join(f"{name}: {why[:LONGEST_REASON]}" for name, why in unseen.items())


def books_check(
    asset: dg.AssetKey | str, capture_id: int, counts: Mapping[str, int], rows: Iterable[Mapping[str, Any]]
) -> dg.AssetCheckResult:
    """Whether the order books that were needed on a capture could be had and used.

    Args:
        counts: how many could be read, and how many not for which reason.
        rows: one for each that could not.
    """
    faults = {reason: counts[reason] for reason in FAULTY_BOOKS if counts.get(reason)}
    return BOOKS.result(
        f"{', '.join(f'{count} {reason}' for reason, count in faults.items())} order books" if faults else "",
        well=f"{sum(counts.values())} order books were needed",
        asset=asset,
        metadata={CAPTURE: capture_id, **counts, **_table(MISSING, list(islice(rows, MOST_ROWS)))},
    )


def _table(name: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, dg.MetadataValue[Any]]:
    return {name: table(None, rows)} if rows else {}


def _joined(*told: str | None) -> str:
    return "; ".join(text for text in told if text)
