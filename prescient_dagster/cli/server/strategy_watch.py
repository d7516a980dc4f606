"""The files of the strategies under `prescient dev`: what is new or has changed is loaded by Dagster."""

from pathlib import Path

from prescient_dagster import catalog
from prescient_dagster.cli.server.webserver import Webserver
from prescient_dagster.cli.terminal import output
from prescient_dagster.code_identity import STRATEGIES, modules
from prescient_dagster.domain.errors import PrescientError

PLATFORM = "prescient_dagster"
Stamps = dict[Path, tuple[int, int]]


class StrategyWatch:
    """Compares the files with those that were loaded last. Runs read them anew in any case; the UI does not."""

    def __init__(self, webserver: Webserver) -> None:
        self.webserver = webserver
        self.names, self.stamps = catalog.strategy_names(), _stamps()
        _tell_misplaced()

    def look(self) -> None:
        """Have Dagster load what is not as it was. The platform needs their names: it is loaded where those changed."""
        stamps, names = _stamps(), catalog.strategy_names()
        if stamps == self.stamps:
            return
        changed = sorted(path.name for path in stamps.keys() | self.stamps if stamps.get(path) != self.stamps.get(path))
        self.stamps = stamps
        output.say(f"{', '.join(changed)} changed: loading the strategies")
        _tell_misplaced()
        try:
            self.webserver.reload(STRATEGIES)
            if names != self.names:
                self.webserver.limit_pools(names)
                self.webserver.reload(PLATFORM)
            self.names = names
        except PrescientError as error:
            output.say(f"warning: {error}")


def _tell_misplaced() -> None:
    for path, fault in catalog.misplaced().items():
        output.say(f"warning: {path}: {fault}")


def _stamps() -> Stamps:
    """When each file was written, and its size; one that has gone meanwhile is left out."""
    return {path: stamp for _, path in modules(STRATEGIES, catalog.strategy_folders()) if (stamp := _stamp(path))}


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        about = path.stat()
    except OSError:
        return None
    return about.st_mtime_ns, about.st_size
