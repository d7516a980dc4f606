"""What our modules say of themselves in their source, for who cannot wait until they are imported."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import prescient_dagster

PACKAGE = Path(prescient_dagster.__file__).parent


def docstrings(module: str) -> dict[str, str]:
    """Those of the functions of a module, by name."""
    return {each.name: ast.get_docstring(each) or "" for each in _parsed(module) if isinstance(each, ast.FunctionDef)}


def settings() -> Iterator[tuple[str, Any, str]]:
    """Every setting: its name, its default, what it is for."""
    for statement in _body(_parsed("settings"), "Settings"):
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.value, ast.Call):
            said = next(each.value for each in statement.value.keywords if each.arg == "description")
            yield ast.unparse(statement.target), _plain(statement.value.args[0]), ast.literal_eval(said)


def _parsed(module: str) -> list[ast.stmt]:
    return ast.parse((PACKAGE / f"{module.replace('.', '/')}.py").read_bytes()).body


def _body(statements: list[ast.stmt], name: str) -> list[ast.stmt]:
    return next(each.body for each in statements if isinstance(each, ast.ClassDef) and each.name == name)


def _plain(default: ast.expr) -> Any:
    """A default as it is written, of a `Path(…)` its text."""
    return ast.literal_eval(default.args[0] if isinstance(default, ast.Call) else default)
