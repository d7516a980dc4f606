"""Moments as people write them: a UTC day or a time; what has no offset is UTC."""

from datetime import UTC, datetime, time

from prescient_dagster.domain.errors import InvalidInput

MEANING = "a UTC day such as 2026-03-01, or a moment such as 2026-03-01T12:30"


def read_since(given: str) -> datetime:
    """From when on; a day begins with its first moment. Or `InvalidInput`."""
    try:
        moment = datetime.fromisoformat(given)
    except ValueError:
        raise InvalidInput(f"{given!r} is no moment: give {MEANING}") from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def read_until(given: str) -> datetime:
    """Up to when; a day ends with its last moment. Or `InvalidInput`."""
    moment = read_since(given)
    return datetime.combine(moment, time.max, UTC) if len(given) == len("2026-03-01") else moment
