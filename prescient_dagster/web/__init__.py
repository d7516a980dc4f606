"""The web UI as we serve it: Dagster's own, behind a guard.

Here belongs who may ask it for what, and later pages of ours. What Dagster's pages show belongs to `assets`.
"""
