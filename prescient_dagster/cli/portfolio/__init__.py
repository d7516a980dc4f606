"""`prescient portfolio`: the portfolios, their money and their settings."""
