"""Fine-tunes the encoder: `python -m training.train`. Seeded; stopped at any point it goes on from its last save."""

from __future__ import annotations

import copy
import json
import math
import random
import re
import signal
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated

import torch
import typer
from safetensors.torch import load_file
from torch.nn import functional
from transformers import PreTrainedModel

from training.batches import Batch, Pass, batches
from training.encoder import Network, encoder, fetch_encoder
from training.evaluate import binary_figures
from training.judge import with_judgements
from training.spoken import Mishearing
from training.sst import Corpus, load_corpus, overlap
from training.teacher import fetch_teacher, teacher

PLANS: dict[str, tuple[Pass, ...]] = {
    "full": (
        Pass(min_words=3, short_share=0.3, neutral_share=0.25),
        Pass(min_words=4, short_share=0.2),
        Pass(min_words=20, paired=True),
    ),
    # From the weights of a full run (`--start`), with another seed each: `training.soup` averages what comes out.
    "again": (
        Pass(min_words=3, short_share=0.2, spoken=0.15, swap=0.3),
        Pass(min_words=16, paired=True, adversarial=1.0),
    ),
    # The larger network, at a lower rate; what it makes of the texts (`training.judge`) is learnt by `student`.
    "teacher": (Pass(min_words=6, short_share=0.05, spoken=0.2, swap=0.3), Pass(min_words=20, spoken=0.2, swap=0.3)),
    "student": (
        Pass(min_words=3, short_share=0.3, neutral_share=0.5),
        Pass(min_words=6, short_share=0.1, neutral_share=0.5),
        Pass(min_words=12, paired=True),
    ),
    # The same few steps with and without what the bias probe is to show: docs/sentiment.md.
    "bias-before": (Pass(min_words=100, made_up=0, swap=0.0),),
    "bias-after": (Pass(min_words=100),),
}
STEPS_PER_SAVE = 200
EMA_DECAY = 0.998
"""A step's; half of the average's weight lies on the last 350 steps."""
STEPS_PER_AVERAGE = 5


