"""The program as it was before the newest version of the tables: its files, taken from the history of this checkout."""

import io
import subprocess
import tarfile
from pathlib import Path

import pytest

from prescient_dagster.store import versions
from tests.pages import ROOT

PARTS = ["prescient_dagster", "strategy_assets", "dagster.yaml", "workspace.yaml"]


def lay_older_program(folder: Path) -> Path:
    """Unpack the commit before the newest migration; a process that has the folder in PYTHONPATH is that program."""
    newest = f"*/versions/v{versions.known()[-1]}_*.py"
    try:
        changed = _git("log", "--format=%H", "--", newest).decode().split()
        archive = _git("archive", f"{changed[-1]}^", *PARTS)
    except (OSError, IndexError, subprocess.CalledProcessError):
        pytest.skip("the history of this checkout does not go back to the version before")
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        files.extractall(folder, filter="data")
    return folder


def _git(*words: str) -> bytes:
    return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, check=True).stdout
