"""The speaker's side drops off, reads too slowly, or speaks too fast."""

from __future__ import annotations

import json
import time

from websockets.protocol import State

from chaos.lab import Lab
from chaos.proxy import TcpProxy
from chaos.registry import fault
from tests.web.speaker import Speaker as RawSpeaker
from wta import names
from wta.client import Pace
from wta.names import CloseCode

_CUTS = 3


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
        speaker.socket.recv_bufsize = 0
        began = time.monotonic()
        for _ in range(30):
            client.xadd(names.events_key(sid), {"json": json.dumps(final | {"utterance_id": f"{sid}:1"})})
        client.publish(names.SESSION_WAKEUP_CHANNEL, sid)
        log = lab.process("web").log
        lab.until(lambda: f"disconnected session={sid}" in log.read_text(), 60, "it is still connected")
        closed_s = time.monotonic() - began
    client.delete(names.events_key(sid))
    with RawSpeaker(lab.stack.ws_url, resume_token=ready["resume_token"]) as speaker:
        assert speaker.start()["resumed"], "the session cannot be resumed"
        speaker.order("stop")
        assert speaker.until_closed() == CloseCode.DONE
    return f"closed after {closed_s:.0f} s, resumed after that"


@fault(23, "sender too fast", limit_s=180)
def ignores_the_window(lab: Lab) -> str:
    obedient = lab.speak(8)
    sentence = lab.voice.say(10, lab.random).pcm16
    said_s, began = 0.0, time.monotonic()
    with RawSpeaker(lab.stack.ws_url) as rude:
        ready = rude.start()
        while said_s < 3600 and rude.socket.state is State.OPEN:
            rude.say(sentence, frame_ms=500)
            said_s += len(sentence) / 32_000
        code = rude.until_closed()
        took_s = time.monotonic() - began
    assert code == CloseCode.TOO_FAST, f"closed with {code}"
    lab.client().delete(names.session_key(ready["session_id"]))  # nobody waits for the rest
    count = lab.check([obedient])
    assert obedient.connections == 1, "who kept within the window was closed"
    return (
        f"{said_s:.0f} s of audio in {took_s:.0f} s: paced, then {code}; who kept within the window had {count} answers"
    )
