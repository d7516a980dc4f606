"""Failing checks of the contract show their values like any test's."""

import pytest

pytest.register_assert_rewrite("tests.strategies.contract")
