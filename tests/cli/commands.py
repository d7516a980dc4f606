"""Running the `prescient` command inside the test's process, on a home and a database of the test's own."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Done:
    """What a command left."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one document on stdout."""
        return json.loads(self.out, parse_constant=_refused)

    @property
    def complaint(self) -> str:
        """The one line on stderr of a command that failed; stdout is empty."""
        assert self.code in (1, 2), self
        assert self.out == ""
        lines = self.err.splitlines()
        assert len(lines) == 1, lines
        return lines[0]


def _refused(constant: str) -> None:
    raise AssertionError(f"{constant} is no JSON")


Prescient = Callable[..., Done]
