"""Audio of an utterance that is still being spoken, and the partials made of it. Transient by design."""

from __future__ import annotations

import json
from typing import Any, cast

import redis

from wta import names
from wta.messages import Partial

_TTL_MS = 10_000


class LiveAudio:
    """The newest snapshot of each open utterance. A partial request whose snapshot is gone is stale."""

    def __init__(self, client: redis.Redis) -> None:
        self._redis = client

    def put(self, utterance_id: str, pcm16: bytes) -> None:
        """Replace the snapshot: PCM16, 16 kHz mono, from the utterance's start to now."""
        self._redis.set(names.live_audio_key(utterance_id), pcm16, px=_TTL_MS)

    def take(self, utterance_id: str) -> bytes | None:
        """The snapshot, once: a second request for the same one finds nothing to do."""
        return cast("bytes | None", self._redis.getdel(names.live_audio_key(utterance_id)))

    def drop(self, utterance_id: str) -> None:
        """The utterance is over: partials of it are stale."""
        self._redis.delete(names.live_audio_key(utterance_id), names.live_state_key(utterance_id))

    def state(self, utterance_id: str) -> dict[str, Any] | None:
        """What earlier partials agreed on, for the next one."""
        raw = self._redis.get(names.live_state_key(utterance_id))
        return json.loads(raw) if raw else None

    def publish(self, partial: Partial, state: dict[str, Any]) -> None:
        """Show a partial to its speaker and keep the state for the next."""
        session_id, _ = names.split_utterance_id(partial.utterance_id)
        with self._redis.pipeline() as pipe:
            pipe.set(names.live_state_key(partial.utterance_id), json.dumps(state), px=_TTL_MS)
            pipe.publish(names.live_channel(session_id), partial.to_json())
            pipe.execute()
