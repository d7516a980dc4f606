"""Taking a capture: all that the venue lists, with the order books of what is held, stored together."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from prescient_dagster.domain.cycle.held_quotes import held_tokens, quoted_by_books
from prescient_dagster.domain.cycle.order_books import Book
from prescient_dagster.domain.market.markets import Listing
from prescient_dagster.store.books.positions import holdings
from prescient_dagster.store.database import Database
from prescient_dagster.store.market import captures
from prescient_dagster.store.market.capture_folders import CaptureFolder
from prescient_dagster.store.market.captures import CaptureRecord
from prescient_dagster.usecases.garbage import without_full_collections
from prescient_dagster.venue.interface import BooksOf, Venue


@dataclass(frozen=True)
class Taken:
    """A capture that was taken. `books`: what is known of the order books of what is held."""

    record: CaptureRecord
    listing: Listing
    books: Mapping[str, Book]


@without_full_collections()
def take(database: Database, folder: CaptureFolder, venue: Venue, run_id: str = "") -> Taken | None:
    """Ask the venue for everything it lists and store it, all or nothing; None where it has nothing more.

    What is held has the best bid and ask of its order book, as far as that can be had; else those of the listing.
    """
    newest = captures.newest(database)
    listing = venue.next_listing(None if newest is None else newest.captured_at)
    if listing is None:
        return None
    books = _held_books(database, venue, listing)
    listing = replace(listing, markets=quoted_by_books(listing.markets, books))
    return Taken(captures.save(database, folder, listing, run_id, books), listing, books)


def _held_books(database: Database, venue: Venue, listing: Listing) -> Mapping[str, Book]:
    if venue.order_books_of is BooksOf.NO_CAPTURE:
        return {}
    tokens = held_tokens(listing.markets, holdings(database))
    return venue.order_books(tokens, listing.captured_at) if tokens else {}
