"""The strategies, one file each, and their Dagster code location."""
