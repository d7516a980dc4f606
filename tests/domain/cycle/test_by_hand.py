"""Which positions a person sells together."""

import pytest

from prescient_dagster.domain.books.ledger import Account
from prescient_dagster.domain.cycle.bundles import BundleKind, bundle_id
from prescient_dagster.domain.cycle.by_hand import legs_to_sell
from prescient_dagster.domain.errors import Conflict, NotFound
from tests.builders import NOON, D, a_position

BUNDLE = bundle_id(BundleKind.NO_SET, 2, "x", NOON)


def holding(*markets: str, bundle: str | None = None) -> Account:
    held = [a_position(market_id=market, bundle=bundle) for market in markets]
    return Account(D(100), D(50), {position.holding: position for position in held})


def sold(account: Account, market_id: str, *, bundle: bool = False) -> list[str]:
    return [leg.market_id for leg in legs_to_sell(account, market_id, bundle=bundle)]


def test_a_single_position_is_sold_alone() -> None:
    assert sold(holding("1", "2"), "2") == sold(holding("1", "2"), "2", bundle=True) == ["2"]


def test_a_leg_of_a_bundle_is_sold_with_all_of_it_or_not_at_all() -> None:
    with pytest.raises(Conflict, match="is a leg of a bundle with 2: --bundle sells"):
        sold(holding("1", "2", bundle=BUNDLE), "1")
    assert sold(holding("1", "2", bundle=BUNDLE), "1", bundle=True) == ["1", "2"]


@pytest.mark.parametrize("bundle", [True, False])
def test_what_a_settled_leg_leaves_of_a_bundle_waits_for_its_end(bundle: bool) -> None:
    with pytest.raises(Conflict, match="another has settled"):
        sold(holding("1", bundle=BUNDLE), "1", bundle=bundle)


def test_what_is_not_held_is_not_sold() -> None:
    with pytest.raises(NotFound, match="nothing is held in market '3'"):
        sold(holding("1", "2"), "3")
