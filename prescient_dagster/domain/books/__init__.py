"""What is owned: the ledger of trades, positions, settlement, and what it all is worth.

Why something is bought belongs into `strategy`, at what price it fills into `cycle`.
"""
