"""OpenAI's own Realtime client, pointed at this server and not changed otherwise."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

import openai
from openai.types.realtime import RealtimeServerEvent
from pydantic import TypeAdapter
from websockets.exceptions import ConnectionClosed

from tests.support.wait import wait_until

_TEXT = "conversation.item.input_audio_transcription."
_strict: TypeAdapter[Any] = TypeAdapter(RealtimeServerEvent)
ADDITIONS = {"wta.session.opened", f"{_TEXT}sentiment"}
"""This server's own events, which the official client passes on as they are."""


class Conversation:
    """One connection, with everything that came."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.events: list[Any] = []
        self.close_code: int | None = None
        self._thread = Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        try:
            while True:
                raw = self.connection.recv_bytes()
                event = self.connection.parse_event(raw)
                if event.type not in ADDITIONS:
                    # Every required field is there, as its type says. Other rates than this one are an addition, too.
                    _strict.validate_json(raw.replace(b'"rate":16000', b'"rate":24000'))
                self.events.append(event)
        except ConnectionClosed as closed:
            self.close_code = closed.rcvd.code if closed.rcvd else 1006

    def update(self, **heard: Any) -> None:
        """Send `session.update` with these fields of `audio.input`."""
        include = heard.pop("include", None)
        session = {"type": "transcription", "audio": {"input": heard}} | ({"include": include} if include else {})
        self.connection.session.update(session=session)

    def say(self, audio: bytes, size: int = 6_400) -> None:
        for start in range(0, len(audio), size):
            self.connection.input_audio_buffer.append(audio=base64.b64encode(audio[start : start + size]).decode())

    def of(self, kind: str) -> list[Any]:
        """The events of a kind; those about a text by their last word."""
        return [event for event in self.events if event.type in (kind, _TEXT + kind)]

    def wait_for(self, kind: str, count: int = 1, timeout_s: float = 60) -> list[Any]:
        def there() -> Any:
            found = self.of(kind)
            return len(found) >= count and found

        found: list[Any] = wait_until(
            there, timeout_s, f"there are not {count} {kind}: {[e.type for e in self.events]}"
        )
        return found

    def wait_until_closed(self, timeout_s: float = 30) -> int | None:
        self._thread.join(timeout_s)
        return self.close_code


def until(condition: Callable[[], Any], what: str) -> Any:
    """Wait for something else than an event."""
    return wait_until(condition, 30, what)


@contextmanager
def conversing(http_url: str, key: str = "none is needed", **query: str) -> Iterator[Conversation]:
    client = openai.OpenAI(base_url=f"{http_url}/v1", api_key=key, max_retries=0)
    query = {"intent": "transcription"} | query
    with client.realtime.connect(extra_query=query, max_retries=0) as connection:
        conversation = Conversation(connection)
        conversation.wait_for("session.created")
        yield conversation
