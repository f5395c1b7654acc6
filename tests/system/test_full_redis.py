"""Redis is full while somebody speaks: what fails must not take what was said into a log."""

from __future__ import annotations

from pathlib import Path

from tests.support.speech import espeak
from tests.support.stack import Stack
from tests.support.streaming import finish, start_stream
from tests.support.wait import wait_until
from wta import names

_SAID = "The weather is wonderful today, and my doctor says that elephants are happy animals. "
_WORDS = ("weather", "wonderful", "doctor", "elephants", "animals")


def test_no_service_logs_a_word_when_redis_is_full(tmp_path: Path) -> None:
    # Given somebody who speaks, and whose first words are there
    stack = Stack(tmp_path / "stack", log_level="DEBUG", max_attempts="2")
    speech = espeak(_SAID * 4, tmp_path / "speech.wav")
    try:
        stack.start()
        speaker = start_stream(stack.ws_url, speech)
        client = stack.client()
        wait_until(lambda: client.xlen(names.RESULTS_STREAM), 120, "no sentence")
        # When Redis's memory is full in mid-sentence
        client.config_set("maxmemory", 1)
        for part in ("web", "stt"):
            log = stack.processes[part].log
            wait_until(lambda log=log: "OutOfMemoryError" in log.read_text(), 120, f"{part} did not meet it")
        client.config_set("maxmemory", 0)
        told = finish(speaker)
        # Expect everything that was said with the speaker, and none of it in a log of a service
        text = next(iter(told.texts().values()))
        assert any(word in text for word in _WORDS)
        results = stack.result_log.read_text()
        for process in (*stack.processes.values(), stack.redis.process):
            lines = [line for line in process.log.read_text().splitlines() if line not in results]
            assert [line for line in lines if any(word in line.lower() for word in _WORDS)] == [], process.name
    finally:
        stack.stop()
