"""A DistilBERT classifier for one text at a time on one core, with its matrices in 8 bits.

One text needs no padding and so no mask. Query, key and value are one matrix. Of the last layer only the first token's
vector is computed, because the head reads no other. Figures: docs/adr/sentiment-one-text.md.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from inference.linear import Int8Linear


def fused_int8(*linears: nn.Linear) -> Int8Linear:
    """Linear layers of the same input as one matrix in 8 bits, their outputs side by side."""
    weight = torch.cat([linear.weight for linear in linears])
    return Int8Linear(weight, torch.cat([linear.bias for linear in linears]))


class _Layer(nn.Module):
    """One layer: attention between the tokens, and the feed-forward network.

    Args:
        layer: a TransformerBlock of transformers' DistilBERT.
        last: whether only the first token is computed.
    """

    def __init__(self, layer: Any, last: bool) -> None:
        super().__init__()
        attention, ffn = layer.attention, layer.ffn
        self.heads, self.last = attention.n_heads, last
        self.projections = nn.ModuleList(
            [fused_int8(attention.q_lin), fused_int8(attention.k_lin, attention.v_lin)]
            if last
            else [fused_int8(attention.q_lin, attention.k_lin, attention.v_lin)]
        )
        self.out, self.wide, self.narrow = fused_int8(attention.out_lin), fused_int8(ffn.lin1), fused_int8(ffn.lin2)
        self.activation = ffn.activation
        self.attended, self.finished = layer.sa_layer_norm, layer.output_layer_norm

    def forward(self, x: Tensor) -> Tensor:
        """float32 [tokens, dim] → float32 [tokens, dim], or [1, dim] of the last layer."""
        projected = self.projections[-1](x)
        if self.last:
            x = x[:1]
            query = self._heads(self.projections[0](x), 1)
            key, value = self._heads(projected, 2).chunk(2, dim=1)
        else:
            query, key, value = self._heads(projected, 3).chunk(3, dim=1)
        mixed = functional.scaled_dot_product_attention(query, key, value)
        x = self.attended(x + self.out(mixed[0].transpose(0, 1).flatten(1)))
        normed: Tensor = self.finished(x + self.narrow(self.activation(self.wide(x))))
        return normed

    def _heads(self, x: Tensor, parts: int) -> Tensor:
        """[tokens, parts * dim] → [1, parts * heads, tokens, dim / heads]."""
        return x.view(1, x.shape[0], parts * self.heads, -1).transpose(1, 2)


class Int8DistilBert(nn.Module):
    """Nearly what `network` computes for one text: the matrices of its layers are in 8 bits.

    The word vectors and the head stay as they are. Source: `DistilBertForSequenceClassification` of transformers, whose
    weights it uses.

    Args:
        network: a DistilBertForSequenceClassification.
    """

    def __init__(self, network: Any) -> None:
        super().__init__()
        layers = network.distilbert.transformer.layer
        self.embeddings = network.distilbert.embeddings
        self.layers = nn.ModuleList(_Layer(layer, last=layer is layers[-1]) for layer in layers)
        self.pre_classifier, self.classifier = network.pre_classifier, network.classifier

    def forward(self, input_ids: Tensor, _attention_mask: Tensor) -> Tensor:
        """Token ids, int64 [1, tokens] → logits, float32 [1, labels]. The mask is not read: one text has no padding."""
        e, ids = self.embeddings, input_ids[0]
        x = e.LayerNorm(e.word_embeddings(ids) + e.position_embeddings.weight[: ids.shape[0]])
        for layer in self.layers:
            x = layer(x)
        logits: Tensor = self.classifier(functional.relu(self.pre_classifier(x)))
        return logits
