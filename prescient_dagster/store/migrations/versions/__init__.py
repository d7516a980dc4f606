"""One file per migration, numbered in order; each names the one before it."""
