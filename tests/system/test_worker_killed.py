"""A speech worker that dies in mid-task: the utterance still arrives, once."""

from __future__ import annotations

from pathlib import Path

from tests.support.speech import espeak
from tests.support.stack import Stack
from tests.support.streaming import finish, start_stream
from tests.support.wait import wait_until
from wta import names


def test_an_utterance_survives_the_death_of_its_worker(tmp_path: Path) -> None:
    # Given a worker with an utterance in hand
    text = "This sentence must not be lost, whatever happens to the worker. " * 3
    file = espeak(text, tmp_path / "speech.wav", 48_000)
    stack = Stack(tmp_path / "stack", lease_s="2", requeue_s="2")
    try:
        stack.start()
        client = stack.client()
        speaking = start_stream(stack.ws_url, file, pace="fast")

        def in_hand() -> bool:
            keys = [k for k in client.scan_iter("utterance:*") if not k.endswith(b":audio")]
            return any(client.hget(key, "owner") for key in keys)

        wait_until(in_hand, 60, "no worker took the utterance")
        # When it is killed, and another one started
        stack.kill("stt")
        stack.processes["stt"].start()
        spoken = finish(speaking)
        # Expect the words once on the page, in the log and in the stream
        assert spoken.exit_code == 0, spoken.stderr
        finals = [row["utterance_id"] for row in spoken.of("final")]
        assert finals and len(finals) == len(set(finals))
        assert "lost" in " ".join(spoken.texts().values()).lower()
        wait_until(lambda: len(stack.log_lines()) == len(finals), 20, "the log does not hold each result once")
        stored = client.xrange(names.RESULTS_STREAM)
        assert len(stored) == len(finals)
    finally:
        stack.stop()
