"""The logs of runs go where `deploy/object-store.yaml` says, by Dagster's own means, and are read from there."""

import signal
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
import yaml
from upath import UPath

from tests.pages import ROOT

SETTINGS = ROOT / "deploy" / "object-store.yaml"


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Dagster ends what copies logs by an interrupt, which processes of a job in the background do not get."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_logs_of_runs_are_kept_in_the_bucket(bucket: UPath, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = str(bucket).removeprefix("s3://").split("/")[0]
    monkeypatch.setenv("LOGS_BUCKET", name)
    (tmp_path / "dagster.yaml").write_text(SETTINGS.read_text("utf-8"))
    key = ["a-run", "compute_logs", "a-step"]
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        with instance.compute_log_manager.capture_logs(key):
            print("bought nothing")
        for path in (tmp_path / "storage").rglob("*.out"):
            path.unlink()
        told = instance.compute_log_manager.get_log_data(key)
    assert told.stdout is not None
    assert b"bought nothing" in told.stdout
    assert any("runs/storage/a-run" in path.path for path in UPath(f"s3://{name}").rglob("*.out"))


def test_it_stands_in_for_the_block_of_the_deployment() -> None:
    there = yaml.safe_load((ROOT / "deploy" / "dagster.yaml").read_text("utf-8"))
    assert set(yaml.safe_load(SETTINGS.read_text("utf-8"))) == {"compute_logs"} <= set(there)
