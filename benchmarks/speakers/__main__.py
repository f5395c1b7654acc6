"""Measures how well speakers are told apart: `python -m benchmarks.speakers [--data FOLDER]`.

Kept back are every second reader, by name, and all meetings: the settings were chosen on the other readers.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import onnxruntime
import torch
import typer

from benchmarks import machine
from benchmarks.speakers import conversations, equal_error
from benchmarks.speakers.diarize import diarize
from benchmarks.speakers.memory import more_memory_mb
from benchmarks.speakers.recordings import Conversation, Readers, read_meetings, read_readers
from benchmarks.speakers.scores import Score, score
from fastapi_service.audio.vad import load_network
from stt_worker.engines.create import create_engine
from stt_worker.settings import SttSettings
from stt_worker.speakers.embedder import SpeakerEmbedder
from wta.audio_format import SAMPLE_RATE_HZ
from wta.settings import PROJECT_ROOT, Settings, load_settings

RESULTS = PROJECT_ROOT / "benchmarks" / "results" / "speakers.json"
SECONDS, EACH = 90.0, 4
"""Length of a made conversation, and how many there are of each kind."""
KINDS = ((1, True), (2, True), (4, True), (8, True), (2, False), (4, False), (8, False))
"""How many speakers, and whether there are gaps between their turns."""


def main(
    data: Annotated[Path, typer.Option(help="Folder with speakers/ and meeting/.")] = Path("../shared/data"),
    tuning: Annotated[
        bool, typer.Option(help="Measure the readers that the settings were chosen on, and write nothing.")
    ] = False,
) -> None:
    torch.set_num_threads(1)
    settings, vad = load_settings(), load_network()
    engine = create_engine(SttSettings(model="tiny.en", models_dir=settings.models_dir, threads=1))
    engine.transcribe(np.zeros(10 * SAMPLE_RATE_HZ, dtype=np.float32))  # the network will live beside it
    embedder, memory_mb = more_memory_mb(lambda: _used(SpeakerEmbedder(settings.models_dir)))
    readers = {
        name: [conversations.without_silence(sentence, settings, vad) for sentence in sentences]
        for name, sentences in read_readers(data / "speakers").items()
    }
    ours = _of(readers, sorted(readers)[0 if tuning else 1 :: 2])
    figures: dict[str, Any] = {"conversations": {}}
    for speakers, gaps in KINDS:
        made = _made(ours if speakers <= len(ours) else readers, speakers, gaps)
        figures["conversations"][_kind(speakers, gaps)] = _judged(made, settings, vad, embedder)
    if not tuning:
        figures["meetings"] = _judged(read_meetings(data / "meeting"), settings, vad, embedder)
        figures["equal_error"] = equal_error.measure(readers, embedder)
        figures["cpu_ms"] = equal_error.cost_ms(readers, embedder)
        figures["memory_mb"] = memory_mb
        figures |= {"made": datetime.now(UTC).date().isoformat(), "machine": machine.describe()}
        RESULTS.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    typer.echo(json.dumps(figures, indent=2))


def _used(embedder: SpeakerEmbedder) -> SpeakerEmbedder:
    """The embedder after its longest work, because the first use takes most of the memory."""
    embedder.voice(0, np.zeros(round(10 * SAMPLE_RATE_HZ), dtype=np.float32))
    return embedder


def _of(readers: Readers, names: list[str]) -> Readers:
    return {name: readers[name] for name in names}


def _made(readers: Readers, speakers: int, gaps: bool) -> list[Conversation]:
    """Conversations of that kind, of speakers drawn by a seed; one speaker alone: each reader in turn."""
    found = []
    for seed in range(EACH):
        chance = np.random.default_rng(seed)
        names = [str(name) for name in chance.choice(sorted(readers), speakers, replace=False)]
        names = [sorted(readers)[seed]] if speakers == 1 else names
        found.append(conversations.make(readers, names, gaps=gaps, seconds=SECONDS, seed=seed))
    return found


def _kind(speakers: int, gaps: bool) -> str:
    return f"{speakers} {'with' if gaps else 'without'} gaps"


def _judged(
    heard: list[Conversation], settings: Settings, vad: onnxruntime.InferenceSession, embedder: SpeakerEmbedder
) -> dict[str, Any]:
    online, at_end = Score(), Score()
    for conversation in heard:
        said = diarize(conversation, settings, vad, embedder)
        online += score(conversation, said.online)
        at_end += score(conversation, said.at_end)
    true = sum(conversation.speakers for conversation in heard)
    return {"recordings": len(heard), "speakers": true, "online": online.figures(), "at_end": at_end.figures()}


if __name__ == "__main__":
    typer.run(main)
