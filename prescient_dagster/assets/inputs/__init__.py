"""What is read for strategies beside the venue's own data. The venue's own is read by `assets/market_data`."""
