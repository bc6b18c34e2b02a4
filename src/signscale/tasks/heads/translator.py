"""A sentence: an MLP projector and a transformer decoder (PAPER: Table III, GF-SLT)."""

import io
from typing import Any

import sentencepiece
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from signscale.errors import SignScaleError
from signscale.formats.sample import Sample
from signscale.model.encoder import sinusoidal_positions
from signscale.tasks.heads.finite import without_nan
from signscale.tasks.slt import SltParams

PAD, BEGIN, END, UNKNOWN = range(4)


def train_tokenizer(samples: list[Sample], recipe: SltParams) -> bytes:
    """A sentencepiece unigram model of the training texts, as its file holds it.

    Raises SignScaleError without texts, or if their characters alone are more than recipe.vocabulary.
    """
    texts = sorted({sample.text for sample in samples if sample.text})
    if not texts:
        raise SignScaleError("slt: no training sample has a text; choose another corpus or task")
    model = io.BytesIO()
    try:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(texts), model_writer=model, vocab_size=recipe.vocabulary, hard_vocab_limit=False,
            character_coverage=1.0, num_threads=1, minloglevel=2,
            pad_id=PAD, bos_id=BEGIN, eos_id=END, unk_id=UNKNOWN,
        )  # fmt: skip
    except RuntimeError as error:
        characters = len(set("".join(texts)))
        raise SignScaleError(
            f"finetune.slt.vocabulary: {recipe.vocabulary} entries are too few for texts of {characters} characters"
        ) from error
    return model.getvalue()


