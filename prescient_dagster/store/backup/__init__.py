"""A backup: its manifest, the dump of its database by PostgreSQL's own programs, and the mark of a restore."""
