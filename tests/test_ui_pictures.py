"""The pictures in docs/ui.md, and in the README, are those that the browser tests take."""

import re

from tests.pages import README, ROOT, Page

PAGE = Page(ROOT / "docs" / "ui.md")
TAKEN = re.compile(r'pictures\.take\([^"]*"([\w-]+)"[,)]')


def taken() -> list[str]:
    """The names of the pictures that the tests take."""
    sources = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "tests" / "ui").glob("test_*.py"))]
    return [name for source in sources for name in TAKEN.findall(source)]


def shown() -> list[str]:
    """The names of the pictures on the page."""
    return [name for link in PAGE.links() for name in re.findall(r"^pictures/([\w-]+)\.png$", link)]


def test_the_page_shows_every_picture_that_the_browser_tests_take_and_no_other() -> None:
    assert sorted(shown()) == sorted(taken())


def test_every_picture_is_there_and_none_is_left_over() -> None:
    there = [path.stem for path in (ROOT / "docs" / "pictures").iterdir()]
    assert sorted(there) == sorted(shown())


def test_the_pictures_of_the_readme_are_among_them() -> None:
    named = [name for link in README.links() for name in re.findall(r"^docs/pictures/([\w-]+)\.png$", link)]
    assert named
    assert set(named) <= set(taken())
