"""Our web server as a process of its own, without code locations: something to ask, and one thing to change."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.processes import free_port, wait_for

SET = 'mutation Set { setConcurrencyLimit(concurrencyKey: "POOL", limit: 1) }'
POOLS = "query Pools { instance { concurrencyLimits { concurrencyKey } } }"
REFUSED = "refused "


@dataclass(frozen=True)
class Guarded:
    """What is served, from outside."""

    port: int
    path: str
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{self.path}"

    def answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/server_info").status_code == 200
        except httpx.TransportError:
            return False

    def post(self, query: str, **headers: str) -> httpx.Response:
        """Ask as a script does."""
        return httpx.post(f"{self.url}/graphql", json={"query": query}, headers=headers)

    def pools(self) -> set[str]:
        """What has been changed: the pools that have a limit."""
        limits = self.post(POOLS).json()["data"]["instance"]["concurrencyLimits"]
        return {limit["concurrencyKey"] for limit in limits}

    def refusals(self) -> list[str]:
        """What the log says of what was refused."""
        return [line.partition(REFUSED)[2] for line in self.log.read_text().splitlines() if REFUSED in line]


@contextmanager
def guarded(
    folder: Path, *more: str, path: str = "", hosts: str = "", settings: Mapping[str, str] | None = None
) -> Iterator[Guarded]:
    """A web server on Dagster's instance in a folder; several may serve one."""
    (folder / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    port = free_port()
    web = Guarded(port, path, folder / f"{port}.log")
    options = ["--port", str(port), "--empty-workspace", *(["--path-prefix", path] if path else []), *more]
    environment = os.environ | {"DAGSTER_HOME": str(folder), "PRESCIENT_HOSTS": hosts, **(settings or {})}
    with web.log.open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "prescient_dagster.web", *options], env=environment, stdout=log, stderr=log
        )
    try:
        wait_for("the web server", web.answers)
        yield web
    finally:
        process.terminate()
        process.wait(30)
