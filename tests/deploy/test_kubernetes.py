"""deploy/kubernetes against Kubernetes's own schemas, and against the images and settings that it names."""

from __future__ import annotations

import ipaddress
from typing import Any

import pytest

from tests.deploy.rendered import CUSTOM_KINDS, FOLDER, containers, pods, rendered
from tests.support.processes import ROOT
from tests.support.require import module
from wta.settings import Settings

_IMAGES = {"wta/web": "fastapi_service", "wta/stt-worker": "stt_worker", "wta/analyzer-worker": "analyzer_worker",
           "wta/listener": "listener_service", "wta/webhook-worker": "webhook_worker"}  # fmt: skip


@pytest.fixture(scope="module")
def objects() -> list[dict[str, Any]]:
    return rendered()


def test_every_manifest_is_listed_in_the_kustomization(objects: list[dict[str, Any]]) -> None:
    listed = (FOLDER / "kustomization.yaml").read_text()
    assert objects
    assert all(file.name in listed for file in FOLDER.glob("*.yaml") if file.name != "kustomization.yaml")


def test_kubernetes_knows_every_field(objects: list[dict[str, Any]]) -> None:
    module("kubernetes_validate", "pip install -r requirements-dev.txt")
    import kubernetes_validate

    own = [item for item in objects if item["kind"] not in CUSTOM_KINDS]
    assert len(own) > 10
    for item in own:
        kubernetes_validate.validate(item, kubernetes_validate.latest_version(), strict=True)


def test_whatever_a_manifest_names_is_there(objects: list[dict[str, Any]]) -> None:
    named = {(item["kind"], item["metadata"]["name"]) for item in objects}
    for item in objects:
        target = item["spec"].get("scaleTargetRef") if "spec" in item else None
        if target:
            assert (target.get("kind", "Deployment"), target["name"]) in named
    labels = {
        item["spec"]["template"]["metadata"]["labels"]["app"] for item in objects if "template" in item.get("spec", {})
    }
    for item in objects:
        if item["kind"] == "Service":
            assert item["spec"]["selector"]["app"] in labels
    for _, pod in pods(objects):
        for container in containers(pod):
            for source in container.get("envFrom", []):
                assert ("ConfigMap", source["configMapRef"]["name"]) in named


def test_images_are_ours_and_pods_may_do_little(objects: list[dict[str, Any]]) -> None:
    for name, pod in pods(objects):
        assert pod["securityContext"]["runAsNonRoot"] and pod["automountServiceAccountToken"] is False, name
        volumes = {volume["name"] for volume in pod["volumes"]}
        claims = {c["metadata"]["name"] for o in objects if o["metadata"]["name"] == name
                  for c in o["spec"].get("volumeClaimTemplates", [])}  # fmt: skip
        for container in containers(pod):
            image = container["image"].rpartition(":")[0]
            assert image == "redis" or (ROOT / _IMAGES[image] / "Dockerfile").is_file()
            rights = container["securityContext"]
            assert rights["readOnlyRootFilesystem"] and rights["capabilities"] == {"drop": ["ALL"]}
            assert rights["allowPrivilegeEscalation"] is False
            assert container["resources"]["limits"]["memory"] and container["resources"]["requests"]["cpu"]
            assert {mount["name"] for mount in container["volumeMounts"]} <= volumes | claims
        assert all("livenessProbe" in container for container in pod["containers"])


def test_every_setting_in_the_manifests_exists(objects: list[dict[str, Any]]) -> None:
    (settings,) = [item["data"] for item in objects if item["kind"] == "ConfigMap"]
    env = [e["name"] for _, pod in pods(objects) for c in containers(pod) for e in c.get("env", [])]
    for name in [*settings, *env]:
        assert not name.startswith("WTA_") or name.removeprefix("WTA_").lower() in Settings.model_fields


def test_a_worker_has_time_to_finish(objects: list[dict[str, Any]]) -> None:
    for name, pod in pods(objects):
        if name.endswith("-worker"):
            assert pod["terminationGracePeriodSeconds"] > Settings.model_fields["deadline_s"].default


def test_workers_scale_on_a_metric_that_the_web_service_has(objects: list[dict[str, Any]]) -> None:
    (scaled,) = [item for item in objects if item["kind"] == "ScaledObject"]
    (trigger,) = scaled["spec"]["triggers"]
    assert trigger["type"] == "metrics-api" and trigger["metadata"]["format"] == "prometheus"
    assert f'"{trigger["metadata"]["valueLocation"]}"' in (ROOT / "wta" / "system_metrics.py").read_text()
    # A delay is shared by all workers: as a value per worker (the default) it would never ask for many.
    assert (trigger["metadata"]["valueLocation"], trigger["metricType"]) == ("wta_delay_seconds", "Value")
    service, port = trigger["metadata"]["url"].split("/")[2].split(":")
    (web,) = [
        item for item in objects if item["kind"] == "Service" and service.startswith(item["metadata"]["name"] + ".")
    ]
    assert {"name": "metrics", "port": int(port), "targetPort": "metrics"} in web["spec"]["ports"]


def test_the_ingress_hands_out_the_page_and_no_metrics(objects: list[dict[str, Any]]) -> None:
    (ingress,) = [item for item in objects if item["kind"] == "Ingress"]
    backends = [path["backend"] for rule in ingress["spec"]["rules"] for path in rule["http"]["paths"]]
    assert {backend["service"]["port"]["name"] for backend in backends} == {"http"}
    (settings,) = [item["data"] for item in objects if item["kind"] == "ConfigMap"]
    assert [rule["host"] for rule in ingress["spec"]["rules"]] == settings["WTA_ALLOWED_HOSTS"].split(",")


def test_speakers_behind_the_ingress_have_addresses_of_their_own(objects: list[dict[str, Any]]) -> None:
    (settings,) = [item["data"] for item in objects if item["kind"] == "ConfigMap"]
    proxies = [ipaddress.ip_network(network) for network in settings["WTA_FORWARDED_ALLOW_IPS"].split(",")]
    assert any(ipaddress.ip_address("10.244.1.7") in network for network in proxies), "an address of a pod"
    assert all(network.is_private or str(network) == "100.64.0.0/10" for network in proxies)


def test_a_web_pod_takes_connections_until_everybody_knows_that_it_ends(objects: list[dict[str, Any]]) -> None:
    ((_, pod),) = [(name, pod) for name, pod in pods(objects) if name == "web"]
    before_s = int(pod["containers"][0]["lifecycle"]["preStop"]["exec"]["command"][-1])
    assert pod["terminationGracePeriodSeconds"] > before_s + 20 > 20
