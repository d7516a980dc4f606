"""Dagster's runs: made, read, told of and cleared away."""
