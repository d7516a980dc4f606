"""One market on one capture: its columns, its quotes, its fees, and whether what a venue says can be true.

Nothing here knows who owns anything or what anybody wants to trade.
"""
