"""Queues and live text in a Redis of their own, which may forget everything."""

from __future__ import annotations

from pathlib import Path

from tests.support.redis_server import RedisServer
from tests.support.speech import espeak
from tests.support.stack import Stack
from tests.support.streaming import finish, start_stream
from tests.support.wait import wait_until
from wta import names

_SENTENCES = 4


def test_the_live_redis_may_forget_everything_while_somebody_speaks(tmp_path: Path) -> None:
    # Given a ledger in one Redis, and queues and live text in another
    live = RedisServer(tmp_path / "live")
    stack = Stack(tmp_path / "stack", live_redis_url=live.url, max_utterance_s="4")
    speech = espeak("The weather is wonderful today, and my doctor says so. " * _SENTENCES, tmp_path / "speech.wav")
    try:
        live.start()
        stack.start()
        speaker = start_stream(stack.ws_url, speech)
        ledger = stack.client()
        wait_until(lambda: ledger.xlen(names.RESULTS_STREAM), 120, "no sentence")
        assert live.client().keys("live:*"), "live text is elsewhere"
        # When that other Redis is killed and comes back empty
        live.process.kill()
        for file in (tmp_path / "live").rglob("*.aof"):
            file.write_bytes(b"")
        live.start()
        told = finish(speaker)
        # Expect every sentence with its sentiment, and no live text in the ledger's Redis, then or now
        assert told.exit_code == 0, told.stderr
        finals = {row["utterance_id"] for row in told.of("final")}
        assert len(finals) >= _SENTENCES - 1 and finals == {row["utterance_id"] for row in told.of("sentiment")}
        assert not ledger.keys("live:*") and not ledger.keys("*_queue*")
        wait_until(lambda: len(stack.log_lines()) == len(finals), 20, "the log lacks a line")
    finally:
        stack.stop()
        live.stop()
