"""The state of the venue as Gamma answers it: field by field like the real service; what it omits is omitted.

Field facts are the recordings': some numbers as strings, JSON inside strings, price changes and the day's volume left
out when they are 0, closed markets with stale quotes.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from prescient_dagster.venue.simulation.defaults import EVENT_DEFAULTS, MARKET_DEFAULTS
from prescient_dagster.venue.simulation.draws import Integers
from prescient_dagster.venue.simulation.endings import EndingStage
from prescient_dagster.venue.simulation.profiles import FIRST_BESIDE, Structure
from prescient_dagster.venue.simulation.quotes import ONE
from prescient_dagster.venue.simulation.rows import EventRow, MarketRow, event_rows, market_rows
from prescient_dagster.venue.simulation.subjects import game_start, tags
from prescient_dagster.venue.simulation.texts import (
    EventText,
    MarketText,
    Subject,
    event_text,
    market_text,
    placeholder_text,
    slug,
)
from prescient_dagster.venue.simulation.timetable import event_id, market_id
from prescient_dagster.venue.simulation.world import SimulatedWorld, WorldState

Record = dict[str, Any]

_ICON = "https://simulated.invalid/icons/{}.png"
_ORACLE_WORDS = {
    EndingStage.OPEN: (),
    EndingStage.PROPOSED: ("proposed",),
    EndingStage.DISPUTED: ("proposed", "disputed"),
    EndingStage.PROPOSED_AGAIN: ("proposed", "disputed", "proposed"),
}


@dataclass(frozen=True)
class Gamma:
    """The records of one state."""

    world: SimulatedWorld
    state: WorldState

    def events(self, chosen: Integers) -> list[Record]:
        """The events at these places of the state, each with its markets."""
        members = self.state.roster
        first, counts = members.first_rows()[chosen], np.bincount(members.event)[chosen]
        places = np.repeat(first - np.cumsum(counts) + counts, counts) + np.arange(int(counts.sum()))
        rows = iter(market_rows(self.state, places))
        records = []
        for event, count in zip(event_rows(self.state, chosen), counts.tolist(), strict=True):
            frame = _EventFrame.of(event, self.world, self.state)
            records.append(frame.record | {"markets": [frame.market(next(rows)) for _ in range(count)]})
        return records

    def markets(self, chosen: Integers) -> list[Record]:
        """The markets at these places of the roster, each with its event."""
        places = self.state.roster.event[chosen]
        frames = (_EventFrame.of(event, self.world, self.state) for event in event_rows(self.state, places))
        rows = market_rows(self.state, chosen)
        return [frame.market(row) | {"events": [frame.record]} for frame, row in zip(frames, rows, strict=True)]


@dataclass(frozen=True)
class _EventFrame:
    """What an event's record and its markets' records have in common."""

    event: EventRow
    world: SimulatedWorld
    second: int
    subject: Subject
    text: EventText
    common: Record

    @classmethod
    def of(cls, event: EventRow, world: SimulatedWorld, state: WorldState) -> "_EventFrame":
        subject = Subject(event.word, world.instant(event.ends), event.profile.legs)
        text = event_text(event.profile.theme, subject, event_id(event.number))
        icon = _ICON.format(event.profile.theme)
        frame = cls(event, world, state.second, subject, text, {"image": icon, "icon": icon})
        frame.common.update(startDate=frame.stamp(event.starts), createdAt=frame.stamp(event.starts - 3600))
        frame.common.update(updatedAt=frame.stamp(state.second))
        return frame

    def stamp(self, second: int) -> str:
        """A time as Gamma writes it."""
        return self.world.instant(second).strftime("%Y-%m-%dT%H:%M:%SZ")

    @property
    def neg_risk(self) -> bool:
        return self.event.profile.structure in (Structure.EXCLUSIVE, Structure.AUGMENTED)

    @property
    def record(self) -> Record:
        """The event without its markets."""
        event = self.event
        record: Record = {
            "id": event_id(event.number),
            "ticker": self.text.slug,
            "slug": self.text.slug,
            "title": self.text.title,
            "description": self.text.description,
            "creationDate": self.common["startDate"],
            "endDate": self.stamp(event.ends),
            "closed": event.closed,
            "liquidity": event.liquidity,
            "liquidityClob": event.liquidity,
            "volume": event.volume,
            "enableNegRisk": self.neg_risk,
            "tags": tags(event.profile.theme),
        }
        record = EVENT_DEFAULTS | self.common | record
        record |= {"volume24hr": event.volume_24hr} if event.volume_24hr else {}
        record |= {"closedTime": self.stamp(event.closes)} if event.closed else {}
        if self.neg_risk or not event.older:
            record["negRiskAugmented"] = event.profile.structure is Structure.AUGMENTED
        return record | self._exclusion(0)

    def market(self, row: MarketRow) -> Record:
        """One of the event's markets."""
        record = MARKET_DEFAULTS | self.common | self._words(row) | self._identity(row)
        record |= {
            "active": not row.placeholder,
            "closed": row.stage >= EndingStage.CLOSED,
            "acceptingOrders": row.accepting,
            "acceptingOrdersTimestamp": self.common["startDate"],
            "orderPriceMinTickSize": row.tick / ONE,
            "groupItemThreshold": str(row.leg),
        }
        record |= _prices(row) | _amounts(row) | self._oracle(row) | self._fees() | self._game()
        if not row.without_end:
            record |= self._end(row)
        return record | self._exclusion(self.event.profile.part(row.leg))

    def _words(self, row: MarketRow) -> Record:
        text = self._text(row)
        return {
            "question": text.question,
            "slug": f"{slug(text.question)}-{row.number}",
            "description": text.description,
            "outcomes": f'["{text.labels[0]}", "{text.labels[1]}"]',
            "groupItemTitle": text.group,
        }

    def _text(self, row: MarketRow) -> MarketText:
        theme = self.event.profile.theme
        if row.placeholder:
            return placeholder_text(theme, self.subject, row.leg - self.event.profile.legs, row.other, self.text)
        return market_text(theme, self.subject, row.leg, self.world.instant(row.deadline), self.text)

    def _identity(self, row: MarketRow) -> Record:
        return {
            "id": market_id(row.number),
            "conditionId": row.condition,
            "questionID": row.condition[:-2] + f"{row.leg:02x}",
            "clobTokenIds": f'["{row.tokens[0]}", "{row.tokens[1]}"]',
            "startDateIso": self.common["startDate"][:10],
        }

    def _game(self) -> Record:
        begins = game_start(self.event.profile.theme, self.event.starts, self.event.ends)
        return {} if begins is None else {"gameStartTime": f"{self.world.instant(begins):%Y-%m-%d %H:%M:%S}+00"}

    def _end(self, row: MarketRow) -> Record:
        dated = self.event.profile.structure is Structure.NESTED
        end = self.stamp(row.deadline if dated else self.event.ends)
        return {"endDate": end, "endDateIso": end[:10]}

    def _oracle(self, row: MarketRow) -> Record:
        if row.stage < EndingStage.CLOSED:
            words = _ORACLE_WORDS[row.stage]
            return _statuses(words) | ({"umaResolutionStatus": words[-1]} if words else {})
        closed = self.world.instant(row.closes)
        before = _ORACLE_WORDS[EndingStage.PROPOSED_AGAIN if row.disputed else EndingStage.PROPOSED]
        resolved = row.stage is EndingStage.RESOLVED
        return _statuses(before + ("resolved",) * resolved) | {
            "umaResolutionStatus": "resolved" if resolved else before[-1],
            "umaEndDate": self.stamp(row.closes),
            "closedTime": closed.strftime("%Y-%m-%d %H:%M:%S+00"),
            "automaticallyResolved": resolved,
        }

    def _fees(self) -> Record:
        rate = self.event.profile.fee_rate
        if not rate:
            return {} if self.event.older else {"feesEnabled": False, "feeType": None}
        schedule = {"exponent": 1, "rate": rate, "takerOnly": True, "rebateRate": 0.25}
        base = {"makerBaseFee": 1000, "takerBaseFee": 1000}
        return base | {"feesEnabled": True, "feeType": "general_fees", "feeSchedule": schedule}

    def _exclusion(self, part: int) -> Record:
        """What excludes each other; a market beside a set always says that it does not."""
        if self.neg_risk and part < FIRST_BESIDE:
            condition = self.event.condition
            named = f"{condition[:-1]}{part}" if self.event.profile.second else condition
            return {"negRisk": True, "negRiskMarketID": named}
        return {} if self.event.older and not self.neg_risk else {"negRisk": False}


