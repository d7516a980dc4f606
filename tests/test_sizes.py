"""Files that can be read in one sitting, folders in which one finds what one looks for."""

from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[1]
MOST_LINES = 300
MOST_FILES = 20
"""Modules of a folder, beside the `__init__.py` that says what belongs there."""
LONGER = {
    "prescient_dagster/store/migrations/versions/v0001_first.py": "history: a migration that has run never changes"
}


def modules() -> list[Path]:
    return [path for room in ("prescient_dagster", "strategy_assets") for path in (ROOT / room).rglob("*.py")]


def test_no_file_is_longer_than_one_reads_in_one_sitting() -> None:
    lines = {str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines()) for path in modules()}
    assert {name: count for name, count in lines.items() if count > MOST_LINES and name not in LONGER} == {}
    assert {name for name in LONGER if lines[name] <= MOST_LINES} == set(), "it needs no exception any more"


def test_no_folder_has_two_subjects() -> None:
    files = Counter(str(path.parent.relative_to(ROOT)) for path in modules() if path.name != "__init__.py")
    assert {name: count for name, count in files.items() if count > MOST_FILES} == {}
