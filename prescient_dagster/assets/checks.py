"""What is checked with every run, and what to do where a check fails."""

from collections.abc import Mapping, Sequence

import dagster as dg

BALANCE = "The books rebuilt from the trades equal the stored ones, to the last digit."


def balance_check(asset: dg.AssetKey | str, found: Mapping[str, Sequence[str]]) -> dg.AssetCheckResult:
    """The result of reconciling the books of these portfolios."""
    wrong = {slug: list(differences) for slug, differences in found.items() if differences}
    return dg.AssetCheckResult(
        passed=not wrong,
        check_name="books_balance",
        asset_key=dg.AssetKey.from_coercible(asset),
        description=(
            f"the books of {', '.join(wrong)} do not balance: pause them and run `prescient db reconcile`"
            if wrong
            else f"{len(found)} portfolios balance"
        ),
        metadata={"differences": dg.MetadataValue.json(wrong)} if wrong else {},
    )
