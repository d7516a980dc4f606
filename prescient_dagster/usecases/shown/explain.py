"""Why a portfolio entered a market on a capture or did not, as a document."""

from dataclasses import asdict, dataclass, replace
from typing import Any

from prescient_dagster.catalog import strategy_of
from prescient_dagster.domain.books.portfolios import PortfolioStatus
from prescient_dagster.domain.cycle.limit import Circumstances
from prescient_dagster.domain.cycle.players import Moment, Player
from prescient_dagster.domain.errors import NotFound
from prescient_dagster.domain.market.history import PriceHistory
from prescient_dagster.domain.market.kept_texts import kept_text
from prescient_dagster.domain.market.sides import labelled
from prescient_dagster.domain.past import explanation
from prescient_dagster.domain.past.explanation import Explanation
from prescient_dagster.domain.strategy.configs import validated
from prescient_dagster.domain.strategy.recalled import recalled
from prescient_dagster.domain.strategy.rules import Step
from prescient_dagster.domain.strategy.side_labels import labelled_action
from prescient_dagster.store.books import portfolios, trades
from prescient_dagster.store.database import Database
from prescient_dagster.store.market import captures
from prescient_dagster.store.market.capture_folders import CaptureFolder
from prescient_dagster.store.market.captures import CaptureStatus
from prescient_dagster.store.market.forecasts import stored_forecasts
from prescient_dagster.store.market.stored_past import StoredPast
from prescient_dagster.store.past.explanation import Situation, book_fault, situation
from prescient_dagster.usecases.shown.cells import MISSING, cell

STEP_COLUMNS = ("part", "rule", "asks", "value", "passed", "note")
EXIT_COLUMNS = ("position", "rule", "asks", "value", "applies", "note")
SIGNAL_FIELDS = (
    *("action", "side_label", "target_price", "amount", "confidence", "status", "reject_reason", "book_fault"),
    *("bundle", "reason"),
)
WISH_FIELDS = ("action", "side_label", "target_price", "amount", "confidence", "reason")
SIGNAL_COLUMNS = ("action", "target_price", "amount", "status", "reject_reason", "reason")
TRADE_COLUMNS = ("trade_id", "timestamp", "kind", "side", "shares", "price", "fee", "cash_delta", "synthetic")
TRADE_FIELDS = (*TRADE_COLUMNS, "side_label")


@dataclass(frozen=True, slots=True)
class Question:
    """Which market of which portfolio on which capture is meant, or the trade that says all three.

    Attributes:
        name: slug or number of the portfolio.
        capture: None: where the market was last entered, or else the newest.
    """

    name: str = ""
    market_id: str = ""
    capture: int | None = None
    trade: int | None = None


def explained(database: Database, folder: CaptureFolder, question: Question) -> dict[str, Any]:
    """Every rule in order, the first that refused, and what the portfolio did, worked out again from the capture.

    Raises:
        NotFound: there is no such portfolio, market, capture or trade, or its strategy is gone.
        StrategyUnavailable: the strategy does not load.
    """
    asked = _placed(database, question)
    found = situation(database, asked.name, asked.capture)
    at = _circumstances(database, folder, found)
    _require_known(found, at, asked.market_id)
    told = explanation.explain(at, asked.market_id)
    return _document(asked.market_id, _with_reasons(database, found, at), at, told)


def _placed(database: Database, question: Question) -> Question:
    """The question with its portfolio, market and capture; None: the newest."""
    if question.trade is not None:
        place = trades.place(database, question.trade)
        return Question(str(place.portfolio_id), place.market_id, place.capture_id)
    number = portfolios.get(database, question.name).portfolio_id
    return replace(question, capture=question.capture or trades.entry(database, number, question.market_id))


def _require_known(found: Situation, at: Circumstances, market_id: str) -> None:
    """Raise `NotFound` for a market that neither the capture nor the portfolio's books of then know."""
    held = any(position.market_id == market_id for position in found.account.positions.values())
    traded = any(row["market_id"] == market_id for row in (*found.signals, *found.trades))
    if market_id not in at.moment.capture.row_of and not held and not traded:
        raise NotFound(
            f"capture {found.record.capture_id} lists no market {market_id!r}: `prescient markets` shows the newest; "
            "--capture takes an older one"
        )


def _with_reasons(database: Database, found: Situation, at: Circumstances) -> Situation:
    """The situation with, in each signal, what was wrong with the order book it was refused for."""
    signals = [row | {"book_fault": book_fault(database, at.moment.capture, row)} for row in found.signals]
    return replace(found, signals=signals)


def _circumstances(database: Database, folder: CaptureFolder, found: Situation) -> Circumstances:
    strategy = strategy_of(found.portfolio)
    if found.cycle is None:
        config = validated(strategy.config, found.portfolio.strategy_config)
    else:
        config = recalled(strategy.config, found.cycle.config)
    player = Player(strategy, config, found.portfolio.initial_balance, found.status)
    capture = captures.load(database, folder, found.record.capture_id)
    past, said = StoredPast(database, folder), stored_forecasts(database)
    past.known_until = None if found.cycle is None else found.cycle.started_at
    moment = Moment(capture, True, found.previous, history=PriceHistory(past), forecasts=said)
    return Circumstances(player, found.account, moment)


