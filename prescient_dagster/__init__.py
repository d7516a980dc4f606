"""Prescient: paper trading of prediction markets on Dagster."""
