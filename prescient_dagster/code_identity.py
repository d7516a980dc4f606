"""Which code something follows from: the files that its imports lead to, found by reading them and nothing else.

A decision follows from its strategy and from the domain behind it, not from how results are worked out or shown: an
identity that said otherwise would make every comparison of decisions doubtful.
"""

import ast
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

from prescient_dagster import domain

PACKAGE = "prescient_dagster"
DOMAIN = domain.__name__
STRATEGIES = "strategy_assets"
CYCLE = (f"{DOMAIN}.cycle.engine", f"{DOMAIN}.books.snapshots")
"""What acts on any strategy's wishes: caps, exits, fills, and the value of what is held."""

Modules = Mapping[str, Path]
"""Files by the dotted name of their module; a package's own code is its `__init__.py`."""


def deciding_modules(strategy: str, folders: Iterable[Path]) -> Modules:
    """The modules that a strategy's decisions follow from: its own, its helpers', and those of the domain.

    Args:
        folders: where strategies are kept; one that blends others follows from all of them.
    """
    found = list(modules(STRATEGIES, folders))
    known = dict(modules(DOMAIN, map(Path, domain.__path__))) | dict(reversed(found))  # Python takes the first, too
    known.pop(f"{STRATEGIES}.definitions", None)  # hands strategies to Dagster, and decides nothing
    return reached([f"{STRATEGIES}.{strategy}", *CYCLE], known)


@cache
def version_of(*names: str) -> str:
    """The identity of modules of this package, as `venue` or `domain.market.fees`, with all that they import of it.

    Raises:
        LookupError: there is no such module.
    """
    known = _own_modules()
    roots = [f"{PACKAGE}.{name}" for name in names]
    return fingerprint(reached([*roots, *_below(roots, known)], known))


@cache
def _own_modules() -> Modules:
    return dict(modules(PACKAGE, [Path(__file__).parent]))


def fingerprint(files: Modules) -> str:
    """The same for the same modules, wherever they are."""
    digest = hashlib.sha256()
    for name, path in files.items():
        digest.update(f"{name}\n".encode() + _source(path))
    return digest.hexdigest()[:12]


def modules(package: str, folders: Iterable[Path]) -> Iterator[tuple[str, Path]]:
    """All modules of a package and of the packages below it, with their files; what Python cannot import is none."""
    for folder in folders:
        yield from _modules_in(package, folder, frozenset())


def _modules_in(package: str, folder: Path, above: frozenset[Path]) -> Iterator[tuple[str, Path]]:
    here = folder.resolve()
    if here in above or (folder / "pyvenv.cfg").exists():
        return
    for path in sorted(entries(folder)):
        if path.suffix == ".py" and path.stem.isidentifier() and path.is_file():
            yield f"{package}.{path.stem}".removesuffix(".__init__"), path
        elif path.name.isidentifier():
            yield from _modules_in(f"{package}.{path.name}", path, above | {here})


def entries(folder: Path) -> list[Path]:
    """What lies in a folder; nothing in one that cannot be read."""
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def named_twice(strategy: str, folders: Iterable[Path]) -> Sequence[Path]:
    """The files of the first module that a strategy's file leads to and that has more than one; empty: there is none.

    Strategies that are asked for by their names, later, are not looked at: whoever asks for one is told then.
    """
    files: dict[str, list[Path]] = {}
    for name, path in modules(STRATEGIES, folders):
        if name != STRATEGIES:
            files.setdefault(name, []).append(path)
    twice = {name: paths for name, paths in files.items() if len(paths) > 1}
    if not twice:
        return ()
    mine = reached([f"{STRATEGIES}.{strategy}"], {name: paths[0] for name, paths in files.items()}, later={})
    return next((twice[name] for name in mine if name in twice), ())


def reached(roots: Sequence[str], known: Modules, later: Modules | None = None) -> dict[str, Path]:
    """The modules of `known` that these import, directly or not, and they themselves; in the order of their names.

    Args:
        later: what a module may ask for that imports the package of all strategies; unless given, any of `known`.

    Raises:
        LookupError: one of them is not known.
    """
    missing = [root for root in roots if root not in known]
    if missing:
        raise LookupError(f"there is no module {missing[0]}: it has moved, or its name is mistyped")
    found: set[str] = set()
    waiting = list(roots)
    while waiting:
        module = waiting.pop()
        if module in known and module not in found:
            found.add(module)
            waiting += [*_packages_of(module), *_imported(module, known[module], known if later is None else later)]
    return {module: known[module] for module in sorted(found)}


def _below(packages: Sequence[str], known: Modules) -> Iterator[str]:
    yield from (module for module in known for package in packages if module.startswith(f"{package}."))


def _packages_of(module: str) -> Iterator[str]:
    """Whose own code runs before a module's."""
    parts = module.split(".")
    yield from (".".join(parts[:depth]) for depth in range(1, len(parts)))


def _imported(module: str, path: Path, later: Modules) -> Iterator[str]:
    """The modules that a file imports, among others: whether a name in a package is one, is not asked."""
    for name in _names(module, path):
        if name == STRATEGIES:
            # Who imports the whole package asks for its strategies by their names, later.
            yield from _below([STRATEGIES], later)
        yield name


def _source(path: Path) -> bytes:
    """What a file says; nothing of one that cannot be read, which does not load either."""
    try:
        return path.read_bytes()
    except OSError:
        return b""


@cache
def _names(module: str, path: Path) -> tuple[str, ...]:
    try:
        statements = list(_statements(ast.parse(_source(path))))
    except (SyntaxError, ValueError, RecursionError):  # it does not load either, which is told where it is loaded
        return ()
    inside = module if path.stem == "__init__" else module.rpartition(".")[0]
    return tuple(name for statement in statements for name in _named(statement, inside))


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    """All statements below a node; what they are made of holds no imports, and is most of a file."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt | ast.excepthandler | ast.match_case):
            yield child
            yield from _statements(child)


def _named(statement: ast.AST, package: str) -> Iterator[str]:
    """What a statement of a module in `package` imports."""
    if isinstance(statement, ast.Import):
        yield from (alias.name for alias in statement.names)
    elif isinstance(statement, ast.ImportFrom):
        level = statement.level
        above = package.split(".")[: len(package.split(".")) + 1 - level] if level else []
        source = ".".join([*above, *([statement.module] if statement.module else [])])
        yield from [source] if source != STRATEGIES else []
        yield from (f"{source}.{alias.name}" for alias in statement.names)
