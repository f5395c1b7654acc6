"""`python -m wta stream`: from a file or the microphone to printed results, through the whole system."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.client.fake_microphone import FakeMicrophone
from tests.support.processes import ROOT, Process
from tests.support.stack import Stack, wta
from tests.support.wait import wait_until
from wta.cli.stream import websocket_url
from wta.settings import Settings

TIMEOUT_S = 180


def stream(*args: str | Path, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        wta("stream", *map(str, args)), cwd=ROOT, env=os.environ | env, capture_output=True, text=True,
        timeout=TIMEOUT_S, check=False,
    )  # fmt: skip


def lines(answer: subprocess.CompletedProcess[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in answer.stdout.splitlines()]


@pytest.mark.parametrize("pace", ["fast", "realtime"])
def test_a_file_is_heard_and_felt(stack: Stack, spoken: Path, pace: str) -> None:
    answer = stream(spoken, "--url", stack.ws_url, "--pace", pace, "--json")

    assert answer.returncode == 0, answer.stderr
    assert answer.stderr == ""
    heard = lines(answer)
    finals = [line for line in heard if line["type"] == "final"]
    assert re.search(r"love\b.*\bday", " ".join(str(line["text"]) for line in finals))
    sentiments = [line for line in heard if line["type"] == "sentiment"]
    assert {line["utterance_id"] for line in finals} == {line["utterance_id"] for line in sentiments}
    assert heard[-1]["type"] == "done"
    assert {line["file"] for line in heard} == {str(spoken)}
    assert {line["language"] for line in finals} == {"en"}


def test_a_session_gets_what_it_asks_for(stack: Stack, spoken: Path) -> None:
    asked = ("--language", "en", "--task", "transcribe", "--endpoint-ms", "700", "--words")
    answer = stream(spoken, "--url", stack.ws_url, "--pace", "fast", "--json", *asked)

    assert answer.returncode == 0, answer.stderr
    finals = [line for line in lines(answer) if line["type"] == "final"]
    assert finals
    for final in finals:
        words = final["words"]
        assert [word["word"] for word in words] == str(final["text"]).split()
        assert final["start"] <= words[0]["start"] <= words[-1]["end"] <= final["end"] + 0.1


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (("--language", "ko"), "knows English only"),
        (("--task", "translate"), "cannot translate"),
        (("--task", "sing"), "--task"),
        (("--endpoint-ms", "50"), "--endpoint-ms"),
        (("--language", "Klingon"), "language"),
        (("--languages", "en,ko"), "knows English only"),
    ],
)
def test_an_impossible_option_is_refused_in_words(
    stack: Stack, spoken: Path, asked: tuple[str, str], words: str
) -> None:
    answer = stream(spoken, "--url", stack.ws_url, *asked, COLUMNS="200")
    assert answer.returncode != 0 and answer.stdout == ""
    assert words in answer.stderr and "Traceback" not in answer.stderr


def test_several_files_are_several_sessions(stack: Stack, recordings: list[Path]) -> None:
    answer = stream(*recordings, "--url", stack.http_url, "--pace", "fast", "--json")

    assert answer.returncode == 0, answer.stderr
    heard = lines(answer)
    assert [line["file"] for line in heard if line["type"] == "done"] == list(map(str, recordings))
    assert len({line["session_id"] for line in heard if line["type"] == "done"}) == len(recordings)
    ids = {str(line["utterance_id"]) for line in heard if line["type"] == "final"}
    assert len(ids) >= len(recordings)
    written = wait_until(lambda: [text for text in stack.log_lines() if _utterance(text) in ids], 20, "not in the log")
    wait_until(lambda: len([text for text in stack.log_lines() if _utterance(text) in ids]) == len(ids), 20, "not all")
    assert all('"' in text for text in written)


def _utterance(log_line: str) -> str:
    _, session, number, *_ = log_line.split()
    return f"{session}:{int(number[1:])}"


def test_silence_has_no_message_but_done(stack: Stack, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "silence.wav", np.zeros((44_100 * 5, 2)), 44_100)
    answer = stream(tmp_path / "silence.wav", "--url", stack.ws_url, "--pace", "fast", "--json")

    assert answer.returncode == 0, answer.stderr
    assert [line["type"] for line in lines(answer)] == ["done"]


def test_people_get_lines_of_text_with_their_mood(stack: Stack, spoken: Path) -> None:
    answer = stream(spoken, "--url", stack.ws_url, "--pace", "fast")

    assert answer.returncode == 0, answer.stderr
    assert re.search(r"#1 0:0\d\.\d .*love", answer.stdout)
    assert re.search(r"#1  (POSITIVE|NEGATIVE|NEUTRAL) [01]\.\d\d", answer.stdout)


def test_who_reads_no_further_gets_no_traceback(stack: Stack, spoken: Path, tmp_path: Path) -> None:
    command = wta("stream", str(spoken), str(spoken), "--url", stack.ws_url, "--pace", "fast", "--json")
    with (tmp_path / "err").open("w+") as errors:
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=errors, text=True)
        assert process.stdout is not None and '"final"' in process.stdout.readline()
        process.stdout.close()
        assert process.wait(TIMEOUT_S) == 1
        errors.seek(0)
        assert errors.read() == ""


def test_a_bad_file_does_not_keep_the_others_from_being_done(stack: Stack, spoken: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.wav").write_bytes(b"no audio")
    files = (tmp_path / "bad.wav", spoken, tmp_path / "none.wav")
    answer = stream(*files, "--url", stack.ws_url, "--pace", "fast", "--json")

    assert answer.returncode == 1
    assert [line["file"] for line in lines(answer) if line["type"] == "done"] == [str(spoken)]
    assert "bad.wav: cannot be read as audio" in answer.stderr
    assert "none.wav: there is no such file" in answer.stderr


def test_the_microphone_is_heard_until_ctrl_c(
    stack: Stack, microphone: FakeMicrophone, spoken: Path, tmp_path: Path
) -> None:
    # Given somebody who streams the microphone
    output = tmp_path / "out"
    process = Process("mic", wta("stream", "--mic", "--json", "--url", stack.ws_url), microphone.env, output)
    process.start()
    try:
        wait_until(lambda: "Listening to" in output.read_text(), 30, "it does not listen")
        # When something is said, and then Ctrl-C pressed
        microphone.hear(spoken)
        wait_until(lambda: '"final"' in output.read_text(), TIMEOUT_S, "nothing was heard")
        process.signal(signal.SIGINT)
        # Expect a proper end, with the words
        assert process.wait(60) == 0
    finally:
        process.kill()
    heard = [json.loads(line) for line in output.read_text().splitlines() if line.startswith("{")]
    assert "day" in " ".join(str(line.get("text", "")) for line in heard)
    assert heard[-1]["type"] == "done"
    assert heard[-1]["file"] == "microphone"


@pytest.fixture
def own_stack(tmp_path: Path) -> Iterator[Stack]:
    stack = Stack(tmp_path / "stack")
    try:
        stack.start()
        yield stack
    finally:
        stack.stop()


def test_a_restart_of_the_web_service_loses_nothing(own_stack: Stack, recordings: list[Path], tmp_path: Path) -> None:
    # Given somebody in the middle of a recording
    output = tmp_path / "out"
    command = wta("stream", str(recordings[0]), "--url", own_stack.ws_url, "--pace", "realtime", "--json")
    process = Process("stream", command, {}, output)
    process.start()
    try:
        wait_until(lambda: _sessions(own_stack), 30, "no session began")
        time.sleep(1.5)  # into the middle of the speech
        # When the web service dies and comes back
        own_stack.kill("web")
        own_stack.restart("web")
        # Expect the stream to come to its end
        assert process.wait(TIMEOUT_S) == 0
    finally:
        process.kill()
    # Expect the same words as without the restart
    undisturbed = stream(recordings[0], "--url", own_stack.ws_url, "--pace", "fast", "--json")
    heard = [line for line in output.read_text().splitlines() if line.startswith("{")]
    assert "resuming" in output.read_text()
    assert _words(heard) == _words(undisturbed.stdout.splitlines())


def _sessions(stack: Stack) -> list[bytes]:
    return list(stack.client().scan_iter("session:*"))


def _words(output: list[str]) -> list[str]:
    texts = [str(line["text"]) for line in map(json.loads, output) if line["type"] == "final"]
    return re.findall(r"\w+", " ".join(texts).lower())


def test_a_missing_server_is_said_with_how_to_start_it(spoken: Path) -> None:
    answer = stream(spoken, "--json", WTA_PORT="9")

    assert answer.returncode == 1
    assert answer.stdout == ""
    assert "No server answers at ws://127.0.0.1:9/ws/audio (connection refused)" in answer.stderr
    assert "make run" in answer.stderr


@pytest.mark.parametrize("args", [[], ["--mic", "a.wav"], ["a.wav", "--pace", "slow"]])
def test_wrong_use_is_explained(args: list[str]) -> None:
    answer = stream(*args)

    assert answer.returncode == 2
    assert "Usage: wta stream" in answer.stderr


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (None, "ws://127.0.0.1:8123/ws/audio"),
        ("ws://h:1/ws/audio", "ws://h:1/ws/audio"),
        ("http://h:1", "ws://h:1/ws/audio"),
        ("https://h/", "wss://h/ws/audio"),
        ("h:1", "ws://h:1/ws/audio"),
        ("wss://h/below/ws/audio", "wss://h/below/ws/audio"),
    ],
)
def test_an_address_becomes_that_of_the_websocket(given: str | None, meant: str) -> None:
    assert websocket_url(given, Settings(host="0.0.0.0", port=8123)) == meant
