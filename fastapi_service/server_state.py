"""The state that all connections of one web process share."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field

import onnxruntime
from redis import Redis
from redis.asyncio import Redis as AsyncRedis

from fastapi_service.access.connection_slots import ConnectionSlots
from fastapi_service.access.credentials import Credentials
from fastapi_service.access.refused_names import RefusedNames
from fastapi_service.access.session_rate import SessionRate
from fastapi_service.audio.pipeline import SpeechPipeline
from fastapi_service.audio.vad import load_network
from fastapi_service.concurrency import Threads
from fastapi_service.recording.orphaned_audio import OrphanedAudio
from fastapi_service.recording.pacing import Pacing
from fastapi_service.recording.partial_requests import PartialRequests
from fastapi_service.recording.recorder import Recorder
from fastapi_service.results.subscriptions import Subscriptions
from wta import names
from wta.health import heartbeat
from wta.ledger import Ledger, Session
from wta.live_audio import LiveAudio
from wta.messages import Status
from wta.metrics import WebMetrics
from wta.redis_access.clients import connect, connect_async, connect_live
from wta.settings import Settings


@dataclass
class ServerState:
    """The clients, limits and background helpers of one web process.

    Make it with `open` when the event loop runs. Redis need not answer yet.
    """

    settings: Settings
    network: onnxruntime.InferenceSession
    redis: Redis
    redis_live: Redis
    """The Redis of queues and live text; often the same."""
    redis_async: AsyncRedis
    ledger: Ledger
    subscriptions: Subscriptions
    threads: Threads
    orphaned_audio: OrphanedAudio
    slots: ConnectionSlots
    """Slots for speakers and for files."""
    reader_slots: ConnectionSlots
    """Slots for clients that only read results. They leave the speakers' slots free."""
    credentials: Credentials
    session_rate: SessionRate
    errors: Counter[str] = field(default_factory=Counter)
    """How often each error code was sent to clients since housekeeping last wrote the counts to Redis."""
    status: Status = field(default_factory=lambda: Status(queue_seconds=0.0, level="ok"))
    """The server's status that speakers were sent last."""

    memory_fraction: float = 0.0
    """Share of Redis's memory in use, a second old at most."""
    sentiment_away: bool = False
    """Whether no sentiment worker has lived for some seconds: then nobody waits for sentiments."""

    behind_s: float = 0.0
    """How far the workers are behind, a second old at most (wta/health/delay.py)."""
    loop_lag_s: float = 0.0
    """How late this process is with what it does for all its speakers, averaged over some seconds."""
    speech_away: bool = False
    """Whether there is no speech worker."""
    draining: bool = False
    """Whether this process is about to end, and takes nobody new (fastapi_service/drain.py)."""
    housekept_at: float = field(default_factory=time.monotonic)
    """When housekeeping last ended a turn, by the monotonic clock."""

    def __post_init__(self) -> None:
        self.metrics = WebMetrics(self.redis, self.ledger, lambda: self.slots.in_use)
        """The Prometheus metrics of this process."""
        self.refused_origins = RefusedNames("WTA_ALLOWED_ORIGINS", self.settings.allowed_origins)

    @classmethod
    def open(cls, settings: Settings) -> ServerState:
        """Make the state of a process. Raises ModelError if Silero VAD's network is missing."""
        client, client_async = connect(settings), connect_async(settings)
        live = connect_live(settings, client)
        threads = Threads(settings.max_sessions)
        return cls(
            settings=settings,
            network=load_network(),
            redis=client,
            redis_live=live,
            redis_async=client_async,
            ledger=Ledger(client, settings, live),
            subscriptions=Subscriptions(client_async),
            threads=threads,
            orphaned_audio=OrphanedAudio(threads, settings.resume_grace_s),
            slots=ConnectionSlots(settings),
            reader_slots=ConnectionSlots(settings),
            credentials=Credentials(client, settings),
            session_rate=SessionRate(client, settings),
        )

    async def close(self) -> None:
        """Write the audio of broken connections, sign the process off, and close the connections to Redis."""
        await self.orphaned_audio.write_all()
        await self.redis_async.aclose()
        await self.threads.run(heartbeat.sign_off, self.redis, names.WEB, heartbeat.own_name())
        self.redis_live.close()
        self.redis.close()

    def recorder(self, session: Session, interim: bool, early: bool = True) -> Recorder:
        """Make a recorder for one session, with a speech pipeline of its own.

        Args:
            interim: whether the client wants partials.
            early: whether texts may be begun before the end of the silence: somebody waits for them.
        """
        options = session.options
        pipeline = SpeechPipeline(self.settings, self.network, session.sample_rate_hz, options.endpoint_ms)
        live = LiveAudio(self.redis_live, self.redis)
        partials = PartialRequests(live, self.settings, interim, options, self.metrics, early)
        return Recorder(session, pipeline, self.ledger, partials)

    def pacing(self, session: Session) -> Pacing:
        """Make the pacing of one live session."""
        return Pacing(self.ledger, self.threads, session, lambda: self.memory_fraction)
