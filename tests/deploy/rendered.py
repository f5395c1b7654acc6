"""The Kubernetes manifests as the cluster gets them."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from typing import Any

import yaml

from tests.support.processes import ROOT
from tests.support.require import binary

FOLDER = ROOT / "deploy" / "kubernetes"
CUSTOM_KINDS = {"ScaledObject"}
"""What KEDA brings: Kubernetes itself has no schema for it."""


def rendered() -> list[dict[str, Any]]:
    """Every object, as kustomize puts it together."""
    kubectl = binary("kubectl", "apt-get install kubernetes-client")
    text = subprocess.run([kubectl, "kustomize", str(FOLDER)], capture_output=True, text=True, check=True).stdout
    return list(yaml.safe_load_all(text))


def pods(objects: list[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Name and pod template's spec of whatever runs containers."""
    for item in objects:
        if item["kind"] in {"Deployment", "StatefulSet"}:
            yield item["metadata"]["name"], item["spec"]["template"]["spec"]


def containers(pod: dict[str, Any]) -> list[dict[str, Any]]:
    return [*pod.get("initContainers", []), *pod["containers"]]
