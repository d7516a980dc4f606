"""The best quotes of many markets at once, as arrays: what rules compare that look at a whole venue.

The same reading as `quotes`, which tells one market exactly; here prices are floats, and NaN where one cannot trade.
"""

from dataclasses import dataclass

import numpy as np

from prescient_dagster.domain.market.fees import taker_fee
from prescient_dagster.domain.market.markets import Capture, Floats, Mask, Rows
from prescient_dagster.domain.market.quotes import USUAL_TICK

PRICE_DECIMALS = 6


@dataclass(frozen=True)
class TopOfBook:
    """One side of some markets, per share in USD. NaN: nobody bids or asks there, or the fee is unknown.

    Attributes:
        bid: what a share can be sold for, `ask` what it can be bought for, both without fees.
        proceeds: the bid less its fee.
        cost: the ask with its fee.
    """

    bid: Floats
    ask: Floats
    tick: Floats
    rate: Floats
    exponent: Floats

    @property
    def proceeds(self) -> Floats:
        return self.bid - self.fee(self.bid)

    @property
    def cost(self) -> Floats:
        return self.ask + self.fee(self.ask)

    def fee(self, price: Floats) -> Floats:
        """The taker fee of one share at `price`, unrounded."""
        # A power of arrays is dear, and 1 is what there mostly is.
        return taker_fee(self.rate, self.exponent if (self.exponent != 1).any() else 1, price)


def top_of_book(capture: Capture, rows: Rows, yes: Mask | bool) -> TopOfBook:
    """The best quotes for these rows of `capture.markets`: of the YES side where `yes` says so, else of the NO side."""
    tick = capture.columns["tick_size"][rows]
    tick = np.where(tick > 0, tick, float(USUAL_TICK))
    bid, ask = capture.columns["best_bid"][rows], capture.columns["best_ask"][rows]
    exponent = capture.columns["fee_exponent"][rows]
    return TopOfBook(
        bid=_valid(np.where(yes, bid, np.round(1 - ask, PRICE_DECIMALS)), tick),
        ask=_valid(np.where(yes, ask, np.round(1 - bid, PRICE_DECIMALS)), tick),
        tick=tick,
        rate=capture.columns["fee_rate"][rows],
        exponent=np.where(np.isnan(exponent), 1.0, exponent),
    )


def _valid(price: Floats, tick: Floats) -> Floats:
    highest = np.round(1 - tick, PRICE_DECIMALS)
    return np.where((price >= tick) & (price <= highest), price, np.nan)
