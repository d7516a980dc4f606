"""The performance of portfolios that traded on a recorded venue, hour by hour, and what the UI shows of it."""

import base64
import os
import re
import resource
import signal
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import dagster as dg
import pytest
from sqlalchemy import text

from prescient_dagster.assets import schedules
from prescient_dagster.assets.cycle import asset_key
from prescient_dagster.catalog import strategy_names
from prescient_dagster.definitions import defs
from prescient_dagster.domain.figures.leaderboard import Leaderboard, leaderboard
from prescient_dagster.resources import resources
from prescient_dagster.store.books import portfolios
from prescient_dagster.store.books.cycles import Stage
from prescient_dagster.store.figures.performance import load_histories
from tests.assets.conftest import Platform
from tests.assets.test_settlement import SETTLED_NO, SETTLED_YES, VOID, Recording

SHARES = 123.45  # for 100 USD at .81; the middle is at .80, the bid at .79
COST = 99.9945


@pytest.fixture
def recording(platform: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recording:
    folder = tmp_path / "recording"
    folder.mkdir()
    monkeypatch.setenv("PRESCIENT_VENUE", f"recorded:{folder}")
    return Recording(platform, folder)


def materialized(platform: Platform) -> dict[str, Any]:
    """The metadata of one run of the performance job."""
    result = defs.resolve_job_def("performance_job").execute_in_process(instance=platform.instance)
    (event,) = result.asset_materializations_for_node("performance")
    return {name: value.value if hasattr(value, "value") else value for name, value in event.metadata.items()}


def board(platform: Platform) -> Leaderboard:
    found = load_histories(platform.database)
    return leaderboard(found.portfolios, found.verdicts)


def figures(platform: Platform) -> dict[str, Any]:
    """The figures of the only portfolio."""
    (only,) = board(platform).portfolios
    return only.performance.figures()


def rows(table: Any) -> list[dict[str, Any]]:
    return [dict(record.data) for record in table.records]


def test_a_position_that_is_held_has_paid_the_spread(recording: Recording, platform: Platform) -> None:
    recording.hour(0)
    platform.portfolio("one", max_positions=1)
    platform.run(["one"])

    found = figures(platform)

    assert (found["days"], found["open_positions"], found["closed_positions"], found["fills"]) == (1, 1, 0, 1)
    assert float(found["equity"]) == pytest.approx(1_000 - SHARES * 0.02)
    assert float(found["equity_at_mid"]) == pytest.approx(1_000 - SHARES * 0.01)
    assert {part: float(amount) for part, amount in found["profit"].items()} == pytest.approx(
        {"spread": -SHARES * 0.02, "fees": 0, "price_move": 0, "settlement": 0}
    )
    assert found["synthetic_share"] == 1


@pytest.mark.parametrize(
    ("ending", "expected"), [(SETTLED_YES, (1, 1, 1)), (SETTLED_NO, (0, 0, 1)), (VOID, (0.5, 0, 0))]
)
def test_how_a_market_ends_shows_in_profit_and_calibration(
    recording: Recording, platform: Platform, ending: dict[str, Any], expected: tuple[float, float, int]
) -> None:
    paid, win_rate, entries = expected
    recording.hour(0)
    platform.portfolio("one", max_positions=1)
    platform.run(["one"])
    recording.hour(14, ending)
    platform.run(["one"], config={"market_min_liquidity": 1_000_000})

    found = figures(platform)

    assert (found["closed_positions"], found["win_rate"], found["days"]) == (1, win_rate, 2)
    assert found["expectancy"] == pytest.approx(paid * SHARES - COST)
    assert float(found["profit"]["settlement"]) == pytest.approx((paid - 0.80) * SHARES)
    assert float(found["profit"]["spread"]) == pytest.approx(-0.01 * SHARES)
    assert found["calibration"]["entries"] == entries
    if entries:
        assert found["calibration"]["edge"] == pytest.approx(paid - 0.81)


def test_a_portfolio_that_its_last_settlement_closed_shows_what_it_lost(
    recording: Recording, platform: Platform
) -> None:
    """Nobody values it any more: its last snapshot is of before."""
    recording.hour(0)
    platform.portfolio("one", max_positions=1)
    platform.run(["one"])
    portfolios.close(platform.database, "one")
    recording.hour(14, SETTLED_NO)
    assert portfolios.get(platform.database, "one").status == "closed"

    found = figures(platform)

    assert float(found["equity"]) == float(found["equity_at_mid"]) == pytest.approx(1_000 - COST)
    assert (found["days"], found["open_positions"]) == (2, 0)


def test_a_market_that_was_sold_before_it_ended_is_asked_for_until_it_answers_and_then_once_a_day(
    recording: Recording, platform: Platform, asked: Callable[[], int]
) -> None:
    recording.hour(0)
    platform.portfolio("one")
    platform.run(["one"])
    portfolios.close(platform.database, "one")
    recording.hour(1)
    platform.run(["one"])
    assert figures(platform)["calibration"]["entries"] == 0

    recording.hour(2, {"resolution_status": "proposed"})
    assert asked() == 1
    recording.hour(3, SETTLED_NO)
    assert asked() == 0  # the same day
    assert "no" not in known_endings(platform).values()
    recording.hour(13, SETTLED_NO)

    assert known_endings(platform) == {"500": "no"}  # 501 is still open, and not asked for
    found = figures(platform)
    assert (found["calibration"]["entries"], found["calibration"]["hit_rate"]) == (1, 0)
    assert found["win_rate"] == 0  # sold for less than it cost


def known_endings(platform: Platform) -> dict[str, str]:
    with platform.database.begin() as connection:
        found = connection.execute(text("SELECT market_id, ending FROM prescient.resolutions"))
        return {row.market_id: row.ending for row in found}


def test_a_sold_market_is_asked_for_also_once_it_has_ended_in_case_that_is_corrected(
    recording: Recording, platform: Platform, asked: Callable[[], int]
) -> None:
    recording.hour(0)
    platform.portfolio("one")
    platform.run(["one"])
    portfolios.close(platform.database, "one")
    recording.hour(1)
    platform.run(["one"])
    counts = []
    for day, ending in enumerate(({"resolution_status": "proposed"}, SETTLED_YES, SETTLED_YES), start=1):
        recording.hour(24 * day, ending)
        counts.append(asked())
    assert counts == [1, 1, 1]


@pytest.fixture
def asked(platform: Platform) -> Callable[[], int]:
    """How many markets the newest capture asked for by id."""

    def newest() -> int:
        event = platform.instance.get_latest_materialization_event(dg.AssetKey("resolutions"))
        assert event is not None
        assert event.asset_materialization is not None
        return int(event.asset_materialization.metadata["asked"].value)  # type: ignore[arg-type]

    return newest


def test_money_adds_up_for_every_portfolio_and_strategy_after_every_step(
    recording: Recording, platform: Platform
) -> None:
    for slug, strategy, settings in (
        ("held", "momentum", {}),
        ("stopped", "momentum", {"max_holding_days": 0.01}),
        ("against", "mean_reversion", {"market_min_conviction": 0.5, "min_confidence": 0.75}),
    ):
        platform.portfolio(slug, strategy, **settings)
    for hours, ending in ((0, None), (14, None), (28, SETTLED_YES), (42, SETTLED_NO), (56, SETTLED_NO)):
        recording.hour(hours, ending)
        adds_up(platform)  # settled, and not yet valued
        platform.run(["held", "stopped"])
        platform.run(["against"], "mean_reversion")
        adds_up(platform)
    found = {each.name: each.performance.figures() for each in board(platform).portfolios}
    assert found["stopped"]["profit"]["settlement"] == 0
    assert found["held"]["profit"]["settlement"] < 0  # it was corrected
    assert found["against"]["profit"]["settlement"] > 0


def adds_up(platform: Platform) -> None:
    found = board(platform)
    with platform.database.begin() as connection:
        query = "SELECT slug, realized_profit_loss, fees_paid FROM prescient.portfolios"
        books = {row.slug: row for row in connection.execute(text(query))}
    for each in [*found.portfolios, *found.strategies]:
        balances = each.performance.balances
        assert each.performance.profit.total == balances.total_profit_loss
        assert balances.realized_profit_loss + balances.unrealized_profit_loss == balances.total_profit_loss
        assert balances.equity - balances.initial_balance == balances.total_profit_loss
    for each in found.portfolios:
        assert each.performance.balances.realized_profit_loss == books[each.name].realized_profit_loss
        assert each.performance.activity.fees_paid == books[each.name].fees_paid
    for each in found.strategies:
        parts = [part for part in found.portfolios if part.strategy_type == each.strategy_type]
        assert each.performance.balances.equity == sum(part.performance.balances.equity for part in parts)


@pytest.mark.parametrize(
    ("slug", "shown"),
    [
        ("of-16-characters", "of-16-characters"),
        ("of-17-characters-1", "of-17-ch…cters-1"),
        ("x" * 62 + "2", "xxxxxxxx…xxxxxx2"),
    ],
)
def test_a_long_name_leaves_room_for_what_it_made(
    recording: Recording, platform: Platform, slug: str, shown: str
) -> None:
    recording.hour(0)
    platform.portfolio(slug)
    platform.run([slug])
    told = materialized(platform)
    assert [row["name"] for row in rows(told["leaderboard"])] == [shown]
    assert {row["name"] for row in rows(told["figures"])} == {"all momentum", slug}


def test_the_asset_shows_who_is_ahead_and_why(recording: Recording, platform: Platform) -> None:
    recording.hour(0)
    platform.portfolio("idle", max_positions=1, trade_amount=1, min_confidence=0.82)
    platform.portfolio("winner", max_positions=1)
    platform.run(["idle", "winner"])
    recording.hour(25, SETTLED_YES)
    platform.run(["idle", "winner"])

    told = materialized(platform)

    assert told["portfolios"] == 2
    assert [row["name"] for row in rows(told["leaderboard"])] == ["winner", "idle"]
    assert [row["name"] for row in rows(told["strategies"])] == ["momentum"]
    assert {row["name"]: row["settlement"] > 0 for row in rows(told["profit_split"])} == {
        "all momentum": True,
        "winner": True,
        "idle": False,
    }
    assert [(row["price"], row["entries"], row["hit_rate"]) for row in rows(told["calibration"])] == [
        ("all", 1, 1),
        ("0.8 to 0.9", 1, 1),
    ]
    assert [list(row) for row in rows(told["leaderboard"])] == [["name", "return", "profit", "drawdown"]] * 2
    assert {row["name"]: row["sharpe"] for row in rows(told["figures"])} == {
        "all momentum": None,
        "winner": None,
        "idle": None,
    }


def test_equity_is_told_as_numbers_which_the_page_plots(recording: Recording, platform: Platform) -> None:
    recording.hour(0)
    platform.portfolio("one", max_positions=1)
    platform.portfolio("idle", "mean_reversion")
    platform.run(["one"])

    told = materialized(platform)

    assert {name: told[name] for name in ("equity", "profit", "return_pct", "drawdown_pct")} == {
        "equity": 1_997.53,
        "profit": -2.47,
        "return_pct": -0.12,
        "drawdown_pct": -0.12,
    }


def test_the_pictures_are_images_in_the_text_that_fetch_nothing(recording: Recording, platform: Platform) -> None:
    recording.hour(0)
    platform.portfolio("one")
    platform.run(["one"])

    images = re.findall(r"!\[([^\]]*)\]\(data:image/svg\+xml;base64,([^)]*)\)", materialized(platform)["curves"])

    assert [title for title, _ in images] == [
        *("equity of all momentum", "drawdown of all momentum", "equity of one", "drawdown of one"),
    ]
    for _, encoded in images:
        drawn = ET.fromstring(base64.b64decode(encoded))
        assert drawn.tag == "{http://www.w3.org/2000/svg}svg"
        assert not [name for element in drawn.iter() for name in element.attrib if "href" in name]


def test_without_a_portfolio_there_is_nothing_to_compare(platform: Platform) -> None:
    assert materialized(platform) == {"am_i_ahead": "portfolios", "portfolios": 0}
    assert "prescient portfolio create first" in written().read_text()


def test_it_is_downstream_of_the_snapshots_of_every_strategy() -> None:
    graph = defs.resolve_asset_graph()
    parents = graph.get(dg.AssetKey("performance")).parent_keys
    assert parents == {asset_key(strategy, Stage.SNAPSHOTS) for strategy in strategy_names()}


def written() -> Path:
    """The page of all portfolios."""
    return Path(os.environ["PRESCIENT_HOME"]) / "pages" / "portfolios.html"


def test_the_page_of_all_portfolios_is_written_for_this_account_alone(recording: Recording, platform: Platform) -> None:
    recording.hour(0)
    platform.portfolio("one", max_positions=1)
    platform.run(["one"])
    told = materialized(platform)
    assert next(iter(told)) == "am_i_ahead"
    assert "Behind by" in written().read_text()
    assert [stat.S_IMODE(path.stat().st_mode) for path in (written(), written().parent)] == [0o600, 0o700]
    assert [path.name for path in written().parent.iterdir()] == [written().name]


def test_a_disk_that_is_full_fails_no_figure_and_the_older_page_stays(recording: Recording, platform: Platform) -> None:
    recording.hour(0)
    platform.portfolio("one", max_positions=1)
    materialized(platform)
    before = written().read_text()
    platform.run(["one"])
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    before_it = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # or the process would end of it
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, limit[1]))
    try:
        told = materialized(platform)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
        signal.signal(signal.SIGXFSZ, before_it)
    assert "cannot be written, an older one is shown: File too large" in told["page_not_written"]
    assert told["portfolios"] == 1
    assert written().read_text() == before
    assert [path.name for path in written().parent.iterdir()] == [written().name]


