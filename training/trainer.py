"""Does one run of training. It is seeded, and goes on from its last save when it was stopped."""

from __future__ import annotations

import copy
import json
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
import typer

from training.batches import Batch, Pass, batches, draw
from training.encoder import Network
from training.evaluate import binary_figures
from training.losses import loss_of, worst_step
from training.rates import layerwise_rates, rate_factor
from training.spoken import Mishearing
from training.sst import Corpus

EMA_DECAY = 0.998
"""Decay for each step of the moving average: half of the average's weight lies on the last 350 steps."""
STEPS_PER_AVERAGE = 5


@dataclass(frozen=True)
class Recipe:
    """How a run carries out its plan.

    rate: highest learning rate of the layer below the head.
    tokens: number of tokens in a batch.
    bf16: whether products are computed in 16 bits.
    device: cpu or cuda.
    steps_per_save: number of steps after which the run measures itself and saves its state.
    warmup: number of steps after which the rate is at its highest.
    """

    seed: int = 1
    rate: float = 1.2e-4
    tokens: int = 1024
    bf16: bool = False
    device: str = "cpu"
    steps_per_save: int = 200
    warmup: int = 150


class Trainer:
    """One run in one folder: the weights, their moving average, the optimiser, and the place in the plan.

    Args:
        network: makes the network to be trained.
    """

    def __init__(
        self, folder: Path, plan: tuple[Pass, ...], corpus: Corpus, network: Callable[[], Network], recipe: Recipe
    ) -> None:
        torch.manual_seed(recipe.seed)
        random.seed(recipe.seed)
        self._folder, self._plan, self._corpus, self._recipe = folder, plan, corpus, recipe
        self.model, self.tokenizer = network()
        sentences = (p.text for p in corpus.phrases if p.is_sentence and not p.is_unlabelled)
        self._mishearing = Mishearing.kept(folder / "mishearing.json", sentences)
        self.model.to(recipe.device)  # type: ignore[arg-type]  # transformers wraps torch's method and loses its type
        self.average = copy.deepcopy(self.model)
        self._optimizer = torch.optim.AdamW(
            layerwise_rates(self.model, recipe.rate), weight_decay=0.01, betas=(0.9, 0.98), fused=True
        )
        self._peaks = [group["lr"] for group in self._optimizer.param_groups]
        self._pass, self._step_in_pass, self._step = 0, 0, 0
        self._stopping = False

    def stop(self, *_: object) -> None:
        """Save after the current step, and end. It is a signal handler."""
        self._stopping = True

    def run(self) -> None:
        """Do what is left of the plan."""
        self._load()
        sizes = [self._words(number) for number in range(len(self._plan))]
        for number in range(self._pass, len(self._plan)):
            self._pass = number
            way_of_words = self._plan[number].words_trained and not self._plan[number].paired
            self.model.get_input_embeddings().requires_grad_(way_of_words)
            way = list(self._batches(number))
            typer.echo(f"pass {number + 1} of {len(self._plan)}: {len(way)} steps, {self._step_in_pass} of them done")
            for index in range(self._step_in_pass, len(way)):
                progress = (sum(sizes[:number]) + sizes[number] * index / len(way)) / sum(sizes)
                loss = self._train_step(way[index], progress)
                self._step_in_pass = index + 1
                if self._step % self._recipe.steps_per_save == 0 or self._stopping:
                    self._report(loss)
                if self._stopping:
                    return
            self._step_in_pass = 0
            self._pass = number + 1
            self._report(loss)
            self._export(f"pass{number + 1}")

    def _batches(self, number: int) -> Iterator[Batch]:
        way, seed = self._plan[number], self._seed_of(number)
        return batches(self._corpus, way, self.tokenizer, self._mishearing, seed, self._recipe.tokens)

    def _seed_of(self, number: int) -> int:
        return self._recipe.seed * 1000 + number

    def _words(self, number: int) -> int:
        """Number of words in a pass, to compare its length with the others'."""
        way = self._plan[number]
        return sum(p.words for p in draw(self._corpus, way, random.Random(self._seed_of(number)))) * (1 + way.paired)

    def _train_step(self, batch: Batch, progress: float) -> torch.Tensor:
        for group, peak in zip(self._optimizer.param_groups, self._peaks, strict=True):
            group["lr"] = peak * rate_factor(self._step, progress, self._recipe.warmup)
        self.model.train()
        batch = batch.to(self._recipe.device)
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
        return loss.detach()

    def _loss(self, words: torch.Tensor, batch: Batch) -> torch.Tensor:
        with torch.autocast(self._recipe.device, torch.bfloat16, enabled=self._recipe.bf16):
            logits = self.model(inputs_embeds=words, attention_mask=batch.attention_mask).logits
        return loss_of(logits.float(), batch)

    def _take_into_average(self) -> None:
        decay = min(EMA_DECAY, (1 + self._step) / (10 + self._step)) ** STEPS_PER_AVERAGE
        with torch.no_grad():
            torch._foreach_lerp_(list(self.average.parameters()), list(self.model.parameters()), 1 - decay)

    def _report(self, loss: torch.Tensor) -> None:
        figures = binary_figures(self.average, self.tokenizer, self._corpus.held)
        line = {
            "step": self._step,
            "pass": self._pass,
            "time": time.strftime("%H:%M:%S"),
            "loss": round(loss.item(), 4),
        }
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
            "random_of_devices": torch.cuda.get_rng_state_all(),
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
        torch.cuda.set_rng_state_all(state["random_of_devices"])

    def _export(self, name: str) -> None:
        self.average.save_pretrained(self._folder / name)
        self.tokenizer.save_pretrained(self._folder / name)
