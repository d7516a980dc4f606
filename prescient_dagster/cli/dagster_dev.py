"""`dagster dev`, loaded while the database still starts: it waits for its environment, a line of JSON on stdin.

Where stdin ends, whoever started it has gone, killed perhaps: it stops, so that the next one finds the field clear.

    python -m prescient_dagster.cli.dagster_dev -w workspace.yaml -p 3000

Loading Dagster takes as long as starting the database, and the address of the database is known only afterwards.
"""

import json
import os
import signal
import sys
import threading
from collections.abc import Sequence
from typing import Any

import dagster_postgres  # noqa: F401  # the instance will ask for it
from dagster._cli import dev
from dagster._cli import main as dagster  # what the `dagster` script calls
from dagster_shared.ipc import open_ipc_subprocess

WEBSERVERS = {"dagster_webserver": "prescient_dagster.web"}
"""What `dagster dev` starts, and what stands in for it: the same behind our guard."""


def main() -> None:
    """Wait, then be `dagster dev`, until stdin ends."""
    environment = sys.stdin.readline()
    if environment:
        os.environ.update(json.loads(environment))
        threading.Thread(target=_stop_with_stdin, daemon=True).start()
        vars(dev)["open_ipc_subprocess"] = _with_our_webserver
        sys.argv[1:1] = ["dev"]
        dagster()  # type: ignore[no-untyped-call]


def _with_our_webserver(parts: Sequence[str], **options: Any) -> Any:
    return open_ipc_subprocess([WEBSERVERS.get(part, part) for part in parts], **options)


def _stop_with_stdin() -> None:
    sys.stdin.read()
    os.kill(os.getpid(), signal.SIGINT)  # as Ctrl-C does


if __name__ == "__main__":
    main()