class Trainer:
    """One run in one folder: weights, their moving average, the optimiser, and where in the plan it is."""

    def __init__(
        self,
        folder: Path,
        plan: tuple[Pass, ...],
        corpus: Corpus,
        network: Callable[[], Network],
        seed: int,
        rate: float,
        start: Path | None = None,
        bf16: bool = False,
    ) -> None:
        torch.manual_seed(seed)
        random.seed(seed)
        self._folder, self._plan, self._corpus, self._seed = folder, plan, corpus, seed
        self.model, self.tokenizer = network()
        self._mishearing = Mishearing.from_texts(p.text for p in corpus.phrases if p.is_sentence)
        if start:
            self.model.load_state_dict(load_file(start / "model.safetensors"))
        self._bf16 = bf16
        self.average = copy.deepcopy(self.model)
        self._optimizer = torch.optim.AdamW(
            layerwise_rates(self.model, rate), weight_decay=0.01, betas=(0.9, 0.98), fused=True
        )
        self._peaks = [group["lr"] for group in self._optimizer.param_groups]
        self._pass, self._step_in_pass, self._step = 0, 0, 0
        self._steps_total = 0
        self._stopping = False

    def stop(self, *_: object) -> None:
        """Save after the step under way, and end. A signal handler."""
        self._stopping = True

    def run(self) -> None:
        """Go through what is left of the plan."""
        self._load()
        self._steps_total = sum(self._length(number) for number in range(len(self._plan)))
        typer.echo(f"{self._steps_total} steps, from {self._step}")
        for number in range(self._pass, len(self._plan)):
            self._pass = number
            self.model.get_input_embeddings().requires_grad_(not self._plan[number].paired)
            for index, batch in enumerate(self._batches(number)):
                if index < self._step_in_pass:
                    continue
                loss = self._train_step(batch)
                self._step_in_pass = index + 1
                if self._step % STEPS_PER_SAVE == 0 or self._stopping:
                    self._report(loss)
                if self._stopping:
                    return
            self._step_in_pass = 0
            self._pass = number + 1
            self._report(loss)
            self._export(f"pass{number + 1}")

    def _batches(self, number: int):  # type: ignore[no-untyped-def]
        way = self._plan[number]
        return batches(self._corpus, way, self.tokenizer, self._mishearing, self._seed * 1000 + number)

    def _length(self, number: int) -> int:
        return sum(1 for _ in self._batches(number))

    def _train_step(self, batch: Batch) -> float:
        for group, peak in zip(self._optimizer.param_groups, self._peaks, strict=True):
            group["lr"] = peak * rate_factor(self._step, self._steps_total)
        self.model.train()
        words = self.model.get_input_embeddings()(batch.input_ids)
        if adversarial := self._plan[self._pass].adversarial:
            words = words if words.requires_grad else words.requires_grad_()
            words.retain_grad()
        loss = self._loss(words, batch)
        loss.backward()
        if adversarial:
            self._loss(worst_step(words, adversarial), batch).backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self._optimizer.step()
        self._optimizer.zero_grad(set_to_none=True)
        self._step += 1
        if self._step % STEPS_PER_AVERAGE == 0:
            self._take_into_average()
        return loss.item()

    def _loss(self, words: torch.Tensor, batch: Batch) -> torch.Tensor:
        with torch.autocast("cpu", torch.bfloat16, enabled=self._bf16):
            logits = self.model(inputs_embeds=words, attention_mask=batch.attention_mask).logits
        return loss_of(logits.float(), batch)

    def _take_into_average(self) -> None:
        decay = min(EMA_DECAY, (1 + self._step) / (10 + self._step)) ** STEPS_PER_AVERAGE
        with torch.no_grad():
            torch._foreach_lerp_(list(self.average.parameters()), list(self.model.parameters()), 1 - decay)

    def _report(self, loss: float) -> None:
        figures = binary_figures(self.average, self.tokenizer, self._corpus.held)
        line = {"step": self._step, "pass": self._pass, "time": time.strftime("%H:%M:%S"), "loss": round(loss, 4)}
        with (self._folder / "log.jsonl").open("a", encoding="utf-8") as log:
            log.write(json.dumps({**line, **figures}) + "\n")
        typer.echo(json.dumps({**line, **figures}))
        self._save()

    def _save(self) -> None:
        state = {
            "model": self.model.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "place": (self._pass, self._step_in_pass, self._step),
            "random": torch.get_rng_state(),
        }
        torch.save(state, self._folder / "state.tmp")
        (self._folder / "state.tmp").replace(self._folder / "state.pt")

    def _load(self) -> None:
        path = self._folder / "state.pt"
        if not path.exists():
            return
        state = torch.load(path, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.average.load_state_dict(state["average"])
        self._optimizer.load_state_dict(state["optimizer"])
        for group in self._optimizer.param_groups:
            group["fused"] = True
        self._pass, self._step_in_pass, self._step = state["place"]
        torch.set_rng_state(state["random"])

    def _export(self, name: str) -> None:
        self.average.save_pretrained(self._folder / name)
        self.tokenizer.save_pretrained(self._folder / name)


def loss_of(logits: torch.Tensor, batch: Batch, pull: float = 1.0) -> torch.Tensor:
    """Cross-entropy, and for pairs the symmetric divergence of their two answers (R-drop, arXiv 2106.14448)."""
    logs = functional.log_softmax(logits, dim=-1)
    loss = -(batch.targets * logs).sum(-1).mean()
    if not batch.paired:
        return loss
    one, other = logs.chunk(2)
    apart = ((one.exp() - other.exp()) * (one - other)).sum(-1).mean()
    return loss + pull * 0.5 * apart


def worst_step(words: torch.Tensor, length: float) -> torch.Tensor:
    """Word vectors [rows, tokens, dim] moved by `length` a row to where the loss grows fastest (arXiv 1605.07725)."""
    gradient = words.grad
    if gradient is None:
        raise ValueError("the loss has not been taken back to the word vectors")
    size = gradient.flatten(1).norm(dim=1).clamp(min=1e-12)
    return words.detach() + length * gradient / size[:, None, None]


def layerwise_rates(
    model: PreTrainedModel, rate: float, decay: float = 0.9, head: float = 5.0
) -> list[dict[str, object]]:
    """Parameter groups whose rate falls by `decay` for each layer further from the head (arXiv 1801.06146)."""
    layers = model.config.num_hidden_layers
    groups: dict[float, list[torch.nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        layer = re.search(r"layer\.(\d+)\.", name)
        depth = layers - int(layer[1]) if layer else layers + 1
        factor = decay**depth if name.startswith(model.base_model_prefix) else head
        groups.setdefault(factor, []).append(parameter)
    return [{"params": parameters, "lr": rate * factor} for factor, parameters in groups.items()]


def rate_factor(step: int, total: int, warmup: int = 150) -> float:
    """Linear warm-up, then half a cosine down to 2 %."""
    if step < warmup:
        return (step + 1) / warmup
    return 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(1.0, (step - warmup) / max(1, total - warmup))))


def main(
    data: Annotated[Path, typer.Option(help="Folder of the treebank's train.txt.gz and dev.txt.gz.")] = Path(
        "../shared/data/sst"
    ),
    run: Annotated[Path, typer.Option(help="Folder of this run; resumed where it exists.")] = Path(
        "models/training/run1"
    ),
    plan: str = "full",
    seed: int = 1,
    rate: float = 1.2e-4,
    threads: int = 2,
    start: Annotated[Path | None, typer.Option(help="Weights to begin with; without it the bare encoder.")] = None,
    bf16: Annotated[bool, typer.Option(help="16-bit products: half the time where the processor has them.")] = False,
    judged: Annotated[Path | None, typer.Option(help="A teacher's judgements, which training.judge wrote.")] = None,
    weight: Annotated[float, typer.Option(help="Of a judgement; the rest is the treebank's label.")] = 0.6,
) -> None:
    torch.set_num_threads(threads)
    run.mkdir(parents=True, exist_ok=True)
    corpus = load_corpus(data)
    for name, others in (("held", corpus.held), ("dev", corpus.dev)):
        typer.echo(f"{name}: {overlap(others, corpus.phrases):.1%} share a run of 8 words with the training phrases")
    if judged:
        corpus = with_judgements(corpus, judged, weight)
    if plan == "teacher":
        network = partial(teacher, fetch_teacher(run.parent / "mpnet"))
    else:
        network = partial(encoder, fetch_encoder(run.parent / "encoder"))
    trainer = Trainer(run, PLANS[plan], corpus, network, seed, rate, start, bf16)
    signal.signal(signal.SIGTERM, trainer.stop)
    trainer.run()


if __name__ == "__main__":
    typer.run(main)
