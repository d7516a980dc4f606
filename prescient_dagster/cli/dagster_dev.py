"""`dagster dev`, loaded while the database still starts: it waits for its environment, a line of JSON on stdin.

    python -m prescient_dagster.cli.dagster_dev -w workspace.yaml -p 3000

Loading Dagster takes as long as starting the database, and the address of the database is known only afterwards.
"""

import json
import os
import sys

import dagster_postgres  # noqa: F401  # the instance will ask for it
from dagster._cli import main as dagster  # what the `dagster` script calls


def main() -> None:
    """Wait, then be `dagster dev`; where stdin ends without a line, whoever started us has gone."""
    environment = sys.stdin.readline()
    if environment:
        os.environ.update(json.loads(environment))
        sys.argv[1:1] = ["dev"]
        dagster()  # type: ignore[no-untyped-call]


if __name__ == "__main__":
    main()
