"""What Polymarket says an event is about: its tags, the section it stands in, and when a game of it begins.

- Records of today name no category. An event's section is the first of `SECTIONS` that is among its tags.
- `gameStartTime` stands on markets of shares and of politics, too. Only of a sport is it the beginning of a game: the
  market or its event has a game's id, a kind of sports market, or a tag or category of sport.
"""

from collections.abc import Iterable, Sequence
from operator import attrgetter

from prescient_dagster.domain.market.kept_texts import quoted
from prescient_dagster.domain.market.tags import LONGEST_TAG, MOST_TAGS, folded, joined, split, tidy
from prescient_dagster.venue.polymarket.columns import Faults, Texts, Times, texts, times
from prescient_dagster.venue.polymarket.schemas import Event, Market

SECTIONS = (
    *("Esports", "Sports", "Crypto", "Weather", "Elections", "Geopolitics", "Politics", "Economy", "Finance"),
    *("Tech", "Science", "Culture", "Mentions", "World", "Business"),
)
"""The venue's sections, the one that says most of an event first."""
SPORTS = frozenset({"sports", "esports"})

_SECTION_OF = {folded(section): section for section in SECTIONS}


def subjects(events: Sequence[Event], faults: Faults) -> dict[str, Texts]:
    """The columns `tags` and `category` of events."""
    tags = [joined(_labels(event)) if event.tags else "" for event in events]
    categories = [tidy(event.category or "") or _section(text) for event, text in zip(events, tags, strict=True)]
    large = [row for row, text in enumerate(tags) if len(text) > LONGEST_TAG and _is_too_large(split(text))]
    faults.add(large, lambda row: f"tags are {quoted(tags[row])}, not at most {MOST_TAGS} short texts")
    long = [row for row, category in enumerate(categories) if len(category) > LONGEST_TAG]
    faults.add(long, lambda row: f"category is longer than {LONGEST_TAG} letters: {quoted(categories[row])}")
    return {"tags": texts(tags, "tags", faults), "category": texts(categories, "category", faults)}


def game_starts(markets: Sequence[Market], events: Sequence[Event], event_rows: Sequence[int], faults: Faults) -> Times:
    """The column `game_start_time` of markets.

    Args:
        event_rows: for each market, the position of its event.
    """
    starts = list(map(attrgetter("game_start_time"), markets))
    for row, start in enumerate(starts):
        market = markets[row]
        if start is not None and not (
            market.sports_market_type or market.game_id or _is_sport(events[event_rows[row]])
        ):
            starts[row] = None
    return times(starts, "gameStartTime", faults)


def _labels(event: Event) -> Iterable[str]:
    return (tag.label or "" for tag in event.tags or ())


def _section(tags: str) -> str:
    found = {_SECTION_OF.get(tag.casefold(), "") for tag in split(tags)} - {""}
    return min(found, key=SECTIONS.index, default="")


def _is_too_large(words: Sequence[str]) -> bool:
    return len(words) > MOST_TAGS or max(map(len, words)) > LONGEST_TAG


def _is_sport(event: Event) -> bool:
    words = (*_labels(event), event.category or "")
    return bool(event.game_id) or not SPORTS.isdisjoint(map(folded, words))
