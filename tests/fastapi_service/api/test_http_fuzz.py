"""Every operation of the HTTP API, with what schemathesis makes of its description, right and wrong."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import redis

from tests.fastapi_service.web_service import MakeWeb
from wta.health import heartbeat
from wta.keys import hash_secret, new_key
from wta.names import WorkerKind

EXAMPLES = 40
"""For each operation."""
_PROGRAM = str(Path(sys.executable).with_name("schemathesis"))
# Not checked: of two operations on one path the framework names but one when it refuses a third, which is no fault to
# us; no schema can say that the bytes of an uploaded file are to be audio; and what a key made is there for the
# token of the answer only, not for that key.
_UNCHECKED = "allow_header_conformance,positive_data_acceptance,ensure_resource_availability"
_HOW = ["--mode", "all", "--max-examples", str(EXAMPLES), "--generation-deterministic",
        "--exclude-checks", _UNCHECKED, "--no-color"]  # fmt: skip


def test_every_operation_answers_as_its_description_says(
    make_web: MakeWeb, redis_client: redis.Redis, tmp_path: Path
) -> None:
    # Given a server with keys that is ready, so that 503 is never the right answer
    key = new_key()
    keys = f"anna:{hash_secret(key)}"
    web = make_web(api_keys=keys, admin_keys=keys, reader_keys=f"eve:{hash_secret(new_key())}")
    for kind in WorkerKind:
        heartbeat.beat(redis_client, kind, "here:1", {"model": "none"}, ttl_s=600)

    # When it is asked everything, by somebody with the key and by somebody without
    for headers in (["--header", f"Authorization: Bearer {key}"], []):
        asked = subprocess.run(
            [_PROGRAM, "run", f"{web.http_url}/api/openapi.json", *headers, *_HOW],
            cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip

        # Expect that nothing is found wrong, and that the service has not complained either
        assert asked.returncode == 0, asked.stdout + asked.stderr
    assert " ERROR " not in web.log() and "Traceback" not in web.log(), web.log()
