"""The files in ``deploy``: valid for the programs that read them, and true to the server."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.deploy.alerts import CASES

from ocrzoo.serving.metrics import Metrics
from ocrzoo.serving.settings import ServerSettings
from ocrzoo.serving.workers.pool import Pool

USER = 65532
PORT = 8080


@pytest.fixture(scope="module")
def deploy(repository: Path) -> Path:
    return repository / "deploy"


@pytest.fixture(scope="module")
def manifests(deploy: Path) -> dict[str, Any]:
    """The objects for Kubernetes, by their kinds."""
    found = yaml.safe_load_all((deploy / "kubernetes.yaml").read_text(encoding="utf-8"))
    return {one["kind"]: one for one in found}


def tool(name: str, package: str) -> str:
    """Give a program's path; skips where it is not installed."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"needs {name} (Debian: {package})")
    return found


# Compose and Prometheus


def test_the_compose_file_is_one_by_its_specification(deploy: Path) -> None:
    command = ["-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(deploy / "compose.yaml")]
    checked = subprocess.run([sys.executable, *command], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout


def test_the_files_that_the_compose_file_names_are_there(deploy: Path) -> None:
    services = yaml.safe_load((deploy / "compose.yaml").read_text(encoding="utf-8"))["services"]
    build = services["ocrzoo"]["build"]
    assert (deploy / build["context"] / build["dockerfile"]).is_file()
    mounted = [mount.split(":")[0] for mount in services["prometheus"]["volumes"]]
    assert all((deploy / mount).is_file() for mount in mounted if mount.startswith("."))


def test_all_ports_of_the_compose_file_are_for_this_machine_only(deploy: Path) -> None:
    services = yaml.safe_load((deploy / "compose.yaml").read_text(encoding="utf-8"))["services"]
    assert all(port.startswith("127.0.0.1:") for one in services.values() for port in one["ports"])


def test_the_server_gets_more_time_to_stop_than_its_requests(deploy: Path, manifests: dict[str, Any]) -> None:
    drain = ServerSettings().drain_s
    services = yaml.safe_load((deploy / "compose.yaml").read_text(encoding="utf-8"))["services"]
    assert int(services["ocrzoo"]["stop_grace_period"].removesuffix("s")) > drain
    pod = manifests["Deployment"]["spec"]["template"]["spec"]
    (before,) = (int(one["lifecycle"]["preStop"]["exec"]["command"][1]) for one in pod["containers"])
    assert pod["terminationGracePeriodSeconds"] > drain + before
    assert int(setting(deploy, "TimeoutStopSec").removesuffix("s")) > drain


def test_alerts_name_figures_that_the_server_has(deploy: Path) -> None:
    rules = yaml.safe_load((deploy / "prometheus" / "alerts.yaml").read_text(encoding="utf-8"))["groups"][0]["rules"]
    named = {name for rule in rules for name in re.findall(r"ocrzoo_\w+", rule["expr"])}
    metrics = Metrics()
    metrics.watch(Pool(ServerSettings(workers=1)))
    metrics.requests.labels("/ocr", "503", "queue_full").inc()
    there = set(re.findall(r"^(ocrzoo_\w+)", metrics.render().decode(), re.MULTILINE))
    assert named <= there
    assert len(named) >= 4


def test_the_first_worker_that_is_lost_is_an_increase() -> None:
    metrics = Metrics()
    metrics.watch(Pool(ServerSettings(workers=1)))
    assert 'ocrzoo_worker_events_total{event="lost"} 0.0' in metrics.render().decode()


def test_prometheus_takes_its_files(deploy: Path) -> None:
    checked = subprocess.run(
        [tool("promtool", "prometheus"), "check", "config", str(deploy / "prometheus" / "prometheus.yaml")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize("case", CASES, ids=[case["alert_rule_test"][0]["alertname"] for case in CASES])
def test_an_alert_fires(case: dict[str, Any], deploy: Path, tmp_path: Path) -> None:
    rules = str((deploy / "prometheus" / "alerts.yaml").resolve())
    (tmp_path / "test.yaml").write_text(json.dumps({"rule_files": [rules], "tests": [case]}), encoding="utf-8")
    checked = subprocess.run(
        [tool("promtool", "prometheus"), "test", "rules", str(tmp_path / "test.yaml")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


# Kubernetes


def test_kubernetes_takes_every_object(manifests: dict[str, Any]) -> None:
    import kubernetes_validate

    for one in manifests.values():
        kubernetes_validate.validate(one, kubernetes_validate.latest_version(), strict=True)
    assert set(manifests) == {"Deployment", "Service", "PodDisruptionBudget"}


def test_the_pod_has_no_rights_and_no_disk_but_its_temporary_folder(manifests: dict[str, Any]) -> None:
    pod = manifests["Deployment"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert pod["securityContext"]["runAsUser"] == USER
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert [mount["mountPath"] for mount in container["volumeMounts"]] == ["/tmp"]
    assert pod["automountServiceAccountToken"] is False


def test_all_select_the_pods_of_the_deployment(manifests: dict[str, Any]) -> None:
    labels = manifests["Deployment"]["spec"]["template"]["metadata"]["labels"]
    assert manifests["Service"]["spec"]["selector"].items() <= labels.items()
    for kind in ("Deployment", "PodDisruptionBudget"):
        assert manifests[kind]["spec"]["selector"]["matchLabels"].items() <= labels.items()


def test_a_busy_pod_is_not_restarted_and_one_that_loads_gets_no_requests(manifests: dict[str, Any]) -> None:
    (container,) = manifests["Deployment"]["spec"]["template"]["spec"]["containers"]
    paths = {probe: container[f"{probe}Probe"]["httpGet"]["path"] for probe in ("liveness", "readiness", "startup")}
    assert paths == {"liveness": "/livez", "readiness": "/readyz", "startup": "/readyz"}
    assert container["ports"] == [{"name": "http", "containerPort": PORT}]


def test_the_arguments_of_the_pod_are_those_of_the_command(manifests: dict[str, Any]) -> None:
    from ocrzoo.cli.commands.serve import serve

    (container,) = manifests["Deployment"]["spec"]["template"]["spec"]["containers"]
    name, *arguments = container["args"]
    assert name == "serve"
    assert serve.make_context("serve", arguments).params["threads"] == int(container["resources"]["requests"]["cpu"])


# systemd


def setting(deploy: Path, name: str) -> str:
    """Return the last value of a setting of the unit."""
    unit = (deploy / "ocrzoo.service").read_text(encoding="utf-8")
    values: list[str] = re.findall(rf"^{name}=(.*)$", unit, re.MULTILINE)
    return values[-1]


def test_systemd_takes_the_unit(deploy: Path, tmp_path: Path) -> None:
    unit = (deploy / "ocrzoo.service").read_text(encoding="utf-8")
    program = setting(deploy, "ExecStart").split()[0]
    copy = tmp_path / "ocrzoo.service"
    copy.write_text(unit.replace(f"ExecStart={program}", f"ExecStart={sys.executable}"), encoding="utf-8")
    command = [tool("systemd-analyze", "systemd"), "verify", str(copy)]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    complaints = [line for line in checked.stderr.splitlines() if copy.name in line]
    assert not complaints


def test_the_unit_starts_what_the_command_takes(deploy: Path) -> None:
    from ocrzoo.cli.commands.serve import serve

    _, name, *arguments = setting(deploy, "ExecStart").split()
    assert name == "serve"
    assert serve.make_context("serve", arguments).params["port"] == PORT


def test_a_service_under_systemd_stops_workers_last_and_writes_nowhere(deploy: Path) -> None:
    settings = {name: setting(deploy, name) for name in ("KillMode", "DynamicUser", "ProtectSystem", "PrivateTmp")}
    assert settings == {"KillMode": "mixed", "DynamicUser": "yes", "ProtectSystem": "strict", "PrivateTmp": "yes"}
    assert setting(deploy, "MemoryMax")
