"""The real speech worker with a fault built in: `celery -A chaos.sick_worker:celery_app worker …`.

CHAOS_SICKNESS names the fault. It strikes at the long sentence only, and only while the file CHAOS_MARK exists.
"""

from __future__ import annotations

import logging
import os
import time
from pathlib import Path

from celery import Celery

from chaos.voice import LONG_S
from stt_worker.service import SttService
from wta import audio_format, names
from wta.broker.celery_app import make_celery
from wta.ledger import Advance, Utterance
from wta.settings import load_settings
from wta.worker.process import WorkerProcess

log = logging.getLogger(__name__)

_CHUNK_BYTES = 64 << 20
_SLOW_S = 4.0


class SickSttService(SttService):
    """Transcribes every utterance but the long sentence, which sets off the fault."""

    def transcribe(self, _utterance_id: str = "") -> None:
        log.warning("a message came")
        super().transcribe(_utterance_id)

    def _final(self, utterance: Utterance, pcm16: bytes) -> Advance:
        mark = Path(os.environ["CHAOS_MARK"])
        if audio_format.seconds(pcm16) > LONG_S and mark.exists():
            getattr(self, f"_{os.environ['CHAOS_SICKNESS']}")(mark)
        return super()._final(utterance, pcm16)

    @staticmethod
    def _hang(mark: Path) -> None:
        mark.unlink()  # so that the next attempt succeeds
        while True:
            pass

    @staticmethod
    def _fail(_: Path) -> None:
        raise RuntimeError("sick")

    @staticmethod
    def _exit(_: Path) -> None:
        os._exit(1)

    @staticmethod
    def _grow(_: Path) -> None:
        hoard = []
        while True:
            hoard.append(bytearray(os.urandom(1 << 20)) * (_CHUNK_BYTES >> 20))
            time.sleep(0.02)

    @staticmethod
    def _slow(_: Path) -> None:
        time.sleep(_SLOW_S)


def create_app() -> Celery:
    settings = load_settings()
    app = make_celery(names.WorkerKind.STT, settings, queues=(names.AUDIO_QUEUE,))
    if seconds := os.environ.get("CHAOS_VISIBILITY_S"):
        app.conf.broker_transport_options |= {"visibility_timeout": float(seconds), "unacked_restore_interval": 1}
    service = SickSttService(settings)
    app.task(service.transcribe, name=names.TASK_TRANSCRIBE)
    WorkerProcess(service, settings)
    return app


celery_app = create_app()
