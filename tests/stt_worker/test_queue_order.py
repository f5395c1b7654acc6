"""Finals and first words before partials, on a real worker that has fallen behind."""

from __future__ import annotations

import json
import signal

import numpy as np

from tests.support import sounds
from tests.support.stack import Stack
from tests.support.wait import wait_until
from wta import names
from wta.audio_format import float_to_pcm16
from wta.ledger import Ledger
from wta.live_audio import LiveAudio, Snapshot
from wta.messages import Timings
from wta.settings import Settings


def test_partials_do_not_hold_up_finals(stack: Stack) -> None:
    # Given a worker that stands still, four partials asked for, then an early text and a final
    settings = Settings(redis_url=stack.redis_url)
    client = stack.client()
    ledger, live = Ledger(client, settings), LiveAudio(client)
    pcm16 = float_to_pcm16(np.concatenate([sounds.spoken(sounds.SENTENCES[2]), sounds.silence(0.3)]))
    sessions = [ledger.open_session(16_000) for _ in range(6)]
    uids = [names.utterance_id(session.session_id, 1) for session in sessions]
    pubsub = client.pubsub(ignore_subscribe_messages=True)
    pubsub.subscribe(names.SESSION_WAKEUP_CHANNEL, *[names.live_channel(s.session_id) for s in sessions])
    stack.processes["stt"].signal(signal.SIGSTOP)
    try:
        for uid in uids[:4]:
            live.put_snapshot(uid, Snapshot(pcm16), queue=names.PARTIAL_QUEUE)
        live.put_snapshot(uids[4], Snapshot(pcm16, early=True), queue=names.EARLY_QUEUE)
        ledger.append(sessions[5], 1, pcm16, 0.0, 1.0, len(pcm16) // 2, Timings(), "trace")
    finally:
        # When it goes on
        stack.processes["stt"].signal(signal.SIGCONT)
    done: list[str] = []

    def all_done() -> bool:
        if message := pubsub.get_message(timeout=0.1):
            data = message["data"].decode()
            sid = data if message["channel"].decode() == names.SESSION_WAKEUP_CHANNEL else _session(data)
            if sid not in done and sid in [session.session_id for session in sessions]:
                done.append(sid)
        return len(done) == len(sessions)

    wait_until(all_done, 30, "not all were answered")
    # Expect the final and the early text first; one partial may have been on its way to the worker already
    order = [uids.index(names.utterance_id(sid, 1)) for sid in done]
    assert max(order.index(5), order.index(4)) <= 2, order


def _session(partial: str) -> str:
    return names.split_utterance_id(json.loads(partial)["utterance_id"])[0]
