"""Recordings for the page: as files of every kind, chosen or dropped."""

from __future__ import annotations

import base64
from pathlib import Path

import numpy as np
import soundfile

from tests.browser.support.listener_page import ListenerPage
from tests.support.encoded_audio import encoded
from tests.support.speech import espeak

SENTENCES = (
    "The music was wonderful and I enjoyed every minute of it.",
    "Then the train was late and it was terrible.",
    "We walked home along the river.",
)

_DROP = """({ name, type, content }) => {
  const bytes = Uint8Array.from(atob(content), (each) => each.charCodeAt(0));
  const data = new DataTransfer();
  data.items.add(new File([bytes], name, { type }));
  globalThis.dragged = data;
  const how = { dataTransfer: data, bubbles: true, cancelable: true };
  for (const kind of ["dragenter", "dragover"]) document.querySelector("main").dispatchEvent(new DragEvent(kind, how));
}"""
_LET_GO = """() => document.querySelector("main")
  .dispatchEvent(new DragEvent("drop", { dataTransfer: globalThis.dragged, bubbles: true, cancelable: true }))"""


def spoken(folder: Path, *sentences: str, name: str = "talk.wav", times: int = 1) -> Path:
    """Sentences one after another, as a file of the kind that its name says."""
    parts = [
        soundfile.read(espeak(text, folder / f"part{n}.wav", 16_000), dtype="int16")[0]
        for n, text in enumerate(sentences)
    ]
    return encoded(np.concatenate(parts * times).astype("<i2").tobytes(), folder / name)


def choose(page: ListenerPage, *paths: Path) -> None:
    with page.page.expect_file_chooser() as chooser:
        page.page.click("#open-file")
    chooser.value.set_files(paths)


def drag(page: ListenerPage, path: Path, type_: str) -> None:
    """Hold a file over the page."""
    content = base64.b64encode(path.read_bytes()).decode()
    page.page.evaluate(_DROP, {"name": path.name, "type": type_, "content": content})


def let_go(page: ListenerPage) -> None:
    page.page.evaluate(_LET_GO)
