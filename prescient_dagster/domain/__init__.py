"""What trading means here: pure values and rules. No Dagster, SQL, HTTP or file access.

Rooms, each importing only those before it: `market` → `books` → `strategy` → `cycle` → `figures` → `past` and `watch`;
beside them `money`, `moments` and `errors`, which all use.
"""
