"""Faults of the queue: messages come twice, are junk, or are worked on out of order."""

from __future__ import annotations

import json

from chaos.faults.workers import sick
from chaos.lab import Lab
from chaos.registry import fault
from wta import names

_JUNK = ("junk", "{}", json.dumps({"body": "x", "headers": {}, "properties": {}}), "\x00\xff", "[]")


@fault(16, "duplicate delivery", limit_s=240)
def twice(lab: Lab) -> str:
    first = lab.stack.processes["stt"].log
    with sick(lab, "slow", CHAOS_VISIBILITY_S="1") as worker:
        second = lab.stack.add("stt2", worker.command[2:])
        second.env |= worker.env
        second.start()
        try:
            lab.wait_worker("stt2")
            speakers = [lab.speak(1, long=True) for _ in range(2)]
            count = lab.check(speakers)
        finally:
            second.stop()
            del lab.stack.processes["stt2"]
    delivered = sum(log.read_text().count("a message came") for log in {first, second.log})
    assert delivered > count, "nothing was delivered twice"
    return f"visibility time-out 1 s, tasks of 4 s: {delivered} messages came, {count} results, once each"


@fault(28, "junk in the redis list", limit_s=240)
def junk(lab: Lab) -> str:
    client = lab.client()
    deaths = 0
    with lab.supervised("stt", "analyzer"):
        pids = {name: lab.process(name).pid for name in ("stt", "analyzer")}
        speaker = lab.speak(1)
        for item in _JUNK:
            client.lpush(names.AUDIO_QUEUE, item)
            client.lpush(names.TEXT_QUEUE, item)
        second = lab.speak(1)
        count = lab.check([speaker, second])
        lab.until(lambda: not client.llen(names.AUDIO_QUEUE), 100, "junk stays in the queue")
        deaths = sum(lab.process(name).pid != pid for name, pid in pids.items())
    return f"{len(_JUNK)} kinds in each queue: {deaths} workers were restarted, {count} utterances, once each"


@fault(29, "several workers in parallel", limit_s=240)
def in_parallel(lab: Lab) -> str:
    names_ = ["stt2", "stt3"]
    for name in names_:
        lab.stack.add_stt_worker(name).start()
    try:
        for name in names_:
            lab.wait_worker(name)
        speakers = [lab.speak(5) for _ in range(3)]
        count = lab.check(speakers)
    finally:
        for name in names_:
            lab.stack.processes.pop(name).stop()
    arrived = [[int(uid.rpartition(":")[2]) for uid, _ in s.history.finals] for s in speakers]
    jumbled = sum(order != sorted(order) for order in arrived)
    return f"3 workers, {count} utterances; {jumbled} of 3 pages were told out of order and have every number once"
