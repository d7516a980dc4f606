"""The settings that bound how much a portfolio has at risk; all of them unset by default."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Any

from prescient_dagster.domain import money
from prescient_dagster.domain.strategy.setting import NamedSettings, setting


def _part(meaning: str, of: str) -> Any:
    return setting(meaning, f"part of {of}, 0.1 = 10 %", gt=0, le=1)


MaxExposure = Annotated[float | None, _part("most that open positions have cost together", "the equity")]
MaxExposurePerEvent = Annotated[float | None, _part("most that open positions in one event have cost", "the equity")]
MaxExposurePerTag = Annotated[float | None, _part("most that open positions with one tag have cost", "the equity")]
MaxDailyLoss = Annotated[
    float | None, _part("no entries once more is lost since the last snapshot before the UTC day", "the equity then")
]
MaxDrawdown = Annotated[
    float | None, _part("halted until resumed once the equity is further below its highest", "the highest equity")
]
EXPOSURES = ("max_exposure", "max_exposure_per_event", "max_exposure_per_tag")


class LimitedConfig(NamedSettings):
    """What a strategy can be told of risk."""

    max_exposure: MaxExposure = None
    max_exposure_per_event: MaxExposurePerEvent = None
    max_exposure_per_tag: MaxExposurePerTag = None
    max_daily_loss: MaxDailyLoss = None
    max_drawdown: MaxDrawdown = None

    def too_tight(self, balance: Decimal, least: Decimal) -> Iterator[str]:
        """Which of them leave less than the least order to an equity of so much, in USD."""
        for name in EXPOSURES:
            part = getattr(self, name)
            if part is not None and money.exact(part) * balance < least:
                allows = f"{(money.exact(part) * balance).normalize():f}"
                yield f"{self.named(name)} of {balance.normalize():f} USD allows {allows} USD, less than {least} USD"
