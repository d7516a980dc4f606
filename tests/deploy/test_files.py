"""The files of `deploy/` fit each other and the code: every strategy has its service, every setting is one of ours."""

import re
import shlex
from importlib import metadata

import pytest
import yaml
from dagster._core.storage.defs_state.base import set_defs_state_storage
from packaging.requirements import Requirement

from prescient_dagster.catalog import strategy_names
from prescient_dagster.settings import FOR_THE_PLATFORM, Settings, without_secrets
from strategy_assets import definitions
from tests.deploy.topology import COMPOSE, DEPLOY, OTHER_SERVICES, SERVICES, STRATEGY_SERVICES, WORKSPACE
from tests.pages import ROOT

README = (DEPLOY / "README.md").read_text(encoding="utf-8")
CODE_SERVERS = {"platform", *STRATEGY_SERVICES}
OURS = set(SERVICES) - {"postgres", "proxy"}
WEB_SERVERS = {"webserver", "viewer"}
SECRETS = {
    "postgres": {"POSTGRES_PASSWORD"},
    "proxy": {"UI_PASSWORD_HASH", "VIEWER_PASSWORD_HASH"},
    "platform": {"PRESCIENT_DATABASE_URL", *FOR_THE_PLATFORM},
}
"""All the others of ours need the database, and so its password."""


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
    # Instances of other tests, closed in another order than opened, leave a storage behind that is closed, too.
    with set_defs_state_storage(None):
        location = getattr(definitions, strategy)
        jobs = location.resolve_all_job_defs()
    assert [job.name for job in jobs if not job.name.startswith("__")] == [strategy]
    assert [schedule.name for schedule in location.schedules] == [f"{strategy}_schedule"]


def neighbours(service: str) -> set[str]:
    """The other services that share a network with one."""
    ours = set(SERVICES[service]["networks"])
    return {name for name, other in SERVICES.items() if name != service and ours & set(other["networks"])}


def test_only_the_proxy_can_be_reached_from_outside_and_it_reaches_the_web_servers_alone() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]
    assert neighbours("proxy") == WEB_SERVERS
    assert "basic_auth" in read("Caddyfile")
    assert re.findall(r"reverse_proxy (.+)", read("Caddyfile")) == ["@operator webserver:3000", "viewer:3000"]


@pytest.mark.parametrize("service", sorted(CODE_SERVERS))
def test_a_code_server_is_reached_by_the_daemon_the_web_servers_and_no_other_code_server(service: str) -> None:
    assert neighbours(service) - {"migrate"} == {"postgres", "daemon", *WEB_SERVERS}


@pytest.mark.parametrize("service", sorted(WEB_SERVERS))
def test_a_web_server_listens_where_the_proxy_is_and_nowhere_else(service: str) -> None:
    (alias,) = SERVICES[service]["networks"]["outside"]["aliases"]
    words = shlex.split(SERVICES[service]["command"])
    assert words[words.index("--host") + 1] == alias
    assert words[:3] == ["python", "-m", "prescient_dagster.web"]
    assert ("--read-only" in words) == (service == "viewer")


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_no_container_runs_as_root_writes_into_itself_or_becomes_more_than_it_is(service: str) -> None:
    there = SERVICES[service]
    assert str(there["user"]) not in ("0", "root")
    assert there["read_only"] is True
    assert there["cap_drop"] == ["ALL"]
    assert there.get("cap_add", []) == (["NET_BIND_SERVICE"] if service == "proxy" else [])
    assert there["security_opt"] == ["no-new-privileges:true"]
    assert "/tmp" in there["tmpfs"]


def test_every_image_that_is_not_ours_comes_from_a_variable_that_holds_its_digest() -> None:
    built = {"prescient", "prescient-proxy"}
    foreign = [service["image"] for service in SERVICES.values() if service["image"] not in built]
    foreign += [
        argument for service in SERVICES.values() for argument in service.get("build", {}).get("args", {}).values()
    ]
    assert all(re.fullmatch(r"\$\{[A-Z]+_IMAGE:\?set it in \.env\}", image) for image in foreign)
    pinned = re.findall(r"^pin ([A-Z_]+) \S+$", README, re.MULTILINE)
    assert set(pinned) == set(re.findall(r"[A-Z]+_IMAGE", " ".join(foreign)))
    for name in ("Dockerfile", "proxy.Dockerfile"):
        assert re.findall(r"^FROM (\S+)$", read(name), re.MULTILINE) == [
            "${PYTHON_IMAGE}" if name == "Dockerfile" else "${CADDY_IMAGE}"
        ]


