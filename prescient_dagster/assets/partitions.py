"""Each strategy's partitions are its portfolios: a pure difference, and the sensor that keeps to it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import dagster as dg

from prescient_dagster.assets.cycle import partitions_name
from prescient_dagster.assets.runs.partition_use import in_use
from prescient_dagster.domain.errors import PrescientError
from prescient_dagster.resources import DatabaseResource
from prescient_dagster.store.books import portfolios
from prescient_dagster.usecases.change_portfolio import open_slugs


@dataclass(frozen=True, slots=True)
class PartitionChange:
    """What must happen to a strategy's partitions so that they are its portfolios."""

    add: tuple[str, ...]
    remove: tuple[str, ...]


def partition_change(wanted: Iterable[str], there: Iterable[str], in_use: Iterable[str] = ()) -> PartitionChange:
    """The difference between the portfolios that are not closed and the partitions; those in use stay."""
    wanted, there = dict.fromkeys(wanted), dict.fromkeys(there)
    gone = there.keys() - wanted.keys() - set(in_use)
    return PartitionChange(
        tuple(slug for slug in wanted if slug not in there), tuple(key for key in there if key in gone)
    )


def sync_partitions(instance: dg.DagsterInstance, strategy: str, wanted: Iterable[str]) -> PartitionChange:
    """Make the strategy's partitions its portfolios; keys that are in use stay for the while."""
    name, wanted = partitions_name(strategy), list(wanted)
    there = instance.get_dynamic_partitions(name)
    change = partition_change(wanted, there)
    if change.remove and in_use(instance, strategy):
        change = partition_change(wanted, there, in_use=there)
    if change.add:
        instance.add_dynamic_partitions(name, list(change.add))
    for key in change.remove:
        instance.delete_dynamic_partition(name, key)
    return change


def partition_sensor(strategies: Sequence[str]) -> dg.SensorDefinition:
    """Keeps every strategy's partitions in step with its portfolios, whoever created or closed them."""

    @dg.sensor(
        name="portfolio_partitions",
        minimum_interval_seconds=30,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=(
            "Every 30 seconds: makes a partition for each new portfolio, and removes those of portfolios that are "
            "closed. Starts no run."
        ),
    )
    def tick(context: dg.SensorEvaluationContext, database: DatabaseResource) -> dg.SkipReason:
        try:
            # A failed read is not an empty table: nothing is removed on it.
            known = portfolios.list_all(database.open())
        except PrescientError as error:
            return dg.SkipReason(str(error))
        changes = []
        for strategy in strategies:
            wanted = open_slugs(portfolio for portfolio in known if portfolio.strategy_type == strategy)
            changes.append(sync_partitions(context.instance, strategy, wanted))
        return dg.SkipReason(_told(changes))

    return tick


def _told(changes: Sequence[PartitionChange]) -> str:
    made = [slug for change in changes for slug in change.add]
    removed = [slug for change in changes for slug in change.remove]
    told = [f"{what} {_names(slugs)}" for what, slugs in (("made", made), ("removed", removed)) if slugs]
    return f"partitions: {', '.join(told)}" if told else "every portfolio has its partition, nothing to do"


def _names(slugs: Sequence[str], most: int = 20) -> str:
    left = len(slugs) - most
    return " ".join(slugs[:most]) + (f" and {left} more" if left > 0 else "")
