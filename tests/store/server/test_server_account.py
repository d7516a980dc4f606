"""Root hands the server to an account of its own, and opens nobody's folders for it."""

import os
import stat
from pathlib import Path

import pytest

from prescient_dagster.store.server.server_account import closed_ancestor, reachable_programs, server_account

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root hands the server to another account")


@pytest.fixture
def installed(home: Path) -> Path:
    """The programs of an installation that everybody can reach."""
    programs = home / "site" / "pginstall"
    (programs / "bin").mkdir(parents=True)
    (programs / "bin" / "postgres").write_text("the server")
    (programs / "bin" / "postgres").chmod(0o755)
    return programs


def test_programs_that_the_account_can_run_are_used_in_place(home: Path, installed: Path) -> None:
    assert reachable_programs(server_account(), installed, home) == installed


def test_programs_behind_a_closed_folder_are_copied_and_the_folder_stays_closed(home: Path, installed: Path) -> None:
    installed.parent.chmod(0o700)
    account = server_account()
    copy = reachable_programs(account, installed, home)
    assert (copy / "bin" / "postgres").read_text() == "the server"
    assert account is not None
    assert (copy / "bin" / "postgres").stat().st_uid == account.pw_uid
    assert closed_ancestor(copy) is None
    assert stat.S_IMODE(installed.parent.stat().st_mode) == 0o700
    assert reachable_programs(account, installed, home) == copy
    assert [path.name for path in home.iterdir() if path.name.startswith(".")] == []


def test_the_topmost_closed_folder_is_named(home: Path) -> None:
    (home / "open" / "closed" / "deeper").mkdir(parents=True)
    (home / "open" / "closed").chmod(0o700)
    assert closed_ancestor(home / "open" / "closed" / "deeper" / "new" / "home") == home / "open" / "closed"
    assert closed_ancestor(home / "open" / "home") is None
