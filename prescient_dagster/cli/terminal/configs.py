"""Strategy settings as they are given on the command line: JSON, a file that holds it, or `name=value`."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from prescient_dagster.domain.errors import InvalidInput

PAIR = re.compile(r"(\w+)=(.*)", re.DOTALL)


def read_configs(given: Sequence[str]) -> dict[str, Any]:
    """All settings that are given, each once.

    Raises:
        InvalidInput: one cannot be read, or a setting is given twice.
    """
    pairs = [pair for each in given for pair in read_config(each).items()]
    try:
        return _unique(pairs)
    except ValueError as error:
        raise InvalidInput(f"--config: {error}") from None


def read_config(given: str) -> dict[str, Any]:
    """The settings in a JSON text, in the file named after an `@`, or the one in `name=value`.

    Raises:
        InvalidInput: no such file, or not a JSON object.
    """
    if pair := PAIR.fullmatch(given):
        return {pair[1]: read_value(pair[2])}
    source, text = ("--config", given) if not given.startswith("@") else (given[1:], _read(Path(given[1:])))
    try:
        config = json.loads(text, object_pairs_hook=_unique, parse_constant=_refused)
    except json.JSONDecodeError as error:
        raise InvalidInput(f"{source} is not JSON: {error.msg} at line {error.lineno}, column {error.colno}") from None
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"{source} is not usable JSON: {error}") from None
    if not isinstance(config, dict):
        raise InvalidInput(f'{source} must be a JSON object of settings, such as {{"trade_amount": 50}}')
    return config


def read_value(text: str) -> Any:
    """A value as JSON has it; what is none is a word: `trade_frequency=low`."""
    try:
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_refused)
    except (ValueError, RecursionError):
        return text


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise InvalidInput(f"{path} is not a text file in UTF-8") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ValueError(f"{twice} is given twice")
    return dict(pairs)


def _refused(constant: str) -> Any:
    raise ValueError(f"{constant} is not a number")
