"""Redis's rights while an upgrade is under way: older services still run when Redis has the new ones."""

from __future__ import annotations

import subprocess

import pytest

from tests.support.processes import ROOT
from tests.support.release import GIT, NEWEST_OF_FORMAT_1, OLDEST_OF_THIS_FORMAT, no_history

_FILE = "deploy/redis/users.acl"


def rights(text: str, user: str) -> tuple[set[str], set[str]]:
    """What a user may do (commands, keys, channels), and the exceptions from it."""
    (line,) = [line for line in text.splitlines() if line.startswith(f"user {user} ")]
    words = line.split()
    allowed = {word for word in words if word[0] in "+~&"}
    return allowed, {word for word in words if word[0] == "-" and word != "-@all"}


def older(commit: str) -> str:
    shown = subprocess.run([*GIT, "show", f"{commit}:{_FILE}"], capture_output=True, text=True, check=False)
    if shown.returncode:
        no_history(commit, shown.stderr)
    return shown.stdout


@pytest.mark.parametrize("user", ["wta", "reader"])
@pytest.mark.parametrize("commit", [OLDEST_OF_THIS_FORMAT, NEWEST_OF_FORMAT_1])
def test_older_services_keep_all_their_rights_when_redis_has_the_new_ones(commit: str, user: str) -> None:
    allowed_then, denied_then = rights(older(commit), user)
    allowed, denied = rights((ROOT / _FILE).read_text(), user)
    assert allowed_then, "nothing was read"
    assert allowed_then - allowed == set(), "an upgrade takes this away from services that still run"
    assert denied - denied_then == set(), "an upgrade forbids this to services that still run"