def _document(market_id: str, found: Situation, at: Circumstances, told: Explanation) -> dict[str, Any]:
    signals, trades = ([row for row in rows if row["market_id"] == market_id] for rows in (found.signals, found.trades))
    return {
        "portfolio": found.portfolio.slug,
        "strategy_type": found.portfolio.strategy_type,
        "capture_id": found.record.capture_id,
        "captured_at": found.record.captured_at,
        "market_id": market_id,
        **_market(at, market_id),
        "enters": told.refusal is None,
        "refused_by": None if told.refusal is None else told.refusal.rule,
        "verdict": _verdict(told),
        "steps": [_step(step) for step in told.steps],
        "rank": told.rank,
        "matches": told.matches,
        "wish": [_wish(signal) for signal in told.wish if signal.market_id == market_id],
        "held": [_held(position) for position in at.account.positions.values() if position.market_id == market_id],
        "exits": [_exit(step) for step in told.exits],
        "exit_verdict": _exit_verdict(told),
        "cycle": found.cycle and {"stage": found.cycle.stage, "code_version": found.cycle.code_version},
        "did": _did(found, told, market_id),
        "signals": [{name: row[name] for name in SIGNAL_FIELDS} for row in signals],
        "trades": [{name: row[name] for name in TRADE_FIELDS} for row in trades],
        "config": at.player.config.document(),
    }


def _market(at: Circumstances, market_id: str) -> dict[str, Any]:
    capture = at.moment.capture
    row, texts = capture.row_of.get(market_id), capture.texts
    columns = {"market_question": "question", "event_id": "event_id", "event_title": "event_title"}
    told = {name: None if row is None else kept_text(texts[column][row]) for name, column in columns.items()}
    labels = ("yes_label", "no_label")
    return told | {name: None if row is None else capture.text(name, row) for name in labels}


def _step(step: Step) -> dict[str, Any]:
    return {name: value for name, value in asdict(step).items() if name != "part"} | {"part": step.part}


def _exit(step: Step) -> dict[str, Any]:
    values = {name: getattr(step, name) for name in ("rule", "comparison", "threshold", "value", "note")}
    return {"position": step.part, **values, "applies": step.passed}


def _wish(signal: Any) -> dict[str, Any]:
    return {name: getattr(signal, name) for name in WISH_FIELDS}


def _held(position: Any) -> dict[str, Any]:
    return {name: getattr(position, name) for name in ("side", "side_label", "shares", "cost", "opened_at", "bundle")}


def _verdict(told: Explanation) -> str:
    step = told.refusal
    if step is None:
        wish = labelled_action(told.wish[0].action, told.wish[0].side_label)
        return f"it passes every rule: {wish}, rank {told.rank} of {told.matches}"
    return f'refused by the rule "{step.rule}"{_compared(step)}{f" ({step.note})" if step.note else ""}'


def _compared(step: Step) -> str:
    if not step.comparison:
        return "" if step.value is None else f": {cell(step.value)}"
    value = "there is no value, which" if step.value is None else cell(step.value)
    return f": {value} is not {step.comparison} {cell(step.threshold)}"


def _did(found: Situation, told: Explanation, market_id: str) -> str:
    """What happened to the portfolio in this market on the capture, in a sentence."""
    mine = [row for row in found.signals if row["market_id"] == market_id]
    paid = [row for row in found.trades if row["market_id"] == market_id and row["signal_id"] is None]
    done = [*map(_paid, paid), *map(_ended, mine)]
    if found.cycle is None:
        done.append(f"no cycle on this capture: {_why_none(found)}")
    elif {row["action"] for row in mine} != _wished(told, market_id):
        done.append(f"the cycle decided otherwise than this, with code {found.cycle.code_version}")
    return "; ".join(done) or "its cycle did nothing in this market"


def _wished(told: Explanation, market_id: str) -> set[str]:
    """The actions that the explanation expects of a cycle in this market."""
    return {signal.action for signal in (*told.sales, *told.entries) if signal.market_id == market_id}


def _exit_verdict(told: Explanation) -> str | None:
    """What becomes of what is held, in a sentence; None where nothing is."""
    if not told.exits:
        return None
    if told.sales:
        return f"sold by {told.sales[0].exit}"
    if len(told.exits) == sum(step.rule == "can be sold" for step in told.exits):
        return "held until it resolves: no exit rule is set, or it cannot be sold"
    return "held on: no exit rule applies"


def _why_none(found: Situation) -> str:
    record, status = found.record, found.portfolio.status
    if record.status is not CaptureStatus.READY:
        return f"it is {record.status}" + (f", {record.status_reason}" if record.status_reason else "")
    if status is not PortfolioStatus.ACTIVE:
        return f"the portfolio is {status}"
    if found.failure is not None:
        return f"the last one failed, {found.failure}"
    return "none has been run"


def _paid(trade: dict[str, Any]) -> str:
    side = labelled(trade["side"], trade["side_label"])
    kind = "sold by hand" if str(trade["source_ref"]).startswith("by_hand:") else trade["kind"]
    return f"{kind}: {cell(trade['cash_delta'])} USD for {cell(-trade['shares'])} {side}"


def _ended(signal: dict[str, Any]) -> str:
    reason = f", {signal['reject_reason']}" if signal["reject_reason"] else ""
    why = f" ({signal['book_fault']})" if signal["book_fault"] else ""
    return f"{labelled_action(signal['action'], signal['side_label'])}: {signal['status']}{reason}{why}"


def sides_told(document: dict[str, Any]) -> str:
    """What the venue calls the sides; nothing where that says no more than yes and no."""
    sides = [labelled(side, document[f"{side}_label"]) for side in ("yes", "no")]
    return "" if sides == ["yes", "no"] else f": {' or '.join(sides)}"


def step_row(step: dict[str, Any]) -> dict[str, Any]:
    """A step as a line of a table; one that only tells has its verdict in brackets."""
    bound = step["comparison"] or step["threshold"] is not None
    asks = f"{step['comparison']} {cell(step['threshold'])}".strip() if bound else MISSING
    return step | {"asks": asks, "value": cell(step["value"])}
