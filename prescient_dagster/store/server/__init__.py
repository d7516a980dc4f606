"""The PostgreSQL server that belongs to a home."""
