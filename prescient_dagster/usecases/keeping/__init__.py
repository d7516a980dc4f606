"""What is kept beyond a home: backups, homes made of them, and tables for other programs."""
