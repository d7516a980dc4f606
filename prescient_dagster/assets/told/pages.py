"""Links from Dagster's pages to ours, and by ours to another of Dagster's.

They are relative, since nobody knows here under which path the UI is served. Where they lead to depends on the page
that shows them; `web.pages` leads all of them to the right place.
"""

from collections.abc import Sequence

import dagster as dg

from prescient_dagster.report.page import PLACE, REPORTS


def home_link() -> dg.UrlMetadataValue:
    """To the page of all portfolios."""
    return dg.MetadataValue.url(PLACE)


def report_link(names: Sequence[str]) -> dg.UrlMetadataValue:
    """To the report of these portfolios and replays, or of a walk-forward."""
    return dg.MetadataValue.url(f"{REPORTS}/{','.join(names)}")


def portfolio_link(slug: str) -> dg.UrlMetadataValue:
    """To the page of a portfolio."""
    return dg.MetadataValue.url(f"{PLACE}/{slug}")


def signals_link(strategy: str, slug: str) -> dg.UrlMetadataValue:
    """To what Dagster shows of a portfolio's signals."""
    return dg.MetadataValue.url(f"{PLACE}/{slug}/signals/{strategy}")
