"""What portfolios own and did: cycles, signals, trades, positions, snapshots.

Written by cycles, settlements and people alone; what is worked out from it is read in `store/figures` and `store/past`.
"""
