"""Jobs on what is past: replays and sweeps, filled in as forms."""
