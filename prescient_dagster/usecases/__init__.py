"""What a person or a schedule asks for: it loads, calls the domain and saves. It knows no Dagster and no terminal.

`trade*` is a cycle of many portfolios; beside it settling, replaying, sweeping, verifying, changing a portfolio.
"""
