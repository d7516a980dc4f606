"""The program as it was before the newest version of the tables: the wheel of that commit in this history."""

import io
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from prescient_dagster.store import versions
from tests.pages import ROOT


def lay_older_program(folder: Path) -> Path:
    """Unpack the wheel of the commit before the newest migration; a process with it in PYTHONPATH is that program."""
    newest = f"*/versions/v{versions.known()[-1]}_*.py"
    try:
        changed = _git("log", "--format=%H", "--", newest).decode().split()
        archive = _git("archive", f"{changed[-1]}^")
    except (OSError, IndexError, subprocess.CalledProcessError):
        pytest.skip("the history of this checkout does not go back to the version before")
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        files.extractall(folder / "source", filter="data")
    with zipfile.ZipFile(_wheel(folder / "source", folder)) as files:
        files.extractall(folder / "installed")
    return folder / "installed"


def _wheel(source: Path, folder: Path) -> Path:
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), str(source)]
    done = subprocess.run(build, capture_output=True, text=True, check=False)
    if done.returncode and "CI" not in os.environ:
        pytest.skip("a wheel cannot be built here: pip does not get setuptools")
    assert done.returncode == 0, done.stderr
    (wheel,) = folder.glob("*.whl")
    return wheel


def _git(*words: str) -> bytes:
    return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, check=True).stdout
