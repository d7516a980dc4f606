"""Filters by what a market is about and where it stands: tags, category, games that go on, outcomes in dispute.

A market passes with any of the included words and none of the excluded ones; words are compared without case. Markets
without tags have none of any: they pass no include and every exclude, and a capture of nothing else is told.
"""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Self

import numpy as np
from pydantic import Field, PrivateAttr

from prescient_dagster.domain.market.markets import Capture, Mask
from prescient_dagster.domain.market.tags import BETWEEN, LONGEST_TAG, MOST_TAGS, folded
from prescient_dagster.domain.strategy.rules import ABOVE, Moments, Rule, Words
from prescient_dagster.domain.strategy.setting import NamedSettings, setting

HAS_ONE, HAS_NONE = "one of", "none of"
UNSETTLED = ("proposed", "disputed")
"""What the oracle says last of a market whose outcome somebody named, and which is not final."""
NO_TAGS = "has no tags: it was made before they were kept, or where it comes from names none"

Setting = tuple[str, tuple[str, ...]]
"""A filter that is set, and its words, folded; a filter that is only on has none."""


def _words(meaning: str) -> Any:
    return setting(meaning, "words", min_length=1, max_length=MOST_TAGS)


Word = Annotated[str, Field(min_length=1, max_length=LONGEST_TAG)]
TagsInclude = Annotated[list[Word] | None, _words("only markets with one of these tags, whatever their case")]
TagsExclude = Annotated[list[Word] | None, _words("no market with one of these tags, whatever their case")]
CategoryInclude = Annotated[list[Word] | None, _words("only markets of one of these categories, whatever their case")]
CategoryExclude = Annotated[list[Word] | None, _words("no market of one of these categories, whatever their case")]
ExcludeInPlay = Annotated[bool, setting("no entry in a market about a game that has begun", "yes or no")]
ExcludeUnsettled = Annotated[bool, setting("no entry in a market whose outcome is proposed or disputed", "yes or no")]


class SubjectFilters(NamedSettings):
    """What a strategy can be told of what markets are about."""

    tags_include: TagsInclude = None
    tags_exclude: TagsExclude = None
    category_include: CategoryInclude = None
    category_exclude: CategoryExclude = None
    exclude_in_play: ExcludeInPlay = False
    exclude_unsettled: ExcludeUnsettled = True
    _also: tuple["SubjectFilters", ...] = PrivateAttr(())

    def subjects(self) -> Iterator[Setting]:
        """The filters that are set, by name."""
        for name in SubjectFilters.model_fields:
            value = getattr(self, name)
            if value:
                yield name, () if value is True else tuple(map(folded, value))
        for each in self._also:
            yield from each.subjects()

    def passed_also(self, other: "SubjectFilters") -> Self:
        """These filters, and those of another beside them."""
        both = self.model_copy()
        both._also = (*self._also, other)
        return both

    def impossible_subjects(self) -> Iterator[str]:
        """Why no market could pass."""
        for noun in ("tags", "category"):
            wanted, unwanted = (getattr(self, f"{noun}_{verb}") for verb in ("include", "exclude"))
            if wanted and set(map(folded, wanted)) <= set(map(folded, unwanted or ())):
                yield f"all of {noun}_include is in {noun}_exclude: {', '.join(wanted)}"


def subject_rules(capture: Capture, config: SubjectFilters) -> Iterator[Rule]:
    """Every such filter that the config sets, as a rule for all markets of the capture."""
    for name, words in config.subjects():
        if name == "exclude_in_play":
            yield _not_in_play(capture, name)
        elif name == "exclude_unsettled":
            yield _among(capture, name, "resolution_status", UNSETTLED)
        else:
            yield _among(capture, name, name.partition("_")[0], words)


def _not_in_play(capture: Capture, name: str) -> Rule:
    """Passed by markets about no game, or about one that begins after the capture."""
    starts = capture.columns["game_start_time"]
    now = np.datetime64(capture.captured_at.replace(tzinfo=None), "us")
    return Rule(name, ABOVE, capture.captured_at, Moments(starts), np.isnat(starts) | (starts > now))


def _among(capture: Capture, name: str, column: str, words: Sequence[str]) -> Rule:
    """Passed by markets with one of the words, or of an exclude by those with none."""
    numbers, texts = capture.numbered(column)
    has = _having(texts.tolist(), words)
    is_include = name.endswith("_include")
    passes: Mask = (has if is_include else ~has)[numbers]
    note = f"the capture {NO_TAGS}" if column in {"tags", "category"} and not _told(capture, column) else ""
    return Rule(name, HAS_ONE if is_include else HAS_NONE, ", ".join(words), Words(numbers, texts), passes, note)


def _having(texts: Sequence[str], words: Sequence[str]) -> Mask:
    """Which of these texts, tags with a bar between them or a single word, have one of the words."""
    barred = [f"{BETWEEN}{word}{BETWEEN}" for word in words]
    padded = [f"{BETWEEN}{text.casefold()}{BETWEEN}" for text in texts]
    return np.array([any(word in text for word in barred) for text in padded], dtype=bool)


def _told(capture: Capture, column: str) -> bool:
    return any(capture.numbered(column)[1])
