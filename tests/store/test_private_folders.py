"""What we make is for nobody else; what others made stays as they left it."""

import os
import stat
from pathlib import Path

import pytest

from prescient_dagster.store import private_folders


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    """A folder that everybody may look into."""
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared").chmod(0o755)
    return tmp_path / "shared"


@pytest.mark.parametrize("umask", [0o022, 0o077, 0o000])
def test_a_folder_is_for_us_alone_and_those_that_were_there_stay(shared: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        private_folders.make(shared / "a" / "b")
    finally:
        os.umask(before)
    assert [mode(shared / "a" / "b"), mode(shared / "a"), mode(shared)] == [0o700, 0o700, 0o755]
    private_folders.make(shared)
    assert mode(shared) == 0o755


def test_a_home_can_be_passed_through_by_the_database_of_root_and_looked_into_by_nobody(shared: Path) -> None:
    private_folders.make_home(shared / "new" / "home")
    expected = 0o711 if os.geteuid() == 0 else 0o700
    assert [mode(shared / "new" / "home"), mode(shared / "new"), mode(shared)] == [expected, expected, 0o755]


def test_a_file_in_the_way_is_an_error(shared: Path) -> None:
    (shared / "file").touch()
    with pytest.raises(OSError):  # noqa: PT011  # FileExistsError or NotADirectoryError, by where it stands
        private_folders.make(shared / "file")
    with pytest.raises(OSError):  # noqa: PT011
        private_folders.make(shared / "file" / "below")


def test_only_a_folder_of_ours_is_closed(shared: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(shared)
    private_folders.close(link)
    private_folders.close(tmp_path / "nothing")
    assert mode(shared) == 0o755
    private_folders.close(shared)
    assert mode(shared) == 0o700


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has folders of others")
def test_a_folder_of_somebody_else_is_not_closed(shared: Path) -> None:
    os.chown(shared, 65_534, 65_534)
    private_folders.close(shared)
    assert mode(shared) == 0o755
