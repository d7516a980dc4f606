"""Crons and ages in words."""

from datetime import timedelta

UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))
NAMES = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
DAYS = {"*": "day"} | {str(number): name for number, name in enumerate(NAMES)}


def told(cron: str) -> str:
    """How often a cron comes, in UTC: "every 5 minutes"; an unusual one is quoted."""
    match cron.split():
        case ["*", "*", "*", "*", "*"]:
            return "every minute"
        case [minutes, "*", "*", "*", "*"] if (step := minutes.removeprefix("*/")) != minutes and step.isdigit():
            return f"every {amount(int(step), 'minute')}" if int(step) > 1 else "every minute"
        case ["0", "*", "*", "*", "*"]:
            return "every hour"
        case [minute, "*", "*", "*", "*"] if minute.isdigit():
            return f"every hour at minute {int(minute)}"
        case [minute, hour, "*", "*", day] if minute.isdigit() and hour.isdigit() and day in DAYS:
            return f"every {DAYS[day]} at {int(hour):02}:{int(minute):02} UTC"
    return f"by the cron {cron!r}"


def age(since: timedelta) -> str:
    """A length of time in the largest unit there are two of: "17 minutes", "90 seconds"; rounded down."""
    seconds = max(0, int(since.total_seconds()))
    name, size = next(((name, size) for name, size in UNITS if seconds >= 2 * size), UNITS[-1])
    return amount(seconds // size, name)


def amount(number: float, unit: str) -> str:
    """A number with its unit, in the plural where that is due: "1 minute", "2.5 minutes"."""
    return f"{number:g} {unit}" if number == 1 else f"{number:g} {unit}s"
