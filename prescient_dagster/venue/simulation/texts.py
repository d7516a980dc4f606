"""What the questions say: titles, questions, labels and resolution rules, from a theme, a word (random bits) and dates.

Of a nested event the questions are equal but for one date or number, and so are their rules: that is how a strategy
recognises them. Leg 0 is the narrowest question.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from prescient_dagster.venue.simulation import names
from prescient_dagster.venue.simulation.profiles import Theme


@dataclass(frozen=True, slots=True)
class EventText:
    """The words of an event."""

    title: str
    slug: str
    description: str


@dataclass(frozen=True, slots=True)
class MarketText:
    """The words of one market."""

    question: str
    group: str
    labels: tuple[str, str]
    description: str


@dataclass(frozen=True, slots=True)
class Subject:
    """What the words are made from: random bits of the event, its end, and how many legs it has."""

    word: int
    end: datetime
    legs: int

    def pick(self, choices: Sequence[str], place: int) -> str:
        """The event's choice for a place in its sentences."""
        return choices[(self.word >> (6 * place)) % len(choices)]

    def one_of(self, choices: Sequence[str], leg: int) -> str:
        """A leg's choice: another one for each leg."""
        return choices[(self.word + leg) % len(choices)]


def day(moment: datetime) -> str:
    """A date as it stands in questions: March 5, 2026."""
    return f"{names.MONTHS[moment.month - 1]} {moment.day}, {moment.year}"


