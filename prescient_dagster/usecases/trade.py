"""Many portfolios of one strategy acting on one capture, in one process.

Everything is loaded in a handful of queries, selections are shared by equal configs, the order books that anybody needs
are fetched once; then portfolios are saved, a hundred in a transaction. Where that fails, or others have changed one of
them meanwhile, each of the hundred has a transaction of its own: a portfolio that fails fails alone.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from itertools import islice
from typing import Any

from prescient_dagster.domain.books.portfolios import PortfolioStatus
from prescient_dagster.domain.cycle import engine
from prescient_dagster.domain.cycle.engine import Decision, Selections
from prescient_dagster.domain.cycle.players import Moment, Player
from prescient_dagster.domain.errors import Conflict, InvalidInput, NotFound, PrescientError
from prescient_dagster.domain.market.history import PriceHistory
from prescient_dagster.domain.strategy.configs import StrategyConfig, validated
from prescient_dagster.domain.strategy.recalled import recalled
from prescient_dagster.domain.strategy.strategies import Strategy
from prescient_dagster.store.books import cycle_saves, cycles, orders
from prescient_dagster.store.books import snapshots as stored_snapshots
from prescient_dagster.store.books.cycle_saves import CycleSave
from prescient_dagster.store.books.cycles import Stage, Standing
from prescient_dagster.store.database import Database
from prescient_dagster.store.market import captures, resolutions
from prescient_dagster.store.market.capture_folders import CaptureFolder
from prescient_dagster.store.market.captures import CaptureRecord
from prescient_dagster.store.market.forecasts import stored_forecasts
from prescient_dagster.store.market.stored_past import StoredPast
from prescient_dagster.usecases import trade_words
from prescient_dagster.usecases.trade_books import CycleBooks, OpenVenue, missing_books
from prescient_dagster.usecases.trade_plans import Order, Plan, Result, ResultStatus
from prescient_dagster.usecases.trade_results import Curve, Results
from prescient_dagster.usecases.trade_results import age as capture_age

ATTEMPTS = 5
SAVED_TOGETHER = 100  # portfolios
logger = logging.getLogger(__name__)


def _passed(standing: Standing, record: CaptureRecord) -> bool:
    """Whether settlements of a newer capture are booked: acting on this one would spend money of the future."""
    return standing.books_at is not None and standing.books_at > record.captured_at


@dataclass(frozen=True, slots=True)
class Worked:
    """What became of a portfolio, once it is saved."""

    result: Result
    save: CycleSave


class CycleRunner:
    """Carries out one order for the portfolios of one strategy."""

    def __init__(
        self, strategy: Strategy[Any], database: Database, captures_folder: CaptureFolder, open_venue: OpenVenue
    ) -> None:
        self.strategy, self.database, self.folder = strategy, database, captures_folder
        self.books = CycleBooks(database, open_venue)
        self._moments: dict[int, Moment] = {}
        self._selections = Selections()
        self._past = StoredPast(database, captures_folder)
        self._forecasts = stored_forecasts(database)

    def carry_out(self, order: Order) -> Iterator[Result]:
        """One result per portfolio, in the order given, each once its transaction has been committed.

        Raises:
            NotFound: there is no such capture, or none is ready.
            Conflict: the order's capture is not ready.
            InvalidInput: settings are given for a portfolio that is not in the order.
        """
        strangers = sorted(set(order.overrides_of) - set(order.slugs))
        if strangers:
            raise InvalidInput(
                f"settings are given for {', '.join(strangers)}, not in this run: add it or leave it out"
            )
        self.order = order
        self.record = captures.ready(self.database, order.capture_id)
        self.newest_id = captures.ready(self.database, None).capture_id
        self.results = Results(order, self._curves(order))
        standings = cycles.load_standings(self.database, order.slugs)
        plans = [self._guarded(slug, partial(self._planned, slug, standings.get(slug))) for slug in order.slugs]
        self._fetch(plan for plan in plans if isinstance(plan, Plan))
        left = iter(zip(order.slugs, plans, strict=True))
        while group := list(islice(left, SAVED_TOGETHER)):
            yield from self._finished_together(group)

    def _guarded(self, slug: str, step: Callable[[], Any]) -> Any:
        """The step's result; whatever goes wrong is this portfolio's failure alone, told and kept."""
        try:
            return step()
        except PrescientError as error:
            reason, remedy = str(error), trade_words.remedy(error, slug)
        except Exception as error:  # a fault of a strategy's code must not stop the other portfolios
            logger.exception("portfolio %s", slug)
            reason, remedy = f"{type(error).__name__}: {error}", trade_words.UNEXPECTED
        cycles.note_failure(self.database, self.strategy.name, slug, reason)
        return self.results.plain(slug, ResultStatus.FAILED, self.record, error=reason, remedy=remedy)

    def _curves(self, order: Order) -> Mapping[str, Curve]:
        """The equity so far of all portfolios, in one query; none is needed where no picture is drawn."""
        if Stage.SNAPSHOTS not in order.stages or not Results.illustrated(order):
            return {}
        return stored_snapshots.equity_curves(self.database, order.slugs)

    def _planned(self, slug: str, standing: Standing | None) -> Plan | Result:
        if standing is None or standing.portfolio.strategy_type != self.strategy.name:
            raise NotFound(f"no {self.strategy.name} portfolio {slug!r}; `prescient portfolio create` makes one")
        status, stages, newest = standing.portfolio.status, self.order.stages, standing.newest_cycle
        if status is PortfolioStatus.CLOSED:
            return self.results.plain(slug, ResultStatus.CLOSED, self.record, why=trade_words.CLOSED)
        if newest is not None and newest.capture_id > self.record.capture_id:
            return self.results.already(slug, self.record, trade_words.older(self.record, newest), newest)
        if _passed(standing, self.record):
            return self.results.already(slug, self.record, trade_words.passed(self.record), newest)
        if status is PortfolioStatus.PAUSED:
            return Plan(standing, self.record, stages & {Stage.SNAPSHOTS}, why=trade_words.paused(slug))
        if Stage.SIGNALS not in stages and Stage.TRADES in stages:
            return self._pending(standing)
        return self._anew(standing) if Stage.SIGNALS in stages else Plan(standing, self.record, stages)

    def _anew(self, standing: Standing) -> Plan | Result:
        """A new cycle on the run's capture, or what is left of one that stopped half-way."""
        newest, slug = standing.newest_cycle, standing.portfolio.slug
        if newest is not None and newest.capture_id == self.record.capture_id and newest.stage is not Stage.SIGNALS:
            if newest.stage is Stage.TRADES and Stage.SNAPSHOTS in self.order.stages:
                left, why = frozenset({Stage.SNAPSHOTS}), trade_words.finished(newest)
                return Plan(standing, self.record, left, why=why, earlier=newest)
            return self.results.already(slug, self.record, trade_words.traded_before(newest), newest)
        config = validated(self.strategy.config, standing.portfolio.strategy_config, self.order.settings_of(slug))
        self._check_age(self.record, config)
        return self._decided(standing, config)

    def _decided(self, standing: Standing, config: StrategyConfig) -> Plan:
        moment = self._moment(self.record)
        decision = engine.decide(self._player(standing, config), standing.account, moment, self._selections)
        return Plan(standing, self.record, self.order.stages, decision, why=self._why(decision))

    def _player(self, standing: Standing, config: StrategyConfig) -> Player:
        return Player(self.strategy, config, standing.portfolio.initial_balance, standing.portfolio.status)

    def _why(self, decision: Decision) -> str:
        """What keeps this cycle from being a whole one, in words."""
        if decision.player.closing:
            return trade_words.CLOSING
        if decision.shut is not None:
            return trade_words.no_entries(decision.shut)
        return "" if Stage.TRADES in self.order.stages else trade_words.DRY_RUN

    def _pending(self, standing: Standing) -> Plan | Result:
        """The signals that a dry run left, to be executed on the capture and under the config they were made with."""
        newest, slug = standing.newest_cycle, standing.portfolio.slug
        if newest is None:
            return self.results.plain(slug, ResultStatus.OK, self.record, why=trade_words.NO_SIGNALS)
        record = captures.ready(self.database, newest.capture_id)
        if newest.stage is not Stage.SIGNALS:
            return self.results.already(slug, record, trade_words.traded_before(newest), newest)
        if _passed(standing, record):
            return self.results.already(slug, record, trade_words.passed(record), newest)
        config = recalled(self.strategy.config, newest.config)
        self._check_age(record, config)
        self._moment(record)  # may be an older one, whose files may be gone: that is for this one to bear
        with self.database.begin() as connection:
            pending = orders.load_pending(connection, standing.portfolio.portfolio_id, newest.capture_id)
        decision = Decision(self._player(standing, config), tuple(pending.values()))
        return Plan(standing, record, self.order.stages, decision, numbers=tuple(pending), earlier=newest)

    def _check_age(self, record: CaptureRecord, config: StrategyConfig) -> None:
        age = capture_age(record)
        if age > timedelta(minutes=config.max_capture_age_minutes):
            raise Conflict(
                f"market data is {age.total_seconds() / 60:.0f} minutes old, limit {config.max_capture_age_minutes:g}: "
                "take a capture or raise max_capture_age_minutes"
            )

    def _finished_together(self, group: Sequence[tuple[str, Plan | Result]]) -> Iterator[Result]:
        """The results of some portfolios in their order, saved in one transaction if that can be."""
        worked = [self._guarded(slug, partial(self._worked, plan)) for slug, plan in group]
        numbers = self._saved_together([each for each in worked if isinstance(each, Worked)])
        if numbers is None:
            yield from (self._guarded(slug, partial(self._finished, plan)) for slug, plan in group)
            return
        saved = iter(numbers)
        yield from (replace(each.result, numbers=next(saved)) if isinstance(each, Worked) else each for each in worked)

    def _saved_together(self, worked: Sequence[Worked]) -> Sequence[Sequence[int]] | None:
        try:
            return cycle_saves.save(self.database, [each.save for each in worked]) if worked else ()
        except Exception as error:  # whose fault it is shows when each is saved alone
            logger.warning("%s portfolios are saved one by one: %s", len(worked), error)
            return None

    def _finished(self, plan: Plan | Result) -> Result:
        """Execute, value and save; where somebody else changed the portfolio meanwhile, plan anew on what is there."""
        for _ in range(ATTEMPTS):
            if isinstance(plan, Result):
                return plan
            worked = self._worked(plan)
            assert isinstance(worked, Worked)
            numbers = cycle_saves.save(self.database, [worked.save])
            if numbers is not None:
                return replace(worked.result, numbers=numbers[0])
            slug = plan.standing.portfolio.slug
            plan = self._planned(slug, cycles.load_standing(self.database, slug))
            self._fetch([plan] if isinstance(plan, Plan) else [])
        raise Conflict("the portfolio is being changed by others all the time: run it again")

    def _worked(self, plan: Plan | Result) -> Worked | Result:
        """What a plan comes to, and what is to be saved of it; a result stays what it is."""
        if isinstance(plan, Result):
            return plan
        moment = self._moment(plan.record)
        books = self.books.of(plan.record.capture_id) if Stage.TRADES in plan.stages else None
        valued = Stage.SNAPSHOTS in plan.stages
        act = engine.act(plan.decision, plan.standing.account, moment, books, valued=valued)
        result = self.results.worked(plan, act, moment.capture)
        new = None if result.selection is None else self._cycle_values(plan, result)
        save = CycleSave(
            plan.standing,
            moment.capture,
            act.account,
            plan.stages,
            new,
            result.config,
            act.outcomes,
            plan.numbers,
            act.snapshot,
        )
        return Worked(result, save)

    def _cycle_values(self, plan: Plan, result: Result) -> dict[str, Any]:
        assert result.selection is not None  # as every new cycle has
        return {
            "strategy_type": self.strategy.name,
            "config_sha256": result.config_sha256,
            "code_version": self.order.code_version,
            "stage": cycles.reached(plan.stages),
            "markets_analyzed": result.markets_analyzed,
            "funnel": [list(step) for step in result.selection.funnel],
            "run_id": self.order.run_id,
            "portfolio_status": plan.standing.portfolio.status,
            "equity_track": plan.standing.account.equity_track.document(),
        }

    def _fetch(self, plans: Iterable[Plan]) -> None:
        """Find the order books that these plans need."""
        needed: dict[int, set[str]] = {}
        for plan in plans:
            if plan.decision is not None and Stage.TRADES in plan.stages:
                capture = self._moment(plan.record).capture
                needed.setdefault(capture.capture_id, set()).update(plan.decision.tokens(capture))
        for capture_id, tokens in needed.items():
            newest = capture_id == self.newest_id
            self.books.need(capture_id, self._moments[capture_id].at, tokens, newest=newest)

    def missing_books(self) -> Iterator[dict[str, Any]]:
        """The order books that were needed and that there are not, with their markets and why."""
        for capture_id in self.books.captures:
            yield from missing_books(self._moments[capture_id].capture.markets, self.books.of(capture_id))

    def _moment(self, record: CaptureRecord) -> Moment:
        """A capture, and what was known on it; each is read once."""
        if record.capture_id not in self._moments:
            capture = captures.load(self.database, self.folder, record.capture_id)
            before = captures.previous_ready(self.database, record.capture_id)
            told = resolutions.told_by(self.database, record.capture_id)
            self._moments[record.capture_id] = Moment(
                capture,
                True,
                None if before is None else before.captured_at,
                told,
                history=PriceHistory(self._past),
                forecasts=self._forecasts,
            )
        return self._moments[record.capture_id]
