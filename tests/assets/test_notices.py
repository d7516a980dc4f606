"""The sensor tells real channels what happened to portfolios, each thing once, and loses none while one is down."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg
import pytest
from sqlalchemy import text

from prescient_dagster.assets.notices import OFF, notices_sensor
from prescient_dagster.domain.errors import InvalidInput, NotDelivered
from prescient_dagster.resources import resources
from prescient_dagster.store.books import halts
from prescient_dagster.store.market import captures
from prescient_dagster.usecases import settle
from prescient_dagster.usecases.telling.channels import deliver
from tests.assets.conftest import Platform
from tests.assets.worlds import a_listing, favourites
from tests.webhooks import Webhook, listening

pytest.importorskip("apprise", reason="needs the extra prescient[notices]")


def address(webhook: Webhook) -> str:
    return webhook.url.replace("http://", "json://")


@pytest.fixture
def everybody() -> Iterator[Webhook]:
    with listening() as webhook:
        yield webhook


@pytest.fixture
def one() -> Iterator[Webhook]:
    with listening() as webhook:
        yield webhook


class Ticks:
    """The sensor as Dagster runs it: each tick gets the cursor that the last one left, also where it failed."""

    def __init__(self, platform: Platform, setting: str) -> None:
        self.platform = platform
        self.cursor: str | None = None
        self.sensor = notices_sensor(setting, "simulated")

    def tick(self) -> str:
        context = dg.build_sensor_context(
            instance=self.platform.instance, cursor=self.cursor, resources=resources(), sensor_name="notices"
        )
        try:
            return str(self.sensor.evaluate_tick(context).skip_message)
        finally:
            self.cursor = context.cursor

    def a_day_passes(self) -> None:
        """Let the cursor say that yesterday was the last day told of."""
        told = {key: json.loads(each) for key, each in json.loads(self.cursor or "{}").items()}
        yesterday = f"{datetime.now(UTC).date() - timedelta(days=1)}"
        self.cursor = json.dumps({key: json.dumps({**each, "day": yesterday}) for key, each in told.items()})


ENDED_YES = text(
    "INSERT INTO prescient.resolutions (market_id, capture_id, timestamp, confirmed_at, ending, reason,"
    " resolution_status) VALUES ('500', :capture, :at, :at, 'yes', '', 'resolved')"
)


def messages(webhook: Webhook) -> list[str]:
    return [body["message"] for body in webhook.told]


def trade(platform: Platform, *slugs: str, hours: float = 0, **changes: Any) -> None:
    platform.capture(a_listing(*favourites(1, **changes), hours=hours))
    assert platform.run(list(slugs)).success


def test_without_a_channel_notices_are_off_and_say_how_to_switch_them_on(platform: Platform) -> None:
    ticks = Ticks(platform, "")
    assert ticks.tick() == OFF
    assert ticks.sensor.default_status is dg.DefaultSensorStatus.STOPPED


def test_fills_are_told_once_to_who_asked_for_them(platform: Platform, everybody: Webhook, one: Webhook) -> None:
    for slug in ("a", "b"):
        platform.portfolio(slug)
    ticks = Ticks(platform, f"{address(everybody)} b={address(one)}")
    assert ticks.tick() == "nothing new"

    trade(platform, "a", "b")
    assert ticks.tick() == "told: 3 to 2 channels"
    assert ticks.tick() == "nothing new"

    assert messages(one) == ["b: bought 123.45 yes at 0.81 for 99.99 USD: Will it happen 0 times?"]
    assert [line.partition(":")[0] for line in messages(everybody)[0].splitlines()] == ["a", "b"]
    assert everybody.told[0]["title"] == "Prescient, simulated: 2 things happened"


def test_a_halt_is_told_and_so_is_the_day(platform: Platform, everybody: Webhook) -> None:
    platform.portfolio("a")
    ticks = Ticks(platform, address(everybody))
    ticks.tick()
    halts.halt(platform.database, "a")
    ticks.tick()
    assert messages(everybody) == ["a: halted (by hand): it enters nothing until 'prescient portfolio resume a'"]

    ticks.a_day_passes()
    ticks.tick()
    assert "equity 1,000.00 USD, +0.00% since it began; 0 open, 0 trades" in messages(everybody)[1]
    assert ticks.tick() == "nothing new"


def test_what_a_market_paid_is_told_to_its_portfolio_and_in_all(
    platform: Platform, everybody: Webhook, one: Webhook
) -> None:
    """Where it won, where it lost, whatever strangers call the market and its sides."""
    names = {"question": "Will @everyone win?", "yes_label": "*A*", "no_label": "[b](c)"}
    for slug in ("a", "b"):
        platform.portfolio(slug)
    ticks = Ticks(platform, f"{address(everybody)} b={address(one)}")
    ticks.tick()
    trade(platform, "a", "b", **names)
    ticks.tick()
    record = captures.find(platform.database, platform.capture(a_listing(*favourites(1, **names), hours=1)))
    with platform.database.begin() as connection:
        connection.execute(ENDED_YES, {"capture": record.capture_id, "at": record.captured_at})
    assert len(list(settle.settle(platform.database, record))) == 2
    ticks.tick()

    (told,) = messages(one)[1:]
    assert told.startswith("b: settlement of 123.45 yes (")
    assert "): +123.45 USD: Will " in told
    assert [line.partition(":")[0] for line in messages(everybody)[1].splitlines()] == ["a", "b"]
    for risky in ("@e", "*A", "](", "[b"):
        assert risky not in told + messages(everybody)[1], risky


def test_nothing_is_lost_while_a_channel_is_down_and_the_other_is_told(
    platform: Platform, everybody: Webhook, one: Webhook
) -> None:
    platform.portfolio("a")
    ticks = Ticks(platform, f"{address(everybody)} {address(one)}")
    ticks.tick()
    everybody.status = 500
    trade(platform, "a")
    with pytest.raises(Exception, match="json:// has not taken the message"):
        ticks.tick()
    assert (len(messages(everybody)), len(messages(one))) == (0, 1)
    everybody.status = 200
    ticks.tick()
    assert messages(everybody) == messages(one)


def test_no_address_stands_in_the_cursor_or_in_an_error(platform: Platform, everybody: Webhook) -> None:
    ticks = Ticks(platform, address(everybody))
    ticks.tick()
    assert "secret" not in str(ticks.cursor)
    everybody.status = 500
    for bad in (address(everybody), "nonsense://secret@127.0.0.1"):
        with pytest.raises((NotDelivered, InvalidInput)) as caught:
            deliver(bad, "title", "text")
        assert "secret" not in str(caught.value)


def test_a_strangers_question_calls_nobody_and_links_nowhere(platform: Platform, everybody: Webhook) -> None:
    platform.portfolio("a")
    ticks = Ticks(platform, address(everybody))
    ticks.tick()
    question = "@channel <!here> [win](https://evil.example) www.evil.example *now* `x` /start #all\nsecond"
    trade(platform, "a", question=question)
    ticks.tick()
    (told,) = messages(everybody)
    assert "\n" not in told
    for risky in ("@c", "<!", "](", "://", "evil.ex", "www.e", "*n", "`x", "/s", "#a"):
        assert risky not in told, risky
    assert "channel" in told
