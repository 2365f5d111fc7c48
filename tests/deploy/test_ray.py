"""The files in ``deploy/ray``: valid for Kubernetes, KubeRay and Ray Serve, and true to the program."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from ocrzoo.cli.commands.batch import batch
from ocrzoo.serving import on_ray
from ocrzoo_registry.errors import ExitCode

USER = 65532
CLUSTER = {
    "rayVersion": str,
    "enableInTreeAutoscaling": bool,
    "autoscalerOptions": dict,
    "headGroupSpec": dict,
    "workerGroupSpecs": list,
}
GROUP = {"rayStartParams": dict, "template": dict}
KUBERAY: Mapping[str, Mapping[str, type]] = {
    "RayService": {"serveConfigV2": str, "rayClusterConfig": dict},
    "RayJob": {
        "entrypoint": str,
        "backoffLimit": int,
        "shutdownAfterJobFinishes": bool,
        "ttlSecondsAfterFinished": int,
        "submitterPodTemplate": dict,
        "rayClusterSpec": dict,
    },
    "cluster": CLUSTER,
    "autoscaler": {"idleTimeoutSeconds": int, "securityContext": dict},
    "head": GROUP,
    "workers": {**GROUP, "groupName": str, "replicas": int, "minReplicas": int, "maxReplicas": int},
}
"""Fields of KubeRay's ray.io/v1 that are used here, and their types: those of ``ray-operator/apis/ray/v1`` in
ray-project/kuberay (Apache-2.0), which has more."""


@pytest.fixture(scope="module")
def folder(repository: Path) -> Path:
    return repository / "deploy" / "ray"


@pytest.fixture(scope="module", params=["rayservice.yaml", "rayjob.yaml"])
def manifest(folder: Path, request: pytest.FixtureRequest) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((folder / request.param).read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module")
def service(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((folder / "rayservice.yaml").read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module")
def job(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((folder / "rayjob.yaml").read_text(encoding="utf-8"))
    return found


def cluster_of(manifest: dict[str, Any]) -> dict[str, Any]:
    """Give the specification of its Ray cluster."""
    found: dict[str, Any] = manifest["spec"].get("rayClusterConfig") or manifest["spec"]["rayClusterSpec"]
    return found


def templates(manifest: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Give the templates of all its pods."""
    cluster = cluster_of(manifest)
    groups = [cluster["headGroupSpec"], *cluster["workerGroupSpecs"]]
    yield from (group["template"] for group in groups)
    if "submitterPodTemplate" in manifest["spec"]:
        yield manifest["spec"]["submitterPodTemplate"]


def check(found: Mapping[str, Any], kind: str) -> None:
    """Compare fields with those of KubeRay."""
    known = KUBERAY[kind]
    assert found.keys() <= known.keys()
    assert [name for name, value in found.items() if not isinstance(value, known[name])] == []


def test_kubernetes_takes_every_pod(manifest: dict[str, Any]) -> None:
    import kubernetes_validate

    for template in templates(manifest):
        pod = {"apiVersion": "v1", "kind": "PodTemplate", "metadata": {"name": "x"}, "template": template}
        kubernetes_validate.validate(pod, kubernetes_validate.latest_version(), strict=True)


def test_kuberay_has_every_field(manifest: dict[str, Any]) -> None:
    assert manifest["apiVersion"] == "ray.io/v1"
    check(manifest["spec"], manifest["kind"])
    cluster = cluster_of(manifest)
    check(cluster, "cluster")
    check(cluster["autoscalerOptions"], "autoscaler")
    check(cluster["headGroupSpec"], "head")
    for group in cluster["workerGroupSpecs"]:
        check(group, "workers")
        assert group["minReplicas"] <= group["replicas"] <= group["maxReplicas"]
        assert all(isinstance(value, str) for value in group["rayStartParams"].values())


def test_pods_have_no_rights_and_no_disk_but_their_temporary_folder(manifest: dict[str, Any]) -> None:
    for template in templates(manifest):
        pod = template["spec"]
        (container,) = pod["containers"]
        assert (pod["securityContext"]["runAsUser"], pod["securityContext"]["runAsNonRoot"]) == (USER, True)
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert [mount["mountPath"] for mount in container["volumeMounts"]] == ["/tmp"]
        assert {one["name"]: one["value"] for one in container["env"]}["HOME"] == "/tmp"  # Ray writes there
        assert "memory" in container["resources"]["limits"]


def test_pods_with_a_gpu_start_only_when_something_asks_for_one(manifest: dict[str, Any]) -> None:
    (group,) = (one for one in cluster_of(manifest)["workerGroupSpecs"] if one["groupName"] == "gpu")
    (container,) = group["template"]["spec"]["containers"]
    assert (group["replicas"], group["minReplicas"], container["resources"]["limits"]["nvidia.com/gpu"]) == (0, 0, "1")


def test_the_version_of_ray_is_the_one_that_is_tested(manifest: dict[str, Any], repository: Path) -> None:
    pinned = re.search(r'"ray==([\d.]+)"', (repository / "pyproject.toml").read_text(encoding="utf-8"))
    assert pinned is not None
    assert cluster_of(manifest)["rayVersion"] == pinned[1]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of Ray, when it is imported
def test_ray_serve_takes_the_configuration_and_finds_the_application(service: dict[str, Any]) -> None:
    from ray._common.utils import import_attr
    from ray.serve.schema import ServeDeploySchema

    (application,) = ServeDeploySchema.model_validate(yaml.safe_load(service["spec"]["serveConfigV2"])).applications
    assert import_attr(application.import_path) is on_ray.app
    built = on_ray.app(application.args)
    (changed,) = application.deployments
    assert built._bound_deployment.name == changed.name
    assert application.args["threads"] == changed.ray_actor_options.num_cpus


def test_pods_stop_after_their_requests(service: dict[str, Any]) -> None:
    from ocrzoo.serving.settings import ServerSettings

    for group in cluster_of(service)["workerGroupSpecs"]:
        wait = group["template"]["spec"]["terminationGracePeriodSeconds"]
        assert wait > ServerSettings().drain_s + on_ray.STOP_S


def test_the_job_runs_what_the_command_takes(job: dict[str, Any]) -> None:
    shell, option, line = shlex.split(job["spec"]["entrypoint"])
    run, _, otherwise = line.partition(" || ")
    program, name, *arguments = shlex.split(run)
    assert (shell, option, otherwise) == ("sh", "-c", f"[ $? -eq {ExitCode.INPUTS:d} ]")
    assert (program, name) == ("ocrzoo", "batch")
    assert batch.make_context("batch", arguments).params["address"] == "auto"


def test_the_job_takes_weights_from_a_mirror(job: dict[str, Any]) -> None:
    from ocrzoo_registry.settings import Settings

    for group in [cluster_of(job)["headGroupSpec"], *cluster_of(job)["workerGroupSpecs"]]:
        (container,) = group["template"]["spec"]["containers"]
        settings = Settings.from_environment({one["name"]: one["value"] for one in container["env"]})
        assert settings.mirror is not None
        assert not settings.offline
        assert settings.home.is_relative_to("/tmp")
