"""The code that decides: what a strategy's file and the cycle import of the domain, and nothing else.

How performance is worked out or shown can change without any decision changing; an identity that said otherwise would
make every comparison of decisions doubtful.
"""

import ast
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

from prescient_dagster import domain

DOMAIN = "prescient_dagster.domain"
STRATEGIES = "strategy_assets"
CYCLE = (f"{DOMAIN}.cycle", f"{DOMAIN}.snapshots")
"""What acts on any strategy's wishes: caps, exits, fills, and the value of what is held."""


def fingerprint(paths: Iterable[Path]) -> str:
    """The same for the same files, wherever they are."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(f"{path.stem}\n".encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def deciding_files(name: str, strategies: Mapping[str, Path]) -> list[Path]:
    """The files that a strategy's decisions follow from.

    Args:
        strategies: the files of all strategies by name; one that blends others follows from those, too.
    """
    known = _domain_files() | {f"{STRATEGIES}.{strategy}": path for strategy, path in strategies.items()}
    found: dict[str, Path] = {}
    waiting = [f"{STRATEGIES}.{name}", *CYCLE]
    while waiting:
        module = waiting.pop()
        if module in known and module not in found:
            found[module] = known[module]
            waiting.extend(_imported(module, known[module], known))
    return [found[module] for module in sorted(found)]


def _domain_files() -> dict[str, Path]:
    folders = (Path(folder) for folder in domain.__path__)
    return {f"{DOMAIN}.{path.stem}": path for folder in folders for path in folder.glob("*.py")}


def _imported(module: str, path: Path, known: Iterable[str]) -> Iterator[str]:
    """The modules that a file imports, among others: whether a name in a package is one, is not asked."""
    for name in _names(module, path):
        if name == STRATEGIES:
            # Who imports the whole package asks for its strategies by their names, later.
            yield from (each for each in known if each.startswith(f"{STRATEGIES}."))
        yield name


@cache
def _names(module: str, path: Path) -> tuple[str, ...]:
    try:
        nodes = ast.walk(ast.parse(path.read_bytes()))
    except SyntaxError:  # it does not load either, which is told where it is loaded
        return ()
    return tuple(name for node in nodes for name in _named(node, module))


def _named(node: ast.AST, module: str) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        package = module.split(".")[: -node.level] if node.level else []
        source = ".".join([*package, *([node.module] if node.module else [])])
        yield from [source] if source != STRATEGIES else []
        yield from (f"{source}.{alias.name}" for alias in node.names)
