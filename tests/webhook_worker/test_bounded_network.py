"""A receiver cannot hold a delivery for longer than its time, and a name cannot lead to a link-local address."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import httpcore
import pytest

from webhook_worker.sender import Sender
from wta.webhooks import Endpoint, new_secret

_DRIPS_S = 0.1


@pytest.fixture
def dripping() -> Iterator[Endpoint]:
    """A server that answers a byte at a time, for ever."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip() -> None:
            with suppress(OSError):
                connection, _ = server.accept()
                connection.sendall(b"HTTP/1.1 200 OK\r\nX-Never-Ending: ")
                while True:
                    connection.sendall(b"x")
                    time.sleep(_DRIPS_S)

        thread = threading.Thread(target=drip)
        thread.start()
        yield Endpoint("id", f"http://127.0.0.1:{server.getsockname()[1]}/", "127.0.0.1")
    thread.join(30)


def test_a_receiver_that_drips_does_not_hold_a_delivery(dripping: Endpoint) -> None:
    """Each byte comes within the time-out, so that no time-out of a single read ends this."""
    outcome = Sender(new_secret(), timeout_s=5 * _DRIPS_S).send(dripping, "res_1-0", "{}")
    assert not outcome.arrived and outcome.words == "ReadTimeout"


@pytest.mark.parametrize("address", ["169.254.169.254", "fe80::1%eth0", "::ffff:169.254.169.254", "0.0.0.0"])
def test_a_name_that_leads_to_a_link_local_address_gets_nothing(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given a name that resolves to an address of the machine's own network, where somebody listens
    class Stream(httpcore.MockStream):
        written = b""

        def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
            Stream.written += buffer

        def get_extra_info(self, info: str) -> object:
            return (address, 80) if info == "server_addr" else None

    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", lambda *_: Stream([b"HTTP/1.1 200 OK\r\n\r\n"]))
    # When a result is to be told there
    outcome = Sender(new_secret(), timeout_s=5).send(Endpoint("id", "http://name.test/", "name.test"), "res_1-0", "{}")
    # Expect that not a byte is sent
    assert not outcome.arrived and outcome.words == "ConnectError" and Stream.written == b""
