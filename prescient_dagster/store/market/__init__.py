"""What the venue listed and answered: captures, order books, resolutions."""
