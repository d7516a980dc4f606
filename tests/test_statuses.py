"""A status is a member of its enum: a word of it that is mistyped somewhere must not pass for another status."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NO_STATUSES = {"cli/main.py"}  # where a command is called so
MODULES = [path for path in sorted((ROOT / "prescient_dagster").rglob("*.py")) if "migrations" not in path.parts]


def is_status(found: ast.expr | None) -> bool:
    match found:
        case ast.Attribute(attr="status") | ast.Name(id="status") | ast.Constant(value="status"):
            return True
        case ast.Subscript(slice=inner):
            return is_status(inner)
    return False


def has_text(found: ast.expr) -> bool:
    inner = found.elts if isinstance(found, ast.Tuple | ast.List | ast.Set) else [found]
    return any(isinstance(each, ast.Constant) and isinstance(each.value, str) for each in inner)


def statuses_as_texts(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Compare(left=left, comparators=others):
                pairs = [(left, other) for other in others] + [(other, left) for other in others]
            case ast.Dict(keys=keys, values=values):
                pairs = list(zip(keys, values, strict=True))  # type: ignore[arg-type]
            case _:
                continue
        yield from (ast.unparse(node) for name, value in pairs if is_status(name) and has_text(value))


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_status_is_compared_with_a_text_or_told_as_one(module: Path) -> None:
    told = str(module.relative_to(ROOT / "prescient_dagster"))
    assert told in NO_STATUSES or list(statuses_as_texts(module.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "wrong",
    ['x.status == "ok"', '"failed" != result["status"]', 'status in ("ok", "paused")', '{"status": "closed"}'],
)
def test_what_would_be_a_text_is_seen(wrong: str) -> None:
    assert len(list(statuses_as_texts(wrong))) == 1
