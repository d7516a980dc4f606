"""The one tree of errors.

Every message is one line that says what is wrong and what to do about it. Foreign errors (httpx, SQLAlchemy, pydantic)
are translated into these where they enter. A business "no" is a value with a reason, never one of these.
"""

from collections.abc import Sequence


class PrescientError(Exception):
    """Anything that went wrong and that Prescient can explain."""


class InvalidInput(PrescientError):
    """What the user gave cannot be used: a slug, an amount, a file, JSON."""


class InvalidConfig(InvalidInput):
    """A strategy config with one or more faults.

    Attributes:
        errors: one sentence per fault, each naming its field.
    """

    def __init__(self, errors: Sequence[str]) -> None:
        self.errors = tuple(errors)
        super().__init__("; ".join(self.errors))


class NotFound(PrescientError):
    """A portfolio, strategy, capture or market that does not exist."""


class Conflict(PrescientError):
    """What is asked for contradicts what is there: a taken slug, a closed portfolio, another venue's home."""


class VenueError(PrescientError):
    """The venue could not be read completely. A partial venue is never traded."""


class VenueUnavailable(VenueError):
    """The venue did not answer, also not after retries."""


class VenueAnswerInvalid(VenueError):
    """The venue answered something that is not what its interface promises."""


class StoreError(PrescientError):
    """The database or a capture file could not be read or written."""


class FileGone(StoreError):
    """A capture file that a row names is not there."""


class StoreUnreachable(PrescientError):
    """The object store of the captures does not answer, or refuses: nothing is known of what it holds.

    No `StoreError`: a file is not damaged, nor gone, because nobody can look.
    """


class SchemaUnknown(StoreError):
    """A capture's columns are those of no version of the schema that is known here."""


class DatabaseUnavailable(StoreError):
    """No database answers at the configured address."""


class StrategyUnavailable(PrescientError):
    """A strategy module could not be loaded; the message carries its error."""


class NotDelivered(PrescientError):
    """An alert did not reach the webhook."""
