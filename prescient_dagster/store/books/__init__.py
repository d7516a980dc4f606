"""What portfolios own and did: cycles, signals, trades, positions, snapshots."""
