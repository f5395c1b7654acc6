"""Audio of an utterance that is still being spoken, and what is made of it. Transient by design."""

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
from wta.messages import AS_THE_SERVER, Options, Partial
from wta.task_message import task_message

_TTL_S = 10


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An open utterance at one moment."""

    pcm16: bytes
    """16 kHz mono, from the utterance's start to now."""
    options: Options = AS_THE_SERVER
    """What the session asked for."""
    early: bool = False
    """The speaker has fallen silent: the text of this may become the final."""
    shown: bool = True
    """Whether the speaker wants partials."""


class EarlyText(BaseModel):
    """What the utterance said when its speaker fell silent."""

    model_config = ConfigDict(frozen=True)

    samples: int
    crc32: int
    text: str
    language: str
    model: str
    avg_logprob: float | None = None
    """None: not told (as in Utterance)."""

    @classmethod
    def of(cls, pcm16: bytes, text: str, language: str, model: str, avg_logprob: float | None = None) -> EarlyText:
        samples, crc32 = len(pcm16) // BYTES_PER_SAMPLE, zlib.crc32(pcm16)
        return cls(samples=samples, crc32=crc32, text=text, language=language, model=model, avg_logprob=avg_logprob)

    def is_beginning_of(self, pcm16: bytes) -> bool:
        """Whether this utterance begins with the audio the text was made of: after a resume it may not."""
        return zlib.crc32(memoryview(pcm16)[: self.samples * BYTES_PER_SAMPLE]) == self.crc32


class LiveAudio:
    """The newest snapshot of each open utterance. A request whose snapshot was taken, or is gone, is stale."""

    def __init__(self, client: redis.Redis) -> None:
        self._redis = client

    def put_snapshot(
        self, utterance_id: str, snapshot: Snapshot, known_bytes: int = 0, queue: str | None = None
    ) -> None:
        """Replace the snapshot. Its first `known_bytes` were put before: only what is new is sent.

        Args:
            queue: whose worker is told to look at it.
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
            pipe.execute()

    def pop_snapshot(self, utterance_id: str) -> Snapshot | None:
        """The snapshot, once: a second request for the same one finds nothing to do. None, too, where some is lost."""
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
        """The utterance is over: partials of it are stale, and so is an early text of less than `paused_samples`."""
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
        """A text that becomes the final if nothing more is said."""
        key = names.live_early_key(utterance_id)
        with self._redis.pipeline() as pipe:
            pipe.hset(key, "text", early.model_dump_json())
            pipe.expire(key, _TTL_S)
            pipe.execute()

    def early_text(self, utterance_id: str) -> EarlyText | None:
        """The early text, where nothing was said after it; lost is lost, the final is then decoded as any other."""
        row = self._redis.hmget(names.live_early_key(utterance_id), ["samples", "text"])
        samples, text = cast("list[bytes | None]", row)
        if samples is None or text is None:
            return None
        early = EarlyText.model_validate_json(text)
        return early if early.samples == int(samples) else None

    def partial_state(self, utterance_id: str) -> dict[str, Any] | None:
        """What earlier partials agreed on, for the next one."""
        raw = self._redis.get(names.live_state_key(utterance_id))
        return json.loads(raw) if raw else None

    def publish(self, partial: Partial, state: dict[str, Any]) -> None:
        """Show a partial to its speaker and keep the state for the next."""
        session_id, _ = names.split_utterance_id(partial.utterance_id)
        with self._redis.pipeline() as pipe:
            pipe.set(names.live_state_key(partial.utterance_id), json.dumps(state), ex=_TTL_S)
            pipe.publish(names.live_channel(session_id), partial.to_json())
            pipe.execute()


def _joined(pieces: Mapping[bytes, bytes]) -> bytes:
    """As far as they follow one another."""
    joined = bytearray()
    for first, piece in sorted((int(first), piece) for first, piece in pieces.items()):
        if first != len(joined):
            break
        joined += piece
    return bytes(joined)
