"""The command line as tests use it."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from prescient_dagster.cli import main
from tests.cli.commands import Done, Prescient


@pytest.fixture
def own_environment() -> Iterator[None]:
    """Whatever a command does to the environment ends with the test."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def bare_prescient(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], own_environment: None
) -> Prescient:
    """Runs a command that needs no database."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PRESCIENT_HOME", str(tmp_path / "home"))

    def run(*arguments: object) -> Done:
        capfd.readouterr()
        code = main.run([str(argument) for argument in arguments])
        return Done(code, *capfd.readouterr())

    return run


@pytest.fixture
def prescient(bare_prescient: Prescient, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Prescient:
    """Runs a command on an empty, migrated database and the simulated venue."""
    monkeypatch.setenv("PRESCIENT_DATABASE_URL", database_url)
    return bare_prescient


@pytest.fixture
def on_recordings(prescient: Prescient, shared_data: Path, monkeypatch: pytest.MonkeyPatch) -> Prescient:
    """Runs a command on the recorded venue of 2025."""
    monkeypatch.setenv("PRESCIENT_VENUE", f"recorded:{shared_data / 'events'}")
    return prescient
