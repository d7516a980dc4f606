"""A backup: its manifest, and the dump of its database by PostgreSQL's own programs."""
