"""The Helm values against what dagster-k8s reads. The chart itself is not here, nor a cluster: nothing is installed."""

import re
from typing import Any

import pytest
import yaml

from prescient_dagster.catalog import strategy_names
from tests.deploy.topology import DEPLOY, SERVICES

pytest.importorskip("dagster_k8s", reason="needs the extra prescient[kubernetes]")

from dagster import Field, Shape
from dagster._config import process_config
from dagster_k8s import K8sRunLauncher
from dagster_k8s.job import UserDefinedDagsterK8sConfig

VALUES: dict[str, Any] = yaml.safe_load((DEPLOY / "kubernetes" / "values.yaml").read_text(encoding="utf-8"))
DEPLOYMENTS: list[dict[str, Any]] = VALUES["dagster-user-deployments"]["deployments"]
LAUNCHER: dict[str, Any] = VALUES["runLauncher"]["config"]["k8sRunLauncher"]
FROM_THE_CHART = {"service_account_name": "dagster", "instance_config_map": "dagster-instance", "dagster_home": "/opt"}
AS_THEY_ARE = {"labels", "resources", "security_context"}
"""Values that the chart hands on without looking into them: their keys are Kubernetes' own."""


def snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def as_the_launcher_reads(values: dict[str, Any]) -> dict[str, Any]:
    """What the chart's template makes of them in dagster.yaml: snake case, and lists of names."""
    read = {snake(name): value for name, value in values.items()}
    for name in ("env_config_maps", "env_secrets"):
        read[name] = [each["name"] for each in read[name]]
    read["run_k8s_config"] = {snake(name): value for name, value in read["run_k8s_config"].items()}
    return read


def test_the_run_launcher_is_one_of_dagster_k8s_and_every_key_of_it_is_read() -> None:
    assert VALUES["runLauncher"]["type"] == K8sRunLauncher.__name__
    shape = Shape(
        {name: each if isinstance(each, Field) else Field(each) for name, each in K8sRunLauncher.config_type().items()}
    )
    found = process_config(shape, as_the_launcher_reads(LAUNCHER) | FROM_THE_CHART)
    assert found.success, [error.message for error in found.errors or ()]


def test_a_wrong_key_would_be_seen() -> None:
    shape = Shape(
        {name: each if isinstance(each, Field) else Field(each) for name, each in K8sRunLauncher.config_type().items()}
    )
    found = process_config(shape, as_the_launcher_reads({**LAUNCHER, "envSecret": []}) | FROM_THE_CHART)
    assert not found.success


def test_what_a_runs_pod_and_job_are_given_are_fields_of_kubernetes() -> None:
    config = UserDefinedDagsterK8sConfig.from_dict(as_the_launcher_reads(LAUNCHER)["run_k8s_config"])
    assert config.job_spec_config == {"ttl_seconds_after_finished": 600, "backoff_limit": 0}
    assert config.pod_spec_config == {"termination_grace_period_seconds": 60}


def test_every_run_asks_for_what_it_needs() -> None:
    assert LAUNCHER["resources"]["requests"].keys() == {"cpu", "memory"}
    assert "memory" in LAUNCHER["resources"]["limits"]


def test_the_platform_and_each_strategy_have_a_deployment_that_serves_what_compose_serves() -> None:
    served = {}
    for deployment in DEPLOYMENTS:
        arguments = dict(
            zip(deployment["dagsterApiGrpcArgs"][::2], deployment["dagsterApiGrpcArgs"][1::2], strict=True)
        )
        served[deployment["name"]] = arguments
    assert set(served) == {"platform", *(name.replace("_", "-") for name in strategy_names())}
    for name, arguments in served.items():
        command = SERVICES[name.replace("-", "_")]["command"]
        assert all(f"{option} {value}" in command for option, value in arguments.items())


def test_names_are_ones_that_kubernetes_allows() -> None:
    assert all(re.fullmatch(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?", deployment["name"]) for deployment in DEPLOYMENTS)


def test_every_code_server_is_probed_confined_and_asks_for_room() -> None:
    for deployment in DEPLOYMENTS:
        assert {"startupProbe", "readinessProbe", "livenessProbe"} <= deployment.keys()
        assert deployment["resources"]["requests"].keys() == {"cpu", "memory"}
        assert deployment["securityContext"]["runAsNonRoot"] is True
        assert deployment["includeConfigInLaunchedRuns"] == {"enabled": True}


def test_no_secret_stands_in_the_values_and_alerts_are_the_platforms_alone() -> None:
    told = (DEPLOY / "kubernetes" / "values.yaml").read_text(encoding="utf-8")
    assert not re.search(r"(?i)password: *\S|webhook: *\S|://[^ ]*:[^ ]*@", told)
    alerted = [each["name"] for each in DEPLOYMENTS if {"name": "prescient-alerts"} in each["envSecrets"]]
    assert alerted == ["platform"]
    assert {"name": "prescient-alerts"} not in LAUNCHER["envSecrets"]
