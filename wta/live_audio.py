"""Audio of utterances that are still being spoken, and the texts made of it. Redis forgets both within seconds."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import redis
from pydantic import BaseModel, ConfigDict

from wta import names
from wta.audio_format import BYTES_PER_SAMPLE
from wta.broker.task_message import task_message
from wta.messages import AS_THE_SERVER, Options, Partial

_TTL_S = 10
_MOST_REQUESTS = 500
"""Requests that wait in one queue, whatever keeps its workers away."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The audio of an open utterance at one moment, and what is asked for."""

    pcm16: bytes
    """PCM16, 16 kHz mono, from the start of the utterance to now."""
    options: Options = AS_THE_SERVER
    """What the session asked for when it began."""
    early: bool = False
    """Whether the speaker has fallen silent, so that the text of this audio may become the final text."""
    shown: bool = True
    """Whether the text shall be shown to the speaker as a partial."""


class EarlyText(BaseModel):
    """The text of an utterance as it stood when its speaker fell silent."""

    model_config = ConfigDict(frozen=True)

    samples: int
    """How many samples, at 16 kHz, the text was made of."""
    crc32: int
    """Checksum of those samples as PCM16."""
    text: str
    language: str
    model: str
    avg_logprob: float | None = None
    """Mean natural log-probability of the text's tokens; None where the engine does not tell it."""
    finished: bool | None = None
    """Whether the text looks like a whole sentence; None where the engine does not tell it."""
    language_belief: str | None = None
    """See `wta.ledger.Advance`."""

    @classmethod
    def of(cls, pcm16: bytes, text: str, language: str, model: str, **more: Any) -> EarlyText:
        """Make the early text of the audio `pcm16` (PCM16, 16 kHz mono). `more` are other fields."""
        samples, crc32 = len(pcm16) // BYTES_PER_SAMPLE, zlib.crc32(pcm16)
        return cls(samples=samples, crc32=crc32, text=text, language=language, model=model, **more)

    def is_beginning_of(self, pcm16: bytes) -> bool:
        """Whether `pcm16` begins with the audio that the text was made of. After a resume it may not."""
        return zlib.crc32(memoryview(pcm16)[: self.samples * BYTES_PER_SAMPLE]) == self.crc32


class LiveAudio:
    """The newest snapshot of each open utterance, its early text, and the state of its partials.

    Methods block, and raise redis.RedisError where Redis is away.

    Args:
        client: of the Redis that holds the queues and all this.
        publisher: of the Redis on which web processes listen; None where it is the same.
    """

    def __init__(self, client: redis.Redis, publisher: redis.Redis | None = None) -> None:
        self._redis = client
        self._publisher = publisher or client

    def put_snapshot(
        self, utterance_id: str, snapshot: Snapshot, known_bytes: int = 0, queue: str | None = None
    ) -> None:
        """Replace the snapshot of an utterance.

        Args:
            known_bytes: how many bytes of its audio were sent before; only the rest is sent now.
            queue: queue whose workers are told that there is a snapshot; None where they have been told.
        """
        audio_key, request_key = names.live_audio_key(utterance_id), names.live_request_key(utterance_id)
        request: dict[str, Any] = {
            "bytes": len(snapshot.pcm16),
            "options": snapshot.options.to_json(),
            "early": int(snapshot.early),
            "shown": int(snapshot.shown),
        }
        with self._redis.pipeline() as pipe:
            if not known_bytes:
                pipe.delete(audio_key)
            pipe.hset(audio_key, str(known_bytes), snapshot.pcm16[known_bytes:])
            pipe.hset(request_key, mapping=cast("Mapping[Any, Any]", request))
            pipe.expire(audio_key, _TTL_S)
            pipe.expire(request_key, _TTL_S)
            if queue:
                pipe.lpush(queue, task_message(names.TASK_PARTIAL, queue, utterance_id))
                pipe.ltrim(queue, 0, _MOST_REQUESTS - 1)  # the oldest are stale
            pipe.execute()

    def pop_snapshot(self, utterance_id: str) -> Snapshot | None:
        """Take the snapshot of an utterance. None where it was taken already, or a part of its audio is gone."""
        request_key = names.live_request_key(utterance_id)
        with self._redis.pipeline() as pipe:
            pipe.hgetall(request_key)
            pipe.delete(request_key)
            pipe.hgetall(names.live_audio_key(utterance_id))
            row, _, pieces = cast("tuple[dict[bytes, bytes], int, dict[bytes, bytes]]", pipe.execute())
        if not row or len(pcm16 := _joined(pieces)) < int(row[b"bytes"]):
            return None
        pcm16 = pcm16[: int(row[b"bytes"])]
        options = Options.model_validate_json(row[b"options"])
        return Snapshot(pcm16, options, row[b"early"] == b"1", row[b"shown"] == b"1")

    def discard(self, utterance_id: str, paused_samples: int | None) -> None:
        """Forget the audio of an utterance that is over.

        Args:
            paused_samples: only an early text of exactly so many samples counts from now on; None: no early text does.
        """
        kept = (names.live_audio_key, names.live_request_key, names.live_state_key)
        keys = [key(utterance_id) for key in kept]
        early_key = names.live_early_key(utterance_id)
        with self._redis.pipeline() as pipe:
            if paused_samples is None:
                keys.append(early_key)
            else:
                pipe.hset(early_key, "samples", paused_samples)
                pipe.expire(early_key, _TTL_S)
            pipe.delete(*keys)
            pipe.execute()

    def put_early_text(self, utterance_id: str, early: EarlyText) -> None:
        """Keep a text that becomes the final text if nothing more is said."""
        key = names.live_early_key(utterance_id)
        with self._redis.pipeline() as pipe:
            pipe.hset(key, "text", early.model_dump_json())
            pipe.expire(key, _TTL_S)
            pipe.execute()

    def early_text(self, utterance_id: str) -> EarlyText | None:
        """The early text, where the speaker said nothing after it. None: the final text is decoded as any other."""
        row = self._redis.hmget(names.live_early_key(utterance_id), ["samples", "text"])
        samples, text = cast("list[bytes | None]", row)
        if samples is None or text is None:
            return None
        early = EarlyText.model_validate_json(text)
        return early if early.samples == int(samples) else None

    def text_at_pause(self, utterance_id: str, samples: int) -> EarlyText | None:
        """The early text of an open utterance's first `samples` samples at 16 kHz; None until there is one."""
        text = cast("bytes | None", self._redis.hget(names.live_early_key(utterance_id), "text"))
        early = EarlyText.model_validate_json(text) if text else None
        return early if early and early.samples == samples else None

    def partial_state(self, utterance_id: str) -> dict[str, Any] | None:
        """The state that the last partial of an utterance left for the next one; None before the first."""
        raw = self._redis.get(names.live_state_key(utterance_id))
        return json.loads(raw) if raw else None

    def publish(self, partial: Partial, state: dict[str, Any]) -> None:
        """Show a partial to its speaker, and keep `state` (JSON values) for the next partial."""
        session_id, _ = names.split_utterance_id(partial.utterance_id)
        self._redis.set(names.live_state_key(partial.utterance_id), json.dumps(state), ex=_TTL_S)
        self._publisher.publish(names.live_channel(session_id), partial.to_json())


def _joined(pieces: Mapping[bytes, bytes]) -> bytes:
    """Join pieces, which are named by the byte at which they begin, up to the first gap."""
    joined = bytearray()
    for first, piece in sorted((int(first), piece) for first, piece in pieces.items()):
        if first != len(joined):
            break
        joined += piece
    return bytes(joined)
