"""The listener: settings → logging → log file → Redis → "ready" → follow the results until it is told to stop."""

from __future__ import annotations

import logging
import signal
import sys
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime

import filelock
import redis

from listener_service.line import format_result
from listener_service.result_log import ResultLog
from listener_service.result_stream import Entry, ResultStream
from listener_service.statistics import Statistics
from listener_service.stream_id import StreamId
from listener_service.traces import Traces
from wta import logs
from wta.errors import LedgerFormatError, SettingsError
from wta.health.sign_of_life import SignOfLife
from wta.metrics import ResultMetrics
from wta.redis_access import clients
from wta.settings import Settings, load_settings

log = logging.getLogger("listener_service")

_WAIT_MS = 1000
"""How long one read waits. A signal to stop takes effect after this time at the latest."""
_LONGEST_RETRY_S = 5.0
_TELL_S = 5.0
"""How often Redis is told how far the log is, at most."""


class Listener:
    """Follows the stream. Each result goes to the log first, then to the console, then into the statistics."""

    def __init__(self, settings: Settings, stream: ResultStream, result_log: ResultLog) -> None:
        self._settings = settings
        self._stream = stream
        self._log = result_log
        self._metrics = ResultMetrics()
        self._traces = Traces.from_environment()
        self._sign_of_life = SignOfLife(settings.state_dir, "listener_service")
        self._stop = threading.Event()
        self._all = Statistics()
        self._latest = Statistics()
        self._stats_due = time.monotonic() + settings.stats_every_s
        self._told: StreamId | None = None
        self._tell_again = 0.0
        self._away = True

    def stop(self) -> None:
        """Ask the listener to end. A signal handler may call this."""
        self._stop.set()

    def run(self) -> None:
        """Write results until `stop`. Where Redis is away or the disk is full, try until that is over."""
        self._sign_of_life.begin()
        self._metrics.watch_disk(self._settings.result_log.resolve().parent)
        self._metrics.serve(self._settings)
        retry_s = 0.25
        while not self._stop.is_set():
            try:
                self._sign_of_life.show()
                self._step()
                self._metrics.log_written.set(1)
                retry_s = 0.25
            except (redis.RedisError, OSError) as error:
                self._away = True
                if isinstance(error, OSError):
                    self._metrics.log_written.set(0)
                log.error("trying again in %.1f s, nothing is lost: %s", retry_s, error)
                self._stop.wait(retry_s)
                retry_s = min(_LONGEST_RETRY_S, retry_s * 2)
        self._sign_of_life.end()
        if self._traces:
            self._traces.close()
        with suppress(OSError):
            self._write_statistics("all", self._all)

    def _step(self) -> None:
        if self._away:
            self._stream.check_format()
            self._stream.warn_of_gaps(self._log.cursor)
            log.info("ready, going on after %s", self._log.cursor)
            self._told = None
            self._away = False
        entries = self._stream.read(self._log.cursor, _WAIT_MS)
        if not self._log.follow_rotation() and entries:  # where the cursor has moved back, they are read again
            self._write(entries)
        self._tell_cursor()
        if self._latest.results and time.monotonic() >= self._stats_due:
            self._write_latest()

    def _tell_cursor(self) -> None:
        now, cursor = time.monotonic(), self._log.cursor
        if cursor == self._told or now < self._tell_again:
            return
        self._stream.tell_cursor(cursor)
        self._told, self._tell_again = cursor, now + _TELL_S

    def _write(self, entries: list[Entry]) -> None:
        results = [(entry, entry.result) for entry in entries if entry.result is not None]
        lines = [format_result(result, entry.stream_id, self._settings.log_text) for entry, result in results]
        self._log.append(lines, entries[-1].stream_id)
        self._print(lines)
        for _, result in results:
            self._all.add(result)
            self._metrics.add(result)
            if self._traces:
                self._traces.add(result)
            self._latest.add(result)
        if self._latest.results >= self._settings.stats_every_results:
            self._write_latest()

    def _write_latest(self) -> None:
        latest, self._latest = self._latest, Statistics()
        self._stats_due = time.monotonic() + self._settings.stats_every_s
        self._write_statistics("latest", latest)

    def _write_statistics(self, of: str, statistics: Statistics) -> None:
        lines = [statistics.line(of, datetime.now(UTC))]
        self._print(lines)
        self._log.append(lines, self._log.cursor)

    @staticmethod
    def _print(lines: list[str]) -> None:
        """Print to the console. Where it is gone, the log is complete all the same."""
        with suppress(OSError):
            sys.stdout.writelines(line + "\n" for line in lines)
            sys.stdout.flush()


def main() -> int:
    """Run until SIGTERM or Ctrl-C. Returns the exit status."""
    try:
        settings = load_settings()
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    logs.setup("listener_service", settings)
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")
    path = settings.result_log.resolve()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(f"{path}.lock", timeout=0):
            _listen(settings, ResultLog(path))
    except filelock.Timeout:
        log.error("another listener writes %s already; this one ends", path)
        return 1
    except OSError as error:
        log.error("%s cannot be written: %s", path, error)
        return 1
    except (LedgerFormatError, SettingsError) as error:
        log.critical("%s", error)
        return 1
    return 0


def _listen(settings: Settings, result_log: ResultLog) -> None:
    result_log.open()
    client = clients.connect(settings)
    listener = Listener(settings, ResultStream(client, settings.results_maxlen), result_log)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: listener.stop())
    try:
        listener.run()
    finally:
        client.close()
        result_log.close()


if __name__ == "__main__":
    sys.exit(main())
