"""What the simulated venue says an event is about: tags by theme, some of them bookkeeping, as on the real service."""

from typing import Any

from prescient_dagster.venue.simulation.profiles import Theme
from prescient_dagster.venue.simulation.texts import slug

LONGEST_GAME_SECONDS = 3 * 3600
SPORT = frozenset({Theme.FIXTURE, Theme.TOTALS, Theme.DUEL})
_TAGS: dict[Theme, tuple[str, ...]] = {
    Theme.PLEDGE: ("Politics", "Pledges", "World"),
    Theme.UP_DOWN: ("Crypto", "Crypto Prices", "Up or Down", "Hide From New"),
    Theme.FIXTURE: ("Sports", "Games", "Football"),
    Theme.AWARD: ("Culture", "Awards", "Movies"),
    Theme.RACE: ("Politics", "Elections"),
    Theme.PODIUM: ("Politics", "Elections", "Parent For Derivative"),
    Theme.NOMINATION: ("Politics", "Primaries"),
    Theme.DEADLINES: ("Geopolitics", "Politics", "World"),
    Theme.GAUGE: ("Weather", "Science"),
    Theme.INDEX: ("Finance", "Indices", "Multi Strikes"),
    Theme.TOTALS: ("Sports", "Games", "Totals"),
    Theme.AGENDA: ("Politics", "Economy", "Earn 4%"),
    Theme.DUEL: ("Sports", "Games", "tennis"),
}
_NUMBERS = {label: str(100 + number) for number, label in enumerate(sorted({*sum(_TAGS.values(), ())}))}


def tags(theme: Theme) -> list[dict[str, Any]]:
    """The tags of an event, as they stand in its record."""
    return [{"id": _NUMBERS[label], "label": label, "slug": slug(label)} for label in _TAGS[theme]]


def game_start(theme: Theme, starts: int, ends: int) -> int | None:
    """When the game begins that an event is about, in the venue's seconds: three hours before its end at the earliest.

    None: it is about no game.
    """
    return max(starts + (ends - starts) // 2, ends - LONGEST_GAME_SECONDS) if theme in SPORT else None
