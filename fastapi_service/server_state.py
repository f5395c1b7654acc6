"""What all connections of one process share."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property

import onnxruntime
import redis
from redis.asyncio import Redis as AsyncRedis

from fastapi_service.access.connection_slots import Places
from fastapi_service.access.credentials import Access
from fastapi_service.audio.pipeline import SpeechPipeline
from fastapi_service.audio.vad import load_network
from fastapi_service.concurrency import Threads
from fastapi_service.dashboard.admins import Admins
from fastapi_service.dashboard.snapshot import Dashboard
from fastapi_service.recording.orphaned_audio import Tails
from fastapi_service.recording.partial_requests import PartialRequests
from fastapi_service.recording.recorder import Recorder
from fastapi_service.results.subscriptions import Feed
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
class Services:
    """Made once the event loop runs; nothing here needs Redis to be there yet."""

    settings: Settings
    network: onnxruntime.InferenceSession
    redis: redis.Redis
    redis_async: AsyncRedis
    ledger: Ledger
    dispatcher: Dispatcher
    feed: Feed
    threads: Threads
    tails: Tails
    places: Places
    watchers: Places
    """Who only reads: they take no place from those who speak."""
    access: Access
    errors: Counter[str] = field(default_factory=Counter)
    """Codes of the errors that speakers were told, until the monitor has put them where the dashboard finds them."""
    status: Status = field(default_factory=lambda: Status(queue_seconds=0.0, level="ok"))

    @cached_property
    def metrics(self) -> WebMetrics:
        return WebMetrics(self.redis, self.ledger, lambda: self.places.taken)

    @cached_property
    def dashboard(self) -> Dashboard:
        return Dashboard(self.redis, self.ledger, self.settings)

    @cached_property
    def admins(self) -> Admins:
        return Admins(self.redis, self.settings)

    @classmethod
    def open(cls, settings: Settings) -> Services:
        client, client_async = connect(settings), connect_async(settings)
        threads = Threads(settings.max_sessions)
        return cls(
            settings=settings,
            network=load_network(),
            redis=client,
            redis_async=client_async,
            ledger=Ledger(client, settings),
            dispatcher=Dispatcher(settings),
            feed=Feed(client_async),
            threads=threads,
            tails=Tails(threads, settings.resume_grace_s),
            places=Places(settings),
            watchers=Places(settings),
            access=Access(client, settings),
        )

    async def close(self) -> None:
        await self.tails.write_all()
        await self.redis_async.aclose()
        await self.threads.run(heartbeat.sign_off, self.redis, names.WEB, heartbeat.own_name())
        self.redis.close()

    def recorder(self, session: Session, start: Start) -> Recorder:
        options = session.options
        pipeline = SpeechPipeline(self.settings, self.network, session.sample_rate_hz, options.endpoint_ms)
        partials = PartialRequests(LiveAudio(self.redis), self.settings, start.interim, options)
        return Recorder(session, pipeline, self.ledger, self.dispatcher, partials)