def slug(text: str) -> str:
    """The text as part of an address."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def event_text(theme: Theme, subject: Subject, event_id: str) -> EventText:
    """The words of an event."""
    title = _TITLES[theme](subject)
    return EventText(title, f"{slug(title)}-{event_id}", f'This event is about "{title}". {_BOILERPLATE}')


def market_text(theme: Theme, subject: Subject, leg: int, deadline: datetime, event: EventText) -> MarketText:
    """The words of one of its markets."""
    question, group, labels = _QUESTIONS[theme](subject, leg, deadline)
    first = f'This market will resolve to "{labels[0]}" if the answer to the question "{question}" is affirmed.'
    return MarketText(question, group, labels, f"{first} {_OTHERWISE.format(labels[1])}\n\n{event.description}")


def placeholder_text(theme: Theme, subject: Subject, number: int, other: bool, event: EventText) -> MarketText:
    """The words of a market that is listed for somebody not named yet, or of the remainder of a set."""
    name = "another candidate" if other else f"Person {chr(65 + number)}"
    question = _QUESTIONS[theme](subject, 0, subject.end)[0].replace(subject.one_of(names.PEOPLE, 0), name)
    return MarketText(question, "Other" if other else name, _YES_NO, event.description)


_YES_NO = ("Yes", "No")
_OTHERWISE = 'Otherwise, this market will resolve to "{}".'
_BOILERPLATE = (
    "The resolution source for this market will be official information from the body concerned; a wide consensus of "
    "credible reporting will suffice. Announcements that are withdrawn before they take effect, drafts, leaks and "
    "statements of intent will not be considered.\n\nIf the matter is postponed, this market will remain open until it "
    "has been concluded. If it is cancelled entirely, with no substitute, this market will resolve 50-50.\n\nThis is a "
    "market of a simulated venue: names and facts are invented, and prices follow from a seed."
)

Question = tuple[str, str, tuple[str, str]]


def _fixture_names(subject: Subject) -> tuple[str, str]:
    distance = 1 + (subject.word >> 20) % (len(names.TEAMS) - 1)
    return subject.one_of(names.TEAMS, 0), subject.one_of(names.TEAMS, distance)


def _versus(subject: Subject) -> str:
    return "{} vs. {}".format(*_fixture_names(subject))


def _body(subject: Subject) -> str:
    return f"{subject.pick(names.PLACES, 1)} {subject.pick(names.BODIES, 2)}"


def _pledge(subject: Subject) -> str:
    return f"Will the {_body(subject)} {subject.pick(names.DEEDS, 3)} by {day(subject.end)}?"


def _up_or_down(subject: Subject) -> str:
    return f"{subject.pick(names.COINS, 1)} Up or Down - {day(subject.end)}, {subject.end:%H:%M} UTC"


def _race(subject: Subject) -> str:
    return f"{subject.end.year} {subject.pick(names.PLACES, 1)} {subject.pick(names.OFFICES, 2)} election"


def _nomination(subject: Subject) -> str:
    return f"{subject.end.year} {subject.pick(names.PLACES, 1)} {subject.pick(names.PARTIES, 2)} nomination"


def _accord(subject: Subject) -> str:
    return f"{subject.pick(names.PLACES, 1)} {subject.pick(names.ACCORDS, 2)}"


def _award(subject: Subject) -> str:
    return f"{subject.pick(names.CATEGORIES, 1)} at the {subject.pick(names.AWARDS, 2)} {subject.end.year}"


def _fixture_question(subject: Subject, leg: int, _deadline: datetime) -> Question:
    home, away = _fixture_names(subject)
    if leg == 3:
        return f"{home} vs. {away}: who goes through?", "To go through", (home, away)
    if leg == 1:
        return f"Will {home} vs. {away} end with a draw?", "Draw", _YES_NO
    winner = home if leg == 0 else away
    return f"Will {winner} win against {away if leg == 0 else home}?", winner, _YES_NO


def _person_question(contest: Callable[[Subject], str]) -> Callable[[Subject, int, datetime], Question]:
    def question(subject: Subject, leg: int, _deadline: datetime) -> Question:
        person = subject.one_of(names.PEOPLE, leg)
        return f"Will {person} win the {contest(subject)}?", person, _YES_NO

    return question


def _podium_question(subject: Subject, leg: int, _deadline: datetime) -> Question:
    """Who comes first is asked of half of the legs, who comes second of the other half."""
    place, deed = divmod(leg, subject.legs // 2)[::-1]
    person = subject.one_of(names.PEOPLE, place)
    return f"Will {person} {('win', 'finish second in')[deed]} the {_race(subject)}?", person, _YES_NO


def _award_question(subject: Subject, leg: int, _deadline: datetime) -> Question:
    film = subject.one_of(names.FILMS, leg)
    return f"Will {film} win {_award(subject)}?", film, _YES_NO


def _deadline_question(subject: Subject, _leg: int, deadline: datetime) -> Question:
    date = day(deadline)
    return f"Will the {_accord(subject)} be signed by {date}?", date.partition(",")[0], _YES_NO


def _gauge_question(subject: Subject, leg: int, _deadline: datetime) -> Question:
    reading = f"{200 + subject.word % 600 + 8 * leg} or lower"
    return f"Will the {subject.pick(names.RIVERS, 1)} gauge read {reading}?", reading, _YES_NO


def _index_question(subject: Subject, leg: int, _deadline: datetime) -> Question:
    level = f"{3000 + subject.word % 500 * 10 + 50 * (subject.legs - 1 - leg):,}"
    return f"Will the {subject.pick(names.INDICES, 1)} close above {level}?", f"above {level}", _YES_NO


def _totals_question(subject: Subject, leg: int, _deadline: datetime) -> Question:
    line = f"O/U {subject.legs - leg}.5"
    return f"{_versus(subject)}: {line}", line, ("Over", "Under")


def _agenda_question(subject: Subject, leg: int, _deadline: datetime) -> Question:
    topic = subject.one_of(names.TOPICS, leg)
    return f"Will the {_body(subject)} announce {topic} this season?", topic.removeprefix("a ").capitalize(), _YES_NO


_TITLES: dict[Theme, Callable[[Subject], str]] = {
    Theme.PLEDGE: _pledge,
    Theme.UP_DOWN: _up_or_down,
    Theme.FIXTURE: _versus,
    Theme.AWARD: lambda subject: f"{_award(subject)}: winner",
    Theme.RACE: lambda subject: f"{_race(subject)} winner",
    Theme.PODIUM: lambda subject: f"{_race(subject)}: first and second",
    Theme.NOMINATION: lambda subject: f"{_nomination(subject)} winner",
    Theme.DEADLINES: lambda subject: f"{_accord(subject)} signed by...?",
    Theme.GAUGE: lambda subject: f"{subject.pick(names.RIVERS, 1)} gauge, lowest reading",
    Theme.INDEX: lambda subject: f"{subject.pick(names.INDICES, 1)} closes above...?",
    Theme.TOTALS: lambda subject: f"{_versus(subject)} - More Markets",
    Theme.AGENDA: lambda subject: f"What will the {_body(subject)} announce?",
    Theme.DUEL: _versus,
}
_QUESTIONS: dict[Theme, Callable[[Subject, int, datetime], Question]] = {
    Theme.PLEDGE: lambda subject, _leg, _deadline: (_pledge(subject), "", _YES_NO),
    Theme.UP_DOWN: lambda subject, _leg, _deadline: (_up_or_down(subject), "", ("Up", "Down")),
    Theme.FIXTURE: _fixture_question,
    Theme.AWARD: _award_question,
    Theme.RACE: _person_question(_race),
    Theme.PODIUM: _podium_question,
    Theme.NOMINATION: _person_question(_nomination),
    Theme.DEADLINES: _deadline_question,
    Theme.GAUGE: _gauge_question,
    Theme.INDEX: _index_question,
    Theme.TOTALS: _totals_question,
    Theme.AGENDA: _agenda_question,
    Theme.DUEL: lambda subject, _leg, _deadline: (_versus(subject), "", _fixture_names(subject)),
}
