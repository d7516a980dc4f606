"""A prediction-market venue that is computed, not stored: any instant of it follows from seed, size and time alone."""
