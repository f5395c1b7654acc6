"""What a talk becomes outside the page, run inside Chromium, with the server's own subtitles beside it."""

from __future__ import annotations

import csv
import io
import json
import re
from html import unescape
from typing import Any

import pytest
from markdown_it import MarkdownIt

from fastapi_service.openai import subtitles
from fastapi_service.openai.transcript import Segment
from tests.browser.support.listener_page import ListenerPage
from wta.messages import Final

_TEXTS = ["Hello & <welcome> --> all.", "안녕하세요, “친구”.", '=HYPERLINK("http://evil")', "+1, -1\tand @you", "Fine."]
# Halves of a millisecond, an hour and more: where two ways of rounding would part.
_TIMES = [(0.0005, 1.0015), (2.5, 3.9995), (59.9995, 61.25), (3599.9999, 3661.0625), (7325.1234, 7326.0)]
_MOODS = ["POSITIVE", "NEGATIVE", "NEUTRAL", None, None]


@pytest.fixture(scope="module")
def records() -> list[dict[str, Any]]:
    rows = zip(_TEXTS, _TIMES, _MOODS, strict=True)
    settled = [
        {"seq": seq, "state": "settled", "text": text, "start": start, "end": end, "mood": mood}
        | ({"score": 0.934, "scores": {mood: 0.934}} if mood else {"reason": "It is not in English."})
        for seq, (text, (start, end), mood) in enumerate(rows, start=1)
    ]
    return [*settled, {"seq": 6, "state": "failed", "text": "", "problem": "=Nobody answered."},
            {"seq": 7, "state": "speaking", "text": "not yet", "stableChars": 0}]  # fmt: skip


@pytest.fixture(scope="module")
def page(idle_page: ListenerPage) -> ListenerPage:
    return idle_page


def made(page: ListenerPage, extension: str, records: list[dict[str, Any]], moods: bool = True) -> str:
    script = """async ({ extension, records, moods }) => {
      const { FORMATS } = await import("/static/export/formats.js");
      const { translator } = await import("/static/texts/texts.js");
      const talk = { title: "Talk of 10:20", startedAt: new Date("2026-11-25T10:20:00Z"), records };
      return FORMATS[extension].make(talk, { t: translator("en"), moods });
    }"""
    return str(page.page.evaluate(script, {"extension": extension, "records": records, "moods": moods}))


def segments(records: list[dict[str, Any]]) -> list[Segment]:
    """The same talk, as the server's own subtitles are made of it."""
    found = []
    for row in (record for record in records if record["state"] == "settled"):
        start, end = row["start"], row["end"]
        final = Final(utterance_id="s:1", seq=row["seq"], start=start, end=end, text=row["text"])
        found.append(Segment(start, end, final))
    return found


def test_subtitles_are_the_servers_own(page: ListenerPage, records: list[dict[str, Any]]) -> None:
    assert made(page, "srt", records, moods=False) == subtitles.srt(segments(records))
    assert made(page, "vtt", records, moods=False) == subtitles.vtt(segments(records))
    assert made(page, "srt", [], moods=False) == subtitles.srt([])
    assert made(page, "vtt", [], moods=False) == subtitles.vtt([])


def test_markdown_shows_every_word_as_it_was_said(page: ListenerPage, records: list[dict[str, Any]]) -> None:
    # Given words that Markdown would take for its own
    said = [*_TEXTS, "*stars* and _lines_, [a](b) `c` <b>d</b> # 1 \\\\ e"]
    rows = [*records, {**records[4], "seq": 8, "text": said[-1]}]
    # When they are exported, and shown
    html = MarkdownIt().render(made(page, "md", rows))
    # Expect the same words, and the moods of those that have one
    points = [unescape(re.sub(r"</?(?:strong|em)>", "", point)) for point in re.findall(r"<li>(.*?)</li>", html)]
    words = [re.sub(r"^\S+ ", "", point) for point in points]
    assert [re.sub(r" \((?:Positive|Negative|Neutral) 93 %\)$", "", point) for point in words] == said
    assert html.startswith("<h1>Talk of 10:20</h1>") and html.count("<em>(") == 3
    assert "93 %" not in made(page, "md", rows, moods=False)


