"""Arbitrage: sets of markets that pay more than they cost, however the events end.

`strategy.py` is the rule. Beside it: which markets exclude each other (`exclusive_groups`, made of `legs`), what their
sets cost and pay (`sets`, `nested`), and how each set is judged, a condition at a time (`ways`).
"""

from strategy_assets.arbitrage.strategy import STRATEGY, ArbitrageConfig

__all__ = ["STRATEGY", "ArbitrageConfig"]
