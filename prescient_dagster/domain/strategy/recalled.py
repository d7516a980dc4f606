"""Configs of before: what a cycle was decided under, read by a Prescient that knows more settings."""

from collections.abc import Mapping
from typing import Any

from prescient_dagster.domain.strategy.configs import Config, validated

BEFORE: Mapping[str, Any] = {"exclude_unsettled": False}
"""Settings that came later, with a default that changes decisions: what holds where a document does not name them."""


def recalled(model: type[Config], document: Mapping[str, Any]) -> Config:
    """The effective config of a stored cycle or replay, from its document.

    Raises:
        InvalidConfig: it cannot be one any more.
    """
    before = {name: value for name, value in BEFORE.items() if name in model.model_fields}
    return validated(model, before, document)
