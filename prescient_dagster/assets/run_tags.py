"""Tags on runs, by which others find out what a run is about. Imports no Dagster: commands that need no run read it."""

PROCESS_TAG = "prescient/process"
"""On runs that no code server knows: the process that carries them out. While it lives, they are no leftovers."""
PORTFOLIO_TAG = "prescient/portfolio"
"""The portfolio that a run was asked to do something with."""
PORTFOLIOS_TAG = "prescient/portfolios"
"""How many portfolios a run over a range of partitions was made for, with a digest of their slugs."""
