"""Hybrid: other strategies blended into one. `strategy.py` is the rule, `blends` joins what the members wish for."""

from strategy_assets.hybrid.strategy import STRATEGY, HybridConfig, member_names

__all__ = ["STRATEGY", "HybridConfig", "member_names"]
