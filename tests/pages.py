"""The README and the pages in docs/, read as what can be checked: fences, tables, inline code, links."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
PROMPT = "$ "


@dataclass(frozen=True)
class Step:
    """A command of a console block, with what the page says it prints; empty where the page says nothing."""

    command: str
    output: str


@dataclass(frozen=True)
class Page:
    """One page."""

    path: Path

    @property
    def name(self) -> str:
        return str(self.path.relative_to(ROOT))

    @property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @property
    def prose(self) -> str:
        """The text without its fences."""
        return FENCE.sub("", self.text)

    def fences(self, *languages: str) -> list[str]:
        """The contents of the fences in these languages."""
        return [content for language, content in FENCE.findall(self.text) if language in languages]

    def inline_code(self) -> list[str]:
        """What stands between backticks outside of fences."""
        return re.findall(r"`([^`\n]+)`", self.prose)

    def links(self) -> list[str]:
        """The targets of its links."""
        return re.findall(r"\]\(([^)]+)\)", self.prose)

    def tables(self) -> dict[tuple[str, ...], list[tuple[str, ...]]]:
        """The rows of each table, by its heading; of tables with the same heading, one after the other."""
        found: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
        for block in re.findall(r"(?:^\|.*\|\n?)+", self.prose, re.MULTILINE):
            heading, _, *rows = [_cells(line) for line in block.splitlines()]
            found.setdefault(heading, []).extend(rows)
        return found

    def steps(self) -> list[Step]:
        """The commands of its console blocks, in order."""
        return [step for block in self.fences("console") for step in _steps(block)]

    def shell_lines(self) -> list[str]:
        """Every line of shell it shows, whether a test can run it or not."""
        plain = [line for block in self.fences("bash") for line in block.splitlines()]
        return [step.command for step in self.steps()] + plain


def _cells(line: str) -> tuple[str, ...]:
    return tuple(cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip()[1:-1]))


def _steps(block: str) -> Iterator[Step]:
    for part in re.split(rf"^{re.escape(PROMPT)}", block, flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        yield Step(command, output)


README = Page(ROOT / "README.md")
PAGES = [README, *(Page(path) for path in sorted((ROOT / "docs").glob("*.md")))]
