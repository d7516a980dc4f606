"""What to report: each fact once, when it is new and when it is over, and one message for all of them."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from prescient_dagster.domain.market.kept_texts import shortened
from prescient_dagster.domain.watch.health import Problem, recovery
from prescient_dagster.domain.watch.strangers import harmless

MOST_FACTS = 20
MOST_LETTERS_OF_A_FACT = 300
MOST_LETTERS = 1_900  # Discord takes 2,000


@dataclass(frozen=True, slots=True)
class Reported:
    """What has been reported: the keys of the problems that are open, and the time up to which all was looked at."""

    open: frozenset[str]
    until: datetime

    def dumps(self) -> str:
        """As a sensor's cursor keeps it."""
        return json.dumps({"open": sorted(self.open), "until": self.until.isoformat()})

    @classmethod
    def loads(cls, cursor: str) -> "Reported":
        """What `dumps` wrote; `ValueError` for anything else."""
        try:
            kept = json.loads(cursor)
            return cls(frozenset(kept["open"]), datetime.fromisoformat(kept["until"]))
        except (TypeError, KeyError) as error:
            raise ValueError(f"no cursor of alerts: {cursor[:80]}") from error


@dataclass(frozen=True, slots=True)
class News:
    """What has not been reported yet.

    Attributes:
        began: problems that are there now.
        passed: problems that came and went since the last report.
        ended: keys of problems that were reported and are over.
    """

    began: tuple[Problem, ...] = ()
    passed: tuple[Problem, ...] = ()
    ended: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.began) + len(self.passed) + len(self.ended)


def news(before: frozenset[str], now: Iterable[Problem], happened: Iterable[Problem] = ()) -> News:
    """The difference between what was reported and what is.

    Args:
        before: keys of the problems that were reported and not yet said to be over.
        now: the problems there are.
        happened: what went wrong since the last report, whether it is over or not.
    """
    there = {problem.key: problem for problem in now}
    passed = {problem.key: problem for problem in happened if problem.key not in there and problem.key not in before}
    return News(
        tuple(problem for key, problem in there.items() if key not in before),
        tuple(passed.values()),
        tuple(sorted(before - there.keys())),
    )


def message(told: News, source: str) -> dict[str, Any]:
    """The body for a webhook: `text` (Slack, Mattermost) and `content` (Discord) for people, the rest for machines.

    Args:
        source: who speaks, since several may use one channel.
    """
    text = text_of(lines(told), f"{source}: {_summary(told)}")
    return {
        "text": text,
        "content": text,
        "allowed_mentions": {"parse": []},  # Discord: nobody is called, whatever a reason says
        "source": source,
        "count": len(told),
        "facts": _facts(told)[:MOST_FACTS],
    }


def lines(told: News) -> list[str]:
    """One line for each fact, problems first."""
    return [
        *(f"PROBLEM {_line(problem.text)}" for problem in told.began),
        *(f"OVER ALREADY {_line(problem.text)}" for problem in told.passed),
        *(f"OVER {recovery(key)}" for key in told.ended),
    ]


def _summary(told: News) -> str:
    counts = ((len(told.began), "new"), (len(told.passed), "over already"), (len(told.ended), "over"))
    return ", ".join(f"{number} {what}" for number, what in counts if number)


def _facts(told: News) -> list[dict[str, str]]:
    problems = [("began", problem) for problem in told.began] + [("passed", problem) for problem in told.passed]
    return [
        {"state": state, "kind": problem.kind.value, "subject": problem.subject, "text": _line(problem.text)}
        for state, problem in problems
    ] + [
        {"state": "ended", "kind": key.partition(":")[0], "subject": key.partition(":")[2], "text": recovery(key)}
        for key in told.ended
    ]


def _line(text: str) -> str:
    return shortened(" ".join(text.split()), MOST_LETTERS_OF_A_FACT)


def text_of(facts: Sequence[str], heading: str | None = None) -> str:
    """As many lines as fit, and how many more there are. No text of a stranger calls people or makes a link."""
    shown = [] if heading is None else [heading]
    told = 0
    for fact in facts[:MOST_FACTS]:
        line = harmless(_line(fact))
        if sum(map(len, shown)) + len(shown) + len(line) > MOST_LETTERS:
            break
        shown.append(line)
        told += 1
    return "\n".join([*shown, f"and {len(facts) - told} more"] if told < len(facts) else shown)
