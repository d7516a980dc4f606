"""The files of `deploy/celery/` fit those beside them, dagster-celery, and what is known of its faults."""

import os
import shutil
import subprocess
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
import yaml
from dagster import DagsterInstance

from tests.deploy.topology import COMPOSE, DEPLOY, OTHER_SERVICES, SERVICES, STRATEGY_SERVICES
from tests.processes import free_port, wait_for

pytest.importorskip("dagster_celery", reason="needs the extra prescient[celery]")

from dagster_celery.launcher import CeleryRunLauncher

from prescient_dagster.celery_launcher import ResumingCeleryRunLauncher

HERE: dict[str, Any] = yaml.safe_load((DEPLOY / "dagster.yaml").read_text(encoding="utf-8"))
CELERY: dict[str, Any] = yaml.safe_load((DEPLOY / "celery" / "dagster.yaml").read_text(encoding="utf-8"))
BESIDE: dict[str, Any] = yaml.safe_load((DEPLOY / "celery" / "compose.yaml").read_text(encoding="utf-8"))["services"]
SOURCE: dict[str, Any] = CELERY["run_launcher"]["config"]["config_source"]


def test_the_instance_differs_where_runs_are_carried_out_and_nowhere_else() -> None:
    differ = {key for key in HERE.keys() | CELERY.keys() if HERE.get(key) != CELERY.get(key)}
    assert differ == {"run_launcher", "concurrency", "run_monitoring"}
    assert (
        CELERY["concurrency"]["runs"]["tag_concurrency_limits"] == HERE["concurrency"]["runs"]["tag_concurrency_limits"]
    )


def test_the_launcher_is_named_by_its_module_and_knows_every_key() -> None:
    named = CELERY["run_launcher"]
    assert (named["module"], named["class"]) == (
        ResumingCeleryRunLauncher.__module__,
        ResumingCeleryRunLauncher.__name__,
    )
    assert named["config"].keys() <= CeleryRunLauncher.config_type().keys()
    assert {"broker", "backend"} <= named["config"].keys()


def test_a_task_is_taken_by_one_worker_and_given_to_no_other_while_it_goes() -> None:
    assert (SOURCE["worker_prefetch_multiplier"], SOURCE["task_acks_late"]) == (1, False)
    longest = max(
        CELERY["run_monitoring"]["max_runtime_seconds"], 4 * 3600
    )  # of the jobs that have a limit of their own
    assert SOURCE["broker_transport_options"]["visibility_timeout"] > longest
    assert not any("priorit" in key for key in SOURCE)


def test_resuming_is_asked_for_only_where_the_launcher_can() -> None:
    assert CELERY["run_monitoring"]["max_resume_run_attempts"] == 2
    assert CELERY["run_monitoring"]["poll_interval_seconds"] <= 30
    one_machine = yaml.safe_load((DEPLOY.parent / "dagster.yaml").read_text(encoding="utf-8"))
    for instance in (HERE, one_machine):
        assert "max_resume_run_attempts" not in instance["run_monitoring"]


def test_every_service_of_ours_gets_the_broker_and_the_instance() -> None:
    ours = {"platform", "daemon", "webserver", "viewer", "migrate", *STRATEGY_SERVICES}
    assert ours | {"redis", "worker"} == set(BESIDE)
    for service in ours | {"worker"}:
        assert {"CELERY_BROKER_URL", "CELERY_RESULT_BACKEND"} <= BESIDE[service]["environment"].keys()
        assert BESIDE[service]["volumes"] == ["./celery/dagster.yaml:/srv/prescient/dagster/dagster.yaml:ro"]
    assert ours <= set(SERVICES) | OTHER_SERVICES
    assert "PRESCIENT_ALERT_WEBHOOK" in BESIDE["worker"]["environment"]


def test_redis_is_confined_as_everything_else_and_asks_for_a_password() -> None:
    redis, confined = BESIDE["redis"], COMPOSE["x-confined"]
    assert all(redis[key] == value for key, value in confined.items())
    assert "--requirepass" in redis["command"]
    assert "ports" not in redis


def test_the_image_of_redis_comes_from_a_variable_that_holds_its_digest() -> None:
    assert BESIDE["redis"]["image"] == "${REDIS_IMAGE:?set it in .env}"
    assert "pinned as above by `pin REDIS_IMAGE redis:7`" in (DEPLOY / "README.md").read_text(encoding="utf-8")
    assert {"image" in service for name, service in BESIDE.items() if name != "redis"} == {False}


@pytest.mark.skipif(shutil.which("redis-cli") is None, reason="needs Debian's redis")
@pytest.mark.parametrize(("password", "healthy"), [("right", True), ("wrong", False)])
def test_redis_is_healthy_once_it_answers_to_its_password(password: str, healthy: bool, tmp_path: Path) -> None:
    port = str(free_port())
    kind, asked = BESIDE["redis"]["healthcheck"]["test"]
    asked = asked.replace("$$", "$").replace("redis-cli", f"redis-cli -p {port}")
    here = {**os.environ, "REDIS_PASSWORD": password}

    def answers() -> bool:
        return subprocess.run(["sh", "-c", asked], env=here, check=False, capture_output=True).returncode == 0

    assert kind == "CMD-SHELL"
    assert not answers()
    command = ["redis-server", "--port", port, "--bind", "127.0.0.1", "--requirepass", "right", "--dir", str(tmp_path)]
    with (tmp_path / "log").open("w") as log, subprocess.Popen(command, stdout=log, stderr=log) as server:
        try:
            wait_for("Redis", lambda: "Ready to accept" in (tmp_path / "log").read_text())
            assert answers() is healthy
        finally:
            server.kill()
    for service in ("worker", "daemon"):
        assert BESIDE[service]["depends_on"] == {"redis": {"condition": "service_healthy"}}


def test_an_instance_that_is_to_resume_runs_opens_with_a_launcher_that_can_and_with_no_other(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("PRESCIENT_DATABASE_URL", database_url), ("CELERY_BROKER_URL", "redis://127.0.0.1:1/0")):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("CELERY_RESULT_BACKEND", "redis://127.0.0.1:1/1")
    for launcher, told in ((CELERY["run_launcher"], None), (HERE["run_launcher"], "does not support resum")):
        text = yaml.safe_dump({**CELERY, "run_launcher": launcher}).replace("/data/", f"{tmp_path}/")
        (tmp_path / "dagster.yaml").write_text(text)
        with pytest.raises(Exception, match=told) if told else nullcontext():
            DagsterInstance.from_config(str(tmp_path)).dispose()
