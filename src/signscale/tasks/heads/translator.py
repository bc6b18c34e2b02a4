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

    def loss(self, features: Tensor, valid: Tensor, samples: list[Sample]) -> Tensor:
        """Cross-entropy of each next token, with label smoothing."""
        lines = [self.tokenizer.encode(sample.text)[: self.recipe.max_tokens - 1] for sample in samples]
        longest = 1 + max(len(line) for line in lines)
        given = torch.full((len(lines), longest), PAD, device=features.device)
        wanted = torch.full((len(lines), longest), PAD, device=features.device)
        for row, line in enumerate(lines):
            given[row, : len(line) + 1] = torch.tensor([BEGIN, *line])
            wanted[row, : len(line) + 1] = torch.tensor([*line, END])
        logits = self._logits(self.project(features), valid, given)
        return F.cross_entropy(
            logits.flatten(0, 1), wanted.flatten(), ignore_index=PAD, label_smoothing=self.recipe.label_smoothing
        )

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
        tokens = torch.full((batch * beam, 1), BEGIN, device=device)
        score = torch.full((batch, beam), float("-inf"), device=device)
        score[:, 0] = 0
        ended = torch.zeros(batch * beam, dtype=torch.bool, device=device)
        for _ in range(self.recipe.max_tokens):
            step = without_nan(self._logits(memory, valid, tokens)[:, -1].log_softmax(dim=1), "probabilities")
            step[:, [PAD, BEGIN, UNKNOWN]] = float("-inf")
            step[ended] = float("-inf")
            step[ended, PAD] = 0.0
            options = (score.flatten()[:, None] + step).view(batch, -1)
            score, best = options.topk(beam, dim=1)
            source = (torch.arange(batch, device=device)[:, None] * beam + best // step.shape[1]).flatten()
            chosen = (best % step.shape[1]).flatten()
            tokens = torch.cat([tokens[source], chosen[:, None]], dim=1)
            ended = ended[source] | (chosen == END)
            if ended.all():
                break
        lengths = (tokens[:, 1:] != PAD).sum(dim=1).view(batch, beam)
        best_score, best_beam = (score / lengths).max(dim=1)
        rows = tokens[best_beam + torch.arange(batch, device=device) * beam]
        lines = [[t for t in row.tolist() if t > UNKNOWN] for row in rows]
        return list(zip(lines, best_score.tolist(), strict=True))
