"""Crons and ages, as people say them."""

from datetime import timedelta

import pytest

from prescient_dagster.domain.watch import crons


@pytest.mark.parametrize(
    ("cron", "told"),
    [
        ("* * * * *", "every minute"),
        ("*/1 * * * *", "every minute"),
        ("*/5 * * * *", "every 5 minutes"),
        ("0 * * * *", "every hour"),
        ("20 * * * *", "every hour at minute 20"),
        ("30 4 * * *", "every day at 04:30 UTC"),
        ("0 5 * * 0", "every Sunday at 05:00 UTC"),
        ("0 9 * * 1", "every Monday at 09:00 UTC"),
        ("0 9 * * 12", "by the cron '0 9 * * 12'"),
        ("0 9 * * 1-5", "by the cron '0 9 * * 1-5'"),
        ("@daily", "by the cron '@daily'"),
        ("*/x * * * *", "by the cron '*/x * * * *'"),
    ],
)
def test_a_cron_is_told_in_words(cron: str, told: str) -> None:
    assert crons.told(cron) == told


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (-3, "0 seconds"),
        (1, "1 second"),
        (119, "119 seconds"),
        (120, "2 minutes"),
        (17 * 60 + 59, "17 minutes"),
        (7_199, "119 minutes"),
        (7_200, "2 hours"),
        (3 * 86_400, "3 days"),
    ],
)
def test_an_age_is_told_in_the_largest_unit_there_are_two_of(seconds: float, told: str) -> None:
    assert crons.age(timedelta(seconds=seconds)) == told
