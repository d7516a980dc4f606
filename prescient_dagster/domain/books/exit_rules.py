"""Why a position is sold: it is kept with the trade."""

from enum import StrEnum


class ExitRule(StrEnum):
    """Why a position is sold; where several apply, the first of these."""

    STOP_LOSS = "stop_loss"
    PROFIT_TARGET = "profit_target"
    MAX_HOLDING_DAYS = "max_holding_days"
    CLOSING = "closing"  # the portfolio is being closed
    BY_HAND = "by_hand"  # no rule: a person wanted it so


LEFT_ALONE = (ExitRule.STOP_LOSS, ExitRule.BY_HAND)
"""After these a market is not entered again for `reentry_hours`."""
