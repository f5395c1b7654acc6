"""The page's side of docs/protocol.md, run inside Chromium against the messages both sides share."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.browser.support.listener_page import ListenerPage
from tests.support.processes import ROOT
from wta import messages
from wta.messages import parse_client

_GOLDEN = ROOT / "tests" / "golden"


def golden(side: str) -> dict[str, Any]:
    """Example messages by file name; `side` is client or server."""
    paths = sorted((_GOLDEN / side).glob("*.json"))
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in paths}


@pytest.fixture(scope="module")
def page(idle_page: ListenerPage) -> ListenerPage:
    return idle_page


def run(page: ListenerPage, body: str, argument: Any = None) -> Any:
    """The value of a function's body in the page, with protocol.js as `p`."""
    script = f"async (x) => {{ const p = await import('/static/server/protocol.js'); {body} }}"
    return page.page.evaluate(script, argument)


def test_every_server_message_is_read_as_it_is(page: ListenerPage) -> None:
    expected = list(golden("server").values())
    assert expected
    assert run(page, "return x.map(p.decode);", [json.dumps(message) for message in expected]) == expected


def test_what_the_page_says_is_what_the_server_reads(page: ListenerPage) -> None:
    # Given the examples that both sides share
    expected = golden("client")
    same = ("language", "languages", "task", "words", "interim", "token")
    start = {name: expected["start"].get(name) for name in same} | {
        "sampleRate": expected["start"]["sample_rate"],
        "endpointMs": expected["start"]["endpoint_ms"],
        "resumeToken": expected["start"]["resume_token"],
        "lastEventId": expected["start"]["last_event_id"],
    }
    # When the page encodes the same
    said = run(
        page,
        """return {
          start: p.encodeStart(x), finalize: p.encodeFinalize(), keepalive: p.encodeKeepalive(), stop: p.encodeStop(),
        };""",
        start,
    )
    # Expect the examples
    assert {name: json.loads(text) for name, text in said.items()} == expected


def test_a_plain_start_says_only_what_it_must(page: ListenerPage) -> None:
    said = run(page, "return p.encodeStart({ sampleRate: 44100 });")
    assert json.loads(said) == {"type": "start", "encoding": "pcm16", "sample_rate": 44_100}
    assert parse_client(said) == messages.Start(sample_rate=44_100)


@pytest.mark.parametrize(
    "frame",
    ["", "hello", "null", "[]", '{"text": "x"}', '{"type": "ack"}', '{"type": "ack", "sample": -1}',
     '{"type": "sentiment", "utterance_id": "a:1", "seq": 1, "label": "GOOD", "score": 1}'],
)  # fmt: skip
def test_broken_messages_are_refused_with_what_came(page: ListenerPage, frame: str) -> None:
    assert run(page, "try { p.decode(x); } catch (e) { return [e.name, e.frame]; }", frame) == ["ProtocolError", frame]


def test_types_of_a_newer_server_are_left_alone(page: ListenerPage) -> None:
    assert run(page, "return p.decode(x);", '{"type": "translation", "text": "x"}') is None


@pytest.mark.parametrize(
    ("one", "other", "newer"),
    [
        ("9-0", "10-0", "10-0"),
        ("10-2", "10-10", "10-10"),
        (None, "1-0", "1-0"),
        ("1-0", None, "1-0"),
        (None, None, None),
    ],
)
def test_the_newer_event_is_found_by_number(page: ListenerPage, one: str, other: str, newer: str) -> None:
    assert run(page, "return p.newerEventId(...x);", [one, other]) == newer
