"""What every strategy keeps to, as checks that any strategy file can be put through.

A check takes a loaded strategy and fails with what is wrong. `test_contract.py` puts every file in `strategy_assets/`
through all of them, so that a new file is checked without being named anywhere.
"""

from tests.strategies.contract import decisions, presentation, purity
from tests.strategies.contract.subject import Check, Subject, load

__all__ = ["CHECKS", "Check", "Subject", "load"]

CHECKS: tuple[Check, ...] = (
    presentation.is_named_like_its_file,
    presentation.describes_itself,
    presentation.documents_every_setting,
    presentation.has_defaults_that_are_sound,
    presentation.has_settings_that_are_json,
    presentation.can_be_configured_in_a_run,
    purity.imports_only_what_is_pure,
    purity.decides_the_same_twice,
    purity.changes_nothing_it_is_given,
    purity.knows_no_order,
    purity.knows_no_clock,
    purity.knows_no_market_by_name,
    purity.never_sees_the_outcome,
    decisions.finds_something_with_its_defaults,
    decisions.selects_tradable_markets,
    decisions.wishes_for_candidates_only,
    decisions.gives_reasons,
    decisions.tells_its_rules,
    decisions.bundles_whole,
    decisions.trades_in_a_cycle,
    decisions.lives_with_an_empty_venue,
    decisions.lives_with_missing_numbers,
    decisions.lives_with_what_is_held,
)
