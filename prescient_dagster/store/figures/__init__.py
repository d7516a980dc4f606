"""What figures and reports are worked out from, read for many portfolios at once."""