def _prices(row: MarketRow) -> Record:
    record: Record = {"bestAsk": _price(row.ask), "lastTradePrice": _price(row.last)}
    record["spread"] = _price(row.ask - row.bid)
    if row.price is not None:
        record["outcomePrices"] = f'["{row.price / ONE:g}", "{(ONE - row.price) / ONE:g}"]'
    if row.bid or row.placeholder:
        record["bestBid"] = _price(row.bid)
    changes = {"oneHourPriceChange": row.hour_change, "oneDayPriceChange": row.day_change}
    return record | {
        name: change / ONE for name, change in changes.items() if change and row.stage < EndingStage.CLOSED
    }


def _amounts(row: MarketRow) -> Record:
    volume, day, liquidity = row.volume, row.volume_24hr, row.liquidity
    record: Record = {"volume": str(volume), "volumeNum": volume, "volumeClob": volume}
    if row.stage >= EndingStage.CLOSED:
        return record
    record |= {"liquidity": str(liquidity), "liquidityNum": liquidity, "liquidityClob": liquidity}
    return record | ({"volume24hr": day, "volume24hrClob": day} if day else {})


def _price(price: int) -> float | int:
    """A price in USD; 0 and 1 as integers, as the service writes them."""
    return price // ONE if price % ONE == 0 else price / ONE


def _statuses(words: tuple[str, ...]) -> Record:
    return {"umaResolutionStatuses": "[" + ", ".join(f'"{word}"' for word in words) + "]"}
