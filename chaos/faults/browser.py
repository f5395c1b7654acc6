"""Faults of the speaker's side: it drops off, reads too slowly, or speaks too fast."""

from __future__ import annotations

import json
import time
from contextlib import suppress

from websockets.exceptions import ConnectionClosed

from chaos.lab import Lab
from chaos.proxy import TcpProxy
from chaos.registry import fault
from tests.fastapi_service.speaker import Speaker as RawSpeaker
from wta import names
from wta.audio_format import BYTES_PER_SAMPLE, SAMPLE_RATE_HZ
from wta.client import Pace
from wta.names import CloseCode
from wta.settings import Settings

_CUTS = 3
_LONGEST_SPEECH_S = 3600.0
_MORE_THAN_IS_KEPT = 60
"""How many messages of 1 MB are sent: the client keeps 16 that nobody reads, and the sockets a few MB."""
_SEND_TIMEOUT_S = Settings.model_fields["send_timeout_s"].default


@fault(20, "browser drops off", quick=True)
def drops_off(lab: Lab) -> str:
    front = TcpProxy(lab.loop, lab.stack.port, lab.seed)
    try:
        url = f"ws://127.0.0.1:{front.port}/ws/audio"
        speakers = [
            lab.speak(2, pace=Pace.REALTIME, url=url, recorded=True),
            lab.speak(4, pace=Pace.REALTIME, url=url),
        ]
        cuts = 0
        for _ in range(_CUTS):
            time.sleep(lab.random.uniform(1.0, 2.5))
            cuts += front.cut()
        count = lab.check(speakers)
    finally:
        front.close()
    return f"{cuts} connections cut in mid-sentence: {count} utterances, once each"


@fault(22, "slow reader", limit_s=120)
def reads_nothing(lab: Lab) -> str:
    final = {"type": "final", "seq": 1, "start": 0, "end": 1, "text": "word " * 200_000}
    client = lab.client()
    with RawSpeaker(lab.stack.ws_url) as speaker:
        ready = speaker.start()
        sid = ready["session_id"]
        began = time.monotonic()
        for _ in range(_MORE_THAN_IS_KEPT):
            client.xadd(names.events_key(sid), {"json": json.dumps(final | {"utterance_id": f"{sid}:1"})})
        client.publish(names.wakeup_channel(sid), "")
        log = lab.process("web").log
        lab.until(lambda: f"disconnected session={sid}" in log.read_text(), 60, "it is still connected")
        closed_s = time.monotonic() - began
        assert closed_s > _SEND_TIMEOUT_S, f"closed after {closed_s:.1f} s: it was the reader that went away"
    client.delete(names.events_key(sid))
    with RawSpeaker(lab.stack.ws_url, resume_token=ready["resume_token"]) as speaker:
        assert speaker.start()["resumed"], "the session cannot be resumed"
        speaker.order("stop")
        assert speaker.until_closed() == CloseCode.DONE
    return f"closed after {closed_s:.0f} s, resumed after that"


@fault(23, "sender too fast", limit_s=180)
def ignores_the_window(lab: Lab) -> str:
    obedient = lab.speak(8)
    with RawSpeaker(lab.stack.ws_url) as rude:
        ready = rude.start()
        began = time.monotonic()
        said_s = _say_until_closed(rude, lab.voice.speech(10, lab.random).pcm16)
        code = rude.until_closed()
        took_s = time.monotonic() - began
    assert code == CloseCode.TOO_FAST, f"closed with {code}"
    lab.client().delete(names.session_key(ready["session_id"]))  # nobody waits for the rest
    count = lab.check([obedient])
    assert obedient.connections == 1, "who kept within the window was closed"
    return (
        f"{said_s:.0f} s of audio in {took_s:.0f} s: paced, then {code}; who kept within the window had {count} answers"
    )


def _say_until_closed(rude: RawSpeaker, pcm16: bytes) -> float:
    """Send audio as fast as the socket takes it; returns how many seconds of audio were sent."""
    said_s = 0.0
    with suppress(ConnectionClosed):
        while said_s < _LONGEST_SPEECH_S:
            for start in range(0, len(pcm16), SAMPLE_RATE_HZ):
                frame = pcm16[start : start + SAMPLE_RATE_HZ]
                rude.socket.send(frame)
                said_s += len(frame) / BYTES_PER_SAMPLE / SAMPLE_RATE_HZ
    return said_s
