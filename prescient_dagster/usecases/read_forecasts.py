"""Reading what forecasters say: each file once, and again when it has changed."""

from collections.abc import Iterable
from pathlib import Path

from prescient_dagster.domain.errors import InvalidInput
from prescient_dagster.store.database import Database
from prescient_dagster.store.market import forecasts
from prescient_dagster.store.market.forecasts import FileRead
from prescient_dagster.venue import forecast_files
from prescient_dagster.venue.forecast_files import Document

MOST_EXAMPLES = 20


def is_address(place: str) -> bool:
    """Whether forecasts are asked for by HTTP; a folder otherwise."""
    return "://" in place


def read(database: Database, place: str) -> list[FileRead]:
    """Read what is new in a folder or at an address; what was read, a file each. What cannot be read is told, too.

    Raises:
        InvalidInput: the folder cannot be read.
    """
    if is_address(place):
        return _read(database, [forecast_files.at_address(place)])
    found = list(forecast_files.in_folder(Path(place)))
    there = {document.name for document in found}
    gone = [each["file"] for each in forecasts.files(database) if each["file"] not in there]
    forecasts.forget(database, (name for name in gone if not is_address(name)))
    return _read(database, found)


def _read(database: Database, documents: Iterable[Document]) -> list[FileRead]:
    known = forecasts.checksums(database)
    return [_file(database, each) for each in documents if each.error or known.get(each.name) != each.sha256]


def _file(database: Database, document: Document) -> FileRead:
    try:
        found = forecast_files.said(document)
    except InvalidInput as error:
        failed = FileRead(document.name, document.sha256, error=str(error))
        forecasts.note(database, failed)
        return failed
    shown = found.refused[:MOST_EXAMPLES]
    done = FileRead(document.name, document.sha256, found.rows, 0, len(found.refused), shown)
    return forecasts.keep(database, done, found.forecasts)
