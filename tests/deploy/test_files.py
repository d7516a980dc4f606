"""The files of `deploy/` fit each other and the code: every strategy has its service, every setting is one of ours."""

import re
import shlex

import pytest
import yaml

from prescient_dagster.catalog import strategy_names
from prescient_dagster.settings import Settings
from strategy_assets import definitions
from tests.deploy.topology import COMPOSE, DEPLOY, OTHER_SERVICES, SERVICES, STRATEGY_SERVICES, WORKSPACE
from tests.pages import ROOT

README = (DEPLOY / "README.md").read_text(encoding="utf-8")
CODE_SERVERS = {"platform", *STRATEGY_SERVICES}
OURS = set(SERVICES) - {"postgres", "proxy"}


def read(name: str) -> str:
    return (DEPLOY / name).read_text(encoding="utf-8")


def test_every_strategy_has_a_code_server_and_an_entry_of_its_name_in_the_workspace() -> None:
    assert set(strategy_names()) == STRATEGY_SERVICES
    assert {server["host"]: server["location_name"] for server in WORKSPACE} == {
        "platform": "prescient_dagster",
        **{name: name for name in STRATEGY_SERVICES},
    }


@pytest.mark.parametrize("service", sorted(CODE_SERVERS))
def test_a_code_server_serves_its_own_definitions_where_the_workspace_looks_for_them(service: str) -> None:
    words = shlex.split(SERVICES[service]["command"])
    options = dict(zip(words[3::2], words[4::2], strict=True))
    (port,) = {server["port"] for server in WORKSPACE}
    assert words[:3] == ["dagster", "api", "grpc"]
    assert options.pop("--port") == str(port)
    assert options.pop("--host") == "0.0.0.0"
    module = "prescient_dagster.definitions" if service == "platform" else "strategy_assets.definitions"
    assert options.pop("--module-name") == module
    assert options == ({} if service == "platform" else {"--attribute": service})


@pytest.mark.parametrize("strategy", strategy_names())
def test_a_strategys_location_holds_that_strategy_alone(strategy: str) -> None:
    location = getattr(definitions, strategy)
    assert [job.name for job in location.resolve_all_job_defs() if not job.name.startswith("__")] == [strategy]
    assert [schedule.name for schedule in location.schedules] == [f"{strategy}_schedule"]


def test_only_the_proxy_can_be_reached_from_outside_and_it_reaches_the_ui_alone() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]
    assert SERVICES["proxy"]["networks"] == ["outside"]
    assert {name for name, service in SERVICES.items() if "outside" in service["networks"]} == {"proxy", "webserver"}
    assert "basic_auth" in read("Caddyfile")
    assert re.findall(r"reverse_proxy (\S+)", read("Caddyfile")) == ["webserver:3000"]


def test_every_container_of_ours_has_the_same_settings_and_the_same_data() -> None:
    for name in OURS:
        for key in ("image", "environment", "env_file", "volumes"):
            assert SERVICES[name][key] == COMPOSE["x-prescient"][key], name


def test_all_of_ours_wait_for_the_tables() -> None:
    waiting = {name for name in OURS if "migrate" in SERVICES[name]["depends_on"]}
    assert waiting == OURS - {"migrate"}


def test_every_variable_is_a_setting_of_ours_or_is_in_the_readme() -> None:
    used = set(re.findall(r"\bPRESCIENT_[A-Z_]+", read("compose.yaml") + read("settings.env") + read("Dockerfile")))
    known = {f"PRESCIENT_{name.upper()}" for name in Settings.model_fields}
    assert used <= known
    filled_in = set(re.findall(r"\$\{([A-Z_]+)", read("compose.yaml")))
    told = set(re.findall(r"^\| `([A-Z_]+)` \|", README, re.MULTILINE))
    assert filled_in == told
    assert set(re.findall(r"\{\$([A-Z_]+)\}", read("Caddyfile"))) <= set(SERVICES["proxy"]["environment"])


def test_no_password_has_a_default() -> None:
    secrets = re.findall(r"\$\{([A-Z_]*(?:PASSWORD|USER)[A-Z_]*)(\S*?)[ }]", read("compose.yaml"))
    assert {name for name, _ in secrets} == {"POSTGRES_PASSWORD", "UI_USER", "UI_PASSWORD_HASH"}
    assert {how for _name, how in secrets} == {":?set"}


def test_the_instance_differs_from_one_machines_where_it_is_meant_to() -> None:
    here, there = (yaml.safe_load(path.read_text()) for path in (ROOT / "dagster.yaml", DEPLOY / "dagster.yaml"))
    differ = {key for key in here.keys() | there.keys() if here.get(key) != there.get(key)}
    assert differ == {"run_launcher", "compute_logs", "concurrency"}
    assert there["concurrency"]["pools"] == here["concurrency"]["pools"]
    assert there["concurrency"]["runs"]["max_concurrent_runs"] > len(STRATEGY_SERVICES)


def test_the_image_takes_along_what_it_installs_and_nothing_secret() -> None:
    copied = re.findall(r"^COPY (.+) \S+$", read("Dockerfile"), re.MULTILINE)
    sources = {name for line in copied for name in line.split()}
    admitted = {line[1:] for line in read("Dockerfile.dockerignore").splitlines() if line.startswith("!")}
    assert sources == admitted
    assert [name for name in sources if not (ROOT / name).exists()] == []
    assert read("Dockerfile.dockerignore").startswith("*\n")


def test_every_service_that_is_no_strategy_is_there() -> None:
    assert set(SERVICES) >= OTHER_SERVICES
