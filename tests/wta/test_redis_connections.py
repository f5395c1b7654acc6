"""Connections to a Redis behind TLS, and to one that has failed over."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import redis
from kombu.exceptions import OperationalError

from chaos.loop_thread import LoopThread
from chaos.proxy import TcpProxy
from tests.support.processes import Process, free_port
from tests.support.redis_server import RedisServer
from tests.support.require import binary
from tests.support.wait import wait_until
from wta.broker.celery_app import make_celery
from wta.errors import SettingsError
from wta.ledger import Ledger
from wta.redis_access.clients import connect, connect_async
from wta.redis_access.local import find_redis_server
from wta.settings import Settings, load_settings


class Certificates:
    """A certificate authority of the test's own, and a server's certificate by it."""

    def __init__(self, folder: Path, names: str = "IP:127.0.0.1") -> None:
        folder.mkdir()
        self._openssl = binary("openssl", "apt-get install openssl")
        self.ca, self.key, self.certificate = folder / "ca.pem", folder / "key.pem", folder / "server.pem"
        ca_key, request = folder / "ca.key", folder / "request.pem"
        self._run("req", "-x509", "-nodes", "-newkey", "rsa:2048", "-subj", "/CN=test", "-days", "2",
                  "-keyout", ca_key, "-out", self.ca)  # fmt: skip
        self._run("req", "-nodes", "-newkey", "rsa:2048", "-subj", "/CN=redis", "-keyout", self.key, "-out", request)
        extensions = folder / "extensions"
        extensions.write_text(f"subjectAltName={names}\n")
        self._run("x509", "-req", "-in", request, "-CA", self.ca, "-CAkey", ca_key, "-CAcreateserial", "-days", "2",
                  "-extfile", extensions, "-out", self.certificate)  # fmt: skip

    def _run(self, *words: str | Path) -> None:
        subprocess.run([self._openssl, *map(str, words)], check=True, capture_output=True)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("tls") / "good")


def tls_server(folder: Path, certificates: Certificates) -> tuple[RedisServer, str]:
    """A Redis with a port for TLS, and the address of that port."""
    server, port = RedisServer(folder), free_port()
    server.process.command += [
        "--tls-port", str(port), "--tls-cert-file", str(certificates.certificate),
        "--tls-key-file", str(certificates.key), "--tls-auth-clients", "no", "--tls-ca-cert-file", str(certificates.ca),
    ]  # fmt: skip
    return server, f"rediss://127.0.0.1:{port}/0"


@pytest.fixture(scope="module")
def tls_url(certificates: Certificates, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    server, url = tls_server(tmp_path_factory.mktemp("redis"), certificates)
    with server:
        yield url


def ping_as_celery(settings: Settings) -> bool:
    """Ask Redis whether it is alive, over a connection as a Celery worker opens it."""
    with make_celery("test", settings).connection_for_read() as connection:
        return bool(connection.default_channel.client.ping())


async def test_both_libraries_speak_tls_with_a_redis_whose_authority_is_named(
    tls_url: str, certificates: Certificates
) -> None:
    settings = Settings(redis_url=f"{tls_url}?ssl_ca_certs={certificates.ca}")
    assert connect(settings).ping()
    client = connect_async(settings)
    assert await client.ping()
    await client.aclose()
    assert ping_as_celery(settings)


async def test_neither_library_speaks_with_a_redis_of_another_authority(tls_url: str, tmp_path: Path) -> None:
    # Given an authority that is not this Redis's, or none but the system's
    other = Certificates(tmp_path / "other")
    for url in (tls_url, f"{tls_url}?ssl_ca_certs={other.ca}"):
        settings = Settings(redis_url=url)
        # When it is spoken with, expect a refusal in each way
        with pytest.raises(redis.ConnectionError):
            connect(settings).ping()
        client = connect_async(settings)
        with pytest.raises(redis.ConnectionError):
            await client.ping()
        await client.aclose()
        with pytest.raises((OperationalError, redis.ConnectionError)):
            ping_as_celery(settings)


def test_neither_library_speaks_with_a_redis_of_another_name(tmp_path: Path) -> None:
    certificates = Certificates(tmp_path / "named", "DNS:redis.example.org")
    server, url = tls_server(tmp_path / "redis", certificates)
    with server:
        settings = Settings(redis_url=f"{url}?ssl_ca_certs={certificates.ca}")
        with pytest.raises(redis.ConnectionError):
            connect(settings).ping()
        with pytest.raises((OperationalError, redis.ConnectionError)):
            ping_as_celery(settings)


@pytest.mark.parametrize(
    "url",
    [
        "rediss://:secret@redis/0?ssl_cert_reqs=none",
        "rediss://:secret@redis/0?ssl_cert_reqs=CERT_NONE",
        "rediss://:secret@redis/0?ssl_cert_reqs=optional",
        "rediss://:secret@redis/0?ssl_check_hostname=false",
        "unix:///run/redis.sock",
        "sentinel://:secret@sentinel:26379/0",
    ],
)
def test_an_address_that_would_not_be_verified_or_understood_is_refused_in_words(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WTA_REDIS_URL", url)
    with pytest.raises(
        SettingsError, match=r"REDIS_URL: .*(must verify Redis's certificate|must begin with)"
    ) as refused:
        load_settings()
    assert "secret" not in str(refused.value)


async def test_after_a_failover_a_connection_to_the_old_master_is_given_up(tmp_path: Path) -> None:
    # Given connections to the master by a name, and a replica
    with RedisServer(tmp_path / "old") as old, RedisServer(tmp_path / "new") as new:
        new.client().replicaof("127.0.0.1", str(old.port))
        wait_until(lambda: new.client().info("replication")["master_link_status"] == "up", 20, "no replica")
        loop = LoopThread()
        name = TcpProxy(loop, old.port)
        settings = Settings(redis_url=f"redis://127.0.0.1:{name.port}/0")
        client, client_async = connect(settings), connect_async(settings)
        script = client.register_script("return redis.call('INCR', KEYS[1])")
        assert script(["counted"]) == 1 and await client_async.set("said", 1)
        # When the replica becomes the master, and the old one its replica, while the connections stay open
        new.client().replicaof("NO", "ONE")
        old.client().replicaof("127.0.0.1", str(new.port))
        name.lead_to(new.port)
        # Expect the next write with the new one
        assert script(["counted"]) == 2 and await client_async.set("said", 2)
        assert new.client().get("counted") == b"2" and new.client().get("said") == b"2"
        await client_async.aclose()
        client.close()
        name.close()
        loop.close()


def test_a_session_goes_on_after_a_sentinel_has_made_a_replica_the_master(tmp_path: Path) -> None:
    # Given a master and a replica, a Sentinel, and a proxy that leads to the master, as docs/deploy.md says
    with RedisServer(tmp_path / "one") as one, RedisServer(tmp_path / "two") as two:
        two.client().replicaof("127.0.0.1", str(one.port))
        wait_until(lambda: two.client().info("replication")["master_link_status"] == "up", 20, "no replica")
        sentinel = start_sentinel(tmp_path / "sentinel", one.port)
        loop = LoopThread()
        proxy = TcpProxy(loop, one.port)
        settings = Settings(redis_url=f"redis://127.0.0.1:{proxy.port}/0")
        ledger = Ledger(connect(settings), settings)
        session = ledger.open_session(16_000)
        one.client().execute_command("WAIT", 1, 10_000)

        def master() -> int:
            with redis.Redis(port=sentinel.port) as client:
                return int(client.execute_command("SENTINEL", "GET-MASTER-ADDR-BY-NAME", "wta")[1])

        try:
            wait_until(lambda: sentinel_knows_replica(sentinel.port), 30, "the Sentinel does not know the replica")
            # When the master dies
            one.process.kill()
            wait_until(lambda: master() == two.port, 60, "nobody became the master")
            proxy.lead_to(two.port)
            # Expect the session to be resumed at the new one
            assert ledger.resume_session(session.resume_token).session_id == session.session_id
        finally:
            sentinel.process.stop()
            proxy.close()
            loop.close()


@dataclass
class Sentinel:
    port: int
    process: Process


def start_sentinel(folder: Path, master_port: int) -> Sentinel:
    """A Sentinel that gives a master one second."""
    folder.mkdir()
    port, config = free_port(), folder / "sentinel.conf"
    config.write_text(
        f"port {port}\nbind 127.0.0.1\ndir {folder}\nsentinel monitor wta 127.0.0.1 {master_port} 1\n"
        "sentinel down-after-milliseconds wta 1000\nsentinel failover-timeout wta 10000\n"
    )
    process = Process("sentinel", [find_redis_server(), str(config), "--sentinel"], {}, folder / "sentinel.log")
    process.start()
    return Sentinel(port, process)


def sentinel_knows_replica(port: int) -> bool:
    with redis.Redis(port=port) as client:
        return bool(client.execute_command("SENTINEL", "REPLICAS", "wta"))
