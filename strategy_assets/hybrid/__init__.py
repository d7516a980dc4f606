"""Hybrid: other strategies blended into one.

`strategy` is the rule, `members` tells which strategies can be blended, `blends` joins what they wish for.
"""

from strategy_assets.hybrid.members import member_names
from strategy_assets.hybrid.strategy import STRATEGY, HybridConfig

__all__ = ["STRATEGY", "HybridConfig", "member_names"]
