"""What was worked out again: replays and walk-forwards as they are kept, and what explanations and verifications need.

They never write to the live books.
"""
