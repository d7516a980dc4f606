"""When a position is sold before its market resolves: `stop_loss`, then `profit_target`, then `max_holding_days`.

The return of a position is what selling it at the bid would bring, after the fee, on what it cost. Where nobody bids
there is no return and nothing to sell. A bundle is sold whole or not at all, and never once a leg has settled: what is
left of it then is a bet, and the settled leg was its other half.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from prescient_dagster.domain import money
from prescient_dagster.domain.books.exit_rules import ExitRule
from prescient_dagster.domain.books.ledger import Account, Position
from prescient_dagster.domain.cycle import fills
from prescient_dagster.domain.cycle.bundles import BundleId
from prescient_dagster.domain.market.fees import NO_FEE
from prescient_dagster.domain.market.markets import Capture
from prescient_dagster.domain.market.quotes import Quote, quote
from prescient_dagster.domain.strategy.configs import StrategyConfig
from prescient_dagster.domain.strategy.fill_models import FillModel
from prescient_dagster.domain.strategy.rules import AT_LEAST, AT_MOST, Step
from prescient_dagster.domain.strategy.signals import Action, Signal

ROUGH = 1e-4
"""Of the cost, and in USD a leg: nearer to a bound, money is compared as money. Roundings are less than 1e-5 a leg."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A position and what the best bid offers for all of it, in USD."""

    position: Position
    quote: Quote
    notional: Decimal
    fee: Decimal


def exits(account: Account, capture: Capture, config: StrategyConfig, *, closing: bool = False) -> list[Signal]:
    """The sales that the exit rules ask for, by market id; a bundle stands where its first leg does.

    Args:
        closing: sell whatever can be sold, rule or no rule.
    """
    sales: list[Signal] = []
    for held in holdings(account):
        if not closing and _is_far_from_rules(held, capture, config):
            continue
        offers = sellable(held, capture, config)
        rule = _rule(offers, capture, config, closing=closing) if offers else None
        if rule is not None:
            reason = _reason(rule, offers, capture)
            sales.extend(_sale(offer, rule, reason) for offer in offers)
    return sales


def holdings(account: Account) -> list[tuple[Position, ...]]:
    """The open positions by market id, the legs of a bundle together."""
    groups: dict[str, list[Position]] = {}
    for holding in sorted(account.positions):
        position = account.positions[holding]
        groups.setdefault(position.slot, []).append(position)
    return [tuple(legs) for legs in groups.values()]


def _is_far_from_rules(legs: Sequence[Position], capture: Capture, config: StrategyConfig) -> bool:
    """Whether a rough look shows that no rule applies. What is near a bound is left to `rule_steps`, as money."""
    proceeds = cost = 0.0
    for leg in legs:
        offered = _offered(leg, capture, config)
        if offered is None:
            return True
        proceeds, cost = proceeds + offered, cost + float(leg.cost)
    near = ROUGH * (cost + len(legs))
    if config.stop_loss is not None and proceeds <= cost * (1 - config.stop_loss) + near:
        return False
    if config.profit_target is not None and proceeds >= cost * (1 + config.profit_target) - near:
        return False
    most = config.max_holding_days
    return most is None or capture.captured_at - min(leg.opened_at for leg in legs) < timedelta(days=most)


def _offered(position: Position, capture: Capture, config: StrategyConfig) -> float | None:
    """About what the best bid brings after the fee; None where nothing can be sold."""
    market = quote(capture, *position.holding)
    if market is None or not market.tradable or market.bid is None:
        return None
    a_share = float(market.bid) if config.fill_model is FillModel.MID else market.net_bid
    return None if a_share is None else float(position.shares) * a_share


def is_whole(legs: Sequence[Position]) -> bool:
    """Whether no leg is missing: of a bundle because it has settled."""
    bundle = legs[0].bundle
    return bundle is None or len(legs) == BundleId.parse(bundle).legs


