"""How values are read on the page. A missing one is a dash; minus signs are as wide as digits."""

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from prescient_dagster.domain.books.ledger import Position, Trade, worth
from prescient_dagster.domain.market.sides import labelled

Number = Decimal | float | int
MISSING = "–"
UNSHOWABLE = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def shown(value: Any) -> Any:
    """A value as the page may hold it: no control characters, nothing that turns the direction of writing."""
    # The type itself: what is marked as HTML is a str too.
    return UNSHOWABLE.sub("�", value) if type(value) is str else value


def usd(amount: Number | None) -> str:
    """An amount in cents."""
    return MISSING if amount is None else _minus(f"{amount:,.2f}")


def signed_usd(amount: Number | None) -> str:
    """An amount with its sign, in cents."""
    return MISSING if amount is None else _minus(f"{amount:+,.2f}")


def whole_usd(amount: Number) -> str:
    """An amount as an axis tells it."""
    return _minus(f"{amount:,.10g}")


def percent(rate: Number | None) -> str:
    """A fraction as a percentage."""
    return MISSING if rate is None else _minus(f"{100 * rate:,.1f} %")


def fine_percent(rate: Number | None) -> str:
    """A fraction as a percentage with two decimals."""
    return MISSING if rate is None else _minus(f"{100 * rate:,.2f} %")


def signed_percent(rate: Number | None) -> str:
    """A fraction as a percentage with its sign and two decimals."""
    return MISSING if rate is None else _minus(f"{100 * rate:+,.2f} %")


def axis_percent(rate: Number) -> str:
    """A fraction as an axis tells it."""
    return _minus(f"{100 * rate:,.6g} %")


def ratio(value: Number | None) -> str:
    """A number without a unit."""
    return MISSING if value is None else _minus(f"{value:,.2f}")


def price(value: Number | None) -> str:
    """USD per share."""
    return MISSING if value is None else _minus(f"{value:.3f}")


def fine(value: Number | None) -> str:
    """A number of which the fourth decimal tells something."""
    return MISSING if value is None else _minus(f"{value:.4f}")


def signed_fine(value: Number | None) -> str:
    """The same with its sign."""
    return MISSING if value is None else _minus(f"{value:+.4f}")


def count(value: int | None) -> str:
    """How many."""
    return MISSING if value is None else _minus(f"{value:,}")


def plural(value: int, noun: str, many: str = "") -> str:
    """How many of them: 1 trade, 2 trades; `many` where that is not the noun with an s."""
    return f"{value:,} {noun if value == 1 else many or f'{noun}s'}"


def day(value: date | datetime | None) -> str:
    """A date."""
    return MISSING if value is None else f"{value.day} {value:%b %Y}"


def moment(value: datetime) -> str:
    """A date with its time, UTC."""
    return f"{day(value)}, {value:%H:%M}"


def lasted(value: timedelta) -> str:
    """A length of time."""
    hours = value / timedelta(hours=1)
    return f"{hours:.1f} hours" if hours < 48 else f"{hours / 24:.1f} days"


def words(name: str) -> str:
    """A name of the code as words."""
    return name.replace("_", " ")


def setting(value: Any) -> str:
    """The value of a strategy's setting."""
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {setting(each)}" for key, each in value.items()) or "none"
    return "no bound" if value is None else str(value)


def side(trade: Trade | Position) -> str:
    """The side of a trade or position, with what the venue calls it."""
    return labelled(trade.side, trade.side_label).replace(trade.side, trade.side.upper(), 1)


def sign(value: Number | None) -> str:
    """The class of a value: `up`, `down`, or nothing."""
    return "" if not value else "up" if value > 0 else "down"


def heat(rate: float | None) -> str:
    """The class of a return, deeper from 1 % and 5 % on."""
    if not rate:
        return ""
    return f"{sign(rate)}{1 + (abs(rate) >= 0.01) + (abs(rate) >= 0.05)}"


def _minus(text: str) -> str:
    """With the typographic minus; what is rounded to 0 has no sign."""
    return text.lstrip("+-") if not any(letter in "123456789" for letter in text) else text.replace("-", "−")


FILTERS = {
    each.__name__: each
    for each in (
        *(usd, signed_usd, percent, fine_percent, signed_percent, ratio, price, fine, signed_fine, count, plural, day),
        *(moment, lasted, words, setting, side, sign, heat, worth),
    )
}
