"""What a strategy says of itself."""

import ast
import json

import pytest

from prescient_dagster.assets.forms.run_config import run_config_class
from prescient_dagster.domain.errors import InvalidConfig
from prescient_dagster.domain.strategy.strategies import Strategy
from tests.strategies.contract.subject import Subject, trees


def is_named_like_its_file(subject: Subject) -> None:
    """STRATEGY is a `Strategy` whose name is the file's: group, job, schedule and partitions are called so."""
    assert isinstance(subject.strategy, Strategy)
    assert subject.strategy.name == subject.name


def describes_itself(subject: Subject) -> None:
    """Title, description and the module's first line say what it does, for people."""
    assert subject.strategy.title.strip()
    assert subject.strategy.description.strip().endswith(".")
    assert all(map(ast.get_docstring, trees(subject))), f"{subject.path.name} has no docstring"


def documents_every_setting(subject: Subject) -> None:
    """Every setting has a default, a unit and a sentence; unknown settings are refused with a hint."""
    for name, field in subject.strategy.config.model_fields.items():
        assert not field.is_required(), f"{name} has no default"
        assert field.description, f"{name} does not say what it means"
        assert "unit" in dict(field.json_schema_extra or {}), f"{name} has no unit"  # type: ignore[arg-type]
    with pytest.raises(InvalidConfig, match="did you mean trade_amount"):
        subject.config(trade_amont=10)


def has_defaults_that_are_sound(subject: Subject) -> None:
    """The defaults pass the strategy's own checks, and what the config warns of is a sentence each."""
    config = subject.config()
    assert not list(config.impossible())
    assert all(isinstance(doubt, str) and doubt for doubt in config.doubtful())


def has_settings_that_are_json(subject: Subject) -> None:
    """Settings and their schema are JSON; what is stored with a cycle is the same config when read again."""
    json.dumps(subject.strategy.config.model_json_schema())
    document = json.loads(json.dumps(subject.config().document()))
    assert subject.config(**document) == subject.config()
    assert subject.config(**document).sha256() == subject.config().sha256()


def can_be_configured_in_a_run(subject: Subject) -> None:
    """Its settings become a Dagster run config, for the launchpad."""
    assert run_config_class(subject.strategy.name, subject.strategy.config).to_config_schema()
