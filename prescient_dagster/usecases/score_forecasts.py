"""Following up what forecasters said: what the market thought then, and how it ended."""

from prescient_dagster.domain.books.answers import answers
from prescient_dagster.domain.books.settlement import Ending
from prescient_dagster.store.database import Database
from prescient_dagster.store.market import captures, forecast_outcomes
from prescient_dagster.store.market.capture_folders import CaptureFolder
from prescient_dagster.venue.interface import Venue

MOST_ASKED = 100
"""Markets a capture: the others have their turn at later ones."""
PAYS = {Ending.YES: 1.0, Ending.NO: 0.0, Ending.VOID: 0.5}


def follow_up(database: Database, folder: CaptureFolder, venue: Venue) -> int:
    """Note on the newest capture that may be traded what forecasts are scored by; how many ended.

    Raises:
        VenueError: the venue could not be asked.
    """
    record = captures.newest_ready(database)
    if record is None or not forecast_outcomes.any_open(database):
        return 0
    capture = captures.load(database, folder, record.capture_id)
    forecast_outcomes.note_prices(database, capture)
    asked = forecast_outcomes.waiting_markets(database, capture, MOST_ASKED)
    if not asked:
        return 0
    told = answers(venue.find_markets(asked, record.captured_at).markets, capture)
    payouts = {name: PAYS[each.verdict.ending] for name, each in told.items() if each.verdict.is_final}
    forecast_outcomes.note_payouts(database, payouts)
    return len(payouts)
