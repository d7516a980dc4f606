"""Nested pairs: two questions of one event of which the wider is true whenever the narrower is.

YES of the wider and NO of the narrower cannot both lose, so together they pay at least 1. Whether one question contains
the other is read from their texts, and only where there is no doubt: they are equal but for one date or one number, in
one of the forms below, under the same rules. Anything else is left alone, for a wrong reading loses money:
"hit (LOW) $5", "between", "on June 3" and "in June" do not nest, "not", "remain" and "until" turn the order round.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import combinations

import numpy as np

from prescient_dagster.domain.cycle.bundles import BundleKind
from prescient_dagster.domain.market.sides import Side
from prescient_dagster.domain.market.top_of_book import top_of_book
from strategy_assets.arbitrage.legs import Legs
from strategy_assets.arbitrage.sets import PayingSet

# As venues write them, whatever the machine's language; the first is empty: January is number 1.
_MONTHS = [
    "",
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
_SCALE = {"": 1, "k": 10**3, "m": 10**6, "b": 10**9, "t": 10**12}
_NUMBER = r"(?P<token>(?P<number>\d[\d,]*(?:\.\d+)?)\s?(?P<scale>k|m|b|t|thousand|million|billion|trillion|))"
_NO_RANGE = r"(?![\w]|[.,]\d|\s?[-–—]\s?\D?\d)"
_DAY = rf"(?P<token>(?P<month>{'|'.join(_MONTHS[1:])}) (?P<day>\d{{1,2}}), (?P<year>\d{{4}}))"
_CASE = re.IGNORECASE
_WORD = re.compile(r"[a-z]+")

BY_DATE = re.compile(rf"\b(?:by|before) {_DAY}\b", _CASE)
HIGHER_IS_NARROWER = re.compile(rf"\b(?:reach|above|at least|more than) [$€£]?{_NUMBER}{_NO_RANGE}", _CASE)
HIGHER_IS_WIDER = (
    re.compile(rf"\b(?:dip to|below|less than) [$€£]?{_NUMBER}{_NO_RANGE}", _CASE),
    re.compile(rf"(?<![\w.,–—-]){_NUMBER}(?:\s?(?:%|°[CF]?|ºC))? or lower\b", _CASE),
)
TURNED_ROUND = frozenset(
    {"no", "not", "never", "without", "fail", "fails", "remain", "remains", "stay", "stays", "still", "keep", "keeps"}
    | {"until", "first", "next", "again", "only", "between"}
)
"""Words with which a later date, or a number further out, need not be the wider question."""
NEGATED = ("n't", "n’t")
CUES = ("by ", "before ", "reach ", "above ", "at least ", "more than ", "dip to ", "below ", "less than ", " or lower")
"""One of these is in every question that can nest; most questions have none, and cost little then."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A question with one token taken out; of two with the same `pattern` the one of greater `width` is the wider."""

    pattern: str
    width: float


@lru_cache(maxsize=1 << 16)
def claims(question: str) -> tuple[Claim, ...]:
    """Every reading of a question as "… by some date …" or as "… beyond some number …"."""
    lowered = question.lower()
    if not _has(lowered, CUES) or _has(lowered, NEGATED) or not TURNED_ROUND.isdisjoint(_WORD.findall(lowered)):
        return ()
    dates = [claim for match in BY_DATE.finditer(question) if (claim := _by_date(question, match))]
    narrowing = [_number(question, match, -1) for match in HIGHER_IS_NARROWER.finditer(question)]
    widening = [_number(question, match, 1) for form in HIGHER_IS_WIDER for match in form.finditer(question)]
    return tuple(dict.fromkeys([*dates, *narrowing, *widening]))


def _has(text: str, parts: tuple[str, ...]) -> bool:
    return any(part in text for part in parts)


def _by_date(question: str, match: re.Match[str]) -> Claim | None:
    try:
        day = date(int(match["year"]), _MONTHS.index(match["month"].lower()), int(match["day"]))
    except ValueError:  # the calendar has no such day
        return None
    return Claim(_without(question, match, "date"), day.toordinal())


def _number(question: str, match: re.Match[str], direction: int) -> Claim:
    number = float(match["number"].replace(",", "")) * _SCALE[match["scale"][:1].lower()]
    return Claim(_without(question, match, f"{direction:+d}"), direction * number)


def _without(question: str, match: re.Match[str], kind: str) -> str:
    start, end = match.span("token")
    return f"{question[:start]}\0{kind}\0{question[end:]}"


@dataclass(frozen=True)
class _Readable:
    """The markets that can be a leg of a pair, as lists: row, event, rules, listing time and the cost of each side."""

    rows: list[int]
    events: list[int]
    rules: list[str]
    listed: list[int]
    yes_cost: list[float]
    no_cost: list[float]


def nested_pairs(legs: Legs, least_margin: float) -> Iterator[PayingSet]:
    """The nested pairs that earn more than nothing and at least `least_margin`; a market may be in several."""
    return (pair for pair in pairs(legs, least_margin) if pair.margin > 0)


def pairs(legs: Legs, least_margin: float = -1.0) -> Iterator[PayingSet]:
    """All nested pairs with at least this margin, also such as lose."""
    markets = _readable(legs)
    questions = legs.capture.texts["question"]
    nests = defaultdict(list)
    for place, row in enumerate(markets.rows):
        for claim in claims(questions[row]):
            nests[markets.events[place], markets.rules[place], claim.pattern].append((claim.width, place))
    for nest in nests.values():
        for (width, narrower), (greater, wider) in combinations(sorted(nest), 2):
            margin = 1 / (markets.yes_cost[wider] + markets.no_cost[narrower]) - 1
            earlier = markets.listed[wider] <= markets.listed[narrower]
            if greater > width and earlier and margin >= least_margin:
                yield _pair(legs, markets.rows[wider], markets.rows[narrower], margin)


def _pair(legs: Legs, wider: int, narrower: int, margin: float) -> PayingSet:
    ids = legs.capture.texts["market_id"]
    name = f"{ids[wider]}-{ids[narrower]}"
    return PayingSet(BundleKind.NESTED, name, (wider, narrower), (Side.YES, Side.NO), margin)


def _readable(legs: Legs) -> _Readable:
    frame = legs.capture.markets.iloc[legs.rows]
    yes, no = (top_of_book(legs.capture, legs.rows, yes=side).cost for side in (True, False))
    # What excludes another outcome does not contain it, whatever its text seems to say.
    alone = ~legs.column("neg_risk") & (legs.text("exclusive_group") == "")
    usable = legs.column("tradable") & alone & ~np.isnan(yes) & ~np.isnan(no)
    undecided = (frame["resolution_status"] == "") & (frame["rules_hash"] != "") & frame["start_date"].notna()
    places = np.flatnonzero(usable & undecided.to_numpy(dtype=bool))
    return _Readable(
        rows=legs.rows[places].tolist(),
        events=legs.group[places].tolist(),
        rules=frame["rules_hash"].iloc[places].tolist(),
        listed=legs.column("start_date")[places].astype("int64").tolist(),
        yes_cost=yes[places].tolist(),
        no_cost=no[places].tolist(),
    )
