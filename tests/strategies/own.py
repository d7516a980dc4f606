"""Strategies of one's own, in a folder outside of the checkout."""

from pathlib import Path
from typing import Any

SOURCE = '''"""Buys the {favoured} of every market that is not all but certain."""

from typing import Annotated

from prescient_dagster.domain.strategy.configs import MarketMaxConviction, StrategyConfig, setting
from prescient_dagster.domain.strategy.strategies import Entries, Strategy, View
{imports}

class OwnConfig(StrategyConfig):
    """Settings of the {name} strategy."""

    market_max_conviction: MarketMaxConviction = {conviction}
    eagerness: Annotated[float, setting("how eagerly it buys", "USD per share", gt=0, le=1)] = 0.5


def decide(view: View, config: OwnConfig) -> Entries:
    """Buy whatever passed the filters."""
    return view.entries(
        chosen=view.column("yes_price") > 0,
        yes={yes},
        amount={amount},
        confidence=view.favourite_price * config.eagerness,
        reason=lambda candidate: f"costs {{view.favourite_price[candidate]:g}}",
    )


STRATEGY = Strategy(
    name="{name}", title="{name}", description="Buys every {favoured}.", config=OwnConfig, decide=decide
)
'''


def source(
    name: str = "everyman",
    *,
    imports: str = "",
    conviction: str = "0.9",
    favourite: bool = True,
    amount: str = "config.trade_amount",
) -> str:
    """The file of a strategy that wishes for all that passed its filters."""
    favoured = "favourite" if favourite else "underdog"
    yes = "view.yes_is_favourite" if favourite else "~view.yes_is_favourite"
    return SOURCE.format(name=name, imports=imports, conviction=conviction, favoured=favoured, yes=yes, amount=amount)


def write(folder: Path, name: str = "everyman", **given: Any) -> Path:
    """Put a strategy into a folder."""
    path = folder / f"{name}.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(source(name, **given), encoding="utf-8")
    return path
