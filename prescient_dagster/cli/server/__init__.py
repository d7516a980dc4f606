"""`prescient dev` and the processes it looks after: a home, its database, Dagster's servers and how each is watched."""
