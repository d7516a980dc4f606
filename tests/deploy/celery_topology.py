"""The services of `deploy/celery/` on this machine: Debian's PostgreSQL and Redis, code server, daemon, workers."""

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import dagster as dg
import psutil
import pytest
import yaml
from sqlalchemy import func, select

from prescient_dagster.assets.partitions import sync_partitions
from prescient_dagster.store import tables
from prescient_dagster.store.books import portfolios
from prescient_dagster.store.database import Database, connect
from prescient_dagster.store.market import captures
from tests.deploy.topology import DEPLOY
from tests.processes import environment, free_port

STRATEGY = "momentum"
POSTGRES = max(Path("/usr/lib/postgresql").glob("*/bin"), default=None)
REDIS = shutil.which("redis-server")
WORKERS = yaml.safe_load((DEPLOY / "celery" / "compose.yaml").read_text(encoding="utf-8"))["services"]["worker"]
needed = pytest.mark.skipif(
    POSTGRES is None or REDIS is None or os.getuid() != 0,
    reason="needs Debian's postgresql and redis-server, and root to start the former as its own user",
)


@dataclass
class CeleryTopology:
    """The services, each started anew as its container would be, and what the database knows."""

    folder: Path
    ports: Mapping[str, int] = field(default_factory=lambda: {n: free_port() for n in ("postgres", "redis", "code")})
    running: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"postgresql+psycopg2://prescient@127.0.0.1:{self.ports['postgres']}/postgres?options=-csearch_path%3Dpublic"

    @cached_property
    def database(self) -> Database:
        return connect(self.url)

    @cached_property
    def environment(self) -> dict[str, str]:
        never = {
            f"{name}_cron": "0 0 29 2 *" for name in ("market_data", "performance", "status", "checks", "retention")
        }
        ours = environment(
            self.folder,
            database_url=self.url,
            captures=f"{self.folder}/captures",
            portfolios_per_run="500",
            stale_minutes="1000",
            **never,
        )
        redis = f"redis://127.0.0.1:{self.ports['redis']}"
        broker = {"CELERY_BROKER_URL": f"{redis}/0", "CELERY_RESULT_BACKEND": f"{redis}/1"}
        scripts = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        return {**ours, **broker, "DAGSTER_HOME": f"{self.folder}/dagster", "PATH": scripts}

    def lay_files(self) -> None:
        """The instance of `deploy/celery/`, with this machine's folders, and a workspace of one code server."""
        home = self.folder / "dagster"
        home.mkdir()
        text = (
            (DEPLOY / "celery" / "dagster.yaml").read_text(encoding="utf-8").replace("/data/", f"{self.folder}/data/")
        )
        (home / "dagster.yaml").write_text(text)
        server = {"location_name": STRATEGY, "host": "127.0.0.1", "port": self.ports["code"]}
        (home / "workspace.yaml").write_text(yaml.safe_dump({"load_from": [{"grpc_server": server}]}))

    def start_postgres(self, *, mode: str = "start") -> None:
        """Start it, or start it anew without a word to who is connected."""
        data, account = self.folder / "postgres", pwd.getpwnam("postgres")
        if not data.exists():
            data.mkdir()
            os.chown(data, account.pw_uid, account.pw_gid)
            self._as_postgres("initdb", "-D", data, "-U", "prescient", "-A", "trust", "--no-sync")
        options = (
            f"-p {self.ports['postgres']} -c listen_addresses=127.0.0.1 -c max_connections=200 -k {data} -c fsync=off"
        )
        self._as_postgres("pg_ctl", mode, "-w", "-m", "immediate", "-D", data, "-l", data / "log", "-o", options)

    def _as_postgres(self, program: str, *arguments: object) -> None:
        assert POSTGRES is not None
        command = [str(POSTGRES / program), *(str(argument) for argument in arguments)]
        if "-m" in command and "start" in command:
            command.remove("-m"), command.remove("immediate")
        done = subprocess.run(command, user="postgres", cwd="/", capture_output=True, check=False, text=True, env={})
        assert done.returncode == 0, done.stdout + done.stderr

    def start_redis(self) -> None:
        folder = self.folder / "redis"
        folder.mkdir(exist_ok=True)
        self.start(
            "redis", f"redis-server --port {self.ports['redis']} --bind 127.0.0.1 --appendonly yes --dir {folder}"
        )

    def start_worker(self, name: str) -> None:
        self.start(name, f"{WORKERS['command']} -n {name}@%h")

    def start(self, service: str, command: str) -> None:
        """Start a service in a session of its own."""
        with (self.folder / f"{service}.log").open("ab") as log:
            self.running[service] = subprocess.Popen(
                command.split(), env=self.environment, cwd="/", stdout=log, stderr=log, start_new_session=True
            )

    def crash(self, service: str) -> None:
        """End a service and all that it started, as a machine that loses its power."""
        process = self.running.pop(service)
        family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
        for each in family:
            each.kill()
        process.wait(timeout=20)

    def run_command(self, *command: str) -> None:
        done = subprocess.run(command, env=self.environment, cwd="/", check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr

    def capture(self) -> int:
        """Take one that may be traded."""
        self.run_command("prescient", "capture")
        newest = captures.newest(self.database)
        assert newest is not None
        return newest.capture_id

    def revived(self) -> None:
        """What a container does that ends by itself: it is started again."""
        for service in ("code", "daemon"):
            if self.running[service].poll() is not None:
                self.start_service(service)

    def start_service(self, service: str) -> None:
        code = f"dagster api grpc --host 127.0.0.1 --port {self.ports['code']} "
        code += f"-m strategy_assets.definitions -a {STRATEGY}"
        daemon = f"dagster-daemon run --workspace {self.folder}/dagster/workspace.yaml"
        self.start(service, {"code": code, "daemon": daemon}[service])

    def traded(self, capture_id: int) -> int:
        """How many portfolios have finished a cycle on a capture."""
        query = select(func.count()).select_from(tables.cycles)
        query = query.where(tables.cycles.c.capture_id == capture_id, tables.cycles.c.stage == "snapshots")
        with self.database.begin() as connection:
            return int(connection.scalar(query) or 0)

    def runs(self, instance: dg.DagsterInstance, capture_id: int) -> dict[str, dg.DagsterRun]:
        """The newest run of each shard on a capture."""
        tags = {"prescient/capture": str(capture_id)}
        found = instance.get_runs(dg.RunsFilter(job_name=STRATEGY, tags=tags))
        return {run.tags["prescient/shard"]: run for run in reversed(found)}


@contextmanager
def on_workers(number: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[CeleryTopology, dg.DagsterInstance]]:
    """Two workers and so many portfolios; everything runs inside the block."""
    folder = Path(tempfile.mkdtemp(prefix="prescient-celery-", dir="/tmp"))
    folder.chmod(0o755)
    there = CeleryTopology(folder)
    try:
        there.lay_files()
        there.start_postgres()
        there.start_redis()
        there.run_command("prescient", "db", "upgrade")
        there.run_command("dagster", "instance", "migrate")
        for name, value in there.environment.items():
            if name.startswith(("PRESCIENT_", "DAGSTER_", "CELERY_")):
                monkeypatch.setenv(name, value)
        slugs = [f"p{each:04}" for each in range(number)]
        for slug in slugs:
            new = portfolios.NewPortfolio(slug, STRATEGY, 10_000, strategy_config={"fill_model": "touch"})
            portfolios.create(there.database, new)
        with dg.DagsterInstance.get() as instance:
            sync_partitions(instance, STRATEGY, slugs)
            there.capture()
            for name in ("left", "right"):
                there.start_worker(name)
            for service in ("code", "daemon"):
                there.start_service(service)
            yield there, instance
    finally:
        for service in list(there.running):
            there.crash(service)
        there.database.close()
        if (folder / "postgres" / "postmaster.pid").exists():
            there.start_postgres(mode="stop")
        shutil.rmtree(folder, ignore_errors=True)
