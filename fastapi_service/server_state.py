"""What all connections of one web process share."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property

import onnxruntime
import redis
from redis.asyncio import Redis as AsyncRedis

from fastapi_service.access.connection_slots import ConnectionSlots
from fastapi_service.access.credentials import Credentials
from fastapi_service.audio.pipeline import SpeechPipeline
from fastapi_service.audio.vad import load_network
from fastapi_service.concurrency import Threads
from fastapi_service.recording.orphaned_audio import OrphanedAudio
from fastapi_service.recording.partial_requests import PartialRequests
from fastapi_service.recording.recorder import Recorder
from fastapi_service.results.subscriptions import Subscriptions
from wta import names
from wta.broker import Dispatcher
from wta.health import heartbeat
from wta.ledger import Ledger, Session
from wta.live_audio import LiveAudio
from wta.messages import Start, Status
from wta.metrics import WebMetrics
from wta.redis_client import connect, connect_async
from wta.settings import Settings


@dataclass
class ServerState:
    """Made once the event loop runs. Nothing here needs Redis to be there yet."""

    settings: Settings
    network: onnxruntime.InferenceSession
    redis: redis.Redis
    redis_async: AsyncRedis
    ledger: Ledger
    dispatcher: Dispatcher
    subscriptions: Subscriptions
    threads: Threads
    orphaned_audio: OrphanedAudio
    slots: ConnectionSlots
    """For those who speak, and for files."""
    reader_slots: ConnectionSlots
    """For those who only read: they take no slot from those who speak."""
    credentials: Credentials
    errors: Counter[str] = field(default_factory=Counter)
    """Codes of the errors that clients were sent, until housekeeping has written them where the dashboard reads."""
    status: Status = field(default_factory=lambda: Status(queue_seconds=0.0, level="ok"))

    @cached_property
    def metrics(self) -> WebMetrics:
        return WebMetrics(self.redis, self.ledger, lambda: self.slots.in_use)

    @classmethod
    def open(cls, settings: Settings) -> ServerState:
        client, client_async = connect(settings), connect_async(settings)
        threads = Threads(settings.max_sessions)
        return cls(
            settings=settings,
            network=load_network(),
            redis=client,
            redis_async=client_async,
            ledger=Ledger(client, settings),
            dispatcher=Dispatcher(settings),
            subscriptions=Subscriptions(client_async),
            threads=threads,
            orphaned_audio=OrphanedAudio(threads, settings.resume_grace_s),
            slots=ConnectionSlots(settings),
            reader_slots=ConnectionSlots(settings),
            credentials=Credentials(client, settings),
        )

    async def close(self) -> None:
        await self.orphaned_audio.write_all()
        await self.redis_async.aclose()
        await self.threads.run(heartbeat.sign_off, self.redis, names.WEB, heartbeat.own_name())
        self.redis.close()

    def recorder(self, session: Session, start: Start) -> Recorder:
        """A recorder for one session, with a pipeline of its own."""
        options = session.options
        pipeline = SpeechPipeline(self.settings, self.network, session.sample_rate_hz, options.endpoint_ms)
        partials = PartialRequests(LiveAudio(self.redis), self.settings, start.interim, options)
        return Recorder(session, pipeline, self.ledger, self.dispatcher, partials)
