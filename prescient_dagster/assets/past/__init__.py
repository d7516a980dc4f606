"""Jobs on what is past: replays and sweeps, filled in as forms. They play by `usecases/replay` and `sweeps`."""
