"""What a try of settings said, for the page of its run."""

from collections.abc import Mapping
from typing import Any

from prescient_dagster.assets.told.tables import columns, table
from prescient_dagster.domain.past.trials import Trial

MOST_TRADES = 50
TRADES = columns(
    timestamp="string",
    question="string",
    kind="string",
    side="string",
    shares_now="string",
    shares_new="string",
    market_id="string",
)


def told_trial(trial: Trial) -> dict[str, Any]:
    """The verdict first, then the numbers and the trades."""
    interval = trial.comparison.interval
    shown = f"{interval.low:+.3%} to {interval.high:+.3%} a day" if interval else "too few days"
    rows = [_row(each) for each in trial.differing[:MOST_TRADES]]
    trades = {"trades": table(TRADES, rows)} if rows else {}
    return {"verdict": trial.verdict, **trial.returns, **trial.entry(), "interval": shown, **trades}


def _row(each: Mapping[str, Any]) -> dict[str, Any]:
    shares = {name: "" if each[name] is None else str(each[name]) for name in ("shares_now", "shares_new")}
    told = {name: each[name] for name in ("kind", "side", "side_label", "market_id")}
    at = f"{each['timestamp']:%Y-%m-%d %H:%M:%S}"
    return {"timestamp": at, "question": each["market_question"], **told, **shares}
