"""The files of .github against GitHub's own schemas, and what the workflows and scripts/images name."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.support.processes import ROOT
from tests.support.release import GIT
from wta import __version__

_GITHUB = ROOT / ".github"
_WORKFLOWS = sorted((_GITHUB / "workflows").glob("*.yml"))
_TEMPLATES = sorted((_GITHUB / "ISSUE_TEMPLATE").glob("*.yml"))
_FAKE_DOCKER = """#!/bin/sh
echo "$@" >>{calls}
"""


def _check(*arguments: str | Path) -> None:
    done = subprocess.run([sys.executable, "-m", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("file", [*_WORKFLOWS, *_TEMPLATES], ids=lambda file: file.name)
def test_githubs_schema_accepts_the_file(file: Path) -> None:
    kind = "workflows" if file in _WORKFLOWS else "issue-config" if file.stem == "config" else "issue-forms"
    _check("check_jsonschema", "--builtin-schema", f"vendor.github-{kind}", file)


def test_the_workflows_have_no_insecure_habits() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("zizmor"), "--offline", "--no-progress", *_WORKFLOWS],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("file", _WORKFLOWS, ids=lambda file: file.name)
def test_a_workflow_runs_what_is_there(file: Path) -> None:
    steps = [step for job in yaml.safe_load(file.read_text())["jobs"].values() for step in job["steps"]]
    commands = "\n".join(step.get("run", "") for step in steps)
    targets = re.findall(r"^make ([a-z-]+)", commands, re.MULTILINE)
    known = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert set(targets) <= set(known)
    scripts = re.findall(r"\bscripts/[a-z-]+", commands)
    assert targets or scripts
    assert all((ROOT / script).stat().st_mode & 0o100 for script in scripts)


def test_every_image_is_built_with_its_version_under_the_name_that_kubernetes_has(tmp_path: Path) -> None:
    # Given a docker that only writes down what it is asked
    calls = tmp_path / "calls"
    docker = tmp_path / "docker"
    docker.write_text(_FAKE_DOCKER.format(calls=calls))
    docker.chmod(0o755)
    git = tmp_path / "git"
    git.write_text(f'#!/bin/sh\nexec env PATH=$OLD_PATH git {" ".join(GIT[1:3])} "$@"\n'.replace("*", "'*'"))
    git.chmod(0o755)
    # When the images are built and pushed
    path = subprocess.run(["sh", "-c", "echo $PATH"], capture_output=True, text=True, check=True).stdout.strip()
    env = {"PATH": f"{tmp_path}:{path}", "OLD_PATH": path, "SOURCE": "https://example.org/code"}
    subprocess.run([ROOT / "scripts" / "images", "registry.example.org/wta", "--push"], env=env, check=True)
    # Expect one build and one push for each name, of one Dockerfile each
    asked = [line.split() for line in calls.read_text().splitlines()]
    built = {words[words.index("--tag") + 1]: words for words in asked if words[0] == "build"}
    pushed = {words[1] for words in asked if words[0] == "push"}
    named = yaml.safe_load((ROOT / "deploy" / "kubernetes" / "kustomization.yaml").read_text())["images"]
    assert set(built) == pushed == {f"registry.example.org/{image['name']}:{image['newTag']}" for image in named}
    files = {words[words.index("--file") + 1] for words in built.values()}
    assert files == {file.relative_to(ROOT).as_posix() for file in ROOT.glob("*/Dockerfile")}
    assert all(f"VERSION={__version__}" in words for words in built.values())
