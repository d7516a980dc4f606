"""`dagster dev`, loaded while the database still starts: it waits for its environment, a line of JSON on stdin.

Where stdin ends, whoever started it has gone, killed perhaps: it stops, so that the next one finds the field clear.

    python -m prescient_dagster.cli.server.dagster_dev -w workspace.yaml -p 3000

Loading Dagster takes as long as starting the database, and the address of the database is known only afterwards.
"""

import json
import os
import signal
import sys
import threading
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import dagster_postgres  # noqa: F401  # the instance will ask for it
from dagster._cli import dev
from dagster._cli import main as dagster  # what the `dagster` script calls
from dagster._grpc import server
from dagster_shared.ipc import open_ipc_subprocess

from prescient_dagster.settings import without_secrets

WEBSERVERS = {"dagster_webserver": "prescient_dagster.web"}
"""What `dagster dev` starts, and what stands in for it: the same behind our guard."""
PLATFORM = ("--location-name", "prescient_dagster")
"""The code server that needs all of our secrets, among what is started: its sensor sends the alerts."""


def main() -> None:
    """Wait, then be `dagster dev`, until stdin ends."""
    environment = sys.stdin.readline()
    if environment:
        os.environ.update(json.loads(environment))
        threading.Thread(target=_stop_with_stdin, daemon=True).start()
        starting = Starting()
        vars(server)["wait_for_grpc_server"] = starting.wait_later
        for starts in (dev, server):
            vars(starts)["open_ipc_subprocess"] = starting.start
        sys.argv[1:1] = ["dev"]
        dagster()  # type: ignore[no-untyped-call]


class Starting:
    """How the services are started. Code servers start side by side: the web server alone waits until all answer.

    `dagster dev` by itself waits for each of them before it starts the next.
    """

    def __init__(self) -> None:
        self._wait = server.wait_for_grpc_server
        self._awaited: list[partial[None]] = []
        self._first = True

    def start(self, parts: Sequence[str], env: Mapping[str, str] | None = None, **options: Any) -> Any:
        """Start a service: ours where we have one, with no secret that it does not need."""
        if not WEBSERVERS.keys().isdisjoint(parts):
            self._wait_for_all()
        given = dict(os.environ if env is None else env)
        if not set(PLATFORM) <= set(parts):
            given = without_secrets(given)
        return open_ipc_subprocess([WEBSERVERS.get(part, part) for part in parts], env=given, **options)

    def wait_later(self, *code_server: Any, **options: Any) -> None:
        """Wait for a code server: one that is started again, in place of a dead one, at once."""
        waiting = partial(self._wait, *code_server, **options)
        if self._first:
            self._awaited.append(waiting)
        else:
            waiting()

    def _wait_for_all(self) -> None:
        self._first = False
        for waiting in self._awaited:
            waiting()


def _stop_with_stdin() -> None:
    sys.stdin.read()
    os.kill(os.getpid(), signal.SIGINT)  # as Ctrl-C does


if __name__ == "__main__":
    main()
