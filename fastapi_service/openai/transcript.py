"""The transcript of one file, collected from the workers' messages."""

from __future__ import annotations

from fastapi_service.files.transcription import NoAnswerError
from wta.messages import Error, Final, Sentiment
from wta.messages.server import ServerUnion


class Transcript:
    """Collects the sentences of a file and their sentiments. It is complete, or an error is raised."""

    def __init__(self) -> None:
        self.sentiments: dict[int, Sentiment] = {}
        """The sentiment of each sentence, by its `seq`."""
        self._finals: dict[int, Final] = {}

    @property
    def finals(self) -> list[Final]:
        """The sentences in the order of speech."""
        return [final for _, final in sorted(self._finals.items())]

    def add(self, message: ServerUnion) -> None:
        """Add a message of the session. Raises NoAnswerError if it says that a sentence was given up."""
        match message:
            case Final():
                self._finals[message.seq] = message
            case Sentiment():
                self.sentiments[message.seq] = message
            case Error() if message.seq is not None and message.seq not in self._finals:
                raise NoAnswerError(message.message)