def test_moods_are_a_line_of_srt_and_a_note_of_vtt(page: ListenerPage, records: list[dict[str, Any]]) -> None:
    srt, vtt = (made(page, kind, records) for kind in ("srt", "vtt"))
    assert srt.startswith("1\n00:00:00,000 --> 00:00:01,002\nHello & <welcome> --> all.\n(Positive 93 %)\n\n2\n")
    assert srt.replace("(Positive 93 %)\n", "").replace("(Negative 93 %)\n", "").replace(
        "(Neutral 93 %)\n", ""
    ) == subtitles.srt(segments(records))
    assert vtt.startswith("WEBVTT\n\nNOTE Positive 93 %\n\n00:00:00.000 --> 00:00:01.002\nHello &amp; &lt;welcome&gt;")
    assert vtt.count("NOTE") == 3


def test_a_browser_plays_the_vtt(page: ListenerPage, records: list[dict[str, Any]]) -> None:
    """Chromium's own parser finds each sentence once, at its time, and no note among them."""
    script = """(text) => new Promise((resolve, reject) => {
      const video = document.createElement("video");
      const track = Object.assign(document.createElement("track"), {
        kind: "subtitles", default: true, src: `data:text/vtt;base64,${btoa(unescape(encodeURIComponent(text)))}`,
      });
      track.onload = () => resolve([...track.track.cues].map(({ startTime, text }) => [startTime, text]));
      track.onerror = () => reject(new Error("not read"));
      video.append(track);
      document.body.append(video);
      track.track.mode = "showing";
    })"""
    blank = page.page.context.new_page()  # the page's own policy allows no such address
    cues = blank.evaluate(script, made(page, "vtt", records))
    assert len(cues) == len(_TEXTS)
    assert cues[1] == [2.5, _TEXTS[1]]


def test_no_cell_of_the_table_is_a_formula(page: ListenerPage, records: list[dict[str, Any]]) -> None:
    text = made(page, "csv", records)
    assert text.startswith("\ufeffseq,start_s,") and text.endswith("\r\n")
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
    assert [row["text"] for row in rows] == [_TEXTS[0], _TEXTS[1], "'" + _TEXTS[2], "'" + _TEXTS[3], _TEXTS[4], ""]
    assert [row["sentiment"] for row in rows] == ["POSITIVE", "NEGATIVE", "NEUTRAL", "", "", ""]
    assert rows[0]["score"] == rows[0]["positive"] == "0.934" and rows[0]["negative"] == ""
    assert (rows[5]["state"], rows[5]["note"]) == ("failed", "'=Nobody answered.")
    assert not [cell for row in rows for cell in row.values() if cell[:1] in set("=+-@\t\r\uff1d\uff0b\uff0d\uff20")]


def test_json_has_everything(page: ListenerPage, records: list[dict[str, Any]]) -> None:
    found = json.loads(made(page, "json", records))
    assert found["title"] == "Talk of 10:20" and found["started_at"] == "2026-11-25T10:20:00.000Z"
    assert [s["text"] for s in found["sentences"][:5]] == _TEXTS
    first, failed = found["sentences"][0], found["sentences"][5]
    assert first["sentiment"] == {"label": "POSITIVE", "score": 0.934, "scores": {"POSITIVE": 0.934}}
    assert (failed["state"], failed["problem"]) == ("failed", "=Nobody answered.")
    assert found["summary"]["sentences"] == 5 and found["summary"]["moods"]["POSITIVE"] == 1


def test_text_is_a_line_a_sentence(page: ListenerPage, records: list[dict[str, Any]]) -> None:
    lines = made(page, "txt", records).splitlines()
    assert lines[0] == "Talk of 10:20" and len(lines) == 6
    assert lines[1] == "[0:00] Hello & <welcome> --> all. (Positive 93 %)"
    assert lines[5] == "[2:02:05] Fine."
    assert "(Positive" not in made(page, "txt", records, moods=False)


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("lecture", "lecture.srt"),
        ("회의 3월", "회의 3월.srt"),
        ('a/b\\c:d*e?"<f>|g', "a b c d e f g.srt"),
        ("../../etc/passwd", "etc passwd.srt"),
        ("\u202egpj.exe", "gpj.exe.srt"),
        ("CON", "talk CON.srt"),
        ("...", "talk.srt"),
        ("x" * 300, "x" * 80 + ".srt"),
    ],
)
def test_file_names_are_safe(page: ListenerPage, title: str, name: str) -> None:
    script = "async (title) => (await import('/static/export/formats.js')).fileName(title, 'srt')"
    assert page.page.evaluate(script, title) == name
