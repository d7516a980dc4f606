"""A worker verifies the portfolio that is meant, or says why not."""

from pathlib import Path

import pytest

from prescient_dagster.usecases.sweeps.verifications import Verification, _verified_there
from tests.assets.replays import World


def test_a_portfolio_of_another_database_is_not_taken_for_the_one_that_is_meant(
    lived_world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with lived_world.copy(tmp_path / "captures") as world:  # a worker keeps its connections, and others copy that one
        monkeypatch.setenv("PRESCIENT_DATABASE_URL", world.database.url)
        monkeypatch.setenv("PRESCIENT_CAPTURES", str(world.folder))
        slug = world.everybody[0]
        found = _verified_there(Verification(slug, 999_999))
        assert found.drift is None
        assert "does PRESCIENT_DATABASE_URL name the same database" in found.why
        assert "no portfolio" in _verified_there(Verification("nobody", 1)).why
