"""Playing strategies over stored captures: every capture is read once, for as many players as there are."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

from prescient_dagster.catalog import code_version, load_strategy, strategy_of
from prescient_dagster.domain.books.portfolios import Portfolio, checked_balance
from prescient_dagster.domain.books.settlement import Verdict
from prescient_dagster.domain.cycle import engine
from prescient_dagster.domain.cycle.engine import Decision, Selections
from prescient_dagster.domain.cycle.order_books import Books
from prescient_dagster.domain.cycle.players import Moment, Player
from prescient_dagster.domain.errors import Conflict, InvalidInput, NotFound, PrescientError
from prescient_dagster.domain.figures.comparison import comparison
from prescient_dagster.domain.market.markets import Capture
from prescient_dagster.domain.past import replay, trials
from prescient_dagster.domain.past.replay import ReplayState, ReplayStep
from prescient_dagster.domain.past.trials import Trial
from prescient_dagster.domain.strategy.configs import validated
from prescient_dagster.store.books import portfolios
from prescient_dagster.store.database import Database
from prescient_dagster.store.figures.comparison import load_courses
from prescient_dagster.store.market import captures
from prescient_dagster.store.market.capture_folders import CaptureFolder, require_local
from prescient_dagster.store.market.capture_sources import CaptureSource, StoredCaptures
from prescient_dagster.store.market.forecasts import stored_forecasts
from prescient_dagster.store.past import replays
from prescient_dagster.store.past.replays import NewReplay, ReplayWriter
from prescient_dagster.usecases.folder_captures import FolderCaptures
from prescient_dagster.usecases.garbage import without_full_collections

DEFAULT_BALANCE = Decimal(10_000)

Watch = Callable[[datetime], None]
"""Is told the time of every capture once it has been played."""


class Backtest:
    """Where players sit who are dealt the same captures."""

    def __init__(self, source: CaptureSource, players: Sequence[Player]) -> None:
        self.players = players
        self.states: list[ReplayState] = [replay.begun(player.initial_balance) for player in players]
        self._source = source
        self._last: Moment | None = None
        self._told: list[Counter[str]] = [Counter() for _ in players]

    def play(self) -> Iterator[tuple[Moment, list[ReplayStep]]]:
        """Every capture with what each player did on it, in their order.

        Raises:
            PrescientError: a strategy's code fails; the message tells which and where.
        """
        for moment in self._source.moments():
            yield moment, self._played(moment)
            self._last = moment
        if self._last is not None:
            self.states = [replay.ended(state, self._last) for state in self.states]

    def _played(self, moment: Moment) -> list[ReplayStep]:
        known, paid = replay.known_at(moment), []
        for number, state in enumerate(self.states):
            self.states[number], entries = replay.settle(state, known)
            paid.append(entries)
        if not moment.ready:
            return [ReplayStep(entries) for entries in paid]
        selections = Selections()
        decisions = [
            explained(player, moment, partial(engine.decide, player, state.account, moment, selections))
            for player, state in zip(self.players, self.states, strict=True)
        ]
        for told, decision in zip(self._told, decisions, strict=True):
            told.update(decision.selection.notes if decision.selection else ())
        books = self._books(moment.capture, decisions)
        return [self._acted(number, moment, decisions[number], books, paid[number]) for number in range(len(paid))]

    def _books(self, capture: Capture, decisions: Sequence[Decision]) -> Books:
        tokens = set().union(*(decision.tokens(capture) for decision in decisions))
        return self._source.order_books(capture, tokens) if tokens else {}

    def _acted(self, number: int, moment: Moment, decision: Decision, books: Books, paid: Any) -> ReplayStep:
        act = engine.act(decision, self.states[number].account, moment, books)
        self.states[number] = replay.acted(self.states[number], act)
        return ReplayStep(paid, act.outcomes, act.snapshot, act.account.positions)

    def endings(self, number: int) -> dict[str, Verdict]:
        """How the markets that a player traded ended, as far as it was seen."""
        return dict(self.states[number].endings)

    def notes(self, number: int) -> list[str]:
        """What is left open at the end, and what the filters met."""
        met = [f"{note} ({count} of the captures)" for note, count in self._told[number].items()]
        return [*met, *self._open_ends(number)]

    def _open_ends(self, number: int) -> list[str]:
        unknown = replay.unknown_ends(self.states[number], self._last) if self._last else []
        if not unknown:
            return []
        markets = "1 position has" if len(unknown) == 1 else f"{len(unknown)} positions have"
        return [f"{markets} no known end: the markets left the listing, and stand at their last marks"]


def explained(player: Player, moment: Moment, step: Callable[[], Any]) -> Any:
    """The result of a step of a strategy; a fault of its code is told with the capture on which it shows."""
    try:
        return step()
    except PrescientError:
        raise
    except Exception as error:  # a fault of a strategy's code
        told = f"{type(error).__name__}: {error}"
        raise Conflict(
            f"strategy {player.strategy.name} fails on the capture of {moment.at:%Y-%m-%d %H:%M:%S}: {told}"
        ) from error


@dataclass(frozen=True, slots=True)
class Entrant:
    """A player whose replay is kept: what it is called, and the slug of the portfolio whose settings it has."""

    player: Player
    name: str = ""
    portfolio: str | None = None


def entrant(  # noqa: PLR0913, PLR0917 - what a user may give
    database: Database,
    strategy_type: str | None,
    slug: str | None,
    overrides: Mapping[str, Any],
    balance: str | None = None,
    name: str = "",
) -> Entrant:
    """The entrant that is asked for: a strategy, or what a portfolio is, with other settings over its own.

    Raises:
        NotFound: there is no such strategy or portfolio.
        InvalidInput: both or neither of them are given; settings or balance cannot be used.
    """
    if (strategy_type is None) == (slug is None):
        raise InvalidInput("say what to play: a strategy, or a portfolio whose strategy and settings are taken")
    portfolio = None if slug is None else portfolios.get(database, slug)
    strategy = strategy_of(portfolio) if portfolio else load_strategy(strategy_type or "")
    config = validated(strategy.config, portfolio.strategy_config if portfolio else {}, overrides)
    cash = checked_balance(balance) if balance else portfolio.initial_balance if portfolio else DEFAULT_BALANCE
    return Entrant(Player(strategy, config, cash), name, portfolio.slug if portfolio else None)


def open_source(
    database: Database,
    captures_folder: CaptureFolder,
    given: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> CaptureSource:
    """The captures of the database, or those of a folder, given as `DIR` or `recorded:DIR`.

    Raises:
        InvalidInput: there is nothing to play on in that folder.
    """
    if given is not None:
        folder = require_local(Path(given.removeprefix("recorded:")).expanduser().absolute())
        return FolderCaptures(folder, since, until, stored_forecasts(database))
    return StoredCaptures(database, captures_folder, since, until)


@without_full_collections()
def replayed(  # noqa: PLR0913 - what a user may give
    database: Database,
    source: CaptureSource,
    entrants: Sequence[Entrant],
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    watch: Watch = lambda _: None,
) -> list[int]:
    """Play the entrants over a source, and keep what they did; the numbers of the replays, in their order.

    Args:
        since: what the source was asked for; it is kept with the replays. Likewise `until`.

    Raises:
        NotFound: there is no capture to play on.
    """
    backtest = Backtest(source, [entrant.player for entrant in entrants])
    with database.begin() as connection:
        writers = [ReplayWriter(connection, _new(entrant, source, since, until)) for entrant in entrants]
        for moment, steps in backtest.play():
            for writer, step in zip(writers, steps, strict=True):
                writer.add(moment.capture, step)
            watch(moment.at)
        if source.told.read == 0:
            raise NotFound(_nothing(source))
        for number, writer in enumerate(writers):
            writer.finish(source.told, backtest.endings(number), backtest.notes(number))
    return [writer.replay_id for writer in writers]


def _new(entrant: Entrant, source: CaptureSource, since: datetime | None, until: datetime | None) -> NewReplay:
    player = entrant.player
    return NewReplay(
        strategy_type=player.strategy.name,
        config=player.config.document(),
        config_sha256=player.config.sha256(),
        code_version=code_version(player.strategy.name),
        source=source.name,
        initial_balance=player.initial_balance,
        name=entrant.name,
        portfolio=entrant.portfolio,
        from_time=since,
        to_time=until,
    )


def _nothing(source: CaptureSource) -> str:
    why = "; ".join(source.told.notes()) or "there is none in this time: `prescient status` tells what there is"
    return f"no capture of {source.name} can be replayed: {why}"


def captures_within(database: Database, folder: CaptureFolder, days: float) -> CaptureSource:
    """The captures of the last days, up to the newest.

    Raises:
        InvalidInput: the days are none.
        NotFound: there is no capture.
    """
    newest = captures.newest(database)
    if not 0 < days <= 36_500:
        raise InvalidInput(f"a try goes over some days, got {days:g}")
    if newest is None:
        raise NotFound("there is no capture to try settings on: `prescient capture` takes one")
    return open_source(database, folder, since=newest.captured_at - timedelta(days=days))


def tried(  # noqa: PLR0913 - what a user may give
    database: Database,
    there: Portfolio,
    config: Mapping[str, Any],
    days: float,
    source: CaptureSource,
    *,
    watch: Watch = lambda _: None,
) -> Trial:
    """Play the portfolio's settings and these in their place, each from its initial balance. Nothing live is touched.

    Args:
        source: the captures of these days.

    Raises:
        NotFound: there is no capture in these days.
    """
    settings = {trials.NOW: there.strategy_config, trials.NEW: config}
    entrants = [_trying(there, name, each) for name, each in settings.items()]
    numbers = replayed(database, source, entrants, watch=watch)
    found = load_courses(database, [replays.label(number) for number in numbers])
    now, new = (replace(course, slug=name) for course, name in zip(found.portfolios, settings, strict=True))
    return Trial(
        days,
        found.window.captures,
        numbers,
        {course.slug: course.total_return for course in (now, new)},
        comparison(new, now),
        trials.differing(*replays.load_histories(database, numbers).portfolios),
    )


def _trying(there: Portfolio, name: str, config: Mapping[str, Any]) -> Entrant:
    strategy = strategy_of(there)
    player = Player(strategy, validated(strategy.config, config), there.initial_balance)
    return Entrant(player, f"try of {there.slug}: {name}", there.slug)
