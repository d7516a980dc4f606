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

import dagster_postgres  # noqa: F401  # the instance will ask for it
from dagster._cli import main as dagster  # what the `dagster` script calls


def main() -> None:
    """Wait, then be `dagster dev`, until stdin ends."""
    environment = sys.stdin.readline()
    if environment:
        os.environ.update(json.loads(environment))
        threading.Thread(target=_stop_with_stdin, daemon=True).start()
        sys.argv[1:1] = ["dev"]
        dagster()  # type: ignore[no-untyped-call]


def _stop_with_stdin() -> None:
    sys.stdin.read()
    os.kill(os.getpid(), signal.SIGINT)  # as Ctrl-C does


if __name__ == "__main__":
    main()
