"""What a strategy is: its settings, its filters, its rules, and the signals it gives.

The strategies themselves are in `strategy_assets/`; what becomes of their signals is in `cycle`.
"""
