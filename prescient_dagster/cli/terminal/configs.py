"""Strategy settings as they are given on the command line: JSON, or a file that holds it."""

import json
from pathlib import Path
from typing import Any

from prescient_dagster.domain.errors import InvalidInput


def read_config(given: str) -> dict[str, Any]:
    """The settings in a JSON text, or in the file named after an `@`.

    Raises:
        InvalidInput: no such file, or not a JSON object.
    """
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
