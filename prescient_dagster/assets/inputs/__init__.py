"""What is read for strategies beside the venue's own data."""
