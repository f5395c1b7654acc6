"""Something is away for long, full, older than it was, or answers and is not heard."""

from __future__ import annotations

import shutil
import time
from typing import Any

import redis

from chaos.history import SpeakerHistory
from chaos.judge import logged
from chaos.lab import Lab
from chaos.proxy import TcpProxy
from chaos.registry import fault
from wta import names
from wta.broker.wakeups import MOST_WAKEUPS
from wta.client import Pace
from wta.ledger import Ledger
from wta.messages import Timings
from wta.names import Stage
from wta.settings import Settings

_ENTRIES = 400
_EATEN = 0.2
_QUEUES = (names.AUDIO_QUEUE, names.TEXT_QUEUE)


@fault(30, "the sentiment worker is away for long", limit_s=240)
def analyzer_away(lab: Lab) -> str:
    analyzer, client = lab.process("analyzer"), lab.client()
    analyzer.stop()
    speakers = [lab.speak(4, judged=False) for _ in range(3)]
    for speaker in speakers:
        assert speaker.wait(120) and not speaker.history.problem, "without sentiment nobody was answered"
    texts = sorted(uid for s in speakers for uid, _ in s.history.finals)
    waiting = {queue: client.llen(queue) for queue in _QUEUES}
    assert max(waiting.values()) <= MOST_WAKEUPS, f"{waiting}"
    analyzer.start()
    lab.until(lambda: set(texts) <= set(logged(lab.log_lines())), 60, "lines are missing")
    return f"{len(texts)} texts came without it, {sum(waiting.values())} messages waited; then all were logged"


@fault(31, "very many utterances wait", limit_s=120)
def many_entries(lab: Lab) -> str:
    worker, client = lab.process("stt"), lab.client()
    worker.stop()
    ledger = Ledger(client, Settings(redis_url=lab.stack.redis.url))
    session = ledger.open_session(16_000)
    for seq in range(1, _ENTRIES + 1):
        ledger.append(session, seq, bytes(3200), seq, seq + 0.1, seq * 1600, Timings(captured=0, cut=0, queued=0), "t")
    time.sleep(5)  # the reconciler has had its turns
    waiting = client.llen(names.AUDIO_QUEUE)
    assert ledger.unfinished(session.session_id) == _ENTRIES and waiting <= MOST_WAKEUPS, f"{waiting} messages"
    ledger.delete_session(session.session_id)
    worker.start()
    lab.wait_worker("stt")
    count = lab.check([lab.speak(1)])
    return f"{_ENTRIES} utterances waited, with {waiting} messages; {count} utterance after them"


@fault(32, "redis is restored from an older copy", limit_s=240, shared=False)
def restored(lab: Lab) -> str:
    lab.start()
    data = lab.process("redis").log.parent / "appendonlydir"
    speaker = lab.speak(6, pace=Pace.REALTIME, judged=False)
    lab.until(lambda: speaker.history.finals, 60, "no answer")
    shutil.copytree(data, lab.folder / "copy")
    known = len(speaker.history.acknowledged)
    lab.until(lambda: len(speaker.history.acknowledged) >= known + 2, 60, "nothing more was acknowledged")
    lab.process("redis").kill()
    shutil.rmtree(data)
    shutil.copytree(lab.folder / "copy", data)
    lab.process("redis").start()
    assert speaker.wait(120) and not speaker.history.problem, speaker.history.problem
    missing = _unanswered(speaker.history, 2)
    assert not missing, f"what was said after it is in no utterance: {missing}"
    return f"{known + 2} were acknowledged, the copy had fewer; the last sentences are where they were said"


def _unanswered(history: SpeakerHistory, last: int) -> list[float]:
    spans = [span for _, span in history.finals]
    return [said.start_s for said in history.spoken[-last:] if not any(said.shared(span) > 0.5 for span in spans)]


@fault(33, "redis is fuller than 85 %", limit_s=240)
def nearly_full(lab: Lab) -> str:
    client = lab.client()
    before: Any = client.config_get("maxmemory")["maxmemory"]
    speaker = lab.speak(4, pace=Pace.REALTIME)
    lab.until(lambda: speaker.history.acknowledged, 30, "nothing was acknowledged")
    used = client.info("memory")["used_memory"]
    client.config_set("maxmemory", int(used / 0.9))
    try:
        time.sleep(8)
        share = client.info("memory")["used_memory"] / int(used / 0.9)
        assert share < 1.0, f"the memory was filled to {share:.0%}"
    finally:
        client.config_set("maxmemory", before)
    return f"slowed at 90 %, never beyond {share:.0%}; {lab.check([speaker])} utterances, once each"


@fault(34, "replies of scripts are lost", limit_s=240, shared=False)
def lost_replies(lab: Lab) -> str:
    links = {name: TcpProxy(lab.loop, lab.stack.redis.port, lab.seed) for name in ("web", "stt", "analyzer")}
    for name, link in links.items():
        lab.process(name).env["WTA_REDIS_URL"] = f"redis://127.0.0.1:{link.port}/0"
    try:
        lab.start()
        for link in links.values():
            link.eaten = _EATEN
        count = lab.check([lab.speak(3) for _ in range(3)])
    finally:
        for link in links.values():
            link.close()
    return f"each fifth reply of a script was lost with its connection: {count} utterances, once each"


@fault(35, "there is junk in the ledger's order", limit_s=180)
def junk_in_order(lab: Lab) -> str:
    client: redis.Redis = lab.client()
    junk = {"nobody:1": 0, "": 0, "no colon": 0, "\x00\xff": 0, "x" * 5000: 0}
    for key in (names.due_key(Stage.AUDIO), names.due_key(Stage.TEXT), names.PENDING):
        client.zadd(key, junk)
    with lab.supervised("stt", "analyzer"):
        count = lab.check([lab.speak(2)])
        lab.until(lambda: not client.zscore(names.due_key(Stage.AUDIO), "nobody:1"), 60, "junk stays in the order")
    return f"{len(junk)} kinds in three orders: {count} utterances, once each; the junk is gone"


@fault(36, "the web service is killed while it paces a sender", limit_s=240)
def killed_in_pacing(lab: Lab) -> str:
    speaker = lab.speak(26)  # more than the head start of a live session
    ledger = Ledger(lab.client(), Settings(redis_url=lab.stack.redis.url))
    lab.until(lambda: speaker.session_id and ledger.unfinished(speaker.session_id) >= 3, 60, "nothing waits")
    lab.kill_and_restart("web")
    return f"{lab.check([speaker])} utterances, once each"
