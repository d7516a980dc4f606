"""The services of `deploy/compose.yaml` on this machine, without containers: the same commands, on other ports.

Where Debian's bubblewrap is there, they are confined as the file says: a root that cannot be written, a user and a /tmp
of their own, no capability.
"""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

import yaml
from sqlalchemy import create_engine, func, make_url, select, text
from sqlalchemy.pool import NullPool

from prescient_dagster.store.database import Database, connect
from prescient_dagster.store.server import postgres
from prescient_dagster.store.tables import cycles
from tests.pages import ROOT
from tests.processes import environment, free_port, new_home, wait_for

DEPLOY = ROOT / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
WORKSPACE: list[dict[str, Any]] = [
    entry["grpc_server"]
    for entry in yaml.safe_load((DEPLOY / "workspace.yaml").read_text(encoding="utf-8"))["load_from"]
]
OTHER_SERVICES = {"postgres", "migrate", "platform", "daemon", "webserver", "viewer", "proxy"}
STRATEGY_SERVICES = set(SERVICES) - OTHER_SERVICES
WORKSPACE_FILE = "/srv/prescient/dagster/workspace.yaml"
NEVER = "0 0 29 2 *"
CONFINED = ["bwrap", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--cap-drop", "ALL"]
CONFINABLE = (
    shutil.which("bwrap") is not None
    and subprocess.run([*CONFINED, "--unshare-user", "--", "true"], capture_output=True, check=False).returncode == 0
)
LONGEST_RUN = "max_runtime_seconds: 600"
LOCATIONS = """query { workspaceOrError { ... on Workspace { locationEntries { name
  locationOrLoadError { __typename } } } } }"""
TICKS = """query($location: String!, $schedule: String!) { scheduleOrError(scheduleSelector: {
  repositoryLocationName: $location, repositoryName: "__repository__", scheduleName: $schedule}) {
  ... on Schedule { scheduleState { ticks(limit: 1) { timestamp status } } } } }"""
RUNS = "query($job: String!) { runsOrError(filter: {pipelineName: $job}) { ... on Runs { results { status } } } }"
POOLS = "query { instance { concurrencyLimits { concurrencyKey slotCount } } }"


@dataclass
class Topology:
    """The services, and what they know."""

    folder: Path
    logs: Path
    database: Database
    environment: Mapping[str, str]
    ports: Mapping[str, int]
    running: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    def start(self, service: str) -> None:
        """Start a service with the command it has in compose.yaml."""
        log = (self.logs / f"{service}.log").open("ab")
        self.running[service] = subprocess.Popen(
            self.confined(service), env=self.environment, cwd="/", stdout=log, stderr=log, start_new_session=True
        )
        log.close()

    def command(self, service: str) -> list[str]:
        """Its command, on this machine: where it listens, where the workspace lies, which Python."""
        told = re.sub(r"--host \S+", "--host 127.0.0.1", SERVICES[service]["command"])
        told = told.replace(WORKSPACE_FILE, str(self.folder / "dagster" / "workspace.yaml"))
        for port in ("4000", "3000"):
            told = told.replace(f"--port {port}", f"--port {self.ports.get(service)}")
        return shlex.split(told)

    def confined(self, service: str) -> list[str]:
        """Its command with what its container would keep from it."""
        if not CONFINABLE:
            return self.command(service)
        assert (SERVICES[service]["read_only"], SERVICES[service]["cap_drop"]) == (True, ["ALL"])
        (kept,) = (volume for volume in SERVICES[service]["volumes"] if volume == "data:/data")
        own = [word for folder in SERVICES[service]["tmpfs"] for word in ("--tmpfs", folder)]
        data = str(self.folder / kept.split(":")[0])
        seen = ["--ro-bind", str(self.folder), str(self.folder), "--bind", data, data]
        user = ["--unshare-user", "--uid", SERVICES[service]["user"], "--gid", SERVICES[service]["user"]]
        return [*CONFINED, *own, *seen, *user, "--", *self.command(service)]

    def stop(self, service: str) -> None:
        """Stop a service and all that it started, as a container ends."""
        process = self.running.pop(service)
        for number, patience in ((signal.SIGTERM, 10), (signal.SIGKILL, 10)):
            try:
                os.killpg(process.pid, number)
                process.wait(timeout=patience)
            except (ProcessLookupError, subprocess.TimeoutExpired):
                continue

    def crash(self, service: str) -> None:
        """End a service and all that it started without a word, as where its container is killed."""
        process = self.running.pop(service)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=10)

    def ask(self, query: str, service: str = "webserver", **variables: object) -> dict[str, Any]:
        """The data that answers a GraphQL query to one of the web servers."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        url = f"http://127.0.0.1:{self.ports[service]}/graphql"
        with urlopen(Request(url, body, {"Content-Type": "application/json"}), timeout=60) as answer:
            document = json.load(answer)
        assert "errors" not in document, document["errors"]
        data: dict[str, Any] = document["data"]
        return data

    def written(self) -> set[str]:
        """The files in Dagster's folder, which is part of the image: nothing can be written there.

        Folders do not count: telemetry, which is off, would like two, and gives up where it gets none.
        """
        dagster = self.folder / "dagster"
        return {str(path.relative_to(dagster)) for path in dagster.rglob("*") if path.is_file()}

    def locations(self) -> dict[str, str]:
        """What the UI shows for each code location: RepositoryLocation, PythonError."""
        try:
            entries = self.ask(LOCATIONS)["workspaceOrError"]["locationEntries"]
        except (URLError, OSError):
            return {}
        return {entry["name"]: (entry["locationOrLoadError"] or {}).get("__typename", "") for entry in entries}

    def last_tick(self, location: str, schedule: str) -> float:
        """When a schedule has last been evaluated."""
        found = self.ask(TICKS, location=location, schedule=schedule)["scheduleOrError"]
        return max((float(tick["timestamp"]) for tick in found["scheduleState"]["ticks"]), default=0)

    def statuses(self, job: str) -> list[str]:
        """How the runs of a job stand, the newest first."""
        return [run["status"] for run in self.ask(RUNS, job=job)["runsOrError"]["results"]]

    def answers(self, service: str) -> bool:
        """Whether one of the web servers can be asked."""
        try:
            return bool(self.ask(POOLS, service))
        except (URLError, OSError):
            return False

    def pools(self, service: str = "webserver") -> list[dict[str, Any]]:
        """The pools that are known, and how many runs at a time each lets in."""
        found: list[dict[str, Any]] = self.ask(POOLS, service)["instance"]["concurrencyLimits"]
        return found

    def last_traded(self) -> dict[str, int]:
        """The newest capture that each strategy has finished a cycle on."""
        query = select(cycles.c.strategy_type, func.max(cycles.c.capture_id)).where(cycles.c.stage == "snapshots")
        with self.database.begin() as connection:
            rows = connection.execute(query.group_by(cycles.c.strategy_type)).all()
        return {row[0]: row[1] for row in rows}


@contextmanager
def deployed(logs: Path, strategies: Sequence[str], **settings: str) -> Iterator[Topology]:
    """A deployment of the platform and these strategies; everything runs inside the block."""
    with new_home() as folder:
        url = _own_database(postgres.start(folder))
        ports = {name: free_port() for name in ("platform", "webserver", "viewer", *strategies)}
        _lay_files(folder, ports)
        _open_to_all(folder / "postgres")
        database = connect(url)
        topology = Topology(folder, logs, database, _environment(folder, url, settings), ports)
        try:
            done = subprocess.run(topology.confined("migrate"), env=topology.environment, check=False, cwd="/")
            assert done.returncode == 0
            for service in ("platform", *strategies, "daemon", "webserver", "viewer"):
                topology.start(service)
            wait_for("the UI", lambda: set(topology.locations().values()) == {"RepositoryLocation"})
            yield topology
        finally:
            for service in list(topology.running):
                topology.stop(service)
            database.close()


def _own_database(url: str) -> str:
    """The URL of a database and its user as compose.yaml has them."""
    server = create_engine(make_url(url).set(database="postgres"), poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text("CREATE ROLE prescient LOGIN"))
        connection.execute(text("CREATE DATABASE deployed OWNER prescient"))
    own = make_url(url).set(username="prescient", database="deployed")
    return own.update_query_dict({"options": "-csearch_path=public"}).render_as_string(hide_password=False)


def _open_to_all(server: Path) -> None:
    """The server's socket, which is for its owner alone, to who comes by the network in a deployment."""
    server.chmod(0o711)
    for socket in server.glob(".s.PGSQL.*[0-9]"):
        socket.chmod(0o777)


def _lay_files(folder: Path, ports: Mapping[str, int]) -> None:
    """The instance and the workspace as in deploy/, with this machine's folders, hosts and ports, and less patience."""
    (folder / "dagster").mkdir()
    (folder / "data").mkdir(mode=0o700)
    instance = (DEPLOY / "dagster.yaml").read_text(encoding="utf-8").replace("/data/", f"{folder}/data/")
    assert LONGEST_RUN in instance
    instance = instance.replace(LONGEST_RUN, "max_runtime_seconds: 60")
    (folder / "dagster" / "dagster.yaml").write_text(instance)
    entries = [
        {"grpc_server": {**server, "host": "127.0.0.1", "port": ports[server["host"]]}}
        for server in WORKSPACE
        if server["host"] in ports
    ]
    (folder / "dagster" / "workspace.yaml").write_text(yaml.safe_dump({"load_from": entries}))


def _environment(folder: Path, url: str, settings: Mapping[str, str]) -> dict[str, str]:
    ours = {"database_url": url, "captures": f"{folder}/data/captures", **settings}
    scripts = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return {**environment(folder, **ours), "DAGSTER_HOME": f"{folder}/dagster", "PATH": scripts}
