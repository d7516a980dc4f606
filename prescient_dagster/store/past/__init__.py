"""What was worked out again: replays, and what an explanation needs."""
