"""Dagster's runs: made, read, told of and cleared away.

Which portfolios trade in which run, and who judges the checks of several; what a cycle does stands in `usecases/trade`.
"""
