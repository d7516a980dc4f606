"""Decisions worked out again: replays, verification, explanations, sweeps. They decide by `cycle`, never alone."""