def sellable(legs: Sequence[Position], capture: Capture, config: StrategyConfig) -> list[Offer]:
    """What the bids offer for a position, or for every leg of a bundle; empty where not all of it can be sold."""
    if not is_whole(legs):
        return []
    offers = [offer for leg in legs if (offer := _offer(leg, quote(capture, *leg.holding), config)) is not None]
    return offers if len(offers) == len(legs) else []


def _offer(position: Position, market: Quote | None, config: StrategyConfig) -> Offer | None:
    if market is None or not market.tradable or market.bid is None:
        return None
    fees = NO_FEE if config.fill_model is FillModel.MID else market.fees
    if fees is None:
        return None
    notional = money.usd(position.shares * market.bid)
    if notional < fills.MINIMUM_NOTIONAL:
        return None
    return Offer(position, market, notional, fees.of(position.shares, market.bid))


def is_dust(position: Position) -> bool:
    """Whether a marked position is worth less than the least sale: it can only wait for its market to resolve."""
    return position.mark is not None and position.shares * position.mark < fills.MINIMUM_NOTIONAL


def _rule(offers: Sequence[Offer], capture: Capture, config: StrategyConfig, *, closing: bool) -> ExitRule | None:
    applying = (ExitRule(step.rule) for step in rule_steps(offers, capture, config) if step.passed)
    return next(applying, ExitRule.CLOSING if closing else None)


def rule_steps(offers: Sequence[Offer], capture: Capture, config: StrategyConfig) -> Iterator[Step]:
    """What a position makes of the exit rules that are set, in their order; the ones passed apply.

    Compared as money, so that a return on the very bound is on it.
    """
    cost, proceeds = _cost(offers), _proceeds(offers)
    if config.stop_loss is not None:
        stops = proceeds <= cost * (1 - money.exact(config.stop_loss))
        yield Step(str(ExitRule.STOP_LOSS), stops, AT_MOST, -config.stop_loss, return_on_cost(offers))
    if config.profit_target is not None:
        pays = proceeds >= cost * (1 + money.exact(config.profit_target))
        yield Step(str(ExitRule.PROFIT_TARGET), pays, AT_LEAST, config.profit_target, return_on_cost(offers))
    if config.max_holding_days is not None:
        held, most = capture.captured_at - _opened_at(offers), config.max_holding_days
        yield Step(
            str(ExitRule.MAX_HOLDING_DAYS), held >= timedelta(days=most), AT_LEAST, most, held / timedelta(days=1)
        )


def _cost(offers: Sequence[Offer]) -> Decimal:
    return sum((offer.position.cost for offer in offers), money.ZERO)


def _proceeds(offers: Sequence[Offer]) -> Decimal:
    return sum((offer.notional - offer.fee for offer in offers), money.ZERO)


def _opened_at(offers: Sequence[Offer]) -> datetime:
    return min(offer.position.opened_at for offer in offers)


def return_on_cost(offers: Sequence[Offer]) -> Decimal:
    """(Proceeds at the bids - fees) / cost - 1, of all legs together."""
    return _proceeds(offers) / _cost(offers) - 1


def _reason(rule: ExitRule, offers: Sequence[Offer], capture: Capture) -> str:
    held = (capture.captured_at - _opened_at(offers)) / timedelta(days=1)
    return f"{rule}: return {return_on_cost(offers):+.2%} at the bid after {held:.1f} days"


def _sale(offer: Offer, rule: ExitRule, reason: str) -> Signal:
    position, market = offer.position, offer.quote
    return Signal(
        market_id=position.market_id,
        event_id=position.event_id,
        action=Action.sell(position.side),
        target_price=money.price(market.listed_price or market.bid or money.ZERO),
        amount=offer.notional,
        confidence=money.ZERO,
        reason=reason,
        liquidity=market.liquidity,
        bundle=position.bundle,
        shares=position.shares,
        exit=rule,
    )
