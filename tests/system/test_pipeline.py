"""The whole way on real speech: from a file through the WebSocket to the log, with every part real."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import openai
import pytest
import whisper as openai_whisper

from stt_worker.models import checkpoints
from stt_worker.settings import SttSettings
from tests.support.speech import Clip, load_16k, recorded_clips, speech_folder, word_error_rate
from tests.support.stack import Stack
from tests.support.streaming import Streamed, finish, start_stream, stream
from tests.support.wait import wait_until
from wta import names
from wta.messages import Result
from wta.settings import Settings


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> list[Clip]:
    return recorded_clips(tmp_path_factory.mktemp("clips"))


class ChannelTap:
    """Somebody who types `redis-cli subscribe result_channel`."""

    def __init__(self, stack: Stack) -> None:
        self.results: list[Result] = []
        self._pubsub = stack.client().pubsub(ignore_subscribe_messages=True)
        self._pubsub.subscribe(names.RESULT_CHANNEL)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()

    def _listen(self) -> None:
        while not self._stopped.is_set():
            if message := self._pubsub.get_message(timeout=0.2):
                self.results.append(Result.model_validate_json(message["data"]))

    def close(self) -> None:
        self._stopped.set()
        self._thread.join()
        self._pubsub.close()


@pytest.fixture(scope="module")
def tapped(stack: Stack) -> Iterator[ChannelTap]:
    tap = ChannelTap(stack)
    yield tap
    tap.close()


@pytest.fixture(scope="module")
def spoken(stack: Stack, tapped: ChannelTap, clips: list[Clip]) -> Streamed:
    """All clips, each one session, as fast as the server's flow control lets them."""
    return stream(stack.ws_url, *[clip.path for clip in clips])


def test_every_clip_is_answered(spoken: Streamed, clips: list[Clip]) -> None:
    assert spoken.exit_code == 0, spoken.stderr
    assert [Path(row["file"]).name for row in spoken.of("done")] == [clip.path.name for clip in clips]
    assert {row["utterance_id"] for row in spoken.of("sentiment")} == {r["utterance_id"] for r in spoken.of("final")}
    assert {row["label"] for row in spoken.of("sentiment")} <= {"POSITIVE", "NEGATIVE", "NEUTRAL"}


def test_channel_and_log_hold_the_same_results_once_each(stack: Stack, tapped: ChannelTap, spoken: Streamed) -> None:
    # Given the finals that speakers were shown
    expected = sorted(row["utterance_id"] for row in spoken.of("final"))
    texts = {row["utterance_id"]: row["text"] for row in spoken.of("final")}

    def mine() -> list[Result]:
        return [r for r in tapped.results if r.utterance_id in texts]

    # Expect each on the channel once, complete
    wait_until(lambda: len(mine()) >= len(expected), 20, "results are missing on the channel")
    assert sorted(r.utterance_id for r in mine()) == expected
    assert all(r.text == texts[r.utterance_id] and r.label and r.models.stt and r.models.sentiment for r in mine())

    def lines() -> list[str]:
        return [line for line in stack.log_lines() if any(uid.split(":")[0] in line for uid in expected)]

    # Expect each in the log once
    wait_until(lambda: len(lines()) >= len(expected), 20, "lines are missing in the log")
    assert len(lines()) == len(expected)
    for text in texts.values():
        assert sum(text in line for line in lines()) == list(texts.values()).count(text)


def test_words_are_as_right_as_openai_whisper_on_the_whole_files(spoken: Streamed, clips: list[Clip]) -> None:
    # Given what openai-whisper writes of the whole files
    settings = Settings()
    model = checkpoints.load(checkpoints.resolve(SttSettings(models_dir=settings.models_dir)))
    whole = [openai_whisper.transcribe(model, load_16k(clip.path), fp16=False)["text"] for clip in clips]
    # When both are compared with what was said
    texts = spoken.texts()
    references = [clip.text for clip in clips]
    ours = word_error_rate(references, [texts.get(clip.path.name, "") for clip in clips])
    theirs = word_error_rate(references, [str(text) for text in whole])
    # Expect ours to be hardly worse; a synthetic voice has 80 words only, at the edge of what is understood
    allowed = 3.0 if speech_folder() else 12.0
    assert ours <= theirs + allowed, f"WER {ours:.1f} %, openai-whisper alone {theirs:.1f} %"


def test_speakers_see_only_their_own_words(stack: Stack, clips: list[Clip]) -> None:
    # When two speak at the same time
    pair = (clips[0], clips[-1])
    running = [start_stream(stack.ws_url, clip.path) for clip in pair]
    heard = [
        set(finish(process).texts()[clip.path.name].lower().split())
        for process, clip in zip(running, pair, strict=True)
    ]
    # Expect each to see their own words and none of the other's
    words = [set(clip.text.lower().replace(",", "").split()) for clip in pair]
    for mine, other in ((0, 1), (1, 0)):
        assert len(heard[mine] & words[mine]) >= len(words[mine]) / 2
        assert not heard[mine] & {word for word in words[other] - words[mine] if len(word) > 4}


def test_results_can_be_read_as_json_by_anybody(tapped: ChannelTap, spoken: Streamed) -> None:
    result = wait_until(lambda: tapped.results and tapped.results[0], 10, "no result")
    row = json.loads(result.to_json())
    assert {"version", "status", "utterance_id", "session_id", "seq", "text", "label", "score", "timings"} <= row.keys()


def test_openais_own_client_gets_what_was_said(stack: Stack, clips: list[Clip]) -> None:
    before = len(stack.log_lines())
    client = openai.OpenAI(base_url=f"{stack.http_url}/v1", api_key="none is needed", max_retries=0)
    clip = min(clips, key=lambda clip: clip.path.stat().st_size)
    answer = client.audio.transcriptions.create(file=clip.path, model="whisper-1", response_format="verbose_json")
    assert word_error_rate([clip.text], [answer.text]) < 35
    assert {segment.sentiment["label"] for segment in answer.segments} <= {"POSITIVE", "NEGATIVE", "NEUTRAL"}
    wait_until(lambda: len(stack.log_lines()) > before, 20, "no line in the log")
