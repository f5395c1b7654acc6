"""Speak to a server over docs/protocol.md: sessions that survive broken connections, audio files, the microphone.

async with SpeechSession("ws://127.0.0.1:8000/ws/audio", file.sample_rate_hz) as session:
    async for message in converse(session, paced(file.blocks(), file.sample_rate_hz, Pace.FAST)):
        print(message)
"""

from wta.client.conversation import converse
from wta.client.errors import ServerAwayError
from wta.client.pacing import Pace, paced
from wta.client.session import SpeechSession
from wta.messages import Options

__all__ = ["Options", "Pace", "ServerAwayError", "SpeechSession", "converse", "paced"]
