"""What is kept: the database and the capture files. Here: the tables, their versions, the connection, retention.

Rooms by what they keep: `market`, `books`, `past`, `figures`; `server` is the PostgreSQL server that belongs to a home.
"""
