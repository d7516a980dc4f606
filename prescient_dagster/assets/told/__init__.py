"""What materializations tell: metadata, tables and pictures."""
