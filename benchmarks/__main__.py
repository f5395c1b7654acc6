"""`make bench` measures how soon the text is there, and compares with openai-whisper and faster-whisper.

QUICK=1 takes three minutes: fewer utterances, speakers and noise, and no WhisperLive.

python -m benchmarks                   # measures everything → results/latest.json, latest.svg, figures in documents
python -m benchmarks speed             # measures one part; the others keep their last figures
python -m benchmarks levers            # measures what each of the engine's levers is worth → results/levers.json
python -m benchmarks robustness        # measures noisy, fast and whispered speech → results/robustness.json
python -m benchmarks models            # measures memory and time of each size of Whisper → results/models.json
python -m benchmarks languages         # measures how languages are told apart → results/languages.json
python -m benchmarks endpoints         # counts sentences torn in the middle → results/endpoints.json
python -m benchmarks voices other      # measures real readers, accents and Korean, in noise → results/voices.json
python -m benchmarks rooms             # measures voice detection in meetings → results/rooms.json
python -m benchmarks gateway           # measures sockets per core → results/gateway.json
WTA_SPEECH_DIR=/my/recordings make bench         # uses other recordings, with transcripts.tsv: file name, tab, text
"""

from __future__ import annotations

import json
import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks import figures, machine
from benchmarks.figures import RESULTS
from benchmarks.live import gateway, speaker, whisper_live
from benchmarks.report.plot import plot
from benchmarks.speech import (
    cuts,
    endpoints,
    languages,
    levers,
    no_speech,
    recordings,
    robustness,
    rooms,
    sizes,
    voices,
)
from benchmarks.speech.compare import Comparison
from benchmarks.speech.systems import MODEL, OPENAI_DEFAULT, SYSTEMS
from stt_worker.engines.create import create_engine
from stt_worker.settings import SttSettings
from wta.cores import cores
from wta.settings import load_settings

QUICK = bool(os.environ.get("QUICK"))
_SPEAKERS = [1, 4] if QUICK else [1, 2, 4, 8, 16]
_SPEAK_S = 12.0 if QUICK else 35.0
_UTTERANCES = 10 if QUICK else 120
_NOISE_S = 10.0 if QUICK else 60.0
_SYSTEMS = [name for name in SYSTEMS if not QUICK or name != OPENAI_DEFAULT]

Parts = Annotated[list[str] | None, typer.Argument(help="Folders of recordings; none: all.")]

app = typer.Typer(add_completion=False, invoke_without_command=True, help=__doc__)


