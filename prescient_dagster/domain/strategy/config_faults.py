"""What is wrong with a config, in sentences that a person can act on."""

import difflib
import json
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel

EXPECTED = {
    "float_type": "a number",
    "finite_number": "a finite number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "string_type": "a text",
    "bool_type": "true or false",
    "dict_type": "an object of settings",
    "list_type": 'a list of words, such as ["Sports"]',
    "enum": "one of {expected}",
    "greater_than_equal": "{ge} or more",
    "greater_than": "more than {gt}",
    "less_than_equal": "{le} or less",
    "less_than": "less than {lt}",
}
"""What a setting must be instead, by pydantic's name of the fault and with its context."""


SENTENCE = "sentence"
"""The name of a fault whose message is to be shown as it is."""


def sentence(model: type[BaseModel], fault: Any) -> str:
    """What is wrong with a setting and what it should be, from what pydantic says of it."""
    name, kind, given = ".".join(str(part) for part in fault["loc"]), fault["type"], fault["input"]
    if kind == "extra_forbidden":
        return f"unknown setting {shown(name)}{did_you_mean(name, list(model.model_fields))}"
    if kind == SENTENCE:
        return f"{name}: {fault['msg']}"
    if given is None:
        return f"{name} cannot be unset: leave it out to have its default"
    if kind not in EXPECTED:
        return f"{name}: {fault['msg'][0].lower()}{fault['msg'][1:]}, got {shown(given)}"
    context = {key: _bound(value) for key, value in fault.get("ctx", {}).items()}
    return f"{name} must be {EXPECTED[kind].format(**context)}, got {shown(given)}"


def _bound(value: Any) -> str:
    return f"{value:,.10g}" if isinstance(value, int | float) and value < 1e10 else str(value)


def shown(given: Any) -> str:
    """What the user gave, as JSON on one line, and not more of it than one can read."""
    text = json.dumps(given, default=str, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}..."


def did_you_mean(word: str, known: Sequence[str]) -> str:
    """A hint for a mistyped word, or where there is no near one, all there are."""
    near = difflib.get_close_matches(word, known, n=1)
    return f"; did you mean {near[0]}?" if near else f"; there are {', '.join(sorted(known))}"