def test_the_image_installs_the_versions_of_everybody_each_by_its_hashes() -> None:
    pinned = dict(re.findall(r"^(\S+)==(\S+) \\$", read("requirements.txt"), re.MULTILINE))
    lines = [line for line in read("requirements.txt").splitlines() if line and not line.startswith("#")]
    assert {line.removesuffix(" \\") for line in lines if not line.startswith("    --hash=sha256:")} == {
        f"{name}=={version}" for name, version in pinned.items()
    }
    everybody = dict(line.split("==") for line in (ROOT / "constraints.txt").read_text().split())
    everybody = {canonical(name): version for name, version in everybody.items()}
    assert {name: version for name, version in pinned.items() if name != "setuptools"}.items() <= everybody.items()
    assert needed("prescient[celery,kubernetes]") - {"prescient"} <= set(pinned)
    assert "--require-hashes -r deploy/requirements.txt" in read("Dockerfile")
    assert "--no-deps --no-build-isolation ." in read("Dockerfile")


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def needed(package: str) -> set[str]:
    """A package and all that it needs on this machine, without extras of its own."""
    found, rest = set[str](), [Requirement(package)]
    while rest:
        wanted = rest.pop()
        name = canonical(wanted.name)
        if (key := f"{name}{sorted(wanted.extras)}") in found:
            continue
        found |= {name, key}
        for text in metadata.requires(wanted.name) or []:
            requirement = Requirement(text)
            if any(_applies(requirement, extra) for extra in ("", *wanted.extras)):
                rest.append(requirement)
    return {name for name in found if "[" not in name}


def _applies(requirement: Requirement, extra: str) -> bool:
    return requirement.marker is None or requirement.marker.evaluate({"extra": extra, "python_version": "3.11"})


def test_every_container_of_ours_has_the_same_settings_and_the_same_data() -> None:
    for name in OURS:
        for key in ("image", "env_file", "volumes", "user"):
            assert SERVICES[name][key] == COMPOSE["x-prescient"][key], name
        assert without_secrets(SERVICES[name]["environment"]) == without_secrets(COMPOSE["x-environment"]), name


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_a_secret_is_given_to_who_needs_it_and_to_nobody_else(service: str) -> None:
    """What `settings.env` holds, all of ours are given: an empty value takes a secret that stands there from them."""
    given = SERVICES[service].get("environment", {})
    secrets = {
        name for name, value in given.items() if re.search(r"PASSWORD|WEBHOOK|NOTICES", f"{name} {value}") and value
    }
    assert secrets == SECRETS.get(service, {"PRESCIENT_DATABASE_URL"})
    assert service == "platform" or {name for name in given if name in FOR_THE_PLATFORM and given[name] == ""} == (
        FOR_THE_PLATFORM if service in OURS else set()
    )
    assert not re.search(r"PASSWORD|WEBHOOK|NOTICES|DATABASE", read("settings.env"))
    assert ("env_file" in SERVICES[service]) == (service in OURS)


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
    assert {name for name, _ in secrets} == {
        "POSTGRES_PASSWORD",
        *("UI_USER", "UI_PASSWORD_HASH", "VIEWER_USER", "VIEWER_PASSWORD_HASH"),
    }
    assert {how for _name, how in secrets} == {":?set"}


def test_the_instance_differs_from_one_machines_where_it_is_meant_to() -> None:
    here, there = (yaml.safe_load(path.read_text()) for path in (ROOT / "dagster.yaml", DEPLOY / "dagster.yaml"))
    differ = {key for key in here.keys() | there.keys() if here.get(key) != there.get(key)}
    assert differ == {"run_launcher", "compute_logs", "concurrency", "local_artifact_storage"}
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
