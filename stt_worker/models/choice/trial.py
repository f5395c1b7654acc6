"""Times a size of Whisper on a packaged sentence, without its weights: the same computation, over other numbers.

So nothing is fetched that would then be too slow. `python -m stt_worker.models.choice.trial SIZE` prints the seconds.
"""

from __future__ import annotations

import time
import wave
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
import typer
from torch import Tensor
from whisper.model import ModelDimensions, Whisper

from inference.linear import FloatLinear, Int8Linear, MakeLinear
from inference.processor import int8_is_possible
from stt_worker.engine import Audio
from stt_worker.models.choice.sizes import SIZES
from stt_worker.models.mapped import without_weights
from stt_worker.network.cpu_threads import computing_with
from stt_worker.network.decoder_step import DecoderStep, compile_step
from stt_worker.network.encoder import Encoder
from stt_worker.settings import SttSettings
from wta.audio_format import pcm16_to_float

SENTENCE = Path(__file__).parent / "sentence.wav"
"""8.1 s of LJSpeech (LJ001-0005, public domain). Of what 100 speakers said in one breath, 95 % is shorter: 7.4 s
(speechocean762)."""
_TOKENS = 28
"""Tokens of that sentence's text."""
_PROMPT = 3


class Trial:
    """The default engine's network in given dimensions; all its weights are one number, which takes no memory."""

    def __init__(self, dims: ModelDimensions, settings: SttSettings) -> None:
        make_linear: MakeLinear = Int8Linear if settings.int8 and int8_is_possible() else FloatLinear
        whisper: Whisper = without_weights(dims)
        self._settings = settings
        self._encoder = Encoder(whisper, make_linear)
        self._step = DecoderStep(whisper, make_linear)
        self._run_step = compile_step(self._step)
        self._logits = make_linear(whisper.decoder.token_embedding.weight, None)

    def seconds(self, audio: Audio, warm_ups: int = 2, runs: int = 3) -> float:
        """Time from audio, float32 [n_samples] at 16 kHz, to its text: the least of `runs`, after some that warm up.

        It is the processor's time of the thread that leads. On an idle machine that is the time on the clock, and on a
        busy one it leaves out when others had the core.
        """
        with torch.inference_mode(), computing_with(self._settings.threads):
            return min(list(self._times(audio, warm_ups + runs))[warm_ups:])

    def _times(self, audio: Audio, runs: int) -> Iterator[float]:
        for _ in range(runs):
            began = time.thread_time()
            self._transcribe(audio)
            yield time.thread_time() - began

    def _transcribe(self, audio: Audio) -> None:
        encoded = self._encoder(audio, self._settings.margin_frames, self._settings.stride_frames)
        caches, weights = self._step.new_caches(encoded.features[None]), encoded.log_weights[None, None, None]
        tokens = torch.zeros(1, _PROMPT, dtype=torch.long)
        for position in (0, *range(_PROMPT, _PROMPT + _TOKENS)):
            logits: Tensor = self._logits(self._run_step(tokens, caches, weights, position)[:, -1:])[0, 0]
            tokens = (logits.max(dim=-1)[1] % 1000).reshape(1, 1)
            logits.logsumexp(dim=-1)


def sentence() -> Audio:
    """The packaged sentence: float32 [n_samples], mono at 16 kHz."""
    with wave.open(str(SENTENCE), "rb") as file:
        return np.ascontiguousarray(pcm16_to_float(file.readframes(file.getnframes())))


def main(size: str, threads: int = 0) -> None:
    """Print how many seconds a size of Whisper takes for the packaged sentence on this machine."""
    dims = next(one.dims for one in SIZES if one.name == size)
    typer.echo(f"{Trial(dims, SttSettings(threads=threads)).seconds(sentence()):.3f}")


if __name__ == "__main__":
    typer.run(main)
