"""The sensor `notices`: tells each channel what has happened to its portfolios. Each thing once.

The cursor keeps what each channel has been told; it moves on only when the message has arrived. A channel that is down
keeps no other from being told.
"""

import json
from datetime import UTC, datetime
from hashlib import sha256

import dagster as dg

from prescient_dagster.domain.errors import InvalidInput, NotDelivered, PrescientError
from prescient_dagster.domain.watch import notices
from prescient_dagster.domain.watch.channels import Channel, channels
from prescient_dagster.domain.watch.notices import Cursor
from prescient_dagster.resources import DatabaseResource
from prescient_dagster.store.database import Database
from prescient_dagster.usecases.telling.channels import deliver
from prescient_dagster.usecases.telling.happened import from_now, happened

OFF = "notices are off: set PRESCIENT_NOTICES to addresses that apprise knows"


def notices_sensor(setting: str, venue: str) -> dg.SensorDefinition:
    """The sensor; it is on if the setting names a channel. `venue`: whose name the messages carry."""

    @dg.sensor(
        name="notices",
        minimum_interval_seconds=30,
        default_status=dg.DefaultSensorStatus.RUNNING if setting else dg.DefaultSensorStatus.STOPPED,
        description=(
            "Every 30 seconds: tells the channels of PRESCIENT_NOTICES of fills, settlements and halts, and once a day "
            "how each portfolio is. Each thing once, all of them in one message. Starts no run."
        ),
    )
    def tick(context: dg.SensorEvaluationContext, database: DatabaseResource) -> dg.SkipReason:
        if not setting:
            return dg.SkipReason(OFF)
        try:
            found, store = channels(setting), database.open()
        except PrescientError as error:
            return dg.SkipReason(str(error))
        told, counts, failed, unread = _told(context.cursor), [], [], ""
        for channel in found:
            key = _key(channel)
            try:
                count, told[key] = _tell(store, channel, told.get(key), f"Prescient, {venue}")
                counts.append(count)
            except (NotDelivered, InvalidInput) as error:
                failed.append(str(error))
            except PrescientError as error:
                unread = str(error)
                break
        context.update_cursor(json.dumps({key: each.dumps() for key, each in told.items()}))
        if unread:
            return dg.SkipReason(unread)
        if failed:
            raise NotDelivered("; ".join(failed))
        return dg.SkipReason(f"told: {sum(counts)} to {len(counts)} channels" if any(counts) else "nothing new")

    return tick


def _tell(database: Database, channel: Channel, told: Cursor | None, source: str) -> tuple[int, Cursor]:
    """How much a channel was told, and what it knows now. One that is new is told of what comes."""
    now = datetime.now(UTC)
    if told is None:
        return 0, from_now(database, now)
    found = happened(database, told, now)
    mine = notices.for_channel(found.notices, channel)
    if mine:
        deliver(channel.address, *notices.message(mine, source))
    return len(mine), found.then


def _key(channel: Channel) -> str:
    """What a channel is called in the cursor, which people can see: its address is not to be read from it."""
    return sha256(f"{channel.portfolio}={channel.address}".encode()).hexdigest()[:12]


def _told(cursor: str | None) -> dict[str, Cursor]:
    """What each channel has been told; with a cursor that is none of ours, nobody anything."""
    try:
        return {key: Cursor.loads(each) for key, each in json.loads(cursor or "{}").items()}
    except (ValueError, AttributeError):
        return {}