class Translator(nn.Module):
    """Words from sign features, one after the other."""

    def __init__(self, recipe: SltParams, width: int, vocabulary: bytes):
        super().__init__()
        self.recipe = recipe
        self.tokenizer = sentencepiece.SentencePieceProcessor(model_proto=vocabulary)
        self.project = nn.Sequential(nn.Linear(width, recipe.width), nn.GELU(), nn.Linear(recipe.width, recipe.width))
        self.embed = nn.Embedding(self.tokenizer.vocab_size(), recipe.width)
        # Once _logits has scaled them as large as what attention adds; larger ones drown what is seen of the clip.
        nn.init.normal_(self.embed.weight, std=recipe.width**-0.5)
        layer = nn.TransformerDecoderLayer(
            recipe.width, recipe.heads, 4 * recipe.width, recipe.dropout, "gelu", batch_first=True, norm_first=True
        )
        self.decode = nn.TransformerDecoder(layer, recipe.blocks, nn.LayerNorm(recipe.width))
        self.classify = nn.Linear(recipe.width, self.tokenizer.vocab_size())
        self.register_buffer("positions", sinusoidal_positions(recipe.max_tokens + 1, recipe.width), persistent=False)

    def _logits(self, memory: Tensor, valid: Tensor, tokens: Tensor) -> Tensor:
        """Memory (B, T, w), mask (B, T), tokens so far (B, n) -> logits (B, n, vocabulary)."""
        length = tokens.shape[1]
        x = self.embed(tokens) * self.recipe.width**0.5 + self.positions[:length]
        causal = torch.ones(length, length, dtype=torch.bool, device=tokens.device).triu(1)
        x = self.decode(x, memory, tgt_mask=causal, memory_key_padding_mask=~valid)
        return self.classify(x)

    def _next(self, tokens: Tensor, seen: "list[_Seen]") -> Tensor:
        """Logits (N, vocabulary) of the token after those so far (N, n); of these all but the last are in `seen`."""
        x = self.embed(tokens[:, -1]) * self.recipe.width**0.5 + self.positions[tokens.shape[1] - 1]
        for one in seen:
            x = one.forward(x)
        return self.classify(self.decode.norm(x))

    def loss(self, features: Tensor, valid: Tensor, samples: list[Sample]) -> Tensor:
        """Cross-entropy of each next token, with label smoothing."""
        lines = [self.tokenizer.encode(sample.text)[: self.recipe.max_tokens - 1] for sample in samples]
        longest = 1 + max(len(line) for line in lines)
        given = torch.full((len(lines), longest), PAD, device=features.device)
        wanted = torch.full((len(lines), longest), PAD, device=features.device)
        for row, line in enumerate(lines):
            given[row, : len(line) + 1] = torch.tensor([BEGIN, *line])
            wanted[row, : len(line) + 1] = torch.tensor([*line, END])
        logits = self._logits(self.project(features), valid, self._with_gaps(given))
        return F.cross_entropy(
            logits.flatten(0, 1), wanted.flatten(), ignore_index=PAD, label_smoothing=self.recipe.label_smoothing
        )

    def _with_gaps(self, given: Tensor) -> Tensor:
        """The tokens given in training, a random share of them hidden (word dropout, Bowman et al. 2016)."""
        if not self.recipe.token_dropout:
            return given
        hidden = torch.rand(given.shape, device=given.device) < self.recipe.token_dropout
        return given.masked_fill(hidden & (given > UNKNOWN), UNKNOWN)

    def predict(self, features: Tensor, valid: Tensor, samples: list[Sample]) -> list[dict[str, Any]]:
        """The best text of each clip by beam search (score: mean log-probability a token)."""
        found = self._beam_search(self.project(features), valid)
        return [
            {
                "sample_id": sample.sample_id,
                "language": sample.language,
                "reference": sample.text,
                "hypothesis": self.tokenizer.decode(line),
                "score": round(score, 6),
            }
            for sample, (line, score) in zip(samples, found, strict=True)
        ]

    def _beam_search(self, memory: Tensor, valid: Tensor) -> list[tuple[list[int], float]]:
        """Token numbers of the best line of each clip and its score; all clips and beams advance together."""
        batch, beam, device = len(memory), self.recipe.beam, memory.device
        memory, valid = memory.repeat_interleave(beam, dim=0), valid.repeat_interleave(beam, dim=0)
        seen = [_Seen(layer, memory, valid) for layer in self.decode.layers]
        tokens = torch.full((batch * beam, 1), BEGIN, device=device)
        score = torch.full((batch, beam), float("-inf"), device=device)
        score[:, 0] = 0
        ended = torch.zeros(batch * beam, dtype=torch.bool, device=device)
        for _ in range(self.recipe.max_tokens):
            step = without_nan(self._next(tokens, seen).log_softmax(dim=1), "probabilities")
            step[:, [PAD, BEGIN, UNKNOWN]] = float("-inf")
            step[ended] = float("-inf")
            step[ended, PAD] = 0.0
            options = (score.flatten()[:, None] + step).view(batch, -1)
            score, best = options.topk(beam, dim=1)
            source = (torch.arange(batch, device=device)[:, None] * beam + best // step.shape[1]).flatten()
            chosen = (best % step.shape[1]).flatten()
            tokens = torch.cat([tokens[source], chosen[:, None]], dim=1)
            for one in seen:
                one.follow(source)
            ended = ended[source] | (chosen == END)
            if ended.all():
                break
        lengths = (tokens[:, 1:] != PAD).sum(dim=1).view(batch, beam)
        best_score, best_beam = (score / lengths).max(dim=1)
        rows = tokens[best_beam + torch.arange(batch, device=device) * beam]
        lines = [[t for t in row.tolist() if t > UNKNOWN] for row in rows]
        return list(zip(lines, best_score.tolist(), strict=True))


class _Seen:
    """What one layer of the decoder has computed of N lines in a search, so that each step computes one token of each.

    keys, values: (N, heads, n, d) of the tokens so far; and of the clip, which stay.
    """

    def __init__(self, layer: nn.TransformerDecoderLayer, memory: Tensor, valid: Tensor):
        self.layer = layer
        _, self.clip_keys, self.clip_values = self._projected(layer.multihead_attn, memory)
        self.clip_mask = valid[:, None, None]
        self.keys = self.values = self.clip_keys[:, :, :0]

    def follow(self, source: Tensor) -> None:
        """Line k goes on from what was line source[k], of the same clip."""
        self.keys, self.values = self.keys[source], self.values[source]

    def forward(self, x: Tensor) -> Tensor:
        """(N, w) of the newest token of each line -> (N, w), as the layer gives in evaluation."""
        layer = self.layer
        query, key, value = self._projected(layer.self_attn, layer.norm1(x)[:, None])
        self.keys, self.values = torch.cat([self.keys, key], dim=2), torch.cat([self.values, value], dim=2)
        x = x + self._attended(layer.self_attn, query, self.keys, self.values, None)
        query, *_ = self._projected(layer.multihead_attn, layer.norm2(x)[:, None])
        x = x + self._attended(layer.multihead_attn, query, self.clip_keys, self.clip_values, self.clip_mask)
        return x + layer.linear2(layer.activation(layer.linear1(layer.norm3(x))))

    @staticmethod
    def _projected(attention: nn.MultiheadAttention, x: Tensor) -> list[Tensor]:
        """(N, n, w) -> queries, keys and values, each (N, heads, n, d)."""
        parts = F.linear(x, attention.in_proj_weight, attention.in_proj_bias).chunk(3, dim=-1)
        return [part.unflatten(-1, (attention.num_heads, -1)).transpose(1, 2) for part in parts]

    @staticmethod
    def _attended(
        attention: nn.MultiheadAttention, query: Tensor, keys: Tensor, values: Tensor, mask: Tensor | None
    ) -> Tensor:
        """(N, heads, 1, d) queries over (N, heads, n, d) -> (N, w)."""
        found = F.scaled_dot_product_attention(query, keys, values, attn_mask=mask)
        return attention.out_proj(found.transpose(1, 2).flatten(1))
