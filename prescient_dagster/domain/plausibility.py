"""Whether a capture may be traded: a venue that answers only half of what it has is worse than one that does not."""

LEAST_PART_OF_THE_ONE_BEFORE = 0.5


def refusal(markets: int, tradable_markets: int, markets_before: int | None) -> str | None:
    """Why a capture with these counts must not be traded, or None.

    It is compared with the capture directly before it, refused or not: where a venue has really shrunk, the next
    capture is plausible again.
    """
    if tradable_markets == 0:
        return "no market is tradable: see whether the venue is down for maintenance"
    if markets_before is not None and markets < LEAST_PART_OF_THE_ONE_BEFORE * markets_before:
        return f"it lists {markets} markets, the capture before {markets_before}: less than half"
    return None
