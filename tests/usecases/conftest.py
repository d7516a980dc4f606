"""The world that verification starts from is the one that assets are tried on."""

from tests.assets.conftest import lived_world

__all__ = ["lived_world"]
