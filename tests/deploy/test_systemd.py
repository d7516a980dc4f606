"""The units of systemd: it takes them, and their commands are ours."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.pages import ROOT
from tests.test_docs import commands

UNITS = sorted((ROOT / "deploy" / "systemd").iterdir())


def test_every_command_of_a_unit_is_there() -> None:
    told = [name for unit in UNITS for name in re.findall(r"bin/prescient ([a-z]+)", unit.read_text())]
    assert sorted(told) == ["backup", "dev"]
    assert set(told) <= set(commands())


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_takes_the_unit(unit: Path, tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not here")
    for each in UNITS:  # a program that is there, since systemd looks for it
        (tmp_path / each.name).write_text(
            each.read_text().replace("/opt/prescient/.venv/bin/prescient dev", "/bin/true")
        )
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", tmp_path / unit.name], check=False, capture_output=True, text=True
    )
    ours = [line for line in (done.stdout + done.stderr).splitlines() if str(tmp_path) in line or "prescient" in line]
    assert ours == []
