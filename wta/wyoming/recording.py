"""One recording of a Wyoming client: what was said between `audio-start` and `audio-stop`."""

from __future__ import annotations

from collections.abc import AsyncIterator

from wta.audio_format import BYTES_PER_SAMPLE
from wta.client.session import SpeechSession
from wta.errors import WtaError
from wta.messages import Ack, Error, Final, NoSpeech, SpeechStarted


class Recording:
    """Sends audio to a session, and yields its sentences as soon as they are understood."""

    def __init__(self, session: SpeechSession) -> None:
        """Begin a recording.

        Args:
            session: a new session, which is open.
        """
        self._session = session
        self._samples = 0
        self._stopped = False
        self._begun: set[int] = set()
        """`seq` of every sentence that was begun."""
        self._answered: set[int] = set()
        self._acked = 0
        self.language: str | None = None
        """ISO 639 code of what was spoken, once it is known."""

    async def send(self, pcm16: bytes) -> None:
        """Send whole PCM16 samples. Raises what SpeechSession.send raises."""
        self._samples += len(pcm16) // BYTES_PER_SAMPLE
        await self._session.send(pcm16)

    async def stop(self) -> None:
        """Say that no more audio will come."""
        self._stopped = True
        await self._session.stop()

    async def sentences(self) -> AsyncIterator[str]:
        """Yield the sentences. It ends when all of them are there, without waiting for their sentiments.

        Raises WtaError if one was given up, and what ended the session.
        """
        async for message in self._session:
            match message:
                case SpeechStarted():
                    self._begun.add(message.seq)
                case Ack():
                    self._acked = message.sample
                case Final():
                    self._answered.add(message.seq)
                    self.language = message.language or self.language
                    yield message.text
                case NoSpeech():
                    self._answered.add(message.seq)
                case Error() if message.seq is not None:
                    raise WtaError(message.message)
            if self._stopped and self._acked >= self._samples and self._begun <= self._answered:
                return