def test_problems_are_on_the_page(platform: Platform) -> None:
    platform.portfolio("one")
    materialized(platform)
    assert "no capture is ready to be traded" in written().read_text()


def test_it_is_worked_out_at_once_after_each_round_while_the_home_is_young_and_then_every_quarter_of_an_hour(
    recording: Recording, platform: Platform, tmp_path: Path
) -> None:
    schedule = defs.resolve_schedule_def("performance_schedule")
    assert (schedule.cron_schedule, schedule.default_status) == ("* * * * *", dg.DefaultScheduleStatus.RUNNING)
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:  # a schedule gets its instance by reference

        def tick() -> str:
            answer = schedule(dg.build_schedule_context(instance, resources=resources()))
            return "run" if isinstance(answer, dg.RunRequest) else str(answer.skip_message)  # type: ignore[union-attr]

        def worked_out(status: dg.DagsterRunStatus = dg.DagsterRunStatus.SUCCESS) -> None:
            instance.create_run_for_job(defs.resolve_job_def("performance_job"), status=status)

        assert tick() == "nothing has been traded yet"
        recording.hour(0)
        platform.portfolio("one")
        platform.run(["one"])
        assert tick() == "run"
        worked_out()
        assert tick() == "run"  # the round may not have been over
        traded_ago(platform, "2 minutes")
        assert tick().startswith("nothing was traded since it was worked out at ")
        recording.hour(1)
        platform.run(["one"])
        assert tick() == "run"
        traded_ago(platform, "2 hours", newest=False)
        assert tick().startswith("worked out at ")
        worked_out(dg.DagsterRunStatus.STARTED)
        assert "the performance_job run before is still going" in tick()


def traded_ago(platform: Platform, ago: str, *, newest: bool = True) -> None:
    """The newest round, or the first, began so long ago."""
    which = "max" if newest else "min"
    query = f"UPDATE prescient.cycles SET started_at = now() - interval '{ago}' WHERE capture_id = "
    with platform.database.begin() as connection:
        connection.execute(text(f"{query} (SELECT {which}(capture_id) FROM prescient.cycles)"))


def test_with_a_cron_of_ones_own_it_is_worked_out_at_its_ticks() -> None:
    schedule = schedules.performance_schedule("0 * * * *")
    assert schedule.cron_schedule == "0 * * * *"


def test_an_unreachable_database_is_one_line(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRESCIENT_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    job = defs.resolve_job_def("performance_job")
    result = job.execute_in_process(instance=platform.instance, raise_on_error=False)
    (failed,) = result.get_step_failure_events()
    assert "no database answers" in str(failed.step_failure_data.user_failure_data)
