"""How much an order wishes to spend, by the sizing of its portfolio's config; a bundle is sized as a whole."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from prescient_dagster.domain import money
from prescient_dagster.domain.cycle.limit import PORTFOLIO, Circumstances
from prescient_dagster.domain.market.quotes import quote
from prescient_dagster.domain.strategy.fill_models import FillModel
from prescient_dagster.domain.strategy.rules import Step
from prescient_dagster.domain.strategy.signals import Signal
from prescient_dagster.domain.strategy.sizing import Size


def sized(order: Sequence[Signal], at: Circumstances) -> list[Signal]:
    """The order with the amount that the sizing says, and with the rule and its numbers in the reason."""
    size = _size(order[0], at)
    return list(order) if size is None else [_resized(signal, size) for signal in order]


def size_step(order: Sequence[Signal], at: Circumstances) -> Step:
    """What the order spends and why, as an explanation shows it."""
    size = _size(order[0], at)
    amount, told = (order[0].amount, "") if size is None else (size.amount, size.told)
    return Step("sizing", True, "", str(at.player.config.sizing), amount, decides=False, part=PORTFOLIO, note=told)


def _size(signal: Signal, at: Circumstances) -> Size | None:
    return at.player.config.size(at.account.equity_track.last, signal.probability, _cost(signal, at))


def _cost(signal: Signal, at: Circumstances) -> Decimal | None:
    """What a share costs at the ask with its fee, in USD; None: nobody offers one, or the fee is unknown."""
    if at.player.config.fill_model is FillModel.MID:
        return signal.target_price
    listed = quote(at.moment.capture, signal.market_id, signal.action.side)
    if listed is None or listed.ask is None or listed.fees is None:
        return None
    return listed.ask + listed.fees.per_share(listed.ask)


def _resized(signal: Signal, size: Size) -> Signal:
    told = f"{signal.reason}; sized by {size.told}"
    shares = signal.shares
    if shares is not None and signal.amount:
        shares = money.shares_down(shares * size.amount / signal.amount)
    return replace(signal, amount=size.amount, shares=shares, reason=told)
