"""What leaves the microphone: frames of the size the protocol wants, and every sample once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.browser.support.listener_page import ListenerPage, OpenPage
from tests.browser.support.scripted_server import ScriptedServer


@pytest.mark.parametrize("worklet", [True, False], ids=["worklet", "script-processor"])
@pytest.mark.parametrize("rate_hz", [8_000, 44_100, 48_000, 96_000])
def test_frames_are_of_20_to_100_ms_at_the_devices_own_rate(
    server: ScriptedServer, open_page: OpenPage, hum: Path, rate_hz: int, worklet: bool
) -> None:
    # Given a page whose sound card has this rate
    page = open_page(server.url, hum, rate_hz=rate_hz, worklet=worklet)
    # When somebody speaks for a second
    page.toggle()
    visit = server.visit()
    visit.ready()
    visit.wait_audio(1)
    page.toggle()
    visit.wait_text("stop")

    # Expect frames of the protocol at the device's own rate
    *frames, last = visit.frame_samples
    assert visit.start["sample_rate"] == rate_hz
    assert all(0.02 * rate_hz <= samples <= 0.1 * rate_hz for samples in frames)
    assert 0 < last <= 0.1 * rate_hz  # what was left when Stop was pressed
    assert any(visit.audio)


def run(page: ListenerPage, module: str, body: str) -> Any:
    """The value of a function's body in the page, with a module of the page as `m`."""
    return page.page.evaluate(f"async () => {{ const m = await import('/static/{module}'); {body} }}")


def test_samples_become_16_bit_with_clipping(idle_page: ListenerPage) -> None:
    body = "return [...m.toPcm16(new Float32Array([0, 1, -1, 0.5, 2, -2, NaN]))];"
    pcm = run(idle_page, "microphone/pcm-recorder.js", body)
    assert pcm == [0, 32_767, -32_767, 16_384, 32_767, -32_767, 0]


def test_kept_audio_is_numbered_without_gap(idle_page: ListenerPage) -> None:
    # Given a window of 10 samples with frames of 4; when two are sent and the server resumes in the second
    body = """
    const kept = new m.UnackedAudio(10);
    const pushed = [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12]].map((each) => kept.push(Int16Array.from(each)));
    kept.next(); kept.next();
    kept.acknowledge(4);
    kept.resumeFrom(6);
    const again = [...kept.next()];
    const more = kept.push(Int16Array.from([9, 10]));
    return { pushed, again, more, next: [...kept.next()], samples: kept.samples, rest: kept.next() };
    """
    assert run(idle_page, "server/unacked-audio.js", body) == {
        "pushed": [True, True, False], "again": [7, 8], "more": True, "next": [9, 10], "samples": 4, "rest": None,
    }  # fmt: skip


def test_silence_takes_the_place_of_what_the_server_has_lost(idle_page: ListenerPage) -> None:
    # Given a window of 6 samples; when 8 are acknowledged, and then the server has only 3
    body = """
    const kept = new m.UnackedAudio(6);
    for (const pcm of [[1, 2, 3, 4], [5, 6, 7, 8]]) {
      kept.push(Int16Array.from(pcm)); kept.next(); kept.acknowledge(kept.end);
    }
    kept.push(Int16Array.from([9, 10]));
    const lost = [kept.resumeFrom(3), kept.resumeFrom(3)];
    const first = [...kept.next()];
    const held = kept.next();
    kept.acknowledge(8);
    const second = [...kept.next()];
    kept.resumeFrom(3); kept.restartFrom(0);
    return { lost, first, held, second, samples: kept.samples, end: kept.end };
    """
    # Expect silence for the 5, within the window, and none of it for another session
    assert run(idle_page, "server/unacked-audio.js", body) == {
        "lost": [5, 0], "first": [0] * 5, "held": None, "second": [9, 10], "samples": 2, "end": 2,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("code", "error", "action"),
    [
        (1000, None, "done"), (1006, None, "resume"), (1012, None, "resume"), (1013, "full", "later"),
        (4400, "bad_message", "giveUp"), (4401, "unauthorized", "giveUp"), (4408, "idle", "resume"),
        (4429, "too_fast", "resume"), (4400, "unknown_resume_token", "fresh"), (4400, "taken_over", "giveUp"),
    ],
)  # fmt: skip
def test_every_close_code_has_its_answer(idle_page: ListenerPage, code: int, error: str | None, action: str) -> None:
    last = f"{{ code: '{error}' }}" if error else "null"
    body = f"return m.verdict({code}, {last}).action;"
    assert run(idle_page, "server/close-codes.js", body) == action


def test_retries_grow_and_are_not_in_step(idle_page: ListenerPage) -> None:
    body = """
      const bounds = (attempt, reason) =>
        [0, 1].map((r) => m.retryDelayMs(attempt, { action: "resume", reason }, () => r));
      return [[0, 1, 2, 9].map((n) => bounds(n, "away")), bounds(0, "restart")];
    """
    away, restart = run(idle_page, "server/close-codes.js", body)
    assert away == [[150, 300], [300, 600], [600, 1200], [5000, 10_000]]
    assert restart == [1000, 2000]  # all of them come back: over a second