@app.callback()
def everything(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        parts = [speed, quality, speakers]
        if whisper_live.is_installed() and not QUICK:
            parts.append(whisper_live_command)
        for number, part in enumerate([*parts, write_report], start=1):
            print(f"[{number} of {len(parts) + 1}] {(part.__doc__ or '').partition('.')[0]}", flush=True)
            part()


@app.command()
def speed() -> None:
    """Measure the time from the VAD decision to the text, and the word error rate."""
    settings, spoken = load_settings(), _recordings()
    said = recordings.utterances(spoken, settings)
    spoken, said = recordings.some(spoken, said, _UTTERANCES)
    found = Comparison(settings.models_dir, cores(), _SYSTEMS).run(spoken, said)
    _update("latest", {"model": MODEL, "speech": recordings.describe(spoken, said)} | found)


@app.command()
def quality() -> None:
    """Count words that nobody said, and words lost at cuts."""
    settings, spoken = load_settings(), _recordings()
    engine = create_engine(SttSettings(model=MODEL, models_dir=settings.models_dir))
    _update("latest", no_speech.measure(engine, spoken, _NOISE_S, settings) | cuts.measure(engine, spoken, settings))


@app.command()
def speakers() -> None:
    """Let live speakers talk to the whole system."""
    with tempfile.TemporaryDirectory() as folder:
        found = speaker.measure(_recordings(), _SPEAKERS, _SPEAK_S, Path(folder), whisper_model=MODEL)
    prompt = [int(n) for n, one in found["end_of_speech"].items() if _prompt(one)]
    _update("latest", found | {
        "max_speakers_p95_1500ms": max(prompt, default=0),
        "first_word_ms_p50": found["end_of_speech"]["1"]["first_word_ms"]["p50"],
        "dropped": sum(one["dropped"] for one in found["end_of_speech"].values()),
    })  # fmt: skip


@app.command("whisper-live")
def whisper_live_command() -> None:
    """Let as many speakers talk to WhisperLive's server."""
    with tempfile.TemporaryDirectory() as folder:
        models_dir = load_settings().models_dir
        _update("latest", whisper_live.measure(_recordings(), _SPEAKERS, models_dir, Path(folder)))


def _prompt(one: dict[str, Any]) -> bool:
    return not one["dropped"] and (one["text_ms"]["p95"] or 0) <= 1500


@app.command("levers")
def levers_command() -> None:
    """Measure each lever of the engine, alone and together."""
    settings, spoken = load_settings(), _recordings()[:: 6 if QUICK else 2]
    said = recordings.utterances(spoken, settings)
    _write("levers", levers.measure(spoken, said, settings.models_dir) | _heading())


@app.command("robustness")
def robustness_command() -> None:
    """Measure the word error rate where the speech is unlike the recordings."""
    settings, spoken = load_settings(), _recordings()[:: 4 if QUICK else 2]
    _write("robustness", robustness.measure(spoken, settings, settings.models_dir) | _heading())


@app.command("models")
def models_command() -> None:
    """Measure memory and time of each size of Whisper, with tiny.en's and base's own weights where they are here."""
    _write("models", sizes.measure(load_settings().models_dir) | _heading())


@app.command("languages")
def languages_command() -> None:
    """Measure how languages are told apart over a session."""
    _write("languages", languages.measure(load_settings().models_dir, every=6 if QUICK else 1) | _heading())


@app.command("endpoints")
def endpoints_command(parts: Parts = None) -> None:
    """Count the sentences torn in the middle, and the time from a sentence's end to its text."""
    if folder := recordings.speech_folder():
        for part in parts or endpoints.PARTS:
            if (folder.parent / part).is_dir():
                _update("endpoints", {part: endpoints.measure(part, folder.parent, load_settings().models_dir)})


@app.command("voices")
def voices_command(corpora: Annotated[list[str], typer.Argument()] = [c.folder for c in voices.CORPORA]) -> None:  # noqa: B006
    """Measure word errors of hard voices against openai-whisper, alone and in noise. Other corpora keep their rows."""
    if (folder := recordings.speech_folder()) is None:
        raise SystemExit("No folder of recordings: set WTA_SPEECH_DIR")
    found = voices.measure(folder.parent, load_settings().models_dir, corpora, every=4 if QUICK else 1)
    kept = [row for row in figures.read_results().get("voices", {}).get("rows", []) if row["corpus"] not in corpora]
    for row in found:
        kept.append(row)
        _write("voices", {"rows": kept} | _heading())


@app.command("rooms")
def rooms_command() -> None:
    """Measure how much of what is said in meetings the voice detection takes for speech."""
    if (folder := recordings.speech_folder()) is None or not (meeting := folder.parent / "meeting").is_dir():
        raise SystemExit("No folder of meetings beside the folder of speech")
    _write("rooms", rooms.measure(meeting, load_settings()) | _heading())


@app.command("gateway")
def gateway_command() -> None:
    """Measure real-time sockets for each core, by the size of the frames and the length of the session."""
    with tempfile.TemporaryDirectory() as folder:
        _write("gateway", gateway.measure(_recordings(), Path(folder), seconds=6.0 if QUICK else 10.0) | _heading())


@app.command("report")
def write_report() -> None:
    """Write the plot, and the figures in the documents, from the last results."""
    figures.write()
    plot(figures.read_results()["latest"], RESULTS / "latest.svg")


def _recordings() -> list[recordings.Recording]:
    found = recordings.load(load_settings().models_dir / "benchmarks")
    if not found:
        raise SystemExit(f"No recordings ({', '.join(recordings.SOUNDS)}) in {recordings.speech_folder()}")
    return found


def _update(name: str, part: dict[str, Any]) -> None:
    _write(name, figures.read_results().get(name, {}) | part | _heading())


def _write(name: str, measured: dict[str, Any]) -> None:
    """Into the results, and onto the screen."""
    text = json.dumps(measured, indent=2)
    (RESULTS / f"{name}.json").write_text(text + "\n", encoding="utf-8")
    print(text)


def _heading() -> dict[str, Any]:
    return {"made": datetime.now(UTC).date().isoformat(), "quick": QUICK, "machine": machine.describe()}


if __name__ == "__main__":
    app()
