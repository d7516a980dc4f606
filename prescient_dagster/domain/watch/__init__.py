"""Whether all is well, and who is told if not: health, alerts, lateness, and when a schedule should have run."""
