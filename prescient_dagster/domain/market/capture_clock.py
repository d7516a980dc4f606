"""Whether the time a capture is stamped with can be true.

A venue that has a clock of its own is believed. A live one has none that we could ask: its captures are stamped by the
clock of the machine that takes them, and that may be wrong. The database's clock, which all machines share, is the
witness: it notes when a capture is stored, and nothing is taken after it is stored.
"""

from datetime import datetime, timedelta

STAMPED_BY_OUR_CLOCK = frozenset({"polymarket"})
"""Venues whose captures are stamped by the clock of the machine that takes them."""
TOLERANCE = timedelta(minutes=2)
"""How far the clocks of two machines may be apart."""


def misdated(venue: str, captured_at: datetime, stored_at: datetime, newest_at: datetime | None = None) -> str:
    """Why a capture's time cannot be true, naming both clocks; empty: it can.

    Args:
        stored_at: when the database noted it, by its own clock.
        newest_at: of the newest capture that was there before.
    """
    if venue in STAMPED_BY_OUR_CLOCK and captured_at > stored_at + TOLERANCE:
        return (
            f"this machine's clock says {_told(captured_at)}, the database's said {_told(stored_at)} afterwards: "
            "set the clock right, the next capture is let through"
        )
    if newest_at is not None and captured_at < newest_at:
        return (
            f"this machine's clock says {_told(captured_at)}, before the newest capture of {_told(newest_at)}: "
            "set the clock right, or wait until it is past that"
        )
    return ""


def _told(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
