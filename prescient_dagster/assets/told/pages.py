"""Links from Dagster's pages to ours.

They are relative, since nobody knows here under which path the UI is served. Where they lead to depends on the page
that shows them; `web.pages` leads all of them to the right place.
"""

import dagster as dg

from prescient_dagster.report.page import PLACE


def home_link() -> dg.UrlMetadataValue:
    """To the page of all portfolios."""
    return dg.MetadataValue.url(PLACE)


def portfolio_link(slug: str) -> dg.UrlMetadataValue:
    """To the page of a portfolio."""
    return dg.MetadataValue.url(f"{PLACE}/{slug}")
