"""Glosses in order: temporal convolutions, a BiLSTM, and CTC (PAPER: Table III, "TCN + BiLSTM, CTC")."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from signscale.errors import SignScaleError
from signscale.formats.sample import Sample
from signscale.tasks.cslr import FRAMES_A_STEP, CslrParams, ctc_steps_needed
from signscale.tasks.ctc import align, beam_search
from signscale.tasks.heads.finite import without_nan

BLANK = 0


class TemporalConvolution(nn.Module):
    """Convolution over 5 frames, normalisation, ReLU, then the larger of each two frames: half the length."""

    def __init__(self, width_in: int, width_out: int):
        super().__init__()
        self.convolve = nn.Conv1d(width_in, width_out, 5, padding=2)
        self.norm = nn.LayerNorm(width_out)

    def forward(self, x: Tensor, valid: Tensor) -> tuple[Tensor, Tensor]:
        """(B, T, w), (B, T) -> (B, ceil(T / 2), w'), (B, ceil(T / 2)); padding never leaks into real frames."""
        x = self.convolve((x * valid[..., None]).transpose(1, 2)).transpose(1, 2)
        x = torch.relu(self.norm(x)) * valid[..., None]
        x = F.max_pool1d(x.transpose(1, 2), 2, ceil_mode=True).transpose(1, 2)
        return x, F.max_pool1d(valid.float()[:, None], 2, ceil_mode=True)[:, 0] > 0


class GlossCtc(nn.Module):
    """Gloss probabilities of every fourth frame, read by CTC."""

    def __init__(self, recipe: CslrParams, width: int, vocabulary: list[str]):
        super().__init__()
        self.recipe, self.glosses = recipe, vocabulary
        self.number = {gloss: k + 1 for k, gloss in enumerate(vocabulary)}
        self.first = TemporalConvolution(width, recipe.hidden)
        self.second = TemporalConvolution(recipe.hidden, recipe.hidden)
        self.recur = nn.LSTM(
            recipe.hidden, recipe.hidden // 2, recipe.layers, bidirectional=True, batch_first=True,
            dropout=recipe.dropout if recipe.layers > 1 else 0.0,
        )  # fmt: skip
        self.classify = nn.Linear(recipe.hidden, len(vocabulary) + 1)

    def forward(self, features: Tensor, valid: Tensor) -> tuple[Tensor, Tensor]:
        """(B, T, width), (B, T) -> log-probabilities (B, T / 4, 1 + glosses), blank first, and lengths (B,)."""
        x, valid = self.second(*self.first(features, valid))
        lengths = valid.sum(dim=1)
        packed = pack_padded_sequence(x, lengths.cpu(), batch_first=True, enforce_sorted=False)
        x, _ = pad_packed_sequence(self.recur(packed)[0], batch_first=True, total_length=x.shape[1])
        return self.classify(F.dropout(x, self.recipe.dropout, self.training)).log_softmax(dim=2), lengths

    def _targets(self, samples: list[Sample], lengths: Tensor) -> list[list[int]]:
        """Gloss numbers of each sample; raises SignScaleError on an unknown gloss or a line too long for CTC."""
        lines = []
        for sample, length in zip(samples, lengths.tolist(), strict=True):
            line = sample.gloss.split()
            if unknown := [gloss for gloss in line if gloss not in self.number]:
                raise SignScaleError(f"{sample.sample_id}: gloss {unknown[0]!r} is not in the training vocabulary")
            if (needed := ctc_steps_needed(line)) > length:
                raise SignScaleError(
                    f"{sample.sample_id}: {len(line)} glosses need {needed} steps, the clip has {length}; leave it out"
                )
            lines.append([self.number[gloss] for gloss in line])
        return lines

    def loss(self, features: Tensor, valid: Tensor, samples: list[Sample]) -> Tensor:
        """CTC loss, mean over the clips of the loss per gloss."""
        log_probs, lengths = self(features, valid)
        lines = self._targets(samples, lengths)
        wanted = torch.tensor([number for line in lines for number in line], device=features.device)
        sizes = torch.tensor([len(line) for line in lines], device=features.device)
        return F.ctc_loss(log_probs.transpose(0, 1), wanted, lengths, sizes, blank=BLANK)

    def predict(self, features: Tensor, valid: Tensor, samples: list[Sample]) -> list[dict[str, Any]]:
        """The best gloss line of each clip by prefix beam search.

        score: log-probability of the line over all its alignments. glosses: each with its frames on the likeliest
        alignment and its highest probability there.
        """
        log_probs, lengths = self(features, valid)
        without_nan(log_probs, "probabilities")
        lines = []
        for clip, (sample, length) in enumerate(zip(samples, lengths.tolist(), strict=True)):
            row = log_probs[clip, :length].double().cpu()
            best, frames = beam_search(row.numpy(), self.recipe.beam), int(valid[clip].sum())
            lines.append(
                {
                    "sample_id": sample.sample_id,
                    "language": sample.language,
                    "reference": sample.gloss,
                    "hypothesis": " ".join(self.glosses[number - 1] for number in best),
                    "score": round(_log_probability(row, best), 6),
                    "glosses": [
                        {
                            "gloss": self.glosses[number - 1],
                            "frames": [FRAMES_A_STEP * first, min(frames, FRAMES_A_STEP * end)],
                            "probability": round(float(row[first:end, number].max().exp()), 6),
                        }
                        for number, (first, end) in zip(best, align(row.numpy(), best), strict=True)
                    ],
                }
            )
        return lines


def _log_probability(log_probs: Tensor, line: list[int]) -> float:
    """Log-probability of a line of entries over all its alignments to (T, V) log-probabilities."""
    sizes = torch.tensor([len(log_probs)]), torch.tensor([len(line)])
    return -float(F.ctc_loss(log_probs[:, None], torch.tensor([line]), *sizes, blank=BLANK, reduction="sum"))
