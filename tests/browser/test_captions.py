"""The captions page: whoever has the link reads along, in the look that the address asks for, until the link ends."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.support.listener_page import OpenPage
from tests.support import sounds
from tests.support.speech import espeak
from tests.support.stack import Stack


@pytest.mark.timeout(180)
def test_the_audience_of_a_talk_reads_along_until_the_link_ends(
    stack: Stack, open_page: OpenPage, tmp_path: Path
) -> None:
    # Given somebody who speaks, and makes a link
    speaker = open_page(stack.http_url, espeak(sounds.SENTENCES[2], tmp_path / "talk.wav"))
    speaker.toggle()
    speaker.wait_state("open")
    speaker.page.click("#captions-open")
    link = speaker.page.locator(".captions-address")
    expect(link).to_have_value(re.compile(rf"^{stack.http_url}/captions/[0-9a-f]{{16}}#\S{{32}}$"))
    # When somebody else opens it, with a look of their own
    address, _, token = link.input_value().partition("#")
    audience = speaker.page.context.new_page()
    audience.goto(f"{address}?lines=3&size=9&color=ffee00&ground=0000#{token}")
    # Expect the words, and nothing else between them and what is behind the page
    expect(audience.locator("#words")).to_contain_text("window", timeout=30_000)
    colour = "getComputedStyle(document.querySelector('{}')).{}"
    assert audience.evaluate(colour.format("main", "color")) == "rgb(255, 238, 0)"
    assert audience.evaluate(colour.format("body", "backgroundColor")) == "rgba(0, 0, 0, 0)"
    # When the link is taken back, expect the audience to be told
    speaker.page.click(".captions-end")
    expect(speaker.page.locator(".captions-note")).to_contain_text("Nobody can follow")
    expect(audience.locator("#state")).to_contain_text("not valid any more", timeout=20_000)
    assert speaker.complaints == []
